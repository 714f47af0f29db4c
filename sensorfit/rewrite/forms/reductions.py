"""Reductions that the converter lacks, by those that it has."""

from __future__ import annotations

from collections.abc import Iterator

from ..declare import rewrite
from ..draft import Draft
from ..site import Site


@rewrite("RW311", "GlobalMaxPoolAsReduceMax", answers=("SF101",), ops=("GlobalMaxPool",), proof="permutation")
def global_max_pool(site: Site) -> Iterator[Draft]:
    """GlobalMaxPool(x) = ReduceMax(x) over height and width.

    Both take the largest of every value of a channel.
    """
    if len(site.x) != 4:
        return
    draft = site.draft()
    yield draft.gives(_largest(draft, site.node.inputs[0], [2, 3], 1))


@rewrite("RW312", "ReduceMinAsReduceMax", answers=("SF101",), ops=("ReduceMin",), proof="permutation")
def reduce_min(site: Site) -> Iterator[Draft]:
    """ReduceMin(x) = -ReduceMax(-x).

    The least of all is what is largest with the sign turned.
    """
    axes = _axes(site)
    if axes is None:
        return
    draft = site.draft()
    largest = _largest(draft, draft.op("Neg", site.node.inputs[0]), axes, int(site.attr("keepdims", 1)))
    yield draft.gives(draft.op("Neg", largest))


@rewrite("RW313", "SumSquareAsProduct", answers=("SF101",), ops=("ReduceSumSquare",), proof="polynomial")
def sum_square(site: Site) -> Iterator[Draft]:
    """ReduceSumSquare(x) = ReduceSum(x x).

    The definition.
    """
    axes = _axes(site)
    if axes is None:
        return
    draft, x = site.draft(), site.node.inputs[0]
    squares = draft.op("Mul", x, x)
    yield draft.gives(
        draft.op("ReduceSum", squares, draft.ints(axes), keepdims=int(site.attr("keepdims", 1)))
    )


def _largest(draft: Draft, x: str, axes: list[int], keepdims: int) -> str:
    """ReduceMax, whose axes are an input from opset 18 on."""
    if draft.opset < 18:
        return str(draft.op("ReduceMax", x, axes=axes, keepdims=keepdims))
    return str(draft.op("ReduceMax", x, draft.ints(axes), keepdims=keepdims))


def _axes(site: Site) -> list[int] | None:
    """The axes as positive numbers, the batch not among them; None where they are computed or all."""
    rank = len(site.x)
    written = site.attr("axes")
    if written is None and len(site.node.inputs) > 1 and site.node.inputs[1]:
        written = site.whole_numbers(site.node.inputs[1])
    axes = sorted({int(a) % rank for a in written or ()})
    return axes if axes and axes[0] > 0 else None
