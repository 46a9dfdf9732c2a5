"""The sentences that the evaluation reads: training data, kept-back files, red flags, HINT3."""

import csv
import random
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from bot.pharmacy.language import Language, identify
from bot.places import ROOT

SEED = 2026
OUT_OF_SCOPE = "NO_NODES_DETECTED"  # HINT3's label, and what a published engine says to refuse


class MissingDataError(Exception):
    """A file that was asked for is not there or not in its form; the message is for people."""


@dataclass(frozen=True)
class Sentence:
    """A text, the intent it means, and the file it stands in, without its ending."""

    text: str
    intent: str
    file: str

    @property
    def everyday(self) -> bool:
        """Whether it was written down as people type, not for being unlike any other."""
        return self.file.startswith("everyday_")

    @property
    def language(self) -> str:
        """What the file says, else what is found in the text, which for a few words is `unsure`.

        The pattern of tests/nlu/test_corpus.py would tell more of them, but takes the English
        "tell me" for Spanish.
        """
        if "spanish" in self.file:
            return Language.SPANISH
        found = identify(self.text)
        if self.everyday and found is Language.UNSURE:
            return Language.ENGLISH
        return found


@dataclass(frozen=True)
class RedFlagList:
    """Messages of one file with the family or group of each; `emergencies` are to be found."""

    name: str
    emergencies: list[tuple[str, str]]
    ordinary: list[tuple[str, str]]


def training(folder: Path = ROOT / "data" / "nlu") -> list[Sentence]:
    """Every training sentence, in the order of the files."""
    return [
        Sentence(line[2:], entry["intent"], path.stem)
        for path in sorted(folder.glob("*.yml"))
        for entry in content_of(path)["nlu"]
        for line in entry["examples"].splitlines()
    ]


def kept_back(folder: Path = ROOT / "tests" / "nlu") -> list[Sentence]:
    """The messages of every kept-back file. Raises MissingDataError if there is none."""
    paths = sorted(folder.glob("kept_back*.yml"))
    if not paths:
        raise MissingDataError("there is no kept-back file in tests/nlu")
    return [
        Sentence(text, intent, path.stem)
        for path in paths
        for intent, texts in content_of(path).items()
        for text in texts
    ]


def red_flags(folder: Path = ROOT / "tests" / "red_flags") -> list[RedFlagList]:
    """The regression lists as one, then each file of messages that nothing was tuned on."""
    found = [grouped(content_of(folder / f"{name}red_flags.yml")) for name in ("", "holdout_")]
    ordinary = [grouped(content_of(folder / f"{name}benign.yml")) for name in ("", "holdout_")]
    lists = [RedFlagList("regression", found[0] + found[1], ordinary[0] + ordinary[1])]
    for path in sorted(folder.glob("unseen*.yml")):
        content = content_of(path)
        parts = [grouped(content.get(part) or {}) for part in ("emergencies", "ordinary")]
        lists.append(RedFlagList(path.stem, *parts))
    return lists


def grouped(groups: dict[str, Any]) -> list[tuple[str, str]]:
    """(group, text) of all; a group holds texts, or lists of texts by language."""
    return [
        (group, text)
        for group, found in groups.items()
        for texts in (found.values() if isinstance(found, dict) else [found])
        for text in texts
    ]


def content_of(path: Path) -> Any:
    """What a YAML file holds."""
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def hint3_sentences(folder: Path, name: str) -> list[Sentence]:
    """One of HINT3's tables, `train` or `test`. Raises MissingDataError."""
    rows = _table(folder / f"{name}.csv", ("sentence", "label"))
    return [Sentence(row["sentence"], row["label"], name) for row in rows]


def hint3_published(folder: Path) -> Iterator[tuple[str, list[dict[str, str]]]]:
    """(engine, rows with `label`, `predicted_node` and `predicted_node_score`) of each table."""
    needed = ("label", "predicted_node", "predicted_node_score")
    for path in sorted(folder.glob("published_*.csv")):
        yield path.stem.removeprefix("published_"), _table(path, needed)


def _table(path: Path, columns: Sequence[str]) -> list[dict[str, str]]:
    if not path.is_file():
        raise MissingDataError(f"HINT3's folder has no {path.name}")
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    if not rows or not set(columns) <= set(rows[0]):
        raise MissingDataError(f"{path.name} should have the columns {', '.join(columns)}")
    return rows


def stratified_folds(labels: Sequence[str], count: int, seed: int = SEED) -> list[int]:
    """A fold (0 to ``count`` - 1) for each label: every label spread evenly, folds of one size."""
    places: dict[str, list[int]] = defaultdict(list)
    for place, label in enumerate(labels):
        places[label].append(place)
    folds = [0] * len(labels)
    chance, dealt = random.Random(seed), 0
    for label in sorted(places):
        chance.shuffle(places[label])
        for place in places[label]:
            folds[place] = dealt % count
            dealt += 1
    return folds


def sample(sentences: Sequence[Sentence], size: int, seed: int = SEED) -> list[Sentence]:
    """A fixed choice, or all if there are no more."""
    if size >= len(sentences):
        return list(sentences)
    return random.Random(seed).sample(sentences, size)
