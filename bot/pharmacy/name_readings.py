"""The words of a text, and the words of medicine names that each of them can be."""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from bot.pharmacy.medicine_words import medicine_words
from bot.pharmacy.spelling import fold, spanish_forms
from bot.pharmacy.vocabulary import Vocabulary

_TOKEN = re.compile(r"\d+/\d+|\d+|[^\W\d_]+(?:['’´`][sS](?![^\W\d_]))?")
_POSSESSIVE = re.compile(r"['’´`][sS]$")
# Several words are read as one only when that gives so many letters: "as a" is not aspirin.
_SHORTEST_JOINED = 6
_LONGEST_PHRASE = 5
_SHORTEST_WORD = 3
_SHORTEST_PART = 5


@dataclass(frozen=True)
class Token:
    word: str
    start: int
    end: int
    possessive: bool = False


@dataclass(frozen=True)
class Reading:
    """What the tokens up to `stop` can mean: sets of words of names, each with its cost."""

    stop: int
    meanings: tuple[tuple[frozenset[str], float], ...]
    whole_name: bool = False


@dataclass(frozen=True)
class Name:
    """One generic or brand name. `core` leaves out salts, releases and devices."""

    words: tuple[str, ...]
    core: frozenset[str]
    heads: frozenset[str]


def tokens(text: str) -> tuple[Token, ...]:
    """Words and numbers with their places; "500mg" is two, "70/30" is one."""
    found = []
    for match in _TOKEN.finditer(text):
        raw = match[0]
        bare = raw if raw[0].isdigit() else _POSSESSIVE.sub("", raw)
        word = bare if "/" in bare else fold(bare)
        if word:
            found.append(Token(word, match.start(), match.end(), bare != raw))
    return tuple(found)


def read_name(text: str) -> Name:
    """Which words of a catalogue name stand for it, and which only qualify it."""
    known = medicine_words()
    words = tuple(token.word for token in tokens(text))
    core = frozenset(word for word in words if word not in known.modifiers)
    if words and words[0] in known.minerals:
        core |= {words[0]}
    core = core or frozenset(words)
    shortest = _SHORTEST_WORD if len(core) == 1 else _SHORTEST_PART
    heads = frozenset(
        word
        for word in core
        if len(word) >= shortest
        and word.isalpha()
        and word not in known.ordinary
        and (len(core) == 1 or not known.is_common(word))
    )
    return Name(words, core, heads)


class Reader:
    """Reads the tokens of a text as words of the catalogue's names."""

    def __init__(self, names: Iterable[Name]) -> None:
        self._words: set[str] = set()
        self._phrases: dict[str, list[tuple[str, ...]]] = defaultdict(list)
        heads: set[str] = set()
        for name in names:
            self._words.update(name.words)
            heads.update(name.heads)
            if len(name.words) > 1 and name.words not in self._phrases["".join(name.words)]:
                self._phrases["".join(name.words)].append(name.words)
        self._heads = frozenset(heads)
        self._vocabulary = Vocabulary(heads)
        self._other_forms = self._forms(heads)

    def head(self, text: tuple[Token, ...], start: int) -> Reading | None:
        """How a mention can begin here; whole names before words, as typed before corrected."""
        return (
            self._phrase(text, start)
            or self._exact(text, start, self._heads)
            or self._joined(text, start)
            or self._corrected(text, start)
        )

    def part(self, text: tuple[Token, ...], start: int) -> Reading | None:
        """How a mention can go on here: also by a salt, a release or a device."""
        return self._exact(text, start, self._words) or self._corrected(text, start)

    def _forms(self, heads: set[str]) -> dict[str, frozenset[str]]:
        """Spanish and short forms, each with the words it stands for."""
        forms: dict[str, set[str]] = defaultdict(set)
        for word in heads:
            for form in spanish_forms(word) if len(word) >= _SHORTEST_JOINED else ():
                if form not in heads and not medicine_words().is_common(form):
                    forms[form].add(word)
        for short, word in medicine_words().short_forms.items():
            if word in heads and short not in heads:
                forms[short] = {word}
        return {form: frozenset(words) for form, words in forms.items()}

    def _meanings(
        self, word: str, words: Mapping[str, object] | set[str] | frozenset[str]
    ) -> frozenset[str]:
        if word in words:
            return frozenset({word})
        return self._other_forms.get(word, frozenset())

    def _exact(
        self, text: tuple[Token, ...], start: int, words: set[str] | frozenset[str]
    ) -> Reading | None:
        """One word as a name has it, in Spanish, shortened, or in the plural."""
        typed = text[start].word
        for spelled in (typed, typed.removesuffix("s"), typed.removesuffix("es")):
            if len(spelled) < _SHORTEST_PART and spelled != typed:
                break
            if meant := self._meanings(spelled, words):
                meanings = tuple((frozenset({word}), 0.0) for word in sorted(meant))
                return Reading(start + 1, meanings)
        return None

    def _phrase(self, text: tuple[Token, ...], start: int) -> Reading | None:
        """A whole name of several words: "plan b", "pro air" for ProAir HFA's first word."""
        for count in range(min(_LONGEST_PHRASE, len(text) - start), 1, -1):
            typed = tuple(token.word for token in text[start : start + count])
            short = medicine_words().short_forms.get(" ".join(typed))
            if short in self._heads:
                return Reading(start + count, ((frozenset({short}), 0.0),))
            phrases = self._phrases.get("".join(typed), ())
            for words in phrases:
                if words == typed or _is_name_like(typed):
                    return Reading(start + count, ((frozenset(words), 0.0),), whole_name=True)
        return None

    def _joined(self, text: tuple[Token, ...], start: int) -> Reading | None:
        """One word of a name typed as several: "levo thyroxine"."""
        for count in (3, 2):
            typed = tuple(token.word for token in text[start : start + count])
            if len(typed) == count and _is_name_like(typed):
                meant = self._meanings("".join(typed), self._heads)
                if meant:
                    meanings = tuple((frozenset({word}), 0.0) for word in sorted(meant))
                    return Reading(start + count, meanings)
        return None

    def _corrected(self, text: tuple[Token, ...], start: int) -> Reading | None:
        typed = text[start].word
        if not typed.isalpha() or typed in self._words or medicine_words().is_common(typed):
            return None
        near = self._vocabulary.candidates(typed)
        if not near:
            return None
        ranked = sorted(near.items(), key=lambda pair: (pair[1], pair[0]))
        return Reading(start + 1, tuple((frozenset({word}), price) for word, price in ranked))


def _is_name_like(typed: tuple[str, ...]) -> bool:
    """Whether words may be run together: long enough, and not a row of everyday words."""
    common = medicine_words().is_common
    return (
        len("".join(typed)) >= _SHORTEST_JOINED
        and any(len(word) >= _SHORTEST_WORD and not common(word) for word in typed)
        and not any(word.isdigit() for word in typed)
    )
