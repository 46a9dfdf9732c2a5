"""How much a message reads like a known emergency: the words that no rule has thought of.

Rules find what somebody has thought of, with a reason each; people describe the same danger in
words of their own. `tools/weigh_red_flags.py` learns from the sentences in `data/red_flags` how
much each run of words and letters speaks for or against an emergency, and writes
`data/likeness.txt`. Here a message's weights are added up: no model runs, the same text always
gives the same number, and the words that counted most can be shown.

A term is one to three words, or two to five letters of one word. Its value is that of tf-idf: rarer
terms count more, and the values of one message have length one, whatever its length.
"""

import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from bot.pharmacy.red_flags.text import LEET, fold

WEIGHTS = Path(__file__).parent / "data" / "likeness.txt"
WORDS, LETTERS = (1, 2, 3), (2, 3, 4, 5)
# An emergency at the end of a long message must not be watered down by what comes before it: the
# message is looked at in pieces of so many words, too. Shorter ones decide whether a rule's finding
# stands, so that no politeness around it throws it out.
WINDOW, CLOSER = 16, 8
KINDS = ("w", "c")

_REPEATED = re.compile(r"(.)\1{2,}")
_DISGUISED = re.compile(r"(?<=[a-z])[013457](?=[a-z])")
_DIGITS = re.compile(r"\d+")
_WORD = re.compile(r"[a-z]+|#|\?")


@dataclass(frozen=True)
class Term:
    """What a term is worth: its rarity, its weight for an emergency; for words, for each family."""

    rarity: float
    weight: float
    families: tuple[float, ...]


@dataclass(frozen=True)
class Likeness:
    """`score` is above 0 where an emergency is likelier than not among the sentences that were
    learned from; `families` are the likeliest ones, the first most of all."""

    score: float
    families: tuple[str, ...]
    words: str


def words_of(text: str) -> list[str]:
    """Small letters without accents, "sooo" as "soo", any number as "#", question marks."""
    plain = _REPEATED.sub(r"\1\1", fold(text).replace("'", ""))
    plain = _DISGUISED.sub(lambda found: found.group().translate(LEET), plain)
    return _WORD.findall(_DIGITS.sub("#", plain))


def word_terms(words: list[str]) -> Iterator[str]:
    """Each word, and each two and three that follow one another."""
    for length in WORDS:
        for start in range(len(words) - length + 1):
            yield " ".join(words[start : start + length])


def letter_terms(words: list[str]) -> Iterator[str]:
    """Two to five letters of each word, its beginning and its end marked by a blank."""
    for word in words:
        padded = f" {word} "
        for length in LETTERS:
            if length >= len(padded):
                yield padded
                break
            for start in range(len(padded) - length + 1):
                yield padded[start : start + length]


def windows(words: list[str], size: int) -> Iterator[list[str]]:
    """The whole message, and a longer one in pieces that overlap by half."""
    yield words
    if len(words) > size + size // 2:
        for start in range(0, len(words) - size // 2, size // 2):
            yield words[start : start + size]


# A term, its value in one message, and what it is: its kind and its words or letters.
_Value = tuple[Term, float, tuple[str, str]]


class Weights:
    """What was learned: the terms of both kinds, the thresholds, the names of the families."""

    def __init__(
        self,
        terms: dict[str, dict[str, Term]],
        level: float,
        levels: dict[str, float],
        alarm: float,
        veto: float,
    ) -> None:
        """`alarm` is the score that is enough without a rule, `veto` that below which a rule's
        finding does not count."""
        self._terms = terms
        self._level = level
        self._levels = levels
        self.alarm = alarm
        self.veto = veto

    def likeness(self, text: str) -> Likeness:
        """The likeness of the message, or of the piece of it that is most like an emergency."""
        best = self._closest(words_of(text), WINDOW)
        worded = [item for item in best if item[2][0] == "w"]
        shares = [
            (level + sum(value * term.families[at] for term, value, _ in worded), family)
            for at, (family, level) in enumerate(self._levels.items())
        ]
        ranked = tuple(family for _, family in sorted(shares, reverse=True))
        telling = sorted(worded, key=lambda item: item[0].weight * item[1], reverse=True)[:3]
        return Likeness(self._score(best), ranked, ", ".join(name[1] for _, _, name in telling))

    def ordinary(self, text: str) -> bool:
        """Whether nothing in the message is anything like an emergency.

        Nothing can be said of words that are not known: another language is never ordinary.
        """
        words = words_of(text)
        known = sum(word in self._terms["w"] for word in words)
        if 2 * known < len(words):
            return False
        return self._score(self._closest(words, CLOSER)) < self.veto

    def _closest(self, words: list[str], size: int) -> list[_Value]:
        return max((self._values(piece) for piece in windows(words, size)), key=self._score)

    def _score(self, values: list[_Value]) -> float:
        return self._level + sum(term.weight * value for term, value, _ in values)

    def _values(self, words: list[str]) -> list[_Value]:
        found = []
        for kind, names in (("w", word_terms(words)), ("c", letter_terms(words))):
            found += list(self._unit(kind, names))
        return found

    def _unit(self, kind: str, names: Iterable[str]) -> Iterator[_Value]:
        known = self._terms[kind]
        counted = [
            (known[name], (1 + math.log(count)) * known[name].rarity, (kind, name))
            for name, count in Counter(names).items()
            if name in known
        ]
        length = math.sqrt(sum(value * value for _, value, _ in counted)) or 1.0
        for term, value, name in counted:
            yield term, value / length, name


def parse(lines: Iterable[str]) -> Weights:
    """Read what `tools/weigh_red_flags.py` writes. Raises ValueError for a line out of form."""
    settings: dict[str, float] = {}
    levels: dict[str, float] = {}
    terms: dict[str, dict[str, Term]] = {kind: {} for kind in KINDS}
    for line in lines:
        if line.startswith("#"):
            continue
        kind, name, *numbers = line.rstrip("\n").split("\t")
        if kind in KINDS:
            rarity, weight, *families = (int(number) / 100 for number in numbers)
            terms[kind][name] = Term(rarity, weight, tuple(families))
        elif kind == "family":
            levels[name] = float(numbers[0])
        elif kind == "setting":
            settings[name] = float(numbers[0])
        else:
            raise ValueError(f"likeness.txt: unknown kind of line {kind!r}")
    return Weights(terms, settings["level"], levels, settings["alarm"], settings["veto"])


@cache
def weights() -> Weights:
    """The weights of this installation, read once. Raises OSError or ValueError."""
    with WEIGHTS.open(encoding="utf-8") as lines:
        return parse(lines)
