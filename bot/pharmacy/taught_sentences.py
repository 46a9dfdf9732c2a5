"""The sentences that the model is trained or tested with, as they stand in the project's files.

What a pharmacist teaches must not repeat them: a training sentence twice has twice the weight, and
one that models are tested with measures nothing any more.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import islice
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]
TRAINING = "data/nlu/*.yml"
# What every candidate is tested with (tools/gate_messages.py).
TESTED = "data/gate/*.yml"
# Read first when examples are wanted: what most patients write.
EVERYDAY = "everyday_"
SPANISH = "spanish"


@dataclass(frozen=True)
class Taught:
    """Every sentence that is taken, normalised, and a few examples of each intent."""

    sentences: frozenset[str]
    examples: Mapping[str, tuple[str, ...]]


def normalised(sentence: str) -> str:
    """Case, accents and punctuation do not make a sentence a different one."""
    marked = sentence.casefold().replace("[", " placeholder ")
    letters = unicodedata.normalize("NFKD", marked)
    plain = "".join(letter for letter in letters if not unicodedata.combining(letter))
    return " ".join(re.findall(r"[^\W_]+", plain))


@cache
def taught(root: Path = ROOT) -> Taught:
    """Read the files, once a process: some milliseconds."""
    training = [(path.name, _examples(path)) for path in sorted(root.glob(TRAINING))]
    kept = [texts for path in sorted(root.glob(TESTED)) for texts in _read(path).values()]
    every = [text for _, intents in training for texts in intents.values() for text in texts]
    every += [text for texts in kept for text in texts]
    return Taught(frozenset(map(normalised, every)), _chosen(training))


def _examples(path: Path) -> dict[str, list[str]]:
    """The sentences of a training file, by intent."""
    found: dict[str, list[str]] = {}
    for entry in _read(path)["nlu"]:
        lines = [line[2:].strip() for line in entry["examples"].splitlines()]
        found.setdefault(entry["intent"], []).extend(line for line in lines if line)
    return found


def _read(path: Path) -> dict[str, Any]:
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    read: dict[str, Any] = yaml.load(path.read_text("utf-8"), loader)  # noqa: S506 - a safe one
    return read


def _chosen(
    training: Iterable[tuple[str, dict[str, list[str]]]], english: int = 4, spanish: int = 2
) -> dict[str, tuple[str, ...]]:
    """A few sentences of each intent, everyday ones, the Spanish last."""
    files = sorted(training, key=lambda item: (not item[0].startswith(EVERYDAY), item[0]))
    chosen: dict[str, list[str]] = {}
    for intent in {name for _, intents in files for name in intents}:
        for is_spanish, most in ((False, english), (True, spanish)):
            texts = _of(files, intent, is_spanish)
            chosen.setdefault(intent, []).extend(islice(texts, most))
    return {intent: tuple(texts) for intent, texts in chosen.items()}


def _of(
    files: Iterable[tuple[str, dict[str, list[str]]]], intent: str, is_spanish: bool
) -> Iterator[str]:
    for name, intents in files:
        if (SPANISH in name) == is_spanish:
            yield from intents.get(intent, ())
