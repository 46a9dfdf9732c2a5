"""The intent model itself, free of Rasa: one ridge regression over meaning and wording.

A sentence is its vectors after two layers of the encoder (the earlier one is nearer to the words,
the last one nearer to the meaning) and its tf-idf vector, side by side. One kernel ridge regression
from these to the intents is solved exactly, in seconds for thousands of sentences.

Its scores fall towards zero away from the training sentences, where those of a logistic regression
grow. They are multiplied by the similarity to the nearest training sentence, so that a message
unlike every example is refused without the model ever having been shown out-of-scope ones. What
this makes of a sentence that was left out is known in closed form, and one logistic curve through
these answers turns a score into a probability.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from scipy.linalg import cho_factor, cho_solve
from scipy.linalg.lapack import spotri
from scipy.sparse import csr_matrix
from sklearn.linear_model import LogisticRegression

Floats = npt.NDArray[np.float32]
_CALIBRATED = 2000  # sentences are enough for a curve with two numbers
NEAREST = "nearest_examples"  # a message's property, which is not part of what Rasa answers
_FREQUENT = 400  # sentences; columns in more than these multiply faster as a dense matrix


@dataclass(frozen=True)
class RidgeSettings:
    """The ridge's penalty, the meaning's share beside the wording, the earlier layer's in it.

    The penalty is divided by the square root of the sentences an intent has on average: a few
    sentences are held together more tightly than many.
    """

    penalty: float = 6.0
    meaning_share: float = 0.75
    earlier_share: float = 0.35

    @property
    def wording_scale(self) -> np.float32:
        """What both halves of a wording vector, each of length one, are multiplied by."""
        return np.float32(np.sqrt((1 - self.meaning_share) / 2))


@dataclass(frozen=True)
class Neighbour:
    """A training sentence near a message: its text, its intent, and the cosine (-1 to 1)."""

    text: str
    intent: str
    similarity: float


@dataclass(frozen=True)
class _Weights:
    """One column an intent."""

    meaning: Floats
    wording: Floats


class JointRidge:
    """A fitted model. Meaning vectors are two unit vectors side by side; wording vectors too."""

    def __init__(
        self,
        intents: Sequence[str],
        weights: _Weights,
        centre: Floats,
        curve: Floats,
        settings: RidgeSettings,
        examples: "Examples",
    ) -> None:
        """Use fit or load instead."""
        self.intents = list(intents)
        self._weights = weights
        self._centre = centre
        self._curve = curve
        self._settings = settings
        self._examples = examples

    @classmethod
    def fit(
        cls,
        meaning: Floats,
        wording: csr_matrix,
        labels: Sequence[str],
        texts: Sequence[str],
        settings: RidgeSettings,
    ) -> "JointRidge":
        """Train. Raises ValueError for fewer than two intents."""
        intents = sorted(set(labels))
        if len(intents) < 2:
            raise ValueError("an intent model needs sentences of at least two intents")
        columns = np.searchsorted(intents, np.array(labels))
        goals = np.eye(len(intents), dtype=np.float32)[columns]
        centre = meaning.mean(axis=0)
        parts = _meaning_parts(meaning, centre, settings)
        worded = wording * settings.wording_scale
        kernel = _products(parts, worded)
        # A sentence of a rare intent weighs more: every intent counts the same in all.
        counts = np.bincount(columns, minlength=len(intents))
        average = len(labels) / len(intents)
        spread = settings.penalty / np.sqrt(average) * counts[columns] / average
        kernel[np.diag_indices_from(kernel)] += spread.astype(np.float32)
        shares, left_out = solved(kernel, goals)
        examples = Examples(np.ascontiguousarray(_last(meaning)), list(texts), list(labels))
        some = np.arange(0, len(labels), max(1, len(labels) // _CALIBRATED))
        curve = _curve(left_out[some] * examples.nearest_others(some)[:, None], columns[some])
        weights = _Weights(parts.T @ shares, np.asarray(worded.T @ shares, dtype=np.float32))
        return cls(intents, weights, centre, curve, settings, examples)

    def read(
        self, meaning: Floats, wording: csr_matrix, count: int
    ) -> "tuple[Floats, list[list[Neighbour]]]":
        """What is made of each message (row): confidences, and ``count`` nearest sentences.

        Confidences (columns as in ``intents``) are probabilities, each of its intent alone: a row
        does not sum to one. The nearest sentence comes first.
        """
        parts = _meaning_parts(meaning, self._centre, self._settings)
        worded = np.asarray(wording @ self._weights.wording)
        scores = parts @ self._weights.meaning + self._settings.wording_scale * worded
        cosines = _last(meaning) @ self._examples.vectors.T
        scores *= np.clip(cosines.max(axis=1), 0, 1)[:, None]
        slope, level = self._curve
        confidences = np.asarray(1 / (1 + np.exp(-(slope * scores + level))), dtype=np.float32)
        return confidences, [self._examples.nearest(row, count) for row in cosines]

    def save(self, path: Path) -> None:
        """Store plain arrays in NumPy's archive format: no pickled objects."""
        settings = self._settings
        np.savez(
            path,
            intents=np.array(self.intents),
            meaning=self._weights.meaning,
            wording=self._weights.wording,
            centre=self._centre,
            curve=self._curve,
            settings=np.array(
                [settings.penalty, settings.meaning_share, settings.earlier_share]
            ),
            vectors=self._examples.vectors.astype(np.float16),
            texts=np.array(self._examples.texts),
            labels=np.array(self._examples.labels),
        )  # fmt: skip

    @classmethod
    def load(cls, path: Path) -> "JointRidge":
        """Read what save wrote. Refuses archives that contain pickled objects."""
        with np.load(path, allow_pickle=False) as stored:
            return cls(
                [str(intent) for intent in stored["intents"]],
                _Weights(stored["meaning"], stored["wording"]),
                stored["centre"],
                stored["curve"],
                RidgeSettings(*(float(value) for value in stored["settings"])),
                Examples(
                    stored["vectors"].astype(np.float32),
                    [str(text) for text in stored["texts"]],
                    [str(label) for label in stored["labels"]],
                ),
            )


class Examples:
    """The training sentences, as unit vectors and as they are written."""

    def __init__(self, vectors: Floats, texts: Sequence[str], labels: Sequence[str]) -> None:
        """One row, one text and one intent a sentence."""
        self.vectors = vectors
        self.texts = texts
        self.labels = labels

    def nearest_others(self, rows: "npt.NDArray[np.intp]") -> Floats:
        """Cosine of some training sentences to the nearest of all the others, at least 0."""
        cosines = self.vectors[rows] @ self.vectors.T
        cosines[np.arange(len(rows)), rows] = 0
        return np.clip(cosines.max(axis=1), 0, 1)

    def nearest(self, cosines: Floats, count: int) -> "list[Neighbour]":
        """The ``count`` sentences with the largest cosines to a message, the nearest first."""
        count = min(count, len(cosines))
        some = np.argpartition(-cosines, count - 1)[:count] if count else np.array([], dtype=int)
        best = some[np.argsort(-cosines[some], kind="stable")]
        return [Neighbour(self.texts[at], self.labels[at], float(cosines[at])) for at in best]


def solved(kernel: Floats, goals: Floats) -> "tuple[Floats, Floats]":
    """Each sentence's share in the scores, and the scores of each from all the others alone.

    ``kernel`` holds the products of all sentences with the penalty on its diagonal, and is used up.
    """
    factor = cho_factor(kernel, lower=True, overwrite_a=True)
    shares = cho_solve(factor, goals)
    inverse, _ = spotri(factor[0], lower=1, overwrite_c=1)
    return shares, goals - shares / np.diag(inverse)[:, None]


def _halves(meaning: Floats) -> "tuple[Floats, Floats]":
    middle = meaning.shape[1] // 2
    return meaning[:, :middle], meaning[:, middle:]


def _last(meaning: Floats) -> Floats:
    return _halves(meaning)[1]


def _meaning_parts(meaning: Floats, centre: Floats, settings: RidgeSettings) -> Floats:
    """Both halves without what all sentences have in common, each scaled to its share."""
    shares = settings.earlier_share, 1 - settings.earlier_share
    scaled = []
    for half, share in zip(_halves(meaning - centre), shares, strict=True):
        length = np.maximum(np.linalg.norm(half, axis=1, keepdims=True), 1e-6)
        scaled.append(half * np.float32(np.sqrt(settings.meaning_share * share)) / length)
    return np.asarray(np.hstack(scaled), dtype=np.float32)


def _products(meaning: Floats, wording: csr_matrix) -> Floats:
    """The dot products of all sentences with all, over both parts."""
    frequent = np.diff(wording.tocsc().indptr) > _FREQUENT
    dense = np.hstack([meaning, wording[:, frequent].toarray()])
    rare = wording[:, ~frequent]
    found = np.asarray(dense @ dense.T, dtype=np.float32)
    found += (rare @ rare.T).toarray()
    return found


def _curve(scores: Floats, columns: "npt.NDArray[np.intp]") -> Floats:
    """Slope and level of the logistic curve from an intent's score to how often it is the one.

    Every intent of every sentence counts, not the best one alone: a second guess has a probability
    too, and far from all sentences, where all scores are near zero, so is every probability.
    """
    right = np.zeros(scores.shape, dtype=bool)
    right[np.arange(len(columns)), columns] = True
    model = LogisticRegression(C=1e6, max_iter=200)
    model.fit(scores.reshape(-1, 1), right.ravel())
    return np.array([model.coef_[0, 0], model.intercept_[0]], dtype=np.float32)
