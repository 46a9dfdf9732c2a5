"""data/gate is what the tests' own lists make: an installation has no tests folder."""

import pytest

from bot.pharmacy.intents import NAMES
from bot.teaching.gate_messages import (
    FOLDER,
    KEPT_BACK,
    MUST_ALARM,
    MUST_NOT,
    RED_FLAGS,
    TRANSCRIPTS,
    gate_messages,
)
from tools import gate_messages as tool

AGAIN = "run: python -m tools.gate_messages"


def stands(name: str) -> str:
    return (FOLDER / f"{name}.yml").read_text(encoding="utf-8")


def test_kept_back_and_red_flags_are_current() -> None:
    assert stands(KEPT_BACK) == tool.written(KEPT_BACK, tool.kept_back_messages()), AGAIN
    assert stands(RED_FLAGS) == tool.written(RED_FLAGS, tool.red_flag_messages()), AGAIN


def test_every_transcript_is_there() -> None:
    found = {message.text for message in gate_messages() if message.set == TRANSCRIPTS}
    assert found == set(tool.first_messages()), AGAIN


@pytest.mark.stack
def test_the_intents_of_the_transcripts_are_the_deployed_ones() -> None:
    assert stands(TRANSCRIPTS) == tool.written(TRANSCRIPTS, tool.transcript_messages()), AGAIN


def test_every_message_expects_something_known() -> None:
    known = {
        KEPT_BACK: NAMES,
        RED_FLAGS: {MUST_ALARM, MUST_NOT},
        TRANSCRIPTS: NAMES | {"nlu_fallback"},
    }
    messages = gate_messages()
    assert [each for each in messages if each.expected not in known[each.set]] == []
    assert len(set(messages)) == len(messages)
    assert len(messages) > 3000
