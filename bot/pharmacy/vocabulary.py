"""The words of the catalogue's names that a misspelled word may have been meant as."""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Mapping
from functools import lru_cache

from rapidfuzz import process
from rapidfuzz.distance import OSA

from bot.pharmacy.medicine_words import medicine_words
from bot.pharmacy.spelling import SHORTEST_CORRECTED, allowed_cost, cost, sound

_SHORTEST_BEGINNING = 6
# A correction by sound alone is still a correction, and never costs nothing.
_LEAST_COST = 0.25
_BEGINNING_COST = 1.0
# Other names this much further from the word than the best one are offered too.
_MARGIN = 1.0
# Names known to be confused are offered until this share of their letters differs.
_LOOK_ALIKE_SHARE = 0.4
_LOOK_ALIKE_COST = 4.0
_SHORTEST_EVERYDAY = 6


class Vocabulary:
    """The words that a misspelled word may have been meant as."""

    def __init__(self, words: Iterable[str]) -> None:
        self._words = sorted(word for word in set(words) if len(word) >= SHORTEST_CORRECTED)
        self._sounds = {word: sound(word) for word in self._words}
        self._known = frozenset(self._words)
        self._by_letter = _blocks((word, word) for word in self._words)
        self._by_sound = _blocks((said, word) for word, said in self._sounds.items())
        # A text asks for the same word more than once; typed words are not kept for long.
        self.candidates = lru_cache(maxsize=1024)(self._candidates)
        self._common = _blocks((word, word) for word in medicine_words().common)
        self._ordinary = _blocks(
            (word, word) for word in medicine_words().ordinary if len(word) >= _SHORTEST_EVERYDAY
        )

    def _candidates(self, typed: str) -> Mapping[str, float]:
        """Every word that `typed` can mean, with its cost; empty for short or everyday words.

        Never only the nearest: those little further away are there too, and so are the names
        that are known to be confused with one that was found.
        """
        if len(typed) < SHORTEST_CORRECTED:
            return {}
        near = self._beginnings(typed) | self._near(typed)
        near = {word: price for word, price in near.items() if price <= self._limit(typed, word)}
        if not near or self._is_rather_everyday(typed, near):
            return {}
        best = min(near.values())
        found = {word: price for word, price in near.items() if price <= best + _MARGIN}
        return found | self._look_alikes(typed, found)

    def _near(self, typed: str) -> dict[str, float]:
        said = sound(typed)
        reach = min(4, max(1, len(typed) // 2 - 1))
        found: dict[str, float] = {}
        for query, block in ((typed, self._by_letter), (said, self._by_sound)):
            choices = block.get(query[:1], {})
            for _, distance, word in process.extract(
                query, choices, scorer=OSA.distance, score_cutoff=reach, limit=None
            ):
                # No cost is less than half the distance: most words need no closer look.
                if word not in found and distance / 2 <= self._limit(typed, word):
                    found[word] = self._price(typed, said, word)
        return found

    def _price(self, typed: str, said: str, word: str) -> float:
        return max(_LEAST_COST, min(cost(typed, word), cost(said, self._sounds[word])))

    def _beginnings(self, typed: str) -> dict[str, float]:
        """Names cut short: "atorva"."""
        found: dict[str, float] = {}
        if len(typed) >= _SHORTEST_BEGINNING:
            for word in self._words[bisect_left(self._words, typed) :]:
                if not word.startswith(typed):
                    break
                found[word] = _BEGINNING_COST
        return found

    def _limit(self, typed: str, word: str) -> float:
        if len(typed) >= _SHORTEST_BEGINNING and word.startswith(typed):
            return _BEGINNING_COST
        return allowed_cost(min(len(typed), len(word)))

    def _is_rather_everyday(self, typed: str, near: Mapping[str, float]) -> bool:
        """Whether a misspelled everyday word explains the letters better than any name.

        As well is enough for the words of a pharmacy: "diabets" is not Diabeta.
        """
        if min(near.values()) <= _LEAST_COST:
            return False
        letters = min(0 if word.startswith(typed) else OSA.distance(typed, word) for word in near)
        return _has_within(self._common, typed, letters - 1) or _has_within(
            self._ordinary, typed, letters
        )

    def _look_alikes(self, typed: str, found: Mapping[str, float]) -> dict[str, float]:
        said = sound(typed)
        partners: dict[str, float] = {}
        for word in found:
            if _is_the_same_but_for_its_ending(typed, word):
                continue
            for partner in medicine_words().look_alikes.get(word, frozenset()) & self._known:
                price = self._price(typed, said, partner)
                share = _LOOK_ALIKE_SHARE * max(len(typed), len(partner))
                if partner not in found and price <= min(share, _LOOK_ALIKE_COST):
                    partners[partner] = price
        return partners


def _is_the_same_but_for_its_ending(typed: str, word: str) -> bool:
    """A last vowel more or less leaves no doubt: "levothyroxin"."""
    return typed.rstrip("aeo") == word.rstrip("aeo")


def _has_within(blocks: Mapping[str, Mapping[str, str]], typed: str, distance: int) -> bool:
    """Whether a word of the blocks differs by so many letters, two at the most."""
    choices = blocks.get(typed[:1], {})
    reach = min(distance, 2)
    return (
        reach > 0
        and process.extractOne(typed, choices, scorer=OSA.distance, score_cutoff=reach) is not None
    )


def _blocks(pairs: Iterable[tuple[str, str]]) -> dict[str, dict[str, str]]:
    """By first letter, {name: spelling}: the first letter is hardly ever the wrong one."""
    blocks: dict[str, dict[str, str]] = defaultdict(dict)
    for spelling, name in pairs:
        blocks[spelling[:1]][name] = spelling
    return blocks
