"""How a sentence is spelled, as sparse vectors: characters and words weighted by rarity.

The sentence encoder reads meaning, but knows little Spanish and few medicine names. This half
sees the letters: it survives typos, because most character runs of a misspelled word are still
there, and it learns Spanish from the training sentences alone.
"""

import json
import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix
from sklearn.feature_extraction.text import TfidfVectorizer

_REPEATED = re.compile(r"(.)\1{2,}")
_DIGITS = re.compile(r"\d+")
# Values, and the row and the column of each.
_Entries = tuple[npt.NDArray[np.float32], npt.NDArray[np.int32], npt.NDArray[np.int32]]
_NOT_WORDS = re.compile(r"[^\w\[\]?#]+")


def normalise(text: str) -> str:
    """Drop what carries no intent: case, accents, "sooooo", which number it was.

    A question mark stays: "metformin ready?" and "metformin ready" may differ.
    """
    plain = unicodedata.normalize("NFKD", text.casefold().replace("’", "'").replace("'", ""))
    plain = "".join(letter for letter in plain if not unicodedata.combining(letter))
    plain = _REPEATED.sub(r"\1\1", plain)
    plain = _DIGITS.sub("#", plain).replace("?", " ? ")
    return _NOT_WORDS.sub(" ", plain).strip()


class WordingVectors:
    """Tf-idf of characters 2-4 and of words 1-2, each of unit length, side by side."""

    def __init__(self) -> None:
        """An unfitted vectoriser: call fit, or load a stored one."""
        self._parts: list[_Part] = []

    def fit(self, texts: Sequence[str]) -> None:
        """Learn which character runs and words occur, and how rare each is."""
        plain = [normalise(text) for text in texts]
        self._parts = [
            _Part(terms, vectorizer.fit(plain).vocabulary_, vectorizer.idf_)
            for vectorizer, terms in zip(_vectorizers(), _TERMS, strict=True)
        ]

    def transform(self, texts: Sequence[str]) -> csr_matrix:
        """One sparse row a text, in order, as scikit-learn's vectorisers would make it."""
        plain = [normalise(text) for text in texts]
        entries = zip(*self._entries(plain), strict=True)
        values, rows, columns = (np.concatenate(both) for both in entries)
        order = np.lexsort((columns, rows))
        ends = np.cumsum(np.bincount(rows, minlength=len(texts)), dtype=np.int32)
        starts = np.concatenate([np.zeros(1, dtype=np.int32), ends])
        width = sum(len(part.weights) for part in self._parts)
        return csr_matrix((values[order], columns[order], starts), shape=(len(texts), width))

    def _entries(self, plain: Sequence[str]) -> Iterator[_Entries]:
        """Each half's entries, the columns of the second after those of the first."""
        before = np.int32(0)
        for part in self._parts:
            values, rows, columns = part.entries(plain)
            yield values, rows, columns + before
            before += np.int32(len(part.weights))

    def save(self, path: Path) -> None:
        """Store as JSON: terms with their weights, in column order."""
        stored: list[dict[str, Any]] = []
        for part in self._parts:
            terms = sorted(part.columns, key=part.columns.__getitem__)
            stored.append({"terms": terms, "weights": [float(weight) for weight in part.weights]})
        path.write_text(json.dumps(stored, ensure_ascii=False), encoding="utf-8")

    @classmethod
    def load(cls, path: Path) -> "WordingVectors":
        """Read what save wrote."""
        vectors = cls()
        stored = json.loads(path.read_text(encoding="utf-8"))
        for terms, part in zip(_TERMS, stored, strict=True):
            columns = {term: column for column, term in enumerate(part["terms"])}
            vectors._parts.append(_Part(terms, columns, part["weights"]))
        return vectors


class _Part:
    """One half of the vector: which terms a text has, their columns, and how rare each is."""

    def __init__(
        self,
        terms: Callable[[str], list[str]],
        columns: dict[str, int],
        weights: "Sequence[float] | npt.NDArray[Any]",
    ) -> None:
        self.columns = columns
        self.weights = np.array(weights, dtype=np.float32)
        self._terms = terms

    def entries(self, plain: Sequence[str]) -> _Entries:
        """The terms of each text: their values, (1 + log count) times rarity, together of length
        one for a text; the text's number; the term's column."""
        columns: list[int] = []
        counts: list[int] = []
        sizes = []
        for text in plain:
            known = map(self.columns.get, self._terms(text))
            found = Counter(column for column in known if column is not None)
            columns += found
            counts += found.values()
            sizes.append(len(found))
        places = np.array(columns, dtype=np.int32)
        rows = np.repeat(np.arange(len(plain), dtype=np.int32), sizes)
        values = (1 + np.log(np.array(counts, dtype=float))) * self.weights[places]
        lengths = np.sqrt(np.bincount(rows, values * values, minlength=len(plain)))
        return (values / lengths[rows]).astype(np.float32), rows, places


def _characters(plain: str) -> list[str]:
    """Runs of 2-4 characters within a word that has a space at each end."""
    found = []
    for word in plain.split():
        padded = f" {word} "
        for size in range(2, 5):
            found += [padded[at : at + size] for at in range(max(1, len(padded) - size + 1))]
            if size >= len(padded):
                break  # a short word counts once
    return found


def _words(plain: str) -> list[str]:
    """Words, and pairs of neighbours."""
    words = plain.split()
    return words + [f"{one} {other}" for one, other in pairwise(words)]


_TERMS = (_characters, _words)


def _vectorizers() -> "tuple[TfidfVectorizer, TfidfVectorizer]":
    """What learns the terms and their rarity: scikit-learn's, which need long for one message."""
    common = {"lowercase": False, "sublinear_tf": True, "dtype": np.float32}
    return (
        TfidfVectorizer(analyzer=_characters, **common),
        TfidfVectorizer(analyzer=_words, **common),
    )
