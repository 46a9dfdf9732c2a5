"""How a sentence is spelled, as sparse vectors: characters and words weighted by rarity.

The sentence encoder reads meaning, but knows little Spanish and few medicine names. This half
sees the letters: it survives typos, because most character runs of a misspelled word are still
there, and it learns Spanish from the training sentences alone.
"""

import json
import re
import unicodedata
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from scipy.sparse import csr_matrix, hstack
from sklearn.feature_extraction.text import TfidfVectorizer

_REPEATED = re.compile(r"(.)\1{2,}")
_DIGITS = re.compile(r"\d+")
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


def _parts() -> tuple[TfidfVectorizer, TfidfVectorizer]:
    characters = TfidfVectorizer(
        analyzer="char_wb", ngram_range=(2, 4), sublinear_tf=True, dtype=np.float32
    )
    words = TfidfVectorizer(
        analyzer="word",
        tokenizer=str.split,
        token_pattern=None,
        ngram_range=(1, 2),
        sublinear_tf=True,
        dtype=np.float32,
    )
    return characters, words


class WordingVectors:
    """Tf-idf of characters 2-4 and of words 1-2, each of unit length, side by side."""

    def __init__(self) -> None:
        """An unfitted vectoriser: call fit, or load a stored one."""
        self._parts = _parts()

    def fit(self, texts: Sequence[str]) -> None:
        """Learn which character runs and words occur, and how rare each is."""
        plain = [normalise(text) for text in texts]
        for part in self._parts:
            part.fit(plain)

    def transform(self, texts: Sequence[str]) -> csr_matrix:
        """One sparse row a text, in order."""
        plain = [normalise(text) for text in texts]
        return csr_matrix(hstack([part.transform(plain) for part in self._parts]))

    def save(self, path: Path) -> None:
        """Store as JSON: terms with their weights, in column order."""
        stored: list[dict[str, Any]] = []
        for part in self._parts:
            terms = sorted(part.vocabulary_, key=part.vocabulary_.__getitem__)
            stored.append({"terms": terms, "weights": [float(weight) for weight in part.idf_]})
        path.write_text(json.dumps(stored, ensure_ascii=False), encoding="utf-8")

    @classmethod
    def load(cls, path: Path) -> "WordingVectors":
        """Read what save wrote."""
        vectors = cls()
        for part, stored in zip(
            vectors._parts, json.loads(path.read_text(encoding="utf-8")), strict=True
        ):
            part.vocabulary_ = {term: column for column, term in enumerate(stored["terms"])}
            part.idf_ = np.array(stored["weights"], dtype=np.float32)
        return vectors
