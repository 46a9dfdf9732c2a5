"""Renders a status card: the fill's state in words, facts and steps, from the row's values."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.directives import StatusCard
from bot.pharmacy.fill_states import FILL_STATES, UNKNOWN, FillState, Step
from bot.wording import Wording

# Facts that the card lists, in order, with the format of each.
FACTS = {
    "promised_at": "when",
    "ready_at": "when",
    "kept_until": "date",
    "copay_cents": "money",
    "quantity_ready": "number",
    "quantity_owed": "number",
    "owed_expected_on": "date",
    "stock_expected_on": "date",
    "earliest_refill_on": "date",
    "picked_up_at": "when",
    "refills_remaining": "number",
}


@dataclass(frozen=True)
class RenderedCard:
    """The complete text, and the fields that the widget draws."""

    text: str
    data: dict[str, Any]


def render_card(card: StatusCard, wording: Wording, now: datetime) -> RenderedCard:
    """The card in the patient's language; times are the store's."""
    state = FILL_STATES.get(card.state, UNKNOWN)
    words = _Words(wording, card, now)
    # "Ready" means another thing to somebody who waits for a delivery.
    delivery = card.state == "ready" and card.values.get("method") == "delivery"
    told = "state.ready_delivery" if delivery else f"state.{state.name}"
    title = words.say(f"{told}.title")
    meaning = words.say_all(f"{told}.reasons.{card.reason}", f"{told}.meaning")
    next_step = words.say(f"{told}.next")
    late = words.say("card.late") if card.late else ""
    as_of = words.say("card.as_of")
    line = words.say("card.line", title=title)
    text = " ".join(part for part in (line, meaning, late, next_step, as_of) if part)
    data: dict[str, Any] = {
        "medicine": card.medicine,
        "state": card.state,
        "reason": card.reason,
        "title": title,
        "meaning": meaning,
        "late": card.late,
        "late_text": late,
        "next_step": next_step,
        "who_acts": state.who_acts.value,
        "who_acts_label": words.say(f"actor.{state.who_acts.value}"),
        "steps": _steps(state, words),
        "facts": _facts(card, words),
        "store": {"name": card.store_name, "phone": card.store_phone},
        "as_of": card.as_of,
        "as_of_text": as_of,
    }
    return RenderedCard(text, data)


class _Words:
    def __init__(self, wording: Wording, card: StatusCard, now: datetime) -> None:
        self._wording = wording
        self._now = now
        self._zone = card.timezone
        self.values: dict[str, Any] = {
            **card.values,
            "medicine": _capitalised(card.medicine),
            "store_name": card.store_name,
            "store_address": card.store_address,
            "as_of": card.as_of,
        }

    def say(self, name: str, **values: Any) -> str:
        return self._wording.render(
            name, {**self.values, **values}, now=self._now, timezone=self._zone
        )

    def format(self, name: str, spec: str) -> str:
        return self._wording.fill(
            f"{{{name}:{spec}}}", self.values, now=self._now, timezone=self._zone
        )

    def say_all(self, *names: str) -> str:
        spoken = [self.say(name) for name in names if self._wording.has(name)]
        return " ".join(part for part in spoken if part)


def _steps(state: FillState, words: _Words) -> list[dict[str, str]]:
    """The milestones up to and after the present one, each with its standing."""
    steps = list(Step)
    present = steps.index(state.step)
    current = "problem" if state.problem else "done" if state.finished else "current"
    return [
        {
            "key": step.value,
            "label": words.say(f"step.{step.value}"),
            "status": "done" if at < present else current if at == present else "todo",
        }
        for at, step in enumerate(steps)
    ]


def _facts(card: StatusCard, words: _Words) -> list[dict[str, str]]:
    facts = [{"key": "store", "label": words.say("fact.store"), "value": card.store_name}]
    facts += [
        {
            "key": name,
            "label": words.say(f"fact.{name}"),
            "value": words.format(name, FACTS[name]),
        }
        for name in FACTS
        if card.values.get(name) is not None
    ]
    return facts


def _capitalised(medicine: str) -> str:
    return medicine[:1].upper() + medicine[1:]
