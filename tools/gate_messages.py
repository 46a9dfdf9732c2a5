"""Writes data/gate, the messages that candidates are tested with, from the tests' own lists.

    .venv/bin/python -m tools.gate_messages

An installation has no tests folder. `tests/teaching/test_gate_messages.py` fails when a list has
changed and this has not been run again. The intents of the transcripts' messages are those that
the model of the present sources gives; it is trained if need be.
"""

import sys
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

import yaml

from bench.evaluation.sentences import content_of, grouped, kept_back, red_flags
from bot.cli.model import parse_lines
from bot.places import ROOT
from bot.settings import Settings
from bot.teaching.deployed import EMERGENCY, FALLBACK, Reading, acted_on
from bot.teaching.gate_messages import (
    FOLDER,
    KEPT_BACK,
    MUST_ALARM,
    MUST_NOT,
    RED_FLAGS,
    TRANSCRIPTS,
)
from tests.transcripts.coverage import transcripts

HEAD = "# Made by tools/gate_messages.py from {source}: change that, and run it again.\n"
LIVE_CHAT = ROOT / "tests" / "red_flags" / "live_chat.yml"
SOURCES = {
    KEPT_BACK: "tests/nlu/kept_back*.yml",
    RED_FLAGS: "tests/red_flags",
    TRANSCRIPTS: "tests/transcripts",
}
type Groups = dict[str, list[str]]


def kept_back_messages() -> Groups:
    """By intent."""
    return _groups((sentence.intent, sentence.text) for sentence in kept_back())


def red_flag_messages() -> Groups:
    """Emergencies, and ordinary messages."""
    pairs: list[tuple[str, str]] = []
    for each in red_flags():
        pairs += [(MUST_ALARM, text) for _, text in each.emergencies]
        pairs += [(MUST_NOT, text) for _, text in each.ordinary]
    pairs += [(MUST_NOT, text) for _, text in grouped(content_of(LIVE_CHAT))]
    return _groups(pairs)


def first_messages() -> "list[str]":
    """What the patients of the transcripts say first."""
    said = (
        next((line.text for line in transcript.steps if line.speaker == "patient"), None)
        for transcript in transcripts()
    )
    return list(dict.fromkeys(text for text in said if text is not None))


def transcript_messages() -> Groups:
    """The first messages by the intent that the deployed model acts on."""
    texts = first_messages()
    nowhere = f"sqlite:///{Path('var') / 'evaluate' / 'no-database.sqlite'}"
    settings = Settings(data_dir=ROOT / "var", database_url=nowhere)
    pairs = []
    for text, answer in zip(texts, parse_lines(settings, texts), strict=True):
        ranking = [(guess["intent"], guess["confidence"]) for guess in answer["ranking"]]
        acted = acted_on(Reading(answer["intent"] or FALLBACK, ranking))
        pairs.append((EMERGENCY if answer["red_flags"] else acted, text))
    return _groups(pairs)


def written(name: str, groups: Groups) -> str:
    """The text of one file."""
    body = yaml.safe_dump(groups, allow_unicode=True, width=10_000, sort_keys=True)
    return HEAD.format(source=SOURCES[name]) + body


def _groups(pairs: Iterable[tuple[str, str]]) -> Groups:
    found: dict[str, dict[str, None]] = defaultdict(dict)
    for expected, text in pairs:
        found[expected][text] = None
    return {expected: list(texts) for expected, texts in sorted(found.items())}


def main() -> int:
    """Command line entry."""
    FOLDER.mkdir(exist_ok=True)
    made = {
        KEPT_BACK: kept_back_messages,
        RED_FLAGS: red_flag_messages,
        TRANSCRIPTS: transcript_messages,
    }
    for name, groups in made.items():
        (FOLDER / f"{name}.yml").write_text(written(name, groups()), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
