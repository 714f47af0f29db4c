"""The sum with a constant behind a product with weights, as the bias of that product: one Linear layer."""

from __future__ import annotations

from dataclasses import replace

from ...graph.ir import Graph, Node


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
