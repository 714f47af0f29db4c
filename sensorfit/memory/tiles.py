"""A graph whose rows are cut into tiles along a chain of layers, as the converter does with what is over the memory.

    x ── Slice 0 ── a0 ── b0 ─┐            each tile makes its share of the last tensor's rows, and
    │                         Concat ── y  before that every row which those are computed from: kernels
    └─── Slice 1 ── a1 ── b1 ─┘            reach beyond their tile, so that neighbours overlap

The last tensor's H rows are shared out as [floor(t H / n), floor((t + 1) H / n)).
A tile runs from start to end before the next begins. Seen in the converter's
listings of the probes in ``tests/data/memory/tiling.json``: of 320 rows in
three tiles the first makes 106, its two 3x3 convolutions 107 and 108.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import NamedTuple

from ..graph.ir import Graph, Node, Tensor
from .convolution import is_polyphase, read_convolution
from .layout import MemoryFacts

ROWS = 2
"""The axis of the rows in a shape (N, C, H, W)."""
Range = tuple[int, int]
"""First row and the row after the last."""


class Window(NamedTuple):
    """Which rows of its input a layer computes a row of its result from."""

    kernel: int
    stride: int
    before: int
    """Rows of padding above."""

    def rows(self, wanted: Range, height: int) -> tuple[Range, int, int]:
        """The rows to read for ``wanted`` ones, and the padding left above and below them."""
        first = wanted[0] * self.stride - self.before
        end = (wanted[1] - 1) * self.stride - self.before + self.kernel
        return (max(first, 0), min(end, height)), max(-first, 0), max(end - height, 0)


def window_of(graph: Graph, node: Node, facts: MemoryFacts) -> Window | None:
    """The window of a convolution or a maximum; None for a form whose tiles were not compared."""
    if node.op == "Conv":
        conv = read_convolution(graph, node)
        if conv is None or conv.dilation != (1, 1) or is_polyphase(conv, facts):
            return None
        return Window(conv.kernel[0], conv.stride[0], conv.pads[0])
    if node.op == "MaxPool":
        kernel = [int(v) for v in node.attrs.get("kernel_shape", ())]
        strides = [int(v) for v in node.attrs.get("strides", ())] or [1, 1]
        pads = [int(v) for v in node.attrs.get("pads", ())] or [0, 0, 0, 0]
        return Window(kernel[0], strides[0], pads[0]) if len(kernel) == 2 else None
    return None


def height(graph: Graph, tensor: str) -> int:
    """Rows of a tensor (N, C, H, W), 0 for any other."""
    shape = graph.shape(tensor)
    return int(shape[ROWS] or 0) if shape is not None and len(shape) == 4 else 0


def source_of(graph: Graph, node: Node) -> str:
    """The one tensor that ``node`` reads besides constants, "" where there are more."""
    sources = list(graph.activations(node))
    return sources[0] if len(sources) == 1 else ""


def is_chain(graph: Graph, region: Sequence[Node]) -> bool:
    """Whether each node reads the node before it and nothing else."""
    follows = (source_of(graph, b) == a.outputs[0] for a, b in pairwise(region))
    return bool(source_of(graph, region[0])) and all(follows)


def shares(rows: int, count: int) -> list[Range]:
    """``rows`` in ``count`` parts whose sizes differ by one at most."""
    return [(t * rows // count, (t + 1) * rows // count) for t in range(count)]


def tile(graph: Graph, chain: Sequence[Node], windows: Sequence[Window], count: int) -> Graph:
    """``graph`` with the nodes of ``chain`` repeated for each of ``count`` tiles."""
    inside = {n.name for n in chain}
    result = chain[-1].outputs[0]
    tensors: dict[str, Tensor] = dict(graph.tensors)
    made: list[Node] = []
    for index, share in enumerate(shares(height(graph, result), count)):
        made += _one_tile(graph, chain, windows, index, share, tensors)
    parts = tuple(f"{result}@{index}" for index in range(count))
    made.append(Node(f"{chain[-1].name}@concat", "TileConcat", parts, (result,)))
    nodes: list[Node] = []
    for node in graph.nodes:
        if node.name == chain[-1].name:
            nodes += made
        elif node.name not in inside:
            nodes.append(node)
    return graph.replace(nodes=tuple(nodes), tensors=tensors)


def _one_tile(
    graph: Graph,
    chain: Sequence[Node],
    windows: Sequence[Window],
    index: int,
    rows: Range,
    tensors: dict[str, Tensor],
) -> list[Node]:
    """The nodes of tile ``index``, which makes ``rows`` of the result; adds its ``tensors``."""
    made: list[Node] = []
    for node, window in zip(reversed(chain), reversed(windows), strict=True):
        source, output = source_of(graph, node), f"{node.outputs[0]}@{index}"
        tensors[output] = _with_rows(tensors[node.outputs[0]], output, rows)
        rows, above, below = window.rows(rows, height(graph, source))
        inputs = tuple(f"{t}@{index}" if t == source else t for t in node.inputs)
        attrs = _padded(node, above, below)
        made.append(replace(node, name=f"{node.name}@{index}", inputs=inputs, outputs=(output,), attrs=attrs))
    part = f"{source}@{index}"
    tensors[part] = _with_rows(tensors[source], part, rows)
    made.append(Node(f"{part}/slice", "TileSlice", (source,), (part,)))
    return made[::-1]


def _with_rows(tensor: Tensor, name: str, rows: Range) -> Tensor:
    shape = list(tensor.shape or ())
    shape[ROWS] = rows[1] - rows[0]
    return replace(tensor, name=name, shape=tuple(shape))


def _padded(node: Node, above: int, below: int) -> Mapping[str, object]:
    """The node's attributes with its padding at the top and the bottom replaced."""
    pads = [int(v) for v in node.attrs.get("pads", ())]
    return {**node.attrs, "pads": (above, pads[1], below, pads[3])} if len(pads) == 4 else node.attrs
