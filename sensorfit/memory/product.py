"""A matrix product of two activations, as in attention: one product a head.

MCT splits a product of more than three axes by its leading ones, and the converter runs what that makes:

    (h, m, k) ─► h slices ─► squeezed ─► rows filled    ─┐
                                                         ├─► product ─► (1, m, n) ─► h concatenated
    (h, k, n) ─► h slices ─► squeezed ─► columns filled ─┘
"""

from __future__ import annotations

from math import prod

from ..graph.ir import Graph, Node
from .builder import StepBuilder, Value
from .layout import SIDE_BY_SIDE, Layout, leanest, round_up, tensor_bytes


def is_product(graph: Graph, node: Node) -> bool:
    """Whether ``node`` multiplies two activations of batch 1, the only ones that the device takes, into one of known shape."""
    shapes = [graph.shape(t) for t in (*node.inputs, *node.outputs)]
    return (
        node.op == "MatMul"
        and not any(map(graph.is_constant, node.inputs))
        and all(shape is not None and len(shape) > 2 and shape[0] == 1 for shape in shapes)
    )


MOST_HEADS = 2048
"""A product of more is not counted: a kernel for every cell of a 64x64 map took a check a minute and all its memory."""


def of_too_many_heads(graph: Graph, node: Node) -> bool:
    """Whether ``node`` is a product of more heads than are counted."""
    heads = (graph.shape(node.outputs[0]) or ())[:-2]
    return is_product(graph, node) and prod(int(size or 1) for size in heads) > MOST_HEADS


def matrix_product(state: StepBuilder, node: Node, sources: list[str]) -> None:
    """The steps of ``node``, a product of two activations."""
    name, facts = node.name, state.facts
    out = state.extent(node.outputs[0])
    heads = out.channels
    by_head = len(state.graph.shape(node.outputs[0]) or ()) > MATRIX_AXES  # one head, too (e4021)
    first = _heads(state, sources[0], heads, Layout.PLANES, f"{name}/a")
    second = _heads(state, sources[-1], heads, Layout.TURNED, f"{name}/b")
    part = out.resized(channels=1)
    together = leanest(SIDE_BY_SIDE, [*[part] * heads, out], facts)
    results = []
    for head, (a, b) in enumerate(zip(first, second, strict=True)):
        label = f"head {head} of {name}"
        size = tensor_bytes(part, Layout.PLANES, facts)
        buffer = state.store(node.outputs[0], label, size, Layout.PLANES)
        state.step(f"{name}/{head}", node.op, [a.buffer, b.buffer], [buffer])
        done = Value(buffer, Layout.PLANES, part)
        if by_head:
            done = state.transform(
                done, part, Layout.PLANES, f"{name}/stack-{head}", f"stacked, {label}", "Reshape"
            )
            if together is not Layout.PLANES:
                done = state.transform(done, part, together, f"{name}/lay-{head}", f"laid, {label}")
        results.append(done)
    if not by_head:
        state.values[node.outputs[0]] = results[0]
    else:
        state.put(node, node.outputs[0], together, [r.buffer for r in results])


MATRIX_AXES = 3
"""Of a product without an axis of heads: (1, rows, columns)."""


def _heads(state: StepBuilder, source: str, heads: int, wanted: Layout, name: str) -> list[Value]:
    """The matrices of an operand, one a head, each as the product reads it."""
    value, axes = state.values[source], len(state.graph.shape(source) or ())
    part = value.extent.resized(channels=1)
    shared = value.extent.channels == 1 and (heads > 1 or axes <= MATRIX_AXES)  # one matrix for every head
    cut = value.layout if value.layout in (Layout.PLANES, Layout.TURNED) else Layout.PLANES
    found = []
    for head in range(heads):
        mine = value
        if mine.layout is not cut:
            mine = state.transform(
                mine, mine.extent, cut, f"{name}-turn-{head}", f"{cut.name.lower()} for {name} {head}"
            )
        if not shared:
            mine = state.transform(
                mine, part, cut, f"{name}-slice-{head}", f"slice {head} for {name}", "Slice"
            )
            mine = state.transform(
                mine, part, cut, f"{name}-squeeze-{head}", f"squeezed {head} for {name}", "Squeeze"
            )
        if wanted is Layout.TURNED:
            full = part.resized(columns=round_up(part.columns, state.facts.row_block))
            if mine.layout is not wanted:
                mine = state.transform(mine, part, wanted, f"{name}-lay-{head}", f"matrix {head} for {name}")
            if mine.extent != full:
                mine = state.transform(
                    mine, full, wanted, f"{name}-fill-{head}", f"filled matrix {head} for {name}"
                )
        else:
            mine = state.transform(mine, part, wanted, f"{name}-lay-{head}", f"matrix {head} for {name}")
        found.append(mine)
    return found
