"""The intent model on small made-up data: closed forms against the long way round."""

from pathlib import Path

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from bot.nlu.joint_ridge import Floats, JointRidge, RidgeSettings, solved

RNG = np.random.default_rng(7)


def test_the_score_of_a_sentence_left_out_is_that_of_a_model_without_it() -> None:
    rows = RNG.normal(size=(12, 5)).astype(np.float32)
    goals = np.eye(3, dtype=np.float32)[RNG.integers(0, 3, 12)]
    penalty = np.diag(RNG.uniform(0.2, 1.5, 12)).astype(np.float32)
    kernel = rows @ rows.T
    _, left_out = solved((kernel + penalty).copy(), goals)
    for at in range(12):
        rest = np.arange(12) != at
        shares = np.linalg.solve((kernel + penalty)[np.ix_(rest, rest)], goals[rest])
        assert left_out[at] == pytest.approx(kernel[at, rest] @ shares, abs=1e-3)


def sentences(count: int, intents: int) -> tuple[Floats, csr_matrix, list[str], list[str]]:
    """Sentences around one point an intent, in meaning and in wording."""
    labels = [f"intent_{number % intents}" for number in range(count)]
    places = RNG.normal(size=(intents, 16))
    meaning = np.array([places[number % intents] for number in range(count)])
    meaning = meaning + RNG.normal(scale=0.3, size=meaning.shape)
    halves = [half / np.linalg.norm(half, axis=1, keepdims=True) for half in (meaning, -meaning)]
    wording = np.abs(meaning) / np.linalg.norm(meaning, axis=1, keepdims=True)
    both = csr_matrix(np.hstack([wording, wording]).astype(np.float32))
    texts = [f"sentence {number}" for number in range(count)]
    return np.hstack(halves).astype(np.float32), both, labels, texts


@pytest.fixture(scope="module")
def fitted() -> tuple[JointRidge, tuple[Floats, csr_matrix, list[str], list[str]]]:
    data = sentences(120, 4)
    return JointRidge.fit(*data, RidgeSettings()), data


def test_what_was_learned_is_known(
    fitted: tuple[JointRidge, tuple[Floats, csr_matrix, list[str], list[str]]],
) -> None:
    model, (meaning, wording, labels, _) = fitted
    found, _ = model.read(meaning, wording, 0)
    assert found.min() >= 0 and found.max() <= 1  # noqa: PT018
    named = [model.intents[column] for column in found.argmax(axis=1)]
    assert np.mean([one == other for one, other in zip(named, labels, strict=True)]) > 0.95


def test_far_from_every_sentence_nothing_is_likely(
    fitted: tuple[JointRidge, tuple[Floats, csr_matrix, list[str], list[str]]],
) -> None:
    model, (meaning, wording, _, _) = fitted
    strange = np.zeros_like(meaning[:1])
    found, _ = model.read(strange, csr_matrix(wording[:1] * 0), 0)
    assert found.max() < 0.2


def test_the_nearest_sentences_come_first(
    fitted: tuple[JointRidge, tuple[Floats, csr_matrix, list[str], list[str]]],
) -> None:
    model, (meaning, wording, labels, texts) = fitted
    _, (found,) = model.read(meaning[5:6], wording[5:6], 3)
    assert found[0].text == texts[5]
    assert found[0].intent == labels[5]
    assert [one.similarity for one in found] == sorted(
        (one.similarity for one in found), reverse=True
    )


def test_it_comes_back_as_it_was_stored(
    fitted: tuple[JointRidge, tuple[Floats, csr_matrix, list[str], list[str]]], tmp_path: Path
) -> None:
    model, (meaning, wording, _, _) = fitted
    model.save(tmp_path / "ridge.npz")
    again = JointRidge.load(tmp_path / "ridge.npz")
    assert again.intents == model.intents
    assert again.read(meaning, wording, 0)[0] == pytest.approx(
        model.read(meaning, wording, 0)[0], abs=2e-3
    )


def test_one_intent_is_too_few() -> None:
    meaning, wording, _, texts = sentences(4, 2)
    with pytest.raises(ValueError, match="at least two intents"):
        JointRidge.fit(meaning, wording, ["only"] * 4, texts, RidgeSettings())
