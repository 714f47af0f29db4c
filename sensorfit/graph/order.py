"""The nodes that the outputs need, in an order that neither their names nor the file's order change."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Set

from onnx import GraphProto, NodeProto

from ..errors import ModelError
from .subgraphs import reads

_OPEN, _DONE = 1, 2


def ordered(graph: GraphProto, given: Set[str], where: str) -> list[NodeProto]:
    """Depth-first postorder from the outputs; ``given`` names the inputs and initializers.

    ModelError for a cycle, and for a tensor that has two producers or none.
    """
    producers = _producers(graph, given, where)
    order: list[NodeProto] = []
    state: dict[int, int] = {}
    stack: list[tuple[NodeProto, Iterator[tuple[str, NodeProto]]]] = []

    def enter(node: NodeProto) -> None:
        state[id(node)] = _OPEN
        stack.append((node, _sources(node, producers, given, where)))

    for output in graph.output:
        root = producers.get(output.name)
        if root is None and output.name not in given:
            raise ModelError(f"{where}: output '{output.name}' is written by no node")
        if root is not None and id(root) not in state:
            enter(root)
        while stack:
            node, sources = stack[-1]
            tensor, source = next((s for s in sources if state.get(id(s[1])) != _DONE), ("", None))
            if source is None:
                state[id(node)] = _DONE
                order.append(node)
                stack.pop()
            elif id(source) in state:
                raise ModelError(
                    f"{where}: the graph is cyclic at node '{source.name or source.op_type}' (tensor '{tensor}')"
                )
            else:
                enter(source)
    return order


def _producers(graph: GraphProto, given: Set[str], where: str) -> dict[str, NodeProto]:
    found: dict[str, NodeProto] = {}
    for node in graph.node:
        for output in filter(None, node.output):
            if output in found or output in given:
                raise ModelError(
                    f"{where}: tensor '{output}' is written twice (node '{node.name or node.op_type}'); each tensor has one producer"
                )
            found[output] = node
    return found


def _sources(
    node: NodeProto, producers: Mapping[str, NodeProto], given: Set[str], where: str
) -> Iterator[tuple[str, NodeProto]]:
    """Each computed tensor that ``node`` reads, with its producer."""
    for tensor in reads(node):
        if tensor in producers:
            yield tensor, producers[tensor]
        elif tensor not in given and tensor in node.input:  # a subgraph's other names are its own
            raise ModelError(
                f"{where}: node '{node.name or node.op_type}' reads '{tensor}', which nothing writes"
            )
