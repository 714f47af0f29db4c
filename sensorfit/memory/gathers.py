"""A Gather at constant places as the device runs it: a cut for each run of places that follow each other, and one Concat.

``--model-insight`` of a permutation of 64 channels lists 63 StrideSlices and a Concat that reads them all: what it takes at
its peak are the parts, which one step would leave out (195,584 B beside 139,264).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from ..graph.ir import Graph, Node, Tensor

MOST_PARTS = 1024
"""A Gather of more runs is not cut, and not counted: 2,048 of them the converter did not package in seven minutes."""


def gathers_cut(graph: Graph) -> Graph:
    """``graph`` with its Gathers at constant places as Slices and Concats; the same graph where it has none."""
    if not any(n.op == "Gather" for n in graph.nodes):
        return graph
    nodes: list[Node] = []
    tensors = dict(graph.tensors)
    for node in graph.nodes:
        lengths = _runs(graph, node)
        nodes += _parts(graph, node, lengths, tensors) if 1 < len(lengths) <= MOST_PARTS else [node]
    return graph.replace(nodes=tuple(nodes), tensors=tensors)


def too_many(graph: Graph, node: Node) -> bool:
    """Whether the node is a Gather of more runs than are cut."""
    return len(_runs(graph, node)) > MOST_PARTS


def cut_ahead(graph: Graph) -> tuple[str, ...]:
    """The tensors at which a cut leaves every Gather that is not counted to the host; none where one reads the image itself."""
    found: dict[str, None] = {}
    behind: set[str] = set()
    for node in graph.nodes:
        if behind.isdisjoint(node.inputs):
            if not too_many(graph, node):
                continue
            found[node.inputs[0]] = None
        behind.update(node.outputs)
    named = not found.keys() & set(graph.inputs) and not any(
        "," in t for t in found
    )  # commas part the names of an option
    return tuple(found) if named else ()


def _runs(graph: Graph, node: Node) -> Sequence[int]:
    """How many places each run has; nothing where they are not known."""
    if node.op != "Gather" or node.domain or graph.shape(node.input(0)) is None:
        return ()
    indices, axis = graph.numbers(node.input(1)), int(node.attrs.get("axis", 0))
    shape = graph.shape(node.input(0)) or ()
    if indices is None or len(graph.shape(node.input(1)) or ()) != 1 or not -len(shape) <= axis < len(shape):
        return ()
    size = shape[axis]
    if size is None:
        return ()
    return list(_lengths([int(i) % size for i in indices]))


def _lengths(places: Sequence[int]) -> Iterator[int]:
    start = 0
    for i in range(1, len(places) + 1):
        if i == len(places) or places[i] != places[i - 1] + 1:
            yield i - start
            start = i


def _parts(graph: Graph, node: Node, lengths: Sequence[int], tensors: dict[str, Tensor]) -> Iterator[Node]:
    """A Slice for each of ``lengths`` and the Concat of all; adds the parts to ``tensors``."""
    source, result = node.inputs[0], node.outputs[0]
    shape = list(graph.shape(source) or ())
    axis = int(node.attrs.get("axis", 0)) % len(shape)
    parts = []
    for i, length in enumerate(lengths):
        part = f"{result}@{i}"
        tensors[part] = replace(tensors[result], name=part, shape=(*shape[:axis], length, *shape[axis + 1 :]))
        parts.append(part)
        yield Node(f"{node.name}@{i}", "Slice", (source,), (part,), {"part": part})  # no two are the same
    yield replace(node, op="Concat", inputs=tuple(parts), attrs={"axis": axis})
