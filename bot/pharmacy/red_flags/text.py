"""Turns what a patient typed into words that rules can match.

Frightened people type fast: capitals, missing apostrophes, stretched letters, accents left
out, digits for letters. Everything here is linear in the length of the text.
"""

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass

NO_BREAK, COMMA, SENTENCE = 0, 1, 2
LONGEST_WORD = 32

_PIECE = re.compile(
    r"(?P<number>\d+(?:[.,]\d+)*)"
    r"|(?P<word>[^\W\d_](?:['@$!*]?[^\W_])*)"
    r"|(?P<comma>,|\.\.+|…|:|\s[-–—]+\s|[()])"
    r"|(?P<sentence>[.!?;¿¡\n]+)"
)
_QUOTES = str.maketrans("’‘ʼ`´＇", "''''''")
LEET = str.maketrans("013457@$!", "oieastasi")
_INSIDE = re.compile(r"[@$!*]")
_STRETCHED = re.compile(r"([^\W\d])\1{2,}")
_DOUBLED = re.compile(r"([^\W\d])\1+")


@dataclass(frozen=True)
class Word:
    """A word as typed, the spellings it may stand for, its value, the pause before it."""

    typed: str
    forms: frozenset[str]
    number: float | None = None
    pause: int = NO_BREAK


@dataclass(frozen=True)
class Spelling:
    """What the tokeniser knows of words; built from the rules (see `spelling.py`)."""

    knows: Callable[[str], bool]
    correct: Callable[[str], frozenset[str]]
    expand: Mapping[str, tuple[str, ...]]
    numbers: Mapping[str, float]
    fillers: frozenset[str]
    pauses: frozenset[str]


def fold(text: str) -> str:
    """Lower case without accents, with straight quotes; digits and punctuation stay."""
    decomposed = unicodedata.normalize("NFKD", text.translate(_QUOTES))
    kept = "".join(c for c in decomposed if not unicodedata.category(c).startswith(("M", "Cf")))
    return kept.casefold()


def words_of(text: str, spelling: Spelling) -> list[Word]:
    """The words of a message, without fillers, each with the pause that came before it."""
    found: list[Word] = []
    pause = SENTENCE
    for piece in _PIECE.finditer(fold(text)):
        kind = piece.lastgroup
        if kind == "comma":
            pause = max(pause, COMMA)
        elif kind == "sentence":
            pause = SENTENCE
        elif kind == "number":
            found.append(_number(piece.group(), pause))
            pause = NO_BREAK
        else:
            for part in _parts(piece.group(), spelling):
                if part in spelling.fillers:
                    pause = max(pause, COMMA if part in spelling.pauses else NO_BREAK)
                    continue
                found.append(_word(part, pause, spelling))
                pause = NO_BREAK
    return found


def _number(digits: str, pause: int) -> Word:
    """A number; "1,000" is a thousand and "3,2" is Spanish for 3.2."""
    thousands = re.fullmatch(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?", digits)
    plain = digits.replace(",", "") if thousands else digits.replace(",", ".")
    try:
        value = float(plain[:LONGEST_WORD])
    except ValueError:  # several points, as in a date
        value = -1.0
    typed = digits[:LONGEST_WORD]
    return Word(typed, frozenset((typed,)), value, pause)


def _parts(piece: str, spelling: Spelling) -> list[str]:
    """Splits "can't" into "can not", and reads "k!ll" and "s*icide" as the word meant."""
    if piece in spelling.expand:
        return list(spelling.expand[piece])
    word = piece.replace("'", "")[:LONGEST_WORD]
    if _INSIDE.search(word):
        plain = word.replace("*", "").translate(LEET)
        if not spelling.knows(plain) and spelling.correct(plain) == {plain}:
            halves = [half for half in re.split(r"[@$!*]+", word) if half]
            return [part for half in halves for part in _expanded(half, spelling)]
        word = plain
    return _expanded(word, spelling)


def _expanded(word: str, spelling: Spelling) -> list[str]:
    """Replaces contractions and chat shorthand by the words they stand for."""
    for candidate in (word, _STRETCHED.sub(r"\1\1", word), _STRETCHED.sub(r"\1", word)):
        if candidate in spelling.expand:
            return list(spelling.expand[candidate])
        if candidate in spelling.fillers or spelling.knows(candidate):
            return [candidate]
    return [word]


def _word(part: str, pause: int, spelling: Spelling) -> Word:
    number = spelling.numbers.get(part)
    if number is not None:
        return Word(part, frozenset((part,)), number, pause)
    forms = spelling.correct(part)
    if spelling.knows(part) or forms != {part}:
        return Word(part, forms, None, pause)
    for candidate in (_DOUBLED.sub(r"\1", part), part.translate(LEET)):
        if candidate != part and spelling.knows(candidate):
            return Word(part, frozenset((candidate, part)), None, pause)
    return Word(part, forms, None, pause)
