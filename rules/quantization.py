"""Graphs that were quantized before they came here."""

from __future__ import annotations

from collections.abc import Iterator

from sensorfit.graph.ir import Graph
from sensorfit.target import Target
from sensorfit.verify.rule import Issue, graph_rule


@graph_rule("SF510")
def quantize_dequantize(graph: Graph, target: Target) -> Iterator[Issue]:
    """A graph quantized by another tool (QuantizeLinear, DequantizeLinear).

    The converter takes networks that Sony's MCT quantized. The ONNX way of
    onnxruntime, TensorRT or torch, QuantizeLinear and DequantizeLinear around
    every tensor, is refused (USOP, reported as SF101); weights alone stored as
    integers with a DequantizeLinear are folded and accepted.

    Fails:
        (float[1,16,32,32] x) => (float[1,16,32,32] y) <float s = {0.1}, int8 z = {0}>
        { q = QuantizeLinear (x, s, z) y = DequantizeLinear (q, s, z) }

    Passes:
        (float[1,16,32,32] x) => (float[1,16,32,32] y) { y = Relu (x) }

    Fix: check and build from the float model: sensorfit build quantizes it with MCT.
    """
    nodes = [n for n in graph.nodes if not n.domain and n.op in ("QuantizeLinear", "DequantizeLinear")]
    if nodes:
        yield Issue(
            "quantized with QuantizeLinear and DequantizeLinear: the converter reads MCT's quantization only",
            "start from the float model: sensorfit build quantizes it with MCT",
            f"{len(nodes)} nodes",
            code="USOP",
            severity="info",
            node=nodes[0],
            probes=("qdq",),
        )
