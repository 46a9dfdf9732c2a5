"""Finds the medicines that a patient's own words name, against the pharmacy's catalogue.

A wrong guess hurts people, so nothing is guessed: a mention carries every product its words can
mean, and a corrected spelling brings the names it could be confused with. Whoever asks narrows
them to what the patient has and offers a choice. Negation ("not the metformin") is left to them.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from bot.pharmacy.medicine import Medicine, Mention
from bot.pharmacy.medicine_words import medicine_words
from bot.pharmacy.name_readings import Name, Reader, Reading, Token, read_name, tokens
from bot.pharmacy.narrowing import narrow
from bot.pharmacy.strengths import stated_strength

__all__ = ["Medicine", "MedicineIndex", "Mention", "narrow", "stated_strength"]

_BREAK = re.compile(r"[,.;:!?\n]|\s-\s")
# "amoxicilina con ácido clavulánico"
_MOST_JOINTS = 2
_LETTERS_ALONE = frozenset("bcdfghjklmnpqrstvwxz")


@dataclass(frozen=True)
class _Label:
    """The names that a group of products has in common."""

    names: tuple[Name, ...]

    @property
    def words(self) -> frozenset[str]:
        return frozenset(word for name in self.names for word in name.words)

    @property
    def heads(self) -> frozenset[str]:
        return frozenset(head for name in self.names for head in name.heads)

    def is_named_in_full(self, words: frozenset[str]) -> bool:
        return any(name.core <= words for name in self.names)


@dataclass(frozen=True)
class _Path:
    """One way to understand the words so far, and the labels that have all of them."""

    words: frozenset[str]
    cost: float
    labels: frozenset[int]


@dataclass(frozen=True)
class _Run:
    """Adjacent tokens that name one thing. `parts`: the paths of each name within."""

    start: int
    stop: int
    paths: tuple[_Path, ...]
    parts: tuple[tuple[_Path, ...], ...]


class MedicineIndex:
    """The catalogue's names, prepared once; `find` only reads and is safe to share."""

    def __init__(self, medicines: Iterable[Medicine]) -> None:
        groups: dict[tuple[str, ...], list[tuple[int, Medicine]]] = defaultdict(list)
        for number, medicine in enumerate(medicines):
            groups[medicine.generic_name, *medicine.brand_names].append((number, medicine))
        self._products = list(groups.values())
        self._labels = [_Label(tuple(map(read_name, names))) for names in groups]
        self._having: dict[str, set[int]] = defaultdict(set)
        self._headed: dict[str, set[int]] = defaultdict(set)
        self._named: dict[frozenset[str], set[int]] = defaultdict(set)
        for number, label in enumerate(self._labels):
            for word in label.words:
                self._having[word].add(number)
            for head in label.heads:
                self._headed[head].add(number)
            for name in label.names:
                self._named[frozenset(name.words)].add(number)
        self._reader = Reader(name for label in self._labels for name in label.names)

    def find(self, text: str) -> tuple[Mention, ...]:
        """The medicines named, in order of appearance; empty when nothing is named."""
        words = tokens(text)
        mentions = []
        place = 0
        while place < len(words):
            run = self._run(text, words, place)
            if run is None or self._is_another_vitamin(words, run):
                place += 1
                continue
            mentions.append(
                self._mention(text[words[run.start].start : words[run.stop - 1].end], run)
            )
            place = run.stop
        return tuple(mentions)

    def _run(self, text: str, words: tuple[Token, ...], start: int) -> _Run | None:
        """The longest name that begins at this token."""
        reading = self._reader.head(words, start)
        paths = self._begin(reading) if reading else ()
        if reading is None or not paths:
            return None
        run = _Run(start, reading.stop, paths, (paths,))
        while (longer := self._extended(text, words, run)) is not None:
            run = longer
        return self._with_salt(text, words, run)

    def _with_salt(self, text: str, words: tuple[Token, ...], run: _Run) -> _Run:
        """ "losartan potassium" is one name, also where the catalogue leaves out the salt."""
        place = run.stop
        if place >= len(words) or words[place].word not in medicine_words().minerals:
            return run
        if _BREAK.search(text[words[place - 1].end : words[place].start]):
            return run
        reading = self._reader.part(words, place)
        salt = self._begin(reading) if reading else ()
        return _Run(run.start, place + 1, run.paths, (*run.parts, salt))

    def _begin(self, reading: Reading) -> tuple[_Path, ...]:
        found = []
        for words, price in reading.meanings:
            if reading.whole_name:
                labels = frozenset(self._named[words])
            else:
                labels = frozenset().union(*(self._headed[word] for word in words))
            if labels:
                found.append(_Path(words, price, labels))
        return tuple(found)

    def _extended(self, text: str, words: tuple[Token, ...], run: _Run) -> _Run | None:
        """The run with one more word, where some product has all of its words."""
        known = medicine_words()
        for place in range(run.stop, min(run.stop + _MOST_JOINTS + 1, len(words))):
            if _BREAK.search(text[words[place - 1].end : words[place].start]):
                return None
            joints = [word.word for word in words[run.stop : place]]
            longer = self._with(run, self._reader.part(words, place))
            if longer is not None:
                two = not known.conjunctions.isdisjoint(joints)
                return (
                    None if two and self._are_two_medicines(run.paths, longer.parts[-1]) else longer
                )
            if words[place].word not in known.connectors | known.conjunctions:
                return None
        return None

    def _with(self, run: _Run, reading: Reading | None) -> _Run | None:
        if reading is None:
            return None
        paths = tuple(
            _Path(path.words | more, path.cost + price, labels)
            for path in run.paths
            for more, price in reading.meanings
            if (labels := path.labels.intersection(*(self._having[word] for word in more)))
        )
        return (
            _Run(run.start, reading.stop, paths, (*run.parts, self._begin(reading)))
            if paths
            else None
        )

    def _are_two_medicines(self, left: Sequence[_Path], right: Sequence[_Path]) -> bool:
        return bool(self._in_full(left)) and bool(self._in_full(right))

    def _in_full(self, paths: Sequence[_Path]) -> list[int]:
        return [
            label
            for path in paths
            for label in sorted(path.labels)
            if self._labels[label].is_named_in_full(path.words)
        ]

    def _is_another_vitamin(self, words: tuple[Token, ...], run: _Run) -> bool:
        """Whether a letter follows that no product has: "vitamin c" is not vitamin D."""
        following = words[run.stop].word if run.stop < len(words) else ""
        return following in _LETTERS_ALONE and not self._in_full(run.paths)

    def _mention(self, words: str, run: _Run) -> Mention:
        paths = sorted(run.paths, key=lambda path: path.cost)
        meant: list[int] = []
        for path in paths:
            meant += self._in_full([path]) or sorted(path.labels)
        rest = [label for path in paths for label in sorted(path.labels)]
        for part in run.parts if len(run.parts) > 1 else ():
            rest += self._in_full(part) or [label for path in part for label in path.labels]
        medicines = tuple(self._medicines(meant))
        letters = max(1, sum(map(len, paths[0].words)))
        return Mention(
            medicines=medicines,
            words=words,
            exact=paths[0].cost == 0,
            score=round(100 * max(0.0, 1 - paths[0].cost / letters), 1),
            containing=tuple(self._medicines(set(rest) - set(meant))),
        )

    def _medicines(self, labels: Iterable[int]) -> Iterator[Medicine]:
        """The products of these labels, each once; a sequence keeps its order."""
        for label in dict.fromkeys(labels):
            yield from (medicine for _, medicine in self._products[label])
