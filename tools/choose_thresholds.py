"""Chooses the three thresholds of config.yml: `.venv-rasa/bin/python -m tools.choose_thresholds`.

Run in Rasa's environment from the project's folder. Trains the pipeline with them out of action,
reads the kept-back messages once, and tries every choice of `share` and `sure` of CautiousChoice
and `threshold` of FallbackClassifier. What a choice is worth is the mean over the messages of
`WORTH`. The files of `DECIDING` decide; the others are reported beside them. With --write the best
choice goes into config.yml.
"""

import argparse
import re
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from bot.nlu.parse import Parser
from bot.nlu.quiet import prepare_process
from bot.nlu.ranking import EMERGENCY, cautious
from bot.nlu.train import train
from bot.pharmacy.routes import SERIOUS, first_route, serious_guess
from bot.places import ROOT

CONFIG = ROOT / "config.yml"
KEPT_BACK = ROOT / "tests" / "nlu"
DECIDING = ("kept_back", "kept_back_fresh")
REPORTED = ("kept_back_writers",)
SHARES = np.round(np.arange(0.1, 1.001, 0.05), 2)
SURE = (0.5, 0.6, 0.7, 0.8, 0.9, 0.95)
THRESHOLDS = np.round(np.arange(0.05, 0.601, 0.025), 3)
# An automatic answer to a question about safety is what must not happen. A wrong automatic answer
# costs more than asking again, and a question that reaches people without need costs little.
WORTH = {
    "right": 1.0,
    "asked again": 0.0,
    "wrong, people": -0.5,
    "wrong, bot": -3.0,
    "unsafe": -100,
}
# Of the share that is just enough for these messages: those of tomorrow are a little different.
MARGIN = 0.67
TOLERANCE = 0.006  # three of 462 messages that go to people without need
PEOPLE = ("counter", "pharmacist", "urgent")


@dataclass(frozen=True)
class Choice:
    """A value for each threshold, by its name in config.yml."""

    share: float
    sure: float
    threshold: float


@dataclass(frozen=True)
class Kept:
    """A kept-back message: what it means, and the ranking before any threshold."""

    text: str
    intent: str
    ranking: "list[dict[str, Any]]"


def main() -> int:
    """Command line entry."""
    arguments = argparse.ArgumentParser(description="Choose the thresholds of config.yml.")
    arguments.add_argument(
        "--write", action="store_true", help="put the best choice into config.yml"
    )
    given = arguments.parse_args()
    prepare_process()
    parser = _unthresholded()
    deciding = [kept for name in DECIDING for kept in _read(name, parser)]
    best = chosen(deciding)
    _report(best, deciding, {name: _read(name, parser) for name in REPORTED})
    if given.write:
        CONFIG.write_text(written(CONFIG.read_text(encoding="utf-8"), best), encoding="utf-8")
    return 0


def chosen(messages: "list[Kept]") -> Choice:
    """Of the choices that are worth nearly the most, the most cautious one."""
    choices = [Choice(*each) for each in product(SHARES, SURE, THRESHOLDS)]
    worths = [worth(outcomes(messages, choice)) for choice in choices]
    good = [
        (choice.sure, -choice.share, value, choice)
        for choice, value in zip(choices, worths, strict=True)
        if value >= max(worths) - TOLERANCE
    ]
    best = max(good, key=lambda found: found[:3])[3]
    return replace(best, share=round(best.share * MARGIN, 3))


def _unthresholded() -> Parser:
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder) / "config.yml"
        config.write_text(
            written(CONFIG.read_text(encoding="utf-8"), Choice(1.0, 1.0, 0.0)), encoding="utf-8"
        )
        model = Path(folder) / "model.tar.gz"
        train(model, config=str(config))
        return Parser(model)


def written(config: str, choice: Choice) -> str:
    """The text of config.yml with these numbers. Raises ValueError if it lacks one."""
    for name, value in asdict(choice).items():
        config, count = re.subn(rf"(?m)^(\s+{name}:) [\d.]+$", rf"\1 {value:g}", config)
        if count != 1:
            raise ValueError(f"config.yml names {name} {count} times, expected once")
    return config


def _read(name: str, parser: Parser) -> "list[Kept]":
    content = yaml.safe_load((KEPT_BACK / f"{name}.yml").read_text(encoding="utf-8"))
    pairs = [(text, intent) for intent, texts in content.items() for text in texts]
    answers = parser.parse([text for text, _ in pairs])
    return [
        Kept(text, intent, _named(answer))
        for (text, intent), answer in zip(pairs, answers, strict=True)
    ]


def _named(answer: "dict[str, Any]") -> "list[dict[str, Any]]":
    return [
        {"name": guess["intent"], "confidence": guess["confidence"]}
        for guess in answer["ranking"]
        if guess["intent"] != "nlu_fallback"
    ]


def outcomes(messages: "list[Kept]", choice: Choice) -> "Counter[str]":
    """How often each outcome of `WORTH` comes about with these thresholds."""
    return Counter(_outcome(kept, choice) for kept in messages)


def _outcome(kept: Kept, choice: Choice) -> str:
    serious = [intent for intent in SERIOUS if intent != EMERGENCY]
    ranking = cautious(kept.ranking, serious, choice.share, choice.sure)
    understood = ranking[0]["name"]
    if ranking[0]["confidence"] < choice.threshold:
        guesses = [(guess["name"], guess["confidence"]) for guess in ranking]
        understood = serious_guess(guesses) or "nlu_fallback"
    route = first_route(understood, kept.text)
    if kept.intent in SERIOUS and understood not in ("nlu_fallback", kept.intent):
        return "wrong, people" if route in ("pharmacist", "urgent") else "unsafe"
    if understood == kept.intent:
        return "right"
    if understood == "nlu_fallback":
        return "asked again"
    return "wrong, people" if route in PEOPLE else "wrong, bot"


def worth(counts: "Counter[str]") -> float:
    """The mean over the messages."""
    return sum(WORTH[outcome] * count for outcome, count in counts.items()) / counts.total()


def _report(best: Choice, deciding: "list[Kept]", others: "dict[str, list[Kept]]") -> None:
    for line in _lines(best, {"deciding": deciding, **others}):
        print(line)


def _lines(best: Choice, files: "dict[str, list[Kept]]") -> Iterator[str]:
    yield f"{best}"
    for name, messages in files.items():
        counts = outcomes(messages, best)
        told = ", ".join(f"{outcome} {counts[outcome]}" for outcome in WORTH)
        yield f"{name}: {len(messages)} messages, worth {worth(counts):.3f}; {told}"


if __name__ == "__main__":
    sys.exit(main())
