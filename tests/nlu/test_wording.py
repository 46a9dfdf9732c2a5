"""The vectors of the wording are those of scikit-learn's vectorisers, which are slow for one."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import csr_matrix, hstack
from sklearn.feature_extraction.text import TfidfVectorizer

from bot.nlu.wording import WordingVectors, normalise

KNOWN = (
    "is my metformin ready", "ya está lista mi receta", "when do you open", "do you open at 9",
    "can i get more of it", "¿a qué hora abren?", "hm", "thanks so much", "a b c",
)  # fmt: skip
ODD = ("", "?", "a", "zzzz", "metformin", "ready ready ready ready", "İstanbul ß ﬁne", "  9  ")


def by_scikit(texts: Sequence[str]) -> csr_matrix:
    """What its own analysers make of the texts, with the vocabulary of the known ones."""
    known, plain = ([normalise(text) for text in some] for some in (KNOWN, texts))
    characters = TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 4), sublinear_tf=True)
    words = TfidfVectorizer(
        tokenizer=str.split, token_pattern=None, ngram_range=(1, 2), sublinear_tf=True
    )
    return csr_matrix(hstack([part.fit(known).transform(plain) for part in (characters, words)]))


@pytest.fixture(scope="module")
def vectors() -> WordingVectors:
    made = WordingVectors()
    made.fit(KNOWN)
    return made


def test_they_are_those_of_scikit_learn(vectors: WordingVectors) -> None:
    texts = [*KNOWN, *ODD]
    found = vectors.transform(texts)
    assert found.dtype == np.float32
    assert found.has_canonical_format
    assert found.toarray() == pytest.approx(by_scikit(texts).toarray(), abs=1e-6)


@given(st.text(max_size=40))
def test_of_any_text(text: str) -> None:
    made = WordingVectors()
    made.fit(KNOWN)
    assert made.transform([text]).toarray() == pytest.approx(by_scikit([text]).toarray(), abs=1e-6)


def test_a_text_has_the_same_vector_alone_and_among_others(vectors: WordingVectors) -> None:
    texts = [*KNOWN, *ODD]
    together = vectors.transform(texts)
    for number, text in enumerate(texts):
        alone = vectors.transform([text])
        assert np.array_equal(alone.toarray(), together[number].toarray()), text


def test_what_is_stored_is_what_was_learned(vectors: WordingVectors, tmp_path: Path) -> None:
    vectors.save(tmp_path / "wording.json")
    again = WordingVectors.load(tmp_path / "wording.json")
    assert np.array_equal(again.transform(KNOWN).toarray(), vectors.transform(KNOWN).toarray())


def test_no_texts_have_no_rows(vectors: WordingVectors) -> None:
    assert vectors.transform([]).shape == (0, vectors.transform(["x"]).shape[1])
