"""Reductions that the converter lacks, by those that it has."""

from __future__ import annotations

from collections.abc import Iterator

from ..declare import rewrite
from ..draft import Draft
from ..site import Site
from ._reduced import reduced
from .log_softmax import log_of_sum


@rewrite("RW311", "GlobalMaxPoolAsReduceMax", answers=("SF101",), ops=("GlobalMaxPool",), proof="permutation")
def global_max_pool(site: Site) -> Iterator[Draft]:
    """GlobalMaxPool(x) = ReduceMax(x) over every axis behind the channels.

    Both take the largest of every value of a channel.
    """
    draft = site.draft()
    yield draft.gives(reduced(draft, "ReduceMax", site.node.inputs[0], [*range(2, len(site.x))]))


@rewrite("RW312", "ReduceMinAsReduceMax", answers=("SF101",), ops=("ReduceMin",), proof="permutation")
def reduce_min(site: Site) -> Iterator[Draft]:
    """ReduceMin(x) = -ReduceMax(-x).

    The least of all is what is largest with the sign turned.
    """
    axes = axes_of(site)
    if axes is None:
        return
    draft = site.draft()
    largest = reduced(draft, "ReduceMax", draft.op("Neg", site.node.inputs[0]), axes, _kept(site))
    yield draft.gives(draft.op("Neg", largest))


@rewrite("RW313", "SumSquareAsProduct", answers=("SF101",), ops=("ReduceSumSquare",), proof="polynomial")
def sum_square(site: Site) -> Iterator[Draft]:
    """ReduceSumSquare(x) = ReduceSum(x x).

    The definition.
    """
    axes, x = axes_of(site), site.node.inputs[0]
    if axes is None:
        return
    draft = site.draft()
    yield draft.gives(reduced(draft, "ReduceSum", draft.op("Mul", x, x), axes, _kept(site)))


@rewrite("RW317", "ReduceProdByHalves", answers=("SF101",), ops=("ReduceProd",), proof="polynomial")
def reduce_prod(site: Site) -> Iterator[Draft]:
    """ReduceProd(x) as products of halves.

    The first half of an axis times the second, again and again until one cell is left; an odd cell waits for the next time.
    """
    axes, x = axes_of(site), site.node.inputs[0]
    if axes is None or not site.x:
        return
    draft = site.draft()
    for axis in axes:
        left = []
        while (size := draft.shape(x)[axis]) > 1:
            half = size // 2
            if size % 2:
                left.append(draft.slice(x, {axis: (size - 1, size)}))
            x = draft.op("Mul", draft.slice(x, {axis: (0, half)}), draft.slice(x, {axis: (half, 2 * half)}))
        for part in left:
            x = draft.op("Mul", x, part)
    yield draft.gives(x if _kept(site) else draft.reshape(x, site.y))


@rewrite(
    "RW318",
    "LogSumExpByNewton",
    answers=("SF101",),
    ops=("ReduceLogSumExp",),
    proof="sampled",
    kind="rounding",
    units=64.0,
)
def log_sum_exp(site: Site) -> Iterator[Draft]:
    """ReduceLogSumExp by a maximum, Exp, a sum, and the logarithm of that sum in Halley's steps.

    t = z - max z, S = sum Exp(t) in [1, n]; the result is max z + log S, log S as in RW231.
    """
    axes, z = axes_of(site), site.node.inputs[0]
    if axes is None:
        return
    count = 1
    for axis in axes:
        count *= site.x[axis]
    draft = site.draft()
    top = reduced(draft, "ReduceMax", z, axes)
    total = reduced(draft, "ReduceSum", draft.op("Exp", draft.op("Sub", z, top)), axes)
    y = draft.op("Add", top, log_of_sum(draft, total, count))
    yield draft.gives(y if _kept(site) else draft.reshape(y, site.y))


@rewrite(
    "RW322",
    "LogOfSum",
    answers=("SF101",),
    ops=("ReduceLogSum",),
    proof="sampled",
    kind="rounding",
    units=4.0,
)
def log_sum(site: Site) -> Iterator[Draft]:
    """ReduceLogSum(x) = Log(ReduceSum(x)), the definition: Log has rewrites of its own."""
    axes = axes_of(site)
    if axes is None:
        return
    draft = site.draft()
    y = draft.op("Log", reduced(draft, "ReduceSum", site.node.inputs[0], axes))
    yield draft.gives(y if _kept(site) else draft.reshape(y, site.y))


@rewrite(
    "RW319",
    "GlobalLpPoolByReduction",
    answers=("SF101",),
    ops=("GlobalLpPool",),
    proof="sampled",
    kind="rounding",
    units=16.0,
)
def global_lp(site: Site) -> Iterator[Draft]:
    """GlobalLpPool(x) = |x|_p over every axis behind the channels, for p of 1 and 2."""
    p, axes, x = int(site.attr("p", 2)), [*range(2, len(site.x))], site.node.inputs[0]
    if p not in (1, 2):
        return
    draft = site.draft()
    total = reduced(draft, "ReduceSum", draft.op("Abs", x) if p == 1 else draft.op("Mul", x, x), axes)
    yield draft.gives(total if p == 1 else draft.op("Sqrt", total))


def _kept(site: Site) -> int:
    return int(site.attr("keepdims", 1))


def axes_of(site: Site) -> list[int] | None:
    """The axes as positive numbers; None where they are computed or none is reduced."""
    rank, given = len(site.x), site.node.input(1)
    written = site.attr("axes")
    if written is None and given:
        written = site.whole_numbers(given)
        if written is None:
            return None
    if not written:
        return None if site.attr("noop_with_empty_axes") else [*range(rank)]
    return sorted({int(a) % rank for a in written})
