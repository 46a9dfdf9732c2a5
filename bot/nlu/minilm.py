"""The MiniLM encoder as an ONNX graph, written straight from the published weights.

ONNX Runtime's fused operators for this kind of network (its `com.microsoft` set) take 0.9 ms for a
message where NumPy takes 12 ms. The weights of the dense layers are rounded to whole numbers,
column by column; seven bits of the eight are used, so that every processor computes the same sums.
The vectors keep a cosine of 0.99 to those of the published weights, and what is understood stays
the same (docs/adr/0010-the-sentence-encoder.md). Writing the graph takes about a second, so none is
kept: what runs is always what the checked file holds.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from onnx import GraphProto, ModelProto, NodeProto, TensorProto, helper, numpy_helper
from safetensors.numpy import load_file

DIMENSIONS = 384
HEADS = 12
LAYERS = 6
EARLIER = 4  # the layer whose vectors are given beside the last one's
EPSILON = 1e-12
LARGEST = 63  # of a rounded weight: seven bits
FUSED = "com.microsoft"

Floats = npt.NDArray[np.float32]
Tensors = Mapping[str, Floats]


class _Writer:
    """Collects the nodes and the weights of one graph."""

    def __init__(self, tensors: Tensors) -> None:
        self._tensors = tensors
        self.nodes: list[NodeProto] = []
        self.weights: list[TensorProto] = []

    def weight(self, name: str, values: "npt.NDArray[Any] | None" = None) -> str:
        """Adds a tensor of the file, or given values, under this name."""
        kept = self._tensors[name] if values is None else values
        self.weights.append(numpy_helper.from_array(np.ascontiguousarray(kept), name))
        return name

    def rounded(self, names: Sequence[str]) -> "tuple[str, str, str]":
        """The weights of dense layers side by side, as whole numbers: with the size of one step in
        each column, and the number that stands for zero."""
        name = "+".join(names)
        exact = np.hstack([self._tensors[f"{each}.weight"].T for each in names])
        steps = np.abs(exact).max(axis=0) / LARGEST
        return (
            self.weight(f"{name}.rounded", np.rint(exact / steps).astype(np.int8)),
            self.weight(f"{name}.steps", steps),
            self.weight(f"{name}.zero", np.zeros(len(steps), dtype=np.int8)),
        )

    def biases(self, names: Sequence[str]) -> str:
        """The biases of the same layers, end to end."""
        values = [self._tensors[f"{each}.bias"] for each in names]
        return self.weight(f"{'+'.join(names)}.bias", np.concatenate(values))

    def node(self, kind: str, inputs: Sequence[str], *outputs: str, **attributes: object) -> str:
        """Adds an operator; returns the name of its first output."""
        domain = FUSED if kind in _FUSED_KINDS else ""
        made = helper.make_node(kind, list(inputs), list(outputs), domain=domain, **attributes)
        self.nodes.append(made)
        return outputs[0]


_FUSED_KINDS = frozenset(
    {
        "BiasGelu",
        "DynamicQuantizeMatMul",
        "EmbedLayerNormalization",
        "QAttention",
        "SkipLayerNormalization",
    }
)


def graph_of(weights: Path) -> bytes:
    """The serialised graph. Raises KeyError if the file lacks a tensor.

    Inputs, of shape (messages, tokens): `ids`, `segments` (all 0) and `mask` (1 for a token, 0 for
    padding); one message at a time, because activations are rounded by the largest of all.
    Outputs, of shape (messages, 384): `earlier` and `last`, the mean of the words' vectors after
    layer 4 and after the last layer, each of length one.
    """
    writer = _Writer(load_file(str(weights)))
    rows, lengths = _embeddings(writer)
    for number in range(LAYERS):
        rows = _layer(writer, f"encoder.layer.{number}.", rows, lengths)
        if number + 1 == EARLIER:
            _sentence_vector(writer, rows, "earlier")
    _sentence_vector(writer, rows, "last")
    model: ModelProto = helper.make_model(
        _graph(writer),
        opset_imports=[helper.make_opsetid("", 13), helper.make_opsetid(FUSED, 1)],
        ir_version=8,
    )
    return bytes(model.SerializeToString())


def _embeddings(writer: _Writer) -> "tuple[str, str]":
    names = ("word_embeddings", "position_embeddings", "token_type_embeddings", "LayerNorm")
    tables = [writer.weight(f"embeddings.{name}.weight") for name in names]
    inputs = ["ids", "segments", *tables, writer.weight("embeddings.LayerNorm.bias"), "mask"]
    writer.node("EmbedLayerNormalization", inputs, "embedded", "lengths", epsilon=EPSILON)
    return "embedded", "lengths"


def _layer(writer: _Writer, prefix: str, rows: str, lengths: str) -> str:
    seen = _attention(writer, f"{prefix}attention.self.", rows, lengths)
    attended = _joined_to(writer, f"{prefix}attention.output.", seen, rows)
    wide = _times(writer, f"{prefix}intermediate.dense", attended)
    bias = writer.weight(f"{prefix}intermediate.dense.bias")
    bent = writer.node("BiasGelu", [wide, bias], f"{prefix}bent")
    return _joined_to(writer, f"{prefix}output.", bent, attended)


def _attention(writer: _Writer, prefix: str, rows: str, lengths: str) -> str:
    names = [f"{prefix}{part}" for part in ("query", "key", "value")]
    weights, steps, zeros = writer.rounded(names)
    bias = writer.biases(names)
    quantised = [f"{prefix}rows", f"{prefix}step", f"{prefix}zero"]
    writer.node("DynamicQuantizeLinear", [rows], *quantised)
    inputs = [quantised[0], weights, bias, quantised[1], steps, lengths, quantised[2], zeros]
    return writer.node("QAttention", inputs, f"{prefix}seen", num_heads=HEADS)


def _times(writer: _Writer, name: str, rows: str) -> str:
    return writer.node("DynamicQuantizeMatMul", [rows, *writer.rounded([name])], f"{name}.out")


def _joined_to(writer: _Writer, prefix: str, rows: str, residual: str) -> str:
    """A dense layer whose result is added to what came in, and normalised."""
    product = _times(writer, f"{prefix}dense", rows)
    norm = [writer.weight(f"{prefix}LayerNorm.{part}") for part in ("weight", "bias")]
    inputs = [product, residual, *norm, writer.weight(f"{prefix}dense.bias")]
    return writer.node("SkipLayerNormalization", inputs, f"{prefix}rows", epsilon=EPSILON)


def _sentence_vector(writer: _Writer, rows: str, output: str) -> None:
    """The mean of the words' vectors would be scaled to length one next: their sum serves."""
    last = writer.weight(f"{output}.last", np.array([-1], dtype=np.int64))
    words = writer.weight(f"{output}.words", np.array([1], dtype=np.int64))
    told = writer.node("Cast", ["mask"], f"{output}.told", to=TensorProto.FLOAT)
    column = writer.node("Unsqueeze", [told, last], f"{output}.column")
    kept = writer.node("Mul", [rows, column], f"{output}.kept")
    total = writer.node("ReduceSum", [kept, words], f"{output}.total", keepdims=0)
    writer.node("LpNormalization", [total], output, axis=-1, p=2)


def _graph(writer: _Writer) -> GraphProto:
    given = [
        helper.make_tensor_value_info(name, TensorProto.INT32, ["messages", "tokens"])
        for name in ("ids", "segments", "mask")
    ]
    made = [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, ["messages", DIMENSIONS])
        for name in ("earlier", "last")
    ]
    return helper.make_graph(writer.nodes, "minilm", given, made, writer.weights)
