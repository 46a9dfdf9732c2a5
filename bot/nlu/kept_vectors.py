"""Remembers the vectors of sentences between trainings, so that only new ones are computed.

One file beside the models. It holds no texts: an entry is a digest of a text and its two vectors,
exactly as the encoder gave them, so a model is the same with it and without. A file that is
damaged, or was made by another encoder, counts as empty. What a run does not ask for is left out
when it writes the file, which keeps it as large as the sentences of one training.
"""

import hashlib
import os
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
KEY_BYTES = 16


class Encoder(Protocol):
    """What turns texts into vectors, one row a text."""

    def encode(self, texts: Sequence[str]) -> Floats:
        """The rows, in order."""


class KeptVectors:
    """An encoder that computes no text twice, in this process or in an earlier one."""

    def __init__(self, path: Path, recipe: str, encoder: Callable[[], Encoder]) -> None:
        """Read the file. `recipe` names everything that the vectors depend on beside the text;
        `encoder` is called when the first unknown text has to be computed."""
        self._path = path
        self._recipe = recipe
        self._encoder = encoder
        self._known = _read(path, recipe)
        self._asked: dict[bytes, Floats] = {}

    def encode(self, texts: Sequence[str]) -> Floats:
        """One row a text, in order."""
        keys = [_key(text) for text in texts]
        unknown = {
            key: text
            for key, text in zip(keys, texts, strict=True)
            if key not in self._known and key not in self._asked
        }
        if unknown or not texts:
            rows = self._encoder().encode(list(unknown.values()))
            if not texts:
                return rows
            self._asked.update(zip(unknown, rows, strict=True))
        for key in keys:
            if key not in self._asked:
                self._asked[key] = self._known[key]
        return np.vstack([self._asked[key] for key in keys])

    def save(self) -> None:
        """Write what was asked for; a disk that cannot take it costs the next run its time."""
        if not self._asked or self._asked.keys() == self._known.keys():
            return
        keys = np.frombuffer(b"".join(self._asked), dtype=np.uint8).reshape(-1, KEY_BYTES)
        rows = np.vstack(list(self._asked.values())).astype(np.float32, copy=False)
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with tempfile.NamedTemporaryFile(dir=self._path.parent, delete=False) as file:
                np.savez(file, keys=keys, rows=rows, check=_check(self._recipe, keys, rows))
            os.replace(file.name, self._path)  # noqa: PTH105
        except OSError:
            return


def _read(path: Path, recipe: str) -> "dict[bytes, Floats]":
    """What the file holds; nothing if it is missing, damaged or another encoder's."""
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as stored:
            keys, rows, check = stored["keys"], stored["rows"], stored["check"]
    except Exception:
        return {}  # NumPy and zipfile raise many kinds of error for a damaged file
    fits = keys.dtype == np.uint8 and rows.dtype == np.float32 and keys.ndim == rows.ndim == 2
    if not fits or keys.shape != (len(rows), KEY_BYTES):
        return {}
    if not np.array_equal(check, _check(recipe, keys, rows)):
        return {}
    return {key.tobytes(): row for key, row in zip(keys, rows, strict=True)}


def _key(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()[:KEY_BYTES]


def _check(recipe: str, keys: "npt.NDArray[np.uint8]", rows: Floats) -> "npt.NDArray[np.uint8]":
    digest = hashlib.sha256(recipe.encode())
    digest.update(np.ascontiguousarray(keys).tobytes())
    digest.update(np.ascontiguousarray(rows).tobytes())
    return np.frombuffer(digest.digest(), dtype=np.uint8)


_kept: "KeptVectors | None" = None


def keep_vectors(path: Path) -> KeptVectors:
    """Have this process remember vectors in a file from now on."""
    from bot.nlu.encoder import encoder, recipe  # noqa: PLC0415  tests need no ONNX Runtime

    global _kept  # noqa: PLW0603  one for the process, like the encoder
    _kept = KeptVectors(path, recipe(), encoder)
    return _kept


def current_encoder() -> Encoder:
    """The process's encoder: the one that remembers, if there is one."""
    if _kept is not None:
        return _kept
    from bot.nlu.encoder import encoder  # noqa: PLC0415

    return encoder()
