"""What the deployed engine makes of messages that training never sees."""

from functools import cache
from typing import Any

import pytest
import yaml

from bot.cli.model import parse_lines
from bot.pharmacy.routes import SERIOUS
from bot.places import ROOT
from bot.settings import Settings

pytestmark = pytest.mark.stack
FOLDER = ROOT / "tests" / "nlu"
KNOWN = FOLDER / "known_failures.yml"
# Who may answer what could be about safety; the bot's own approved texts are told apart below.
PEOPLE = ("pharmacist", "urgent")


@cache
def readings() -> tuple[tuple[str, str, dict[str, Any]], ...]:
    """(intent, text, what `willcall parse` says) of every kept-back message."""
    pairs = []
    for path in sorted(FOLDER.glob("kept_back*.yml")):
        for intent, texts in yaml.safe_load(path.read_text(encoding="utf-8")).items():
            pairs += [(intent, text) for text in texts]
    settings = Settings(data_dir=ROOT / "var")
    answers = parse_lines(settings, [text for _, text in pairs])
    return tuple(
        (intent, text, answer) for (intent, text), answer in zip(pairs, answers, strict=True)
    )


def test_no_clinical_or_urgent_message_is_answered_by_the_bot() -> None:
    wrong = [
        (intent, text, answer["intent"], answer["route"])
        for intent, text, answer in readings()
        if intent in SERIOUS
        and answer["route"] not in PEOPLE
        and not (answer["intent"] == "nlu_fallback" and answer["route"] == "bot")
    ]
    assert wrong == []


def test_failures_are_known_and_only_become_fewer() -> None:
    """`known_failures.yml` lists what is read wrong; a message that is right now must leave it."""
    known = set(yaml.safe_load(KNOWN.read_text(encoding="utf-8")))
    wrong = {
        text
        for intent, text, answer in readings()
        if answer["intent"] != intent and not (intent == "report_emergency" and answer["red_flags"])
    }
    assert wrong - known == set(), "read right before"
    assert known - wrong == set(), "read right now: take these off the list"


def test_most_are_right() -> None:
    wrong = yaml.safe_load(KNOWN.read_text(encoding="utf-8"))
    assert len(wrong) <= 0.09 * len(readings())
