"""Where quantization loses the most: every activation of the INT8 graph beside the same one without quantizers.

    INT8 graph ─┬─ as it is ───────────────────► activations, rounded
                └─ its quantizers taken out ───► activations, float      SQNR of each = 10 log10(sum float² / sum difference²)

Both have the same nodes, so each layer has its own name, and what is compared includes all that went before it. MCT's
bias correction stays in both: it moves the second away from the float network, at few bits far. How far is said
(``reference_sqnr_db``), and what is not the float network any more is not shown as if it were.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from math import prod
from pathlib import Path
from typing import Any, Final

import numpy as np
import onnx

from .fidelity import Missing, run_outputs, sqnr

DOMAIN: Final = "mct_quantizers"
WORST: Final = 10
BINS: Final = 16
NEARLY_DB: Final = 20.0
IMAGES: Final = 8
"""Images run through both graphs: ratios of sums over a whole activation settle at once."""


@dataclass(frozen=True)
class Layer:
    """One activation. ``sqnr_db`` is None for the reason in ``sqnr_missing``."""

    name: str
    op: str
    sqnr_db: float | None
    sqnr_missing: Missing = ""


@dataclass(frozen=True)
class Histogram:
    """How often values lie between neighbours of ``edges``."""

    layer: str
    edges: tuple[float, ...]
    float_counts: tuple[int, ...]
    int8_counts: tuple[int, ...]


@dataclass(frozen=True)
class LayerFidelity:
    """Every layer in the order of the graph, and the values of the worst."""

    images: int
    layers: tuple[Layer, ...]
    histogram: Histogram | None
    reference_sqnr_db: float | None = None
    """Of the graph without quantizers beside the float network, first output; None for the reason in ``reference_missing``."""
    reference_missing: Missing = "equal"

    @property
    def comparable(self) -> bool:
        """Whether the graph without quantizers is still the float network, nearly."""
        if self.reference_sqnr_db is None:
            return self.reference_missing == "equal"
        return self.reference_sqnr_db >= NEARLY_DB

    @property
    def worst(self) -> tuple[Layer, ...]:
        """The layers with the lowest SQNR, lowest first."""
        lossy = sorted(
            (layer for layer in self.layers if layer.sqnr_db is not None),
            key=lambda layer: layer.sqnr_db or 0.0,
        )
        return tuple(lossy[:WORST])

    @property
    def not_finite(self) -> tuple[str, ...]:
        """The layers with infinite or NaN values, in the order of the graph."""
        return tuple(layer.name for layer in self.layers if layer.sqnr_missing == "not_finite")

    def to_dict(self, every: bool = False) -> dict[str, Any]:
        """Plain values for JSON; with ``every``, all layers."""
        found: dict[str, Any] = {
            "images": self.images,
            "reference_sqnr_db": self.reference_sqnr_db,
            "reference_missing": self.reference_missing if self.reference_sqnr_db is None else "",
            "comparable": self.comparable,
            "not_finite": len(self.not_finite),
            "first_not_finite": next(iter(self.not_finite), None),
            "worst": [asdict(layer) for layer in self.worst],
            "histogram": asdict(self.histogram) if self.histogram else None,
        }
        return {**found, "layers": [asdict(layer) for layer in self.layers]} if every else found


@dataclass(frozen=True)
class LayerBits:
    """The width of one layer's weights."""

    name: str
    op: str
    bits: int
    parameters: int


def layer_bits(path: Path) -> tuple[LayerBits, ...]:
    """Bits of the weights of each layer of an INT8 graph, in its order."""
    graph = onnx.load(str(path)).graph
    sizes = {tensor.name: prod(tensor.dims) for tensor in graph.initializer}
    readers = {name: node for node in reversed(graph.node) for name in node.input}
    found = []
    for node in graph.node:
        if node.domain == DOMAIN and node.op_type.startswith("Weights"):
            reader = readers.get(node.output[0])
            bits = next(a.i for a in node.attribute if a.name == "num_bits")
            if reader is not None:
                name, op = _layer(reader.name), reader.op_type
                if op == "Transpose" and reader.output[0] in readers:  # a Linear of tokens: MatMul
                    op = readers[reader.output[0]].op_type
                found.append(LayerBits(name, op, bits, sizes.get(node.input[0], 0)))
    return tuple(found)


def compare_layers(int8: Path, images: np.ndarray, float_output: np.ndarray | None = None) -> LayerFidelity:
    """Every activation of the graph in ``int8`` on the first ``IMAGES`` of ``images``; ``float_output`` is the first output
    (N, ...) of the float network for them."""
    model = onnx.load(str(int8))
    images = images[:IMAGES]
    quantizers = [n for n in model.graph.node if n.domain == DOMAIN and n.op_type.startswith("Activation")]
    producers = {name: node for node in model.graph.node for name in node.output}
    if not quantizers:
        return LayerFidelity(len(images), (), None)
    rounded, plain = [q.output[0] for q in quantizers], [q.input[0] for q in quantizers]
    *unrounded, plain_output = _run(_without_quantizers(model), [*plain, model.graph.output[0].name], images)
    values = zip(_run(model, rounded, images), unrounded, strict=True)
    layers, worst = [], None
    for quantizer, (b, a) in zip(quantizers, values, strict=True):
        producer = producers.get(quantizer.input[0])
        name = _layer(producer.name) if producer is not None else quantizer.input[0]
        layer = Layer(name, producer.op_type if producer is not None else "Input", *sqnr(a, b))
        layers.append(layer)
        if layer.sqnr_db is not None and (worst is None or layer.sqnr_db < (worst[0].sqnr_db or 0.0)):
            worst = layer, a, b
    reference: tuple[float | None, Missing] = (None, "equal")
    if float_output is not None:
        reference = sqnr(float_output[: len(images)], plain_output)
    return LayerFidelity(len(images), tuple(layers), _histogram(*worst) if worst else None, *reference)


def _layer(name: str) -> str:
    """``/stem_conv/layer/Conv`` is the layer ``stem_conv``: MCT wraps each."""
    parts = [part for part in name.split("/") if part]
    return parts[0] if parts else name


def _without_quantizers(model: onnx.ModelProto) -> onnx.ModelProto:
    plain = onnx.ModelProto()
    plain.CopyFrom(model)
    outputs = {value.name for value in plain.graph.output}
    kept: list[onnx.NodeProto] = []
    source: dict[str, str] = {}
    for node in plain.graph.node:
        if node.domain == DOMAIN and node.output[0] not in outputs:
            source[node.output[0]] = source.get(node.input[0], node.input[0])
            continue
        node.input[:] = [source.get(name, name) for name in node.input]
        if node.domain == DOMAIN:  # an output of the graph keeps its name
            node.CopyFrom(onnx.helper.make_node("Identity", node.input[:1], node.output[:1], name=node.name))
        kept.append(node)
    del plain.graph.node[:]
    plain.graph.node.extend(kept)
    return plain


def _run(model: onnx.ModelProto, names: list[str], images: np.ndarray) -> Iterator[np.ndarray]:
    asked = onnx.ModelProto()
    asked.CopyFrom(model)
    del asked.graph.output[:]
    once = tuple(dict.fromkeys(names))  # a tensor that two quantizers read is one output
    asked.graph.output.extend(onnx.ValueInfoProto(name=name) for name in once)
    found = dict(zip(once, run_outputs(asked.SerializeToString(), images), strict=True))
    yield from (found[name] for name in names)


def _histogram(layer: Layer, a: np.ndarray, b: np.ndarray) -> Histogram:
    a, b = a.astype(np.float64), b.astype(np.float64)  # the width of a range may overflow in float32
    edges = np.histogram_bin_edges(a, BINS)
    clipped = np.clip(b, edges[0], edges[-1])
    return Histogram(
        layer.name,
        tuple(round(float(e), 6) for e in edges),
        tuple(int(c) for c in np.histogram(a, edges)[0]),
        tuple(int(c) for c in np.histogram(clipped, edges)[0]),
    )
