"""Whether a tensor is the mean or the variance of a node's first input, for each channel."""

from __future__ import annotations

from collections.abc import Iterable
from math import isclose, prod

from ...graph.ir import Node
from ..site import Site

MOVES = ("Squeeze", "Reshape", "Unsqueeze", "Identity")
TOLERANCE = 1e-6


def is_mean(site: Site, tensor: str) -> bool:
    """mean(x) over all axes but the channels', of one image."""
    node = _made(site, tensor, "ReduceMean")
    return node is not None and node.inputs[0] == site.node.inputs[0] and _by_channel(site, node)


def is_variance(site: Site, tensor: str) -> bool:
    """mean((x - mean(x))^2): a ReduceMean of squares, or their sum over as many as there are."""
    squares = _made(site, tensor, "ReduceMean")
    if squares is None:
        share = _made(site, tensor, "Div", "Mul")
        parts = site.view.split(share) if share is not None else None
        if share is None or parts is None or (share.op == "Div" and share.inputs[0] != parts[0]):
            return False
        count = parts[1] if share.op == "Div" else 1 / parts[1] if parts[1] else 0.0
        if not isclose(count, prod(site.x[2:]), rel_tol=TOLERANCE):
            return False
        summed = _made(site, parts[0], "ReduceSumSquare", "ReduceSum")
        if summed is not None and summed.op == "ReduceSumSquare":
            return _by_channel(site, summed) and _is_centred(site, summed.inputs[0])
        squares = summed
    product = site.view.made_by(squares.inputs[0], "Mul", "Pow") if squares is not None else None
    return (
        squares is not None
        and product is not None
        and _by_channel(site, squares)
        and site.view.squares(product, product.inputs[0])
        and _is_centred(site, product.inputs[0])
    )


def behind(site: Site, tensors: Iterable[str]) -> list[Node]:
    """The nodes that compute ``tensors`` of x, in the order of the graph."""
    found: set[str] = set()
    pending = [*tensors]
    while pending:
        tensor = pending.pop()
        node = None if tensor == site.node.inputs[0] else site.graph.producer_of(tensor)
        if node is not None and node.name not in found:
            found.add(node.name)
            pending += [t for t in node.inputs if t]
    return [n for n in site.graph.nodes if n.name in found]


def _is_centred(site: Site, tensor: str) -> bool:
    node = site.view.made_by(tensor, "Sub")
    return (
        node is not None
        and node.inputs[0] == site.node.inputs[0]
        and site.shape(tensor) == site.x
        and is_mean(site, node.inputs[1])
    )


def _made(site: Site, tensor: str, *ops: str) -> Node | None:
    """The node that writes ``tensor``, past what only gives it another shape."""
    while (moved := site.view.made_by(tensor, *MOVES)) is not None:
        tensor = moved.inputs[0]
    return site.view.made_by(tensor, *ops)


def _by_channel(site: Site, node: Node) -> bool:
    """Whether it reduces every axis of x but the second; the first, of one image, may stay."""
    rank, axes = len(site.x), node.attrs.get("axes")
    if len(node.inputs) > 1:
        axes = site.whole_numbers(node.inputs[1])
    return axes is not None and {int(a) % rank for a in axes} | {0} == {0, *range(2, rank)}
