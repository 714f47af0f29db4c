"""Graphs that were quantized before they came here."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from sensorfit.graph.integer import FLOAT, PASSED, by_another_tool
from sensorfit.graph.ir import Graph
from sensorfit.target import Target
from sensorfit.verify.family import INPUTS
from sensorfit.verify.rule import Issue, rule


@rule("SF510", "ForeignQuantization", INPUTS, "graph")
def another_tool(graph: Graph, target: Target) -> Iterator[Issue]:
    """A graph quantized by another tool than Sony's MCT.

    The converter takes networks that MCT quantized. What onnxruntime, TensorRT
    or torch write is refused (USOP, reported as SF101): QuantizeLinear and
    DequantizeLinear around every tensor, QLinearConv and its kin, and what
    scales at run time (DynamicQuantizeLinear, ConvInteger). Weights alone stored
    as integers with a DequantizeLinear are folded and accepted.

    Memory and latency are those of the float model behind it, at 8 bits:
    QuantizeLinear and DequantizeLinear count as nothing, QLinearConv as Conv.
    The weights of ConvInteger cannot be counted so (SF304).

    Fails:
        (float[1,16,32,32] x) => (float[1,16,32,32] y) <float s = {0.1}, int8 z = {0}>
        { q = QuantizeLinear (x, s, z) y = DequantizeLinear (q, s, z) }

    Passes:
        (float[1,16,32,32] x) => (float[1,16,32,32] y) { y = Relu (x) }

    Fix: check and build from the float model: sensorfit build quantizes it with MCT.
    """
    nodes = [n for n in graph.nodes if by_another_tool(n)]
    if nodes:
        told = all(not n.domain and (n.op in PASSED or n.op in FLOAT) for n in nodes)
        figures = "; memory and latency here are those of the float model behind it" if told else ""
        yield Issue(
            f"quantized by another tool: the converter reads MCT's quantization only{figures}",
            "check and build from the float model: sensorfit build quantizes it with MCT",
            ", ".join(f"{count} {op}" for op, count in sorted(Counter(n.op for n in nodes).items())),
            code="USOP",
            severity="info",
            node=nodes[0],
            probes=("qdq", "qconv", "convint"),
        )
