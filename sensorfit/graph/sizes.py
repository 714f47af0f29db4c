"""The nodes that compute with sizes: in a graph whose sizes are known they are constant expressions."""

from __future__ import annotations

from .ir import Graph

SOURCES = frozenset({"Shape", "Size"})


def about_sizes(graph: Graph) -> frozenset[str]:
    """Names of the nodes that compute on nothing but the sizes of tensors and constants, and of those that read them."""
    sizes: set[str] = set()
    found = set()
    for node in graph.nodes:
        given = [*graph.activations(node)]
        if node.op in SOURCES or (given and sizes.issuperset(given)):
            sizes.update(node.outputs)
            found.add(node.name)
        elif not sizes.isdisjoint(given):
            found.add(node.name)
    return frozenset(found)
