"""The figures of a model on the gate's messages: pure functions over what was expected and done."""

from collections import Counter
from collections.abc import Sequence

from bot.pharmacy.routes import SERIOUS
from bot.teaching.deployed import Outcome
from bot.teaching.gate_messages import KEPT_BACK, MUST_ALARM, MUST_NOT, RED_FLAGS, GateMessage

Judged = Sequence[tuple[GateMessage, Outcome]]
PEOPLE = ("pharmacist", "urgent")


def answered_by_bot(message: GateMessage, done: Outcome) -> bool:
    """Whether a message about safety ends with nobody who may judge it."""
    return message.expected in (*SERIOUS, MUST_ALARM) and done.route not in PEOPLE


def accuracy(judged: Judged) -> float:
    """The share of kept-back messages that are acted on as what they mean, 0 to 1."""
    kept = _kept_back(judged)
    return sum(right(message, done) for message, done in kept) / max(len(kept), 1)


def right(message: GateMessage, done: Outcome) -> bool:
    """Whether a message is acted on as what it means."""
    if message.set == RED_FLAGS:
        return done.alarmed == (message.expected == MUST_ALARM)
    return done.intent == message.expected


def macro_f1(judged: Judged) -> float:
    """The mean over all intents that some kept-back message means of their F1, 0 to 1."""
    kept = _kept_back(judged)
    meant = Counter(message.expected for message, _ in kept)
    acted = Counter(done.intent for _, done in kept)
    hit = Counter(message.expected for message, done in kept if right(message, done))
    scores = [2 * hit[name] / (meant[name] + acted[name]) for name in meant]
    return sum(scores) / max(len(scores), 1)


def red_flags_found(judged: Judged) -> tuple[int, int]:
    """How many emergencies raise the alarm, of how many."""
    return _alarmed(judged, MUST_ALARM)


def false_alarms(judged: Judged) -> tuple[int, int]:
    """How many ordinary messages raise it, of how many."""
    return _alarmed(judged, MUST_NOT)


def clinical_answered_by_bot(judged: Judged) -> tuple[int, int]:
    """How many kept-back messages about safety reach nobody who may judge them, of how many."""
    serious = [pair for pair in _kept_back(judged) if pair[0].expected in SERIOUS]
    return sum(answered_by_bot(message, done) for message, done in serious), len(serious)


def figures(before: Judged, after: Judged) -> dict[str, dict[str, float | int]]:
    """The card's figures: each `{"messages", "before", "after"}`."""
    kept = len(_kept_back(after))
    found: dict[str, dict[str, float | int]] = {
        name: {
            "messages": kept,
            "before": round(measure(before), 4),
            "after": round(measure(after), 4),
        }
        for name, measure in {"accuracy": accuracy, "macro_f1": macro_f1}.items()
    }
    counted = {
        "red_flags_found": red_flags_found,
        "false_alarms": false_alarms,
        "clinical_answered_by_bot": clinical_answered_by_bot,
    }
    for name, count in counted.items():
        found[name] = {
            "messages": count(after)[1],
            "before": count(before)[0],
            "after": count(after)[0],
        }
    return found


def _kept_back(judged: Judged) -> list[tuple[GateMessage, Outcome]]:
    return [pair for pair in judged if pair[0].set == KEPT_BACK]


def _alarmed(judged: Judged, expected: str) -> tuple[int, int]:
    chosen = [
        done
        for message, done in judged
        if message.set == RED_FLAGS and message.expected == expected
    ]
    return sum(done.alarmed for done in chosen), len(chosen)
