"""The forward pass of a BERT encoder in NumPy, for the MiniLM weights.

TensorFlow's own BERT gives the same vectors (to 2e-7) and is as fast for one message, but needs
nine seconds to import and build before the first one, and 500 MB more; this needs half a second.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from safetensors.numpy import load_file
from scipy.special import erf

DIMENSIONS = 384
HEADS = 12
LAYERS = 6
HEAD_WIDTH = DIMENSIONS // HEADS

Floats = npt.NDArray[np.float32]
Integers = npt.NDArray[np.int64]


@dataclass(frozen=True)
class _Dense:
    weight: Floats
    bias: Floats

    def __call__(self, rows: Floats) -> Floats:
        product: Floats = rows @ self.weight
        product += self.bias
        return product


@dataclass(frozen=True)
class _Norm:
    scale: Floats
    shift: Floats

    def __call__(self, rows: Floats) -> Floats:
        centred = rows - rows.mean(axis=-1, keepdims=True)
        variance = np.square(centred).mean(axis=-1, keepdims=True)
        centred /= np.sqrt(variance + np.float32(1e-12))
        centred *= self.scale
        centred += self.shift
        return centred


@dataclass(frozen=True)
class _Layer:
    queries_keys_values: _Dense
    attention_out: _Dense
    attention_norm: _Norm
    widen: _Dense
    narrow: _Dense
    out_norm: _Norm

    def __call__(self, rows: Floats, blocked: Floats) -> Floats:
        """``rows``: (messages x tokens, 384). ``blocked``: 0 for a word, very negative for
        padding, shape (messages, 1, 1, tokens)."""
        messages, tokens = blocked.shape[0], blocked.shape[-1]
        joint = self.queries_keys_values(rows).reshape(messages, tokens, 3, HEADS, HEAD_WIDTH)
        queries, keys, values = joint.transpose(2, 0, 3, 1, 4)
        seen = _softmax(queries @ keys.swapaxes(-1, -2) + blocked) @ values
        seen = seen.transpose(0, 2, 1, 3).reshape(-1, DIMENSIONS)
        rows = self.attention_norm(self.attention_out(seen) + rows)
        return self.out_norm(self.narrow(_gelu(self.widen(rows))) + rows)


def _softmax(scores: Floats) -> Floats:
    scores -= scores.max(axis=-1, keepdims=True)
    np.exp(scores, out=scores)
    scores /= scores.sum(axis=-1, keepdims=True)
    return scores


def _gelu(rows: Floats) -> Floats:
    gate: Floats = erf(rows * np.float32(np.sqrt(0.5)))
    gate += np.float32(1)
    gate *= rows
    gate *= np.float32(0.5)
    return gate


class MiniLm:
    """A loaded network; stateless, so one serves a whole process."""

    def __init__(self, words: Floats, positions: Floats, norm: _Norm, layers: list[_Layer]):
        """Use load instead."""
        self._words = words
        self._positions = positions
        self._norm = norm
        self._layers = layers

    @classmethod
    def load(cls, path: Path) -> "MiniLm":
        """Read the published safetensors file. Raises KeyError if a tensor is missing."""
        tensors: dict[str, Floats] = load_file(str(path))
        # One sentence at a time: all tokens are of type 0, which joins the positions' vectors.
        segment = tensors["embeddings.token_type_embeddings.weight"][0]
        return cls(
            tensors["embeddings.word_embeddings.weight"],
            tensors["embeddings.position_embeddings.weight"] + segment,
            _norm(tensors, "embeddings.LayerNorm"),
            [_layer(tensors, f"encoder.layer.{number}.") for number in range(LAYERS)],
        )

    def sentence_vectors(self, ids: Integers, mask: Integers) -> Floats:
        """Mean of the word vectors, scaled to length one, for each row of token ids.

        ``mask`` is 1 for a token and 0 for padding; both have shape (messages, tokens).
        """
        rows = self._norm(self._words[ids] + self._positions[: ids.shape[1]])
        rows = rows.reshape(-1, DIMENSIONS)
        blocked = ((1 - mask) * -1e9).astype(np.float32)[:, None, None, :]
        for layer in self._layers:
            rows = layer(rows, blocked)
        weight = mask[:, :, None].astype(np.float32)
        total = (rows.reshape(*ids.shape, DIMENSIONS) * weight).sum(axis=1)
        # The mean would be scaled to length one next, so the sum serves as well.
        return np.asarray(total / np.linalg.norm(total, axis=1, keepdims=True), dtype=np.float32)


def _dense(tensors: dict[str, Floats], name: str) -> _Dense:
    return _Dense(np.ascontiguousarray(tensors[f"{name}.weight"].T), tensors[f"{name}.bias"])


def _norm(tensors: dict[str, Floats], name: str) -> _Norm:
    return _Norm(tensors[f"{name}.weight"], tensors[f"{name}.bias"])


def _layer(tensors: dict[str, Floats], prefix: str) -> _Layer:
    query, key, value = (
        _dense(tensors, f"{prefix}attention.self.{name}") for name in ("query", "key", "value")
    )
    scale = np.float32(1 / np.sqrt(HEAD_WIDTH))
    joint = _Dense(
        np.concatenate([query.weight * scale, key.weight, value.weight], axis=1),
        np.concatenate([query.bias * scale, key.bias, value.bias]),
    )
    return _Layer(
        joint,
        _dense(tensors, f"{prefix}attention.output.dense"),
        _norm(tensors, f"{prefix}attention.output.LayerNorm"),
        _dense(tensors, f"{prefix}intermediate.dense"),
        _dense(tensors, f"{prefix}output.dense"),
        _norm(tensors, f"{prefix}output.LayerNorm"),
    )
