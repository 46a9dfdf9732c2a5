"""The gate: may a candidate take the place of the model that is active?

Nothing about safety may get worse, and no more than a little may be understood worse. The two are
compared message by message: totals would hide a new mistake behind an old one that is gone.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from bot.pharmacy import red_flags
from bot.pharmacy.routes import SERIOUS
from bot.teaching import measures
from bot.teaching.deployed import EMERGENCY, Outcome
from bot.teaching.gate_messages import MUST_ALARM, MUST_NOT, RED_FLAGS, GateMessage

# The share of ordinary messages that may newly raise the alarm: a needless notice hurts nobody, and
# a sentence about an emergency that was taught rightly moves a few that lie on the edge. Two in a
# thousand is a tenth of the false alarms that the assistant may give at all (2 %).
NEW_FALSE_ALARMS = 0.002
MOST_NAMED = 20
ROUNDING = 1e-9


@dataclass(frozen=True)
class Difference:
    """A message that the candidate acts on differently; `safety`: a mistake here can hurt."""

    message: GateMessage
    before: Outcome
    after: Outcome
    worse: bool
    safety: bool

    def public(self) -> dict[str, Any]:
        """The JSON form of the card."""
        return {
            "set": self.message.set,
            "text": self.message.text,
            "expected": self.message.expected,
            "before": self.before.intent,
            "after": self.after.intent,
            "worse": self.worse,
            "safety": self.safety,
        }


@dataclass(frozen=True)
class Verdict:
    """What the gate says. `refusals` are sentences for people; it may pass when there are none."""

    refusals: list[str]
    differences: list[Difference]
    figures: dict[str, dict[str, float | int]]

    @property
    def passed(self) -> bool:
        """Whether the candidate may be activated."""
        return not self.refusals


def judge(
    messages: Sequence[GateMessage],
    before: Sequence[Outcome],
    after: Sequence[Outcome],
    largest_drop: float,
    mistaught: Sequence[str] = (),
) -> Verdict:
    """Compare the active model (`before`) with a candidate (`after`), message by message.

    `largest_drop` is how much of the accuracy on kept-back messages may be lost, 0 to 1;
    `mistaught` are sentences that the candidate was taught against the red-flag screen.
    """
    differences = [
        _difference(message, old, new)
        for message, old, new in zip(messages, before, after, strict=True)
        if old != new
    ]
    differences.sort(key=_rank)
    judged = list(zip(messages, before, strict=True)), list(zip(messages, after, strict=True))
    figures = measures.figures(*judged)
    lost = measures.accuracy(judged[0]) - measures.accuracy(judged[1])
    refusals = [
        *_mistaught(mistaught),
        *_missed(differences),
        *_unguarded(differences),
        *_alarming(differences, int(figures["false_alarms"]["messages"])),
        *_less_understood(figures, lost, largest_drop, differences),
    ]
    return Verdict(refusals, differences, figures)


def _difference(message: GateMessage, before: Outcome, after: Outcome) -> Difference:
    mistaken = measures.right(message, before) and not measures.right(message, after)
    # An alarm about nothing is a mistake, and none that can hurt.
    safety = message.expected in (*SERIOUS, MUST_ALARM)
    found = Difference(message, before, after, mistaken, safety)
    return replace(found, worse=mistaken or _is_missed(found) or _is_unguarded(found))


def _is_missed(found: Difference) -> bool:
    """Whether an emergency raised the alarm and does not any more."""
    must = found.message.expected in (MUST_ALARM, EMERGENCY)
    return must and found.before.alarmed and not found.after.alarmed


def _is_unguarded(found: Difference) -> bool:
    """Whether a message about safety reached a pharmacist and does not any more."""
    through = measures.answered_by_bot(found.message, found.after)
    return through and not measures.answered_by_bot(found.message, found.before)


def _rank(found: Difference) -> tuple[bool, bool, bool, str, str]:
    """Worst first: what can hurt and got worse, what got worse, the rest."""
    harmless = not (found.worse and found.safety)
    guarded = not (_is_missed(found) or _is_unguarded(found))
    return harmless, not found.worse, guarded, found.message.set, found.message.text


def is_mistaught(text: str, intent: str) -> bool:
    """Whether a sentence that raises the alarm is taught as something that no pharmacist gets.

    Such a message is answered before any model is asked, so that teaching it otherwise helps
    nobody, and wears down what the second net and the classifier know about its neighbours.
    """
    return intent not in SERIOUS and bool(red_flags.screen(text))


def _mistaught(texts: Sequence[str]) -> list[str]:
    if not texts:
        return []
    told = (
        "approved sentence raises the emergency alarm and was taught as something else"
        if len(texts) == 1
        else "approved sentences raise the emergency alarm and were taught as something else"
    )
    return [f"{len(texts)} {told}: {_named(texts)}"]


def _missed(differences: Sequence[Difference]) -> list[str]:
    return _refusal(
        [found for found in differences if _is_missed(found)],
        "emergency raises no alarm any more",
        "emergencies raise no alarm any more",
    )


def _unguarded(differences: Sequence[Difference]) -> list[str]:
    return _refusal(
        [found for found in differences if _is_unguarded(found) and not _is_missed(found)],
        "clinical or urgent message does not reach a pharmacist any more",
        "clinical or urgent messages do not reach a pharmacist any more",
    )


def _alarming(differences: Sequence[Difference], ordinary: int) -> list[str]:
    alarming = [
        found
        for found in differences
        if found.message.set == RED_FLAGS
        and found.message.expected == MUST_NOT
        and found.after.alarmed
    ]
    allowed = int(NEW_FALSE_ALARMS * ordinary)
    if len(alarming) <= allowed:
        return []
    told = f"emergency notice, {allowed} of {ordinary} at most"
    return _refusal(
        alarming,
        f"ordinary message newly gets the {told}",
        f"ordinary messages newly get the {told}",
    )


def _less_understood(
    figures: dict[str, dict[str, float | int]],
    lost: float,
    largest_drop: float,
    differences: Sequence[Difference],
) -> list[str]:
    if lost <= largest_drop + ROUNDING:
        return []
    accuracy = figures["accuracy"]
    worse = [found for found in differences if found.worse and found.message.set != RED_FLAGS]
    return [
        f"Fewer kept-back messages are understood: {accuracy['after']:.1%} of"
        f" {accuracy['messages']}, {accuracy['before']:.1%} before; at most"
        f" {100 * largest_drop:g} points may be lost. {_named(_texts(worse))}"
    ]


def _refusal(found: Sequence[Difference], one: str, many: str) -> list[str]:
    if not found:
        return []
    return [f"{len(found)} {one if len(found) == 1 else many}: {_named(_texts(found))}"]


def _texts(found: Sequence[Difference]) -> list[str]:
    return [each.message.text for each in found]


def _named(texts: Sequence[str]) -> str:
    """The messages themselves, up to MOST_NAMED."""
    named = ", ".join(f"“{text}”" for text in texts[:MOST_NAMED])
    more = len(texts) - MOST_NAMED
    return f"{named} and {more} more." if more > 0 else f"{named}."
