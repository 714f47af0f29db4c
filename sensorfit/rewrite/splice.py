"""Drafts put into the graph, which stays in an order in which every node comes after what it reads."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ..graph.ir import Graph, Node
from .draft import Draft


def whole(graph: Graph, draft: Draft) -> bool:
    """Whether a draft gives everything that others read of the nodes it replaces."""
    gone = {n.name for n in draft.replaces}
    for node in draft.replaces:
        for output in filter(None, node.outputs):
            read = output in graph.outputs or any(r.name not in gone for r in graph.consumers_of(output))
            if read and output not in draft.outputs:
                return False
    return bool(draft.outputs)


def spliced(graph: Graph, drafts: Iterable[Draft]) -> Graph:
    """The graph with every draft in the place of its nodes."""
    at: dict[str, tuple[Node, ...]] = {}
    gone: set[str] = set()
    tensors = dict(graph.tensors)
    for draft in drafts:
        nodes, made = draft.finished()
        at[draft.replaces[-1].name] = nodes
        gone.update(n.name for n in draft.replaces)
        tensors.update(made)
    listed: list[Node] = []
    for node in graph.nodes:
        listed.extend(at.get(node.name, ()) if node.name in gone else (node,))
    return graph.replace(nodes=in_order(listed), tensors=tensors)


def in_order(nodes: Sequence[Node]) -> tuple[Node, ...]:
    """The same nodes, each after those it reads, otherwise as they stand."""
    by = {o: i for i, n in enumerate(nodes) for o in n.outputs if o}
    done = [False] * len(nodes)
    order: list[Node] = []
    for start in range(len(nodes)):
        pending = [start]
        while pending:
            index = pending[-1]
            if done[index]:
                pending.pop()
                continue
            waiting = [by[i] for i in nodes[index].inputs if i in by and not done[by[i]] and by[i] != index]
            if waiting:
                pending.extend(waiting)
                continue
            done[index] = True
            order.append(nodes[index])
            pending.pop()
    return tuple(order)
