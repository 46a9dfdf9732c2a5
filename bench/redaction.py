"""How much of what identifies people is taken out of questions: `python -m bench.redaction`.

Reads tests/teaching/redaction.yml, prints a table, and writes bench/results/redaction.json.
Recall is the share of planted identifiers of which no word is left; precision the share of the
words taken out that belong to one.
"""

import json
import re
import sys
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import yaml

from bench.machine import commit
from bot.pharmacy.redaction import redact

ROOT = Path(__file__).resolve().parents[1]
SENTENCES = ROOT / "tests" / "teaching" / "redaction.yml"
RESULTS = ROOT / "bench" / "results" / "redaction.json"
TODAY = date(2026, 11, 27)
SPAN = re.compile("«(.*?)»")
_WORD = re.compile(r"[^\W_]+")
_MARK = re.compile(r"\[[a-z ]+\]")


@dataclass
class Score:
    """What was found in some sentences; `lost` and `overdone` say where it went wrong."""

    sentences: int = 0
    planted: int = 0
    found: int = 0
    removed: int = 0
    removed_rightly: int = 0
    lost: list[str] = field(default_factory=list)
    overdone: list[str] = field(default_factory=list)

    @property
    def recall(self) -> float:
        """Of the planted identifiers, those of which nothing is left."""
        return self.found / self.planted if self.planted else 1.0

    @property
    def precision(self) -> float:
        """Of the words taken out, those that were planted."""
        return self.removed_rightly / self.removed if self.removed else 1.0


def sections() -> dict[str, list[str]]:
    """The sentences by section, with their identifiers marked."""
    read: dict[str, list[str]] = yaml.safe_load(SENTENCES.read_text("utf-8"))
    return read


def plain(marked: str) -> str:
    """A sentence as a patient writes it."""
    return marked.replace("«", "").replace("»", "")


def measured(sentences: Iterable[str]) -> Score:
    """Redact sentences and count."""
    score = Score()
    for marked in sentences:
        _count(score, marked, redact(plain(marked), frozenset(), TODAY))
    return score


def _count(score: Score, marked: str, redacted: str) -> None:
    before, left = _words(plain(marked)), _words(redacted)
    outside = _words(SPAN.sub(" ", marked))
    planted: Counter[str] = Counter()
    score.sentences += 1
    for span in SPAN.findall(marked):
        words = _words(span)
        planted += words
        score.planted += 1
        if words & (left - outside):
            score.lost.append(f"{span} in: {redacted}")
        else:
            score.found += 1
    removed = before - left
    score.removed += removed.total()
    score.removed_rightly += (removed & planted).total()
    if removed - planted:
        score.overdone.append(redacted)


def _words(text: str) -> Counter[str]:
    return Counter(word.casefold() for word in _WORD.findall(_MARK.sub(" ", text)))


def together(scores: Iterable[Score]) -> Score:
    """Several scores as one."""
    added = Score()
    for score in scores:
        for name in ("sentences", "planted", "found", "removed", "removed_rightly"):
            setattr(added, name, getattr(added, name) + getattr(score, name))
    return added


def _table(scores: Mapping[str, Score]) -> str:
    lines = [f"{'':10}{'sentences':>10}{'planted':>9}{'found':>7}{'recall':>8}{'precision':>11}"]
    lines += [
        f"{name:10}{score.sentences:>10}{score.planted:>9}{score.found:>7}"
        f"{score.recall:>8.3f}{score.precision:>11.3f}"
        for name, score in scores.items()
    ]
    return "\n".join(lines)


def main() -> int:
    """Command line entry."""
    scores = {name: measured(sentences) for name, sentences in sections().items()}
    scores["all"] = together(scores.values())
    print(_table(scores))
    for name, score in scores.items():
        for kind, texts in (("left in", score.lost), ("taken too much", score.overdone)):
            for text in texts:
                print(f"{name}, {kind}: {text}")
    figures = {
        name: {
            "sentences": score.sentences,
            "planted": score.planted,
            "found": score.found,
            "recall": round(score.recall, 4),
            "precision": round(score.precision, 4),
        }
        for name, score in scores.items()
    }
    RESULTS.write_text(json.dumps({"commit": commit(), "sections": figures}, indent=2) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
