"""Where a Softmax weighs values."""

from __future__ import annotations

from collections.abc import Iterator

from .ir import Graph, Node

_PASS_THROUGH = frozenset(
    {"Mul", "Div", "Add", "Reshape", "Transpose", "Dropout", "Where", "Cast", "Identity"}
)
PRODUCTS = frozenset({"MatMul", "Einsum"})
NEAR = 8
"""A product this many operators before the Softmax makes its scores."""


def attention_softmax(graph: Graph, softmax: Node) -> bool:
    """Whether ``softmax`` weighs values: its scores come from a MatMul and a MatMul reads it."""
    users = graph.consumers_of(softmax.outputs[0])
    while len(users) == 1 and users[0].op in _PASS_THROUGH:
        users = graph.consumers_of(users[0].outputs[0])
    if not any(u.op in PRODUCTS for u in users):
        return False
    return any(n.op in PRODUCTS for n in _sources(graph, softmax.inputs[0]))


def _sources(graph: Graph, tensor: str, depth: int = NEAR) -> Iterator[Node]:
    node = graph.producer_of(tensor)
    if node is None or not depth:
        return
    yield node
    if node.op in _PASS_THROUGH:
        for source in graph.activations(node):
            yield from _sources(graph, source, depth - 1)
