"""Where each intent goes: the one table for the actions and for `willcall parse`."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from bot.pharmacy.instruction_topics import is_clinical, storage_topic

Queue = Literal["counter", "pharmacist"]
Priority = Literal["urgent", "soon", "routine"]
Route = Literal["bot", "counter", "pharmacist", "urgent"]


@dataclass(frozen=True)
class HandOver:
    """A question for people. `response` names what is said first."""

    queue: Queue
    response: str
    priority: Priority = "routine"


HANDOVERS: dict[str, HandOver] = {
    "ask_clinical": HandOver("pharmacist", "clinical", "soon"),
    "report_wrong_medicine": HandOver("pharmacist", "wrong_medicine", "urgent"),
    "report_ran_out": HandOver("pharmacist", "ran_out", "urgent"),
    "request_human": HandOver("counter", "request_human", "soon"),
    "complaint": HandOver("counter", "complaint", "soon"),
    "request_transfer": HandOver("counter", "request_transfer"),
    "update_profile": HandOver("counter", "update_profile"),
}


def first_route(intent: str, text: str = "") -> Route:
    """Who a first message with this intent ends with: the patient is not verified yet.

    For a question about storing a medicine this is who gets it before the records are looked at:
    without an approved text the bot hands it to the pharmacist.
    """
    if intent == "ask_storage" and storage_topic(text) is None:
        return "pharmacist"
    if intent == "ask_directions" and is_clinical(text):
        return "pharmacist"
    if intent == "report_emergency":
        return "urgent"
    if intent == "refuse_identity":
        return "counter"
    handover = HANDOVERS.get(intent)
    if handover is None:
        return "bot"
    return "urgent" if handover.priority == "urgent" else handover.queue


# What must reach the pharmacist even when the engine is not sure: the meanings, and how likely
# one of them has to be among the two best guesses (chosen on tests/nlu/kept_back.yml).
SERIOUS = ("ask_clinical", "report_emergency", "report_wrong_medicine", "report_ran_out")
SERIOUS_ENOUGH = 0.025


def serious_guess(ranking: Sequence[tuple[str, float]]) -> str | None:
    """The meaning to act on when nothing fits well enough but it may be about safety.

    `ranking` are the engine's guesses with their confidence (0..1), the best first.
    """
    guesses = [(intent, share) for intent, share in ranking if intent != "nlu_fallback"]
    for place, (intent, share) in enumerate(guesses[:2]):
        if intent in SERIOUS and share >= SERIOUS_ENOUGH:
            # A second guess that is an emergency goes to the pharmacist, without the alarm.
            return intent if place == 0 else "ask_clinical"
    return None
