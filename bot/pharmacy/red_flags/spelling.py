"""Reads misspelled key words: listed respellings, one slip of the finger, or by sound.

Only the key words listed there are ever corrected *to*, and ordinary words listed in
`data/spelling.yml` are never corrected *from*, so that "mouth" stays "mouth".
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

SHORTEST_KEY = 6  # letters; shorter words have too many ordinary neighbours
SHORTEST_SOUND = 4  # consonants, likewise

_SOUNDS = (
    (re.compile(r"c(?=[eiy])|z"), "s"),
    (re.compile(r"ph"), "f"),
    (re.compile(r"qu(?=[ei])|ck|c|q"), "k"),
    (re.compile(r"g(?=[ei])"), "j"),
    (re.compile(r"v"), "b"),
    (re.compile(r"h"), ""),
    (re.compile(r"[aeiou]+"), "a"),
    (re.compile(r"(.)\1+"), r"\1"),
)


def by_sound(word: str) -> str:
    """A rough sound, the same for "suiside" and "suicide" or "asucar" and "azúcar"."""
    for pattern, sound in _SOUNDS:
        word = pattern.sub(sound, word)
    return word.rstrip("a")


def one_letter_less(word: str) -> Iterator[str]:
    """The word itself and each way to leave out one letter."""
    yield word
    for i in range(len(word)):
        yield word[:i] + word[i + 1 :]


class Corrector:
    """Finds the key words that a misspelled word may stand for, in constant time."""

    def __init__(
        self,
        known: frozenset[str],
        keys: Iterable[str],
        respelled: Mapping[str, frozenset[str]],
        ordinary: frozenset[str],
    ) -> None:
        self._respelled = respelled
        self._known = known
        self._ordinary = ordinary
        self._near: defaultdict[str, set[str]] = defaultdict(set)
        self._sounds: defaultdict[str, set[str]] = defaultdict(set)
        for key in keys:
            if len(key) < SHORTEST_KEY or not key.isalpha():
                continue
            for less in one_letter_less(key):
                self._near[less].add(key)
            for sound in {by_sound(key), by_sound(key.replace("ll", "y"))}:
                if len(sound) >= SHORTEST_SOUND:
                    self._sounds[sound].add(key)

    def __call__(self, word: str) -> frozenset[str]:
        """The word itself, and the key words it may be a misspelling of."""
        listed = self._respelled.get(word)
        if listed is not None:
            return listed
        if word in self._known or word in self._ordinary or len(word) < SHORTEST_KEY - 1:
            return frozenset((word,))
        found = {word}
        for less in one_letter_less(word):
            for key in self._near.get(less, ()):
                if one_slip(word, key):
                    found.add(key)
        if len(word) >= SHORTEST_KEY:
            found |= self._sounds.get(by_sound(word), set())
        return frozenset(found)


def one_slip(typed: str, meant: str) -> bool:
    """Whether one letter was added, left out, changed, or swapped with its neighbour.

    The first letter must stand, as people rarely miss it and ordinary words differ by it.
    """
    if typed[0] != meant[0] or abs(len(typed) - len(meant)) > 1:
        return False
    start = 0
    while start < min(len(typed), len(meant)) and typed[start] == meant[start]:
        start += 1
    a, b = typed[start:], meant[start:]
    if len(a) == len(b):
        return a[1:] == b[1:] or (a[2:] == b[2:] and a[:2] == b[1::-1])
    return a[1:] == b or a == b[1:]
