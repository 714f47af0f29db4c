"""Groups of nodes that stand for one operator, found by their algebra.

``activations`` and ``normalizations`` state the formulas. A match is ``fused``
when the toolchain (MCT's export, the converter) makes one operator of
it. Nothing is matched across a tensor that somebody else reads or that is an
output: the pattern's inner values must be its own.
"""

from __future__ import annotations

from collections.abc import Callable

from .activations import gelu, hard_swish, hard_swish_clip, mish, silu
from .ir import Graph, Node
from .normalizations import group_norm, layer_norm, softmax
from .view import Match, View


def find_patterns(graph: Graph) -> list[Match]:
    """The patterns that become one operator on the way to the sensor; no node is in two of them."""
    return [m for m in recognise(graph) if m.fused]


def recognise(graph: Graph) -> tuple[Match, ...]:
    """Every pattern, its nodes in graph order, the ones that stay decomposed too; no node is in two of them."""
    # Looked for once a graph, and kept with it as its other caches are.
    kept: tuple[Match, ...] | None = graph.__dict__.get("_patterns")
    if kept is None:
        kept = graph.__dict__["_patterns"] = _recognise(graph)
    return kept


def _recognise(graph: Graph) -> tuple[Match, ...]:
    present = {n.op for n in graph.nodes}
    position = {n.name: i for i, n in enumerate(graph.nodes)}
    view = View(graph)
    found: list[Match] = []
    taken: set[str] = set()
    for needs, anchor, matcher in _MATCHERS:
        if not needs | {anchor} <= present:
            continue
        for node in graph.nodes:
            if node.op != anchor or node.domain or node.name in taken:
                continue
            match = matcher(view, node)
            if match is None or any(n.name in taken for n in match.nodes) or not _closed(graph, match):
                continue
            own = {n.name: n for n in match.nodes}
            found.append(match._replace(nodes=tuple(sorted(own.values(), key=lambda n: position[n.name]))))
            taken.update(own)
    return tuple(sorted(found, key=lambda m: position[m.nodes[0].name]))


def _closed(graph: Graph, match: Match) -> bool:
    """Whether nobody else reads what the pattern computes on the way."""
    names = {n.name for n in match.nodes}
    return all(
        tensor not in graph.outputs and all(user.name in names for user in graph.consumers_of(tensor))
        for node in match.nodes
        for tensor in node.outputs
        if tensor and tensor != match.output
    )


_MATCHERS: tuple[tuple[frozenset[str], str, Callable[[View, Node], Match | None]], ...] = (
    (frozenset({"ReduceMean", "Sub"}), "Sqrt", layer_norm),
    (frozenset({"Reshape"}), "InstanceNormalization", group_norm),
    (frozenset({"Mul"}), "Erf", gelu),
    (frozenset({"Add", "Mul"}), "Tanh", gelu),
    (frozenset({"Tanh", "Mul"}), "Softplus", mish),
    (frozenset({"Mul"}), "HardSigmoid", hard_swish),
    (frozenset({"Add"}), "Clip", hard_swish_clip),
    (frozenset({"ReduceSum", "Div"}), "Exp", softmax),
    (frozenset({"Mul"}), "Sigmoid", silu),
)
"""What else a graph needs for the pattern, the operator it is looked for from, and how."""
