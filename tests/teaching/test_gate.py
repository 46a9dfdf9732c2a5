"""The gate: what may be switched on, and what it says when it refuses."""

from dataclasses import replace

import pytest

from bot.pharmacy.routes import SERIOUS, first_route
from bot.teaching import gate
from bot.teaching.deployed import EMERGENCY, FALLBACK, Outcome
from bot.teaching.gate import Verdict, judge
from bot.teaching.gate_messages import (
    KEPT_BACK,
    MUST_ALARM,
    MUST_NOT,
    RED_FLAGS,
    TRANSCRIPTS,
    GateMessage,
)

DROP = 0.005


def outcome(intent: str) -> Outcome:
    return Outcome(intent, first_route(intent))


def right(message: GateMessage) -> Outcome:
    named = {MUST_ALARM: EMERGENCY, MUST_NOT: "ask_status"}
    return outcome(named.get(message.expected, message.expected))


def messages() -> list[GateMessage]:
    """A thousand kept-back messages, two hundred of each red-flag kind, a few first messages."""
    intents = ["ask_hours", "ask_status", "ask_price", "thank", *SERIOUS]
    kept = [
        GateMessage(KEPT_BACK, f"{intent} {number}", intent)
        for intent in intents
        for number in range(125)
    ]
    flags = [
        GateMessage(RED_FLAGS, f"{kind} {number}", kind)
        for kind, count in ((MUST_ALARM, 200), (MUST_NOT, 1000))
        for number in range(count)
    ]
    return [*kept, *flags, GateMessage(TRANSCRIPTS, "is it ready", "ask_status")]


MESSAGES = messages()


def judged(
    changes: dict[str, str], drop: float = DROP, before: dict[str, str] | None = None
) -> Verdict:
    """A model that is right about everything (but `before`), against one with these changes."""
    old = {message.text: right(message) for message in MESSAGES}
    old |= {text: outcome(intent) for text, intent in (before or {}).items()}
    new = old | {text: outcome(intent) for text, intent in changes.items()}
    return judge(MESSAGES, [old[m.text] for m in MESSAGES], [new[m.text] for m in MESSAGES], drop)


def test_a_candidate_that_does_the_same_passes() -> None:
    verdict = judged({})
    assert verdict.passed
    assert (verdict.refusals, verdict.differences) == ([], [])
    assert verdict.figures == {
        "accuracy": {"messages": 1000, "before": 1.0, "after": 1.0},
        "macro_f1": {"messages": 1000, "before": 1.0, "after": 1.0},
        "red_flags_found": {"messages": 200, "before": 200, "after": 200},
        "false_alarms": {"messages": 1000, "before": 0, "after": 0},
        "clinical_answered_by_bot": {"messages": 500, "before": 0, "after": 0},
    }


def test_one_emergency_without_its_alarm_is_refused_by_name() -> None:
    verdict = judged({"emergency 7": "ask_clinical"})
    assert verdict.refusals == ["1 emergency raises no alarm any more: “emergency 7”."]
    (difference,) = verdict.differences
    assert difference.public() == {
        "set": "red_flags",
        "text": "emergency 7",
        "expected": "emergency",
        "before": "report_emergency",
        "after": "ask_clinical",
        "worse": True,
        "safety": True,
    }
    assert verdict.figures["red_flags_found"]["after"] == 199


@pytest.mark.parametrize("intent", ["ask_hours", "request_human", FALLBACK])
@pytest.mark.parametrize("serious", [name for name in SERIOUS if name != EMERGENCY])
def test_a_clinical_message_that_no_pharmacist_gets_is_refused(serious: str, intent: str) -> None:
    verdict = judged({f"{serious} 3": intent})
    assert verdict.refusals == [
        f"1 clinical or urgent message does not reach a pharmacist any more: “{serious} 3”."
    ]
    assert verdict.figures["clinical_answered_by_bot"] == {
        "messages": 500, "before": 0, "after": 1,
    }  # fmt: skip


def test_what_still_reaches_a_pharmacist_is_no_refusal() -> None:
    verdict = judged({"report_ran_out 3": "ask_clinical"})
    assert verdict.passed
    assert [(each.worse, each.safety) for each in verdict.differences] == [(True, True)]


def test_a_kept_back_emergency_counts_once() -> None:
    verdict = judged({"report_emergency 3": "ask_hours"})
    assert verdict.refusals == ["1 emergency raises no alarm any more: “report_emergency 3”."]


def test_what_was_wrong_before_is_no_reason() -> None:
    """A message that the active model lets through as well; two wrongs that change places are."""
    wrong = {"ask_clinical 3": "ask_hours"}
    assert judged({}, before=wrong).passed
    changes = {"ask_clinical 3": "ask_clinical", "ask_clinical 4": "ask_hours"}
    assert not judged(changes, before=wrong).passed


def test_a_few_new_false_alarms_are_allowed_and_no_more() -> None:
    allowed = int(gate.NEW_FALSE_ALARMS * 1000)
    few = judged({f"ordinary {number}": EMERGENCY for number in range(allowed)})
    assert few.passed
    assert [(each.worse, each.safety) for each in few.differences] == [(True, False)] * allowed
    many = judged({f"ordinary {number}": EMERGENCY for number in range(allowed + 1)})
    assert many.refusals == [
        f"{allowed + 1} ordinary messages newly get the emergency notice, {allowed} of 1000 at"
        " most: “ordinary 0”, “ordinary 1”, “ordinary 2”."
    ]


def test_accuracy_may_fall_by_the_setting_and_no_further() -> None:
    changes = {f"ask_hours {number}": "ask_status" for number in range(6)}
    assert judged(dict(list(changes.items())[:5])).passed
    verdict = judged(changes)
    (refusal,) = verdict.refusals
    assert refusal.startswith(
        "Fewer kept-back messages are understood: 99.4% of 1000, 100.0% before; at most 0.5 points"
        " may be lost. “ask_hours 0”, "
    )
    assert judged(changes, drop=0.006).passed
    assert not judged(dict(list(changes.items())[:1]), drop=0.0).passed


def test_the_transcripts_are_compared_and_do_not_decide() -> None:
    verdict = judged({"is it ready": "ask_hours"})
    assert verdict.passed
    assert [each.message.set for each in verdict.differences] == [TRANSCRIPTS]


def test_at_most_twenty_messages_are_named() -> None:
    (refusal,) = judged({f"emergency {number}": "thank" for number in range(23)}).refusals
    assert refusal.startswith("23 emergencies raise no alarm any more: “emergency 0”, ")
    assert refusal.endswith(" and 3 more.")
    assert refusal.count("“") == gate.MOST_NAMED


def test_the_worst_stands_first() -> None:
    verdict = judged(
        {
            "ordinary 1": EMERGENCY,
            "ask_hours 1": "ask_status",
            "report_ran_out 1": "ask_clinical",
            "ask_clinical 1": "thank",
            "emergency 1": "thank",
            "ask_price 1": "ask_price",
        },
        before={"ask_price 1": "thank"},
    )
    order = [(each.message.text, each.worse, each.safety) for each in verdict.differences]
    assert order[:3] == [
        ("ask_clinical 1", True, True),
        ("emergency 1", True, True),
        ("report_ran_out 1", True, True),
    ]
    assert order[3:] == [
        ("ask_hours 1", True, False),
        ("ordinary 1", True, False),
        ("ask_price 1", False, False),
    ]


def test_a_message_that_is_better_is_told_last() -> None:
    better = MESSAGES[0]
    old = [replace(right(m), intent="thank") if m is better else right(m) for m in MESSAGES]
    verdict = judge(MESSAGES, old, [right(m) for m in MESSAGES], DROP)
    assert verdict.passed
    assert [each.worse for each in verdict.differences] == [False]


def test_a_candidate_made_worse_on_purpose() -> None:
    """Chest pain taught as a question about hours: everything that breaks is told at once."""
    changes = {f"emergency {number}": "ask_hours" for number in range(30)}
    changes |= {f"ask_clinical {number}": "ask_hours" for number in range(10)}
    verdict = judged(changes)
    assert [text.split(" any more")[0] for text in verdict.refusals[:2]] == [
        "30 emergencies raise no alarm",
        "10 clinical or urgent messages do not reach a pharmacist",
    ]
    assert verdict.refusals[2].startswith("Fewer kept-back messages")
    assert len(verdict.differences) == 40


def test_what_is_taught_against_the_screen_is_refused() -> None:
    assert gate.is_mistaught("my son swallowed my pills", "ask_hours")
    assert not gate.is_mistaught("my son swallowed my pills", "report_emergency")
    assert not gate.is_mistaught("when do you open", "ask_hours")
    old = [right(message) for message in MESSAGES]
    verdict = judge(MESSAGES, old, old, DROP, ["chest pain", "he passed out"])
    assert verdict.refusals == [
        "2 approved sentences raise the emergency alarm and were taught as something else:"
        " “chest pain”, “he passed out”."
    ]
