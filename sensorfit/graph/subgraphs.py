"""The graphs inside of nodes: the branches of If, the bodies of Loop and Scan."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from onnx import AttributeProto, GraphProto, NodeProto


def subgraphs(node: NodeProto) -> Iterator[GraphProto]:
    """The graphs that the attributes of ``node`` hold."""
    return attribute_graphs(node.attribute)


def attribute_graphs(attributes: Iterable[AttributeProto]) -> Iterator[GraphProto]:
    """The graphs that ``attributes`` hold."""
    for attribute in attributes:
        if attribute.HasField("g"):
            yield attribute.g
        yield from attribute.graphs


def has_subgraphs(node: NodeProto) -> bool:
    """Whether ``node`` holds a graph."""
    return next(subgraphs(node), None) is not None


def reads(node: NodeProto) -> list[str]:
    """The tensors that ``node`` reads: its inputs, then what its subgraphs may take from outside."""
    return [*(i for i in node.input if i), *read_inside(subgraphs(node))]


def read_inside(graphs: Iterable[GraphProto]) -> list[str]:
    """The tensors that the nodes and outputs of ``graphs``, and of the graphs within them, name."""
    found: list[str] = []
    waiting = [*graphs]
    while waiting:
        graph = waiting.pop()
        for inner in graph.node:
            found += (i for i in inner.input if i)
            waiting += subgraphs(inner)
        found += (o.name for o in graph.output)
    return found
