"""A Slice along several axes as the device runs it: one cut for each axis, the first axis first.

A build writes them so, as torch does. ``--model-insight`` of a transposed convolution cropped to 96x96 lists its 96x98 and
its 96x96 in blocks; one step out of planes would be 100,352 B less (unet_deconv_mish_fixed).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from ..graph.ir import Graph, Node, Tensor
from ..graph.slices import cuts
from .views import static


def cropped_by_axis(graph: Graph) -> Graph:
    """``graph`` with a Slice for each axis that is cut; the same graph where none cuts several."""
    crops = {n.name: kept for n in graph.nodes if len(kept := _kept(graph, n)) > 1}
    if not crops:
        return graph
    nodes: list[Node] = []
    tensors = dict(graph.tensors)
    for node in graph.nodes:
        nodes += _cuts(graph, node, crops[node.name], tensors) if node.name in crops else [node]
    return graph.replace(nodes=tuple(nodes), tensors=tensors)


def _kept(graph: Graph, node: Node) -> dict[int, slice]:
    """What a Slice keeps, by axis; nothing where it is not known."""
    shape = static(graph.shape(node.input(0))) if node.op == "Slice" and not node.domain else None
    return cuts(node, shape, graph.numbers) or {} if shape else {}


def _cuts(graph: Graph, node: Node, kept: dict[int, slice], tensors: dict[str, Tensor]) -> Iterator[Node]:
    """A Slice for each axis of ``kept``; adds what lies between them to ``tensors``."""
    source, result = node.inputs[0], node.outputs[0]
    shape, written = list(graph.shape(source) or ()), graph.shape(result) or ()
    for place, (axis, part) in enumerate(kept.items()):
        shape[axis] = written[axis]
        name = f"{result}@{place}" if place < len(kept) - 1 else result
        tensors[name] = replace(tensors[result], name=name, shape=tuple(shape))
        attrs = {
            "axis": axis,
            "kept": (part.start, part.stop, part.step),
        }  # by them equal cuts are one (steps.MERGED)
        yield Node(f"{node.name}@{place}", "Slice", (source,), (name,), attrs)
        source = name
