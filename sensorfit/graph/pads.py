"""Zeros padded around an image that a convolution alone reads: the converter pads in the convolution.

    Conv (Pad (x))  ->  Conv (x)    with the sum of both pads, where a second reader does not need the padded image

Asked: dense, strided and depthwise kernels, with and without pads of their own. A transposed convolution, pooling and
everything else reads a padded tensor (the probes pad_* of tests/memory/test_corpus.py).
"""

from __future__ import annotations

from dataclasses import replace

from .ir import Graph, Node

IMAGE_AXES = 4


def fold_pads(graph: Graph) -> Graph:
    """The graph with these Pads in the convolutions behind them."""
    folded: dict[str, Node] = {}
    gone: set[str] = set()
    for node in graph.nodes:
        source = graph.producer_of(node.inputs[0]) if node.op == "Conv" and not node.domain else None
        if source is None or graph.only_reader(node.inputs[0]) is not node:
            continue
        around, own = zeros_around(graph, source), _own(graph, node)
        if around is None or own is None:
            continue
        pads = tuple(a + b for a, b in zip(around, own, strict=True))
        inputs = (source.inputs[0], *node.inputs[1:])
        folded[node.name] = replace(node, inputs=inputs, attrs={**node.attrs, "pads": pads})
        gone.add(source.name)
    return graph.edited(folded, gone)


def zeros_around(graph: Graph, node: Node) -> tuple[int, ...] | None:
    """The zeros (top, left, bottom, right) that a Pad puts around an image (N, C, H, W); None for any other node."""
    if node.op != "Pad" or node.domain or node.attrs.get("mode", "constant") not in ("constant", b"constant"):
        return None
    pads, value = graph.numbers(node.input(1)), graph.numbers(node.input(2)) if node.input(2) else (0.0,)
    if node.input(3) or pads is None or len(pads) != 2 * IMAGE_AXES or value is None or any(value):
        return None
    found = tuple(map(int, pads))
    around = (*found[2:4], *found[6:])
    return around if not any((*found[:2], *found[4:6])) and min(around) >= 0 else None


def _own(graph: Graph, conv: Node) -> tuple[int, ...] | None:
    """A convolution's own pads; None where they depend on the size of what it reads."""
    if conv.attrs.get("auto_pad", "NOTSET") not in ("NOTSET", "VALID", b"NOTSET", b"VALID"):
        return None
    kernel = (graph.shape(conv.input(1)) or ())[2:]
    own = tuple(int(p) for p in conv.attrs.get("pads", ())) or (0,) * (2 * len(kernel))
    return own if len(own) == IMAGE_AXES else None
