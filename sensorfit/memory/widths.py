"""Bits that no quantizer states: of activations in a graph that MCT has quantized, and of weights that it may yet choose.

What only moves data keeps the bits of what it reads. A result that a table
activation reads before any quantizer has the bits of that activation's result.
Elsewhere a missing width means 8 bits.
"""

from __future__ import annotations

from dataclasses import replace

from ..graph.ir import Graph, Tensor
from .fusion import BYTE, NONLINEAR

MOVES = frozenset(
    {"MaxPool", "Pad", "Slice", "Split", "Reshape", "Transpose", "Flatten", "Squeeze", "Unsqueeze", "Identity", "Dropout",
     "Gather", "Expand", "DepthToSpace", "SpaceToDepth"}
)  # fmt: skip


def with_weight_bits(graph: Graph, bits: int) -> Graph:
    """``graph`` with every constant of several dimensions stored in ``bits``, or fewer where it is already."""
    tensors = {
        name: replace(t, bits=min(t.bits or bits, bits))
        if t.constant and t.dtype.startswith("float") and len(t.shape or ()) > 1
        else t
        for name, t in graph.tensors.items()
    }
    return graph.replace(tensors=tensors)


def with_widths(graph: Graph) -> Graph:
    """``graph`` with the missing widths filled in; the same graph where nothing is wider than a byte."""
    if not any((t.bits or 0) > BYTE and not t.constant for t in graph.tensors.values()):
        return graph
    tensors: dict[str, Tensor] = dict(graph.tensors)

    def give(names: tuple[str, ...], source: str) -> None:
        for name in names:
            if name and tensors[name].bits is None:
                tensors[name] = replace(tensors[name], bits=tensors[source].bits)

    for node in graph.nodes:
        if node.op in MOVES and node.input(0):
            give(node.outputs, node.inputs[0])
    for node in reversed(graph.nodes):
        if node.op in NONLINEAR and len(graph.consumers_of(node.inputs[0])) == 1:
            give(node.inputs[:1], node.outputs[0])
    return graph.replace(tensors=tensors)
