"""A graph quantized by another tool, read as the float graph that it was made of.

    x ── QuantizeLinear ── DequantizeLinear ── Conv (w ── DequantizeLinear)      x ── Conv (w)
    x ── QuantizeLinear ── QLinearConv (w, b) ── DequantizeLinear               x ── Conv (w, b)

The sensor never runs these: the converter folds a DequantizeLinear of
constants and refuses all others, so that the float model, quantized by MCT,
is what there is to measure. What scales at run time (DynamicQuantizeLinear,
ConvInteger) stays as it is.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from .constants import without_constant_nodes
from .ir import Graph, Node

PASSED: Final = frozenset({"QuantizeLinear", "DequantizeLinear"})
FLOAT: Final = {"QLinearConv": ("Conv", (0, 3, 8)), "QLinearMatMul": ("MatMul", (0, 3))}
"""Operators on integers: their float operator, and which of their inputs that reads."""
BY_ANOTHER_TOOL: Final = PASSED | FLOAT.keys() | {"DynamicQuantizeLinear", "ConvInteger", "MatMulInteger"}
MICROSOFT: Final = "com.microsoft"
"""The domain of what onnxruntime adds: QLinearAdd, QGemm, QAttention, DynamicQuantizeMatMul and their kin."""


def by_another_tool(node: Node) -> bool:
    """Whether ``node`` stems from another quantizer than Sony's MCT."""
    if node.domain == MICROSOFT:
        return node.op.startswith("Q") or any(word in node.op for word in ("Quantize", "Integer"))
    return not node.domain and node.op in BY_ANOTHER_TOOL


def as_float(graph: Graph) -> Graph:
    """``graph`` without quantization by other tools, as far as it can be told; the same graph where there is none."""
    if not any(n.op in PASSED or n.op in FLOAT for n in graph.nodes if not n.domain):
        return graph
    alias: dict[str, str] = {}
    kept = []
    for node in graph.nodes:
        node = replace(node, inputs=tuple(alias.get(t, t) for t in node.inputs))
        if not node.domain and node.op in PASSED and node.input(0):
            alias[node.outputs[0]] = node.inputs[0]
            continue
        if not node.domain and node.op in FLOAT:
            op, operands = FLOAT[node.op]
            inputs = tuple(node.input(i) for i in operands)
            node = replace(node, op=op, inputs=inputs if inputs[-1] else inputs[:-1])
        kept.append(node)
    outputs = tuple(alias.get(o, o) for o in graph.outputs)
    return without_constant_nodes(graph.replace(nodes=tuple(kept), outputs=outputs))
