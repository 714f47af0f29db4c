"""Operators that are one layer of torch: a product with weights and its bias, a normalization over groups of channels."""

from __future__ import annotations

from dataclasses import replace

from ...graph.ir import Graph, Node, Shape
from ...graph.patterns import find_patterns


def with_biases(graph: Graph) -> Graph:
    """``MatMul(x, weights)`` and the ``Add`` of a vector that alone reads it become one MatMul with a third input."""
    changed: dict[str, Node] = {}
    gone: set[str] = set()
    for node in graph.nodes:
        if node.op != "MatMul" or node.domain or not graph.is_constant(node.input(1)):
            continue
        weights, reader = graph.shape(node.input(1)), graph.only_reader(node.outputs[0])
        if weights is None or len(weights) != 2 or reader is None or reader.op != "Add" or reader.domain:
            continue
        other = next((i for i in reader.inputs if i != node.outputs[0]), "")
        if graph.is_constant(other) and graph.shape(other) == (weights[1],):
            changed[node.name] = replace(
                node, inputs=(node.input(0), node.input(1), other), outputs=reader.outputs
            )
            gone.add(reader.name)
    return graph.edited(changed, gone)


def with_groups(graph: Graph) -> Graph:
    """A GroupNormalization as exporters spell it out becomes one node: x, scale and shift a group, scale and shift a channel.

    MCT would quantize between its parts, and there the converter stops ("mismatch in gamma.NofDim"). A scale that is not
    one value a channel stays outside.
    """
    changed: dict[str, Node] = {}
    gone: set[str] = set()
    for match in find_patterns(graph):
        if match.kind != "GroupNormalization":
            continue
        before, norm, after, *rest = match.nodes
        parameters, shape = match.inputs[1:], graph.shape(match.inputs[0]) or ()
        if not all(_a_channel(graph.shape(p), shape) for p in parameters):
            rest, parameters = [], ()
        nodes = [before, norm, after, *rest]
        changed[nodes[-1].name] = Node(
            nodes[-1].name,
            match.kind,
            (match.inputs[0], *norm.inputs[1:3], *parameters),
            nodes[-1].outputs[:1],
            match.attrs,
            pattern=match.kind,
        )
        gone.update(n.name for n in nodes[:-1])
    return graph.edited(changed, gone)


def _a_channel(shape: Shape | None, activation: Shape) -> bool:
    """Whether a constant of ``shape`` has one value, or one a channel, of an ``activation`` (N, C, ...)."""
    if shape is None:
        return False
    sizes = [(axis - len(shape), d) for axis, d in enumerate(shape) if d != 1]
    return not sizes or sizes == [(1 - len(activation), activation[1])]
