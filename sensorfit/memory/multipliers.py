"""A depthwise or grouped convolution with several outputs an input as the device runs it.

    x ─┬─► depthwise 0 ─► activation ─► (N, C, 1, H, W) ─┐
       └─► depthwise 1 ─► activation ─► (N, C, 1, H, W) ─┴─► Concat ─► (N, C, 2, H, W) ─► (N, 2 C, H, W)

``--model-insight`` lists so many depthwise convolutions (``_dm0``, ``_dm1``, ...), each with the activation and its table
and beside a Reshape, then one Concat and a Reshape; what it takes at its peak are these parts (probes mul_*, e19). Of G
groups of K inputs the parts are grouped convolutions and (N, G, K, H, W), copied for that (e4046, e7005).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from ..graph.called import PART_OF_LAYER
from ..graph.ir import Graph, Node, Tensor
from .convolution import Convolution, read_convolution, runs_by_group
from .fusion import NONLINEAR
from .layout import MemoryFacts

PART: Final = "/dm:"
"""Stands in the name of a part: ``NODE/dm:0``; torch gives no node such a name."""
LAST: Final = f"{PART}r"
"""Stands in the name of the part that is a step of its own in the search for an order."""


def multipliers_spread(graph: Graph, facts: MemoryFacts) -> Graph:
    """``graph`` with these convolutions as several side by side; the same graph where it has none.

    Parts are called ``NODE/dm:...``: those of an activation by its own name.
    """
    spread = {node.name: conv for node in graph.nodes if (conv := _of_several(graph, node, facts))}
    if not spread:
        return graph
    nodes: list[Node] = []
    tensors = dict(graph.tensors)
    taken: set[str] = set()
    for node in graph.nodes:
        if node.name in spread:
            activation = _activation(graph, node)
            nodes += _parts(graph, node, activation, spread[node.name], tensors)
            taken.update((activation.name,) if activation else ())
        elif node.name not in taken:
            nodes.append(node)
    return graph.replace(nodes=tuple(nodes), tensors=tensors)


def _of_several(graph: Graph, node: Node, facts: MemoryFacts) -> Convolution | None:
    """The convolution of ``node`` where it runs in groups and has several outputs an input."""
    if node.op != "Conv" or not graph.tensors[node.outputs[0]].static:
        return None
    conv = read_convolution(graph, node)
    if conv is None or conv.groups == 1 or conv.outputs < 2 * conv.inputs or runs_by_group(conv, facts):
        return None
    return conv


def runs_in_a_row(node: Node) -> bool:
    """Whether ``node`` is a part of such a convolution, up to the concatenation: the search for an order sees one step (e6022)."""
    return PART in node.name and LAST not in node.name


def _activation(graph: Graph, node: Node) -> Node | None:
    """The activation with a table that alone reads what ``node`` writes."""
    reader = graph.only_reader(node.outputs[0])
    return reader if reader is not None and reader.op in NONLINEAR and not node.activation else None


def _parts(
    graph: Graph, node: Node, activation: Node | None, conv: Convolution, tensors: dict[str, Tensor]
) -> Iterator[Node]:
    """The nodes of ``node`` and its ``activation``; adds what they read and write to ``tensors``."""
    last = activation or node
    result, read = tensors[node.outputs[0]], [tensors[name] for name in node.inputs[1:] if name]
    batch, _, *image = result.shape or ()
    inputs, outputs, each = conv.inputs, conv.outputs // conv.inputs, conv.inputs // conv.groups

    def made(tensor: Tensor, name: str, shape: tuple[int | None, ...]) -> str:
        tensors[name] = Tensor(name, shape, tensor.dtype, tensor.constant, tensor.bits)
        return name

    raised = []
    for i in range(outputs):
        of = f"{node.name}{PART}{i}"
        weights = [made(w, f"{of}/{w.name}", (inputs, *(w.shape or ())[1:])) for w in read]
        part = made(result, f"{of}/out", (batch, inputs, *image))
        yield replace(node, name=of, inputs=(node.inputs[0], *weights), outputs=(part,))
        if activation is not None:
            own, read_by = f"{activation.name}{PART}{i}", part
            part = made(tensors[activation.outputs[0]], f"{own}/out", (batch, inputs, *image))
            yield replace(activation, name=own, inputs=(read_by,), outputs=(part,))
        raised.append(made(tensors[last.outputs[0]], f"{of}/ex", (batch, conv.groups, each, *image)))
        op = "Unsqueeze" if conv.depthwise else "Reshape"
        yield Node(raised[-1], op, (part,), (raised[-1],), pattern=PART_OF_LAYER)
    joined = made(
        tensors[last.outputs[0]], f"{node.name}{PART}c", (batch, conv.groups, each * outputs, *image)
    )
    yield Node(joined, "Concat", tuple(raised), (joined,), {"axis": 2}, pattern=PART_OF_LAYER)
    yield Node(f"{node.name}{LAST}", "Reshape", (joined,), last.outputs, pattern=PART_OF_LAYER)
