"""The small notation that red-flag rules are written in, and its matcher.

    took ~2 whole|entire bottle     words in order; "~2" lets up to two others stand between
    my? chest                       "?" makes a word optional; "|" is "either"
    @took ~ 2..200 @pills          "@name" is a word list; "2..200" a number in that range
    ~                               alone lets up to three words stand between
    took two .                      "." is the end of a clause

Words are normalised exactly as messages are, so "can't" may be written as it is said.
A gap never crosses the end of a sentence, and never skips a number to reach another one:
"sugar was 130, I am 45" is not a reading of 45. Matching costs at most
words x steps x gap, whatever the text, so no message can stall it.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from bot.pharmacy.red_flags.text import NO_BREAK, SENTENCE, Word

Spans = Mapping[int, frozenset[int]]  # first word -> ends (one past the last word)
DEFAULT_GAP = 3
WIDEST_GAP = 12
ANY_NUMBER = frozenset(("#",))  # stands in a message for every number it holds

_ELEMENT = re.compile(
    r"(?P<gap>~(?P<width>\d\d?)?)"
    r"|(?P<end>\.)"
    r"|@(?P<name>[a-z_]+)(?P<maybe_list>\?)?"
    r"|(?P<low>\d+(?:\.\d+)?)\.\.(?P<high>\d+(?:\.\d+)?)?"
    r"|(?P<words>[^\W_][^?@~]*)(?P<maybe_words>\?)?"
)


class PatternError(ValueError):
    """A phrase that does not follow the notation."""


@dataclass(frozen=True)
class Step:
    """One element of a phrase: words, a word list, or a number range."""

    words: frozenset[str] = frozenset()
    name: str = ""
    low: float | None = None
    high: float = float("inf")
    gap: int = 0
    optional: bool = False
    clause_end: bool = False


Phrase = tuple[Step, ...]


def parse(phrase: str, normalise: Callable[[str], list[str]]) -> Phrase:
    """Reads one phrase. Raises PatternError with the phrase in its message."""
    steps: list[Step] = []
    gap = 0
    for part in phrase.split():
        found = _ELEMENT.fullmatch(part)
        if found is None:
            raise PatternError(f"{phrase!r}: cannot read {part!r}")
        if found["gap"]:
            gap = int(found["width"] or DEFAULT_GAP)
            if gap > WIDEST_GAP:
                raise PatternError(f"{phrase!r}: a gap may be {WIDEST_GAP} words at most")
            continue
        for step in _steps(found, gap, normalise, phrase):
            steps.append(step)
        gap = 0
    if gap or not steps or all(step.optional for step in steps):
        raise PatternError(f"{phrase!r}: needs a word, and may not end in a gap")
    return tuple(steps)


@dataclass(frozen=True)
class PhraseSet:
    """Phrases, each with the words of which a message needs one before it is worth trying."""

    phrases: tuple[tuple[frozenset[str], Phrase], ...]
    anchor: frozenset[str]


def anchored(phrases: Iterable[Phrase], lists: Mapping[str, PhraseSet]) -> PhraseSet:
    """Finds for each phrase its most telling step: the one with the fewest possible words."""
    pairs = tuple((_anchor(phrase, lists), phrase) for phrase in phrases)
    return PhraseSet(pairs, frozenset().union(*(anchor for anchor, _ in pairs)))


def _anchor(phrase: Phrase, lists: Mapping[str, PhraseSet]) -> frozenset[str]:
    needed = [step for step in phrase if not step.optional and (step.words or step.name)]
    if not needed:
        return ANY_NUMBER
    sets = [step.words or lists[step.name].anchor for step in needed]
    return min(sets, key=len)


def holds(phrase: Phrase, words: frozenset[str], lists: Mapping[str, PhraseSet]) -> bool:
    """Whether the phrase needs one of these words, itself or through a word list."""
    return any(
        (step.words and step.words <= words)
        or (step.name and all(holds(p, words, lists) for _, p in lists[step.name].phrases))
        for step in phrase
        if not step.optional
    )


def _steps(
    found: re.Match[str], gap: int, normalise: Callable[[str], list[str]], phrase: str
) -> Iterable[Step]:
    if found["end"]:
        return [Step(clause_end=True)]
    if found["name"]:
        return [Step(name=found["name"], gap=gap, optional=bool(found["maybe_list"]))]
    if found["low"]:
        high = float(found["high"]) if found["high"] else float("inf")
        return [Step(low=float(found["low"]), high=high, gap=gap)]
    optional = bool(found["maybe_words"])
    spellings = [normalise(word) for word in found["words"].split("|")]
    spellings = [spelling for spelling in spellings if spelling]  # fillers never reach a rule
    if not spellings:
        raise PatternError(f"{phrase!r}: {found.group()!r} is a filler, messages never keep it")
    if len(spellings) == 1 and not optional:
        return [Step(frozenset((w,)), gap=gap if i == 0 else 0) for i, w in enumerate(spellings[0])]
    if any(len(spelling) != 1 for spelling in spellings):
        raise PatternError(f"{phrase!r}: write {found.group()!r} as a list, it is several words")
    return [Step(frozenset(s[0] for s in spellings), gap=gap, optional=optional)]


class Matcher:
    """Matches phrases in one message; word lists are looked up once and remembered."""

    def __init__(self, words: list[Word], lists: Mapping[str, PhraseSet]) -> None:
        self._words = words
        self._lists = lists
        self._spans: dict[str, Spans] = {}
        self._places: dict[str, list[int]] = {}
        for i, word in enumerate(words):
            for form in word.forms:
                self._places.setdefault(form, []).append(i)
        self._numbers = [i for i, word in enumerate(words) if word.number is not None]
        if self._numbers:
            self._places["#"] = self._numbers
        self._unseen = frozenset[int]()

    def list_spans(self, name: str) -> Spans:
        """Where the phrases of a word list stand."""
        if name not in self._spans:
            self._spans[name] = {}  # a list never contains itself; checked at load
            self._spans[name] = self.spans(self._lists[name])
        return self._spans[name]

    def spans(self, phrases: PhraseSet) -> Spans:
        """Where any of the phrases stands."""
        seen = self._places.keys()
        if phrases.anchor.isdisjoint(seen):
            return {}
        found: defaultdict[int, set[int]] = defaultdict(set)
        for anchor, phrase in phrases.phrases:
            if anchor.isdisjoint(seen):
                continue
            for start, ends in self._phrase(phrase).items():
                found[start] |= ends
        return {start: frozenset(ends) for start, ends in found.items()}

    def _phrase(self, phrase: Phrase) -> Spans:
        places: list[Spans] = []
        for step in phrase:
            at = self._step(step)
            if not at and not (step.optional or step.clause_end):
                return {}
            places.append(at)
        if len(phrase) == 1:
            return places[0]
        ends: dict[tuple[int, int], frozenset[int]] = {}
        found: dict[int, frozenset[int]] = {}
        starts: set[int] = set()
        for at, step in zip(places, phrase, strict=True):
            starts |= at.keys()
            if not step.optional:
                break
        for start in starts:
            if reached := self._from(phrase, places, 0, start, ends, first=True):
                found[start] = reached
        return found

    def _from(
        self,
        phrase: Phrase,
        places: list[Spans],
        index: int,
        position: int,
        known: dict[tuple[int, int], frozenset[int]],
        *,
        first: bool = False,
    ) -> frozenset[int]:
        """Ends of the phrase when its steps from `index` are matched from `position` on."""
        if index == len(phrase):
            return frozenset((position,))
        key = (index, position)
        if not first and key in known:
            return known[key]
        step, at = phrase[index], places[index]
        reached: set[int] = set()
        if step.clause_end:
            ends_here = position == len(self._words) or self._words[position].pause != NO_BREAK
            return frozenset((position,)) if ends_here else self._unseen
        for start in self._starts(step, position, first=first):
            for end in at.get(start, self._unseen):
                reached |= self._from(phrase, places, index + 1, end, known)
        if step.optional:
            reached |= self._from(phrase, places, index + 1, position, known, first=first)
        shortest = frozenset((min(reached),)) if reached else self._unseen
        if not first:
            known[key] = shortest
        return shortest

    def _starts(self, step: Step, position: int, *, first: bool) -> Iterable[int]:
        """The places a step may start at: within its gap, in the same sentence."""
        if first:
            return (position,)
        last = min(position + step.gap, len(self._words) - 1)
        for i in range(position, last + 1):
            if self._words[i].pause == SENTENCE:
                return range(position, i)
            if step.low is not None and self._words[i].number is not None:
                return range(position, i + 1)
        return range(position, last + 1)

    def _step(self, step: Step) -> Spans:
        if step.clause_end:
            return {}
        if step.name:
            return self.list_spans(step.name)
        if step.low is not None:
            hits = [i for i in self._numbers if step.low <= self._value(i) <= step.high]
        else:
            hits = [i for w in step.words & self._places.keys() for i in self._places[w]]
        return {i: frozenset((i + 1,)) for i in hits}

    def _value(self, index: int) -> float:
        value = self._words[index].number
        return -1.0 if value is None else value
