"""An activation between a Reshape and the one that turns it back, which the converter runs on the tensor as it was.

    (1, 1, N, C) ─► Reshape (1, N, C) ─► Gelu ─► Reshape (1, 1, N, C)     is     (1, 1, N, C) ─► Gelu

It lists neither Reshape, and a product before it writes the activation's result: a Linear on tokens that fix has written on four
axes, and its GELU (mobilevit_like_fixed: 482,080 B, with the Reshapes 128 B more).
"""

from __future__ import annotations

from dataclasses import replace

from .ir import Graph, Node

ACTIVATIONS = frozenset(
    {
        "Relu",
        "Clip",
        "LeakyRelu",
        "Sigmoid",
        "HardSigmoid",
        "HardSwish",
        "Silu",
        "Swish",
        "Gelu",
        "Tanh",
        "Elu",
    }
)
"""Of one input, each cell by itself."""


def without_turning_back(graph: Graph) -> Graph:
    """``graph`` with these activations on the tensors as they were; the same graph where there are none."""
    changed: dict[str, Node] = {}
    gone: set[str] = set()
    for node in graph.nodes:
        if node.op not in ACTIVATIONS or node.domain or not node.inputs or len(node.outputs) != 1:
            continue
        before, after = graph.producer_of(node.inputs[0]), graph.only_reader(node.outputs[0])
        if before is None or after is None or before.op != "Reshape" or after.op != "Reshape":
            continue
        if (
            {before.name, after.name} & gone
            or before.domain
            or after.domain
            or graph.only_reader(node.inputs[0]) is not node
        ):
            continue
        shape = graph.shape(before.inputs[0])
        if shape is None or None in shape or graph.shape(after.outputs[0]) != shape:
            continue
        changed[node.name] = replace(node, inputs=(before.inputs[0], *node.inputs[1:]), outputs=after.outputs)
        gone |= {before.name, after.name}
    return graph.edited(changed, gone) if changed else graph
