"""The intent model itself, free of Rasa: two logistic regressions and a brake.

One regression reads the sentence vector (meaning), the other the wording (spelling); their mean
is better than either. Both are sure of themselves far from anything they have seen, so the
confidence is multiplied by the cosine similarity to the nearest training sentence: a message
unlike every example is refused without the model ever having been shown out-of-scope ones.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix
from sklearn.linear_model import LogisticRegression

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True)
class HeadSettings:
    """Inverse regularisation strengths of the two heads, the first head's share, and the seed."""

    meaning_c: float = 10.0
    wording_c: float = 20.0
    meaning_share: float = 0.5
    random_state: int = 20


@dataclass(frozen=True)
class _Head:
    weights: Floats
    bias: Floats

    def probabilities(self, rows: "Floats | csr_matrix") -> Floats:
        scores = np.asarray(rows @ self.weights.T) + self.bias
        scores = np.exp(scores - scores.max(axis=1, keepdims=True))
        return np.asarray(scores / scores.sum(axis=1, keepdims=True), dtype=np.float32)


def _fit(rows: "Floats | csr_matrix", labels: Sequence[str], c: float, seed: int) -> _Head:
    model = LogisticRegression(C=c, class_weight="balanced", max_iter=500, random_state=seed)
    model.fit(rows, labels)
    return _Head(model.coef_.astype(np.float32), model.intercept_.astype(np.float32))


class TwoHeads:
    """A fitted model. Vectors of the meaning head must have unit length."""

    def __init__(
        self,
        intents: Sequence[str],
        meaning: _Head,
        wording: _Head,
        meaning_share: float,
        examples: Floats,
    ) -> None:
        """Use fit or load instead."""
        self.intents = list(intents)
        self._meaning = meaning
        self._wording = wording
        self._meaning_share = meaning_share
        self._examples = examples

    @classmethod
    def fit(
        cls, meaning: Floats, wording: csr_matrix, labels: Sequence[str], settings: HeadSettings
    ) -> "TwoHeads":
        """Train both heads. Raises ValueError for fewer than three intents: with two, scikit-learn
        stores one row of weights instead of one an intent."""
        intents = sorted(set(labels))
        if len(intents) < 3:
            raise ValueError("an intent model needs sentences of at least three intents")
        return cls(
            intents,
            _fit(meaning, labels, settings.meaning_c, settings.random_state),
            _fit(wording, labels, settings.wording_c, settings.random_state),
            settings.meaning_share,
            meaning,
        )

    def confidences(self, meaning: Floats, wording: csr_matrix) -> Floats:
        """Confidence of each intent (columns as in ``intents``) for each message (rows), 0 to 1.

        A row sums to the similarity of the nearest training sentence, not to one.
        """
        share = self._meaning_share
        mean = share * self._meaning.probabilities(meaning)
        mean += (1 - share) * self._wording.probabilities(wording)
        nearest = np.clip((meaning @ self._examples.T).max(axis=1), 0.0, 1.0)
        return np.asarray(mean * nearest[:, None], dtype=np.float32)

    def save(self, path: Path) -> None:
        """Store plain arrays in NumPy's archive format: no pickled objects."""
        np.savez(
            path,
            intents=np.array(self.intents),
            meaning_weights=self._meaning.weights,
            meaning_bias=self._meaning.bias,
            wording_weights=self._wording.weights,
            wording_bias=self._wording.bias,
            meaning_share=np.array(self._meaning_share),
            examples=self._examples,
        )

    @classmethod
    def load(cls, path: Path) -> "TwoHeads":
        """Read what save wrote. Refuses archives that contain pickled objects."""
        with np.load(path, allow_pickle=False) as stored:
            return cls(
                [str(intent) for intent in stored["intents"]],
                _Head(stored["meaning_weights"], stored["meaning_bias"]),
                _Head(stored["wording_weights"], stored["wording_bias"]),
                float(stored["meaning_share"]),
                stored["examples"],
            )
