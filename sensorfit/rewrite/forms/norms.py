"""Normalisations over axes that the converter does not normalise over."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from math import prod
from typing import TYPE_CHECKING, Final

from ..declare import rewrite
from ..draft import Draft
from ..site import Site
from ._reduced import reduced

if TYPE_CHECKING:
    import numpy as np

LONGEST: Final = 16383
"""SF109, SF202: the longest axis that a LayerNormalization takes."""
MVN_EPSILON: Final = 1e-9
TINY: Final = 1e-30
"""Beside a norm, so that a vector of zeros stays one."""


@rewrite(
    "RW371",
    "LayerNormFlat",
    answers=("SF109", "SF202", "SF107", "SF131"),
    ops=("LayerNormalization",),
    proof="sampled",
    kind="rounding",
    units=64.0,
)
def layer_norm(site: Site) -> Iterator[Draft]:
    """A LayerNormalization over several axes as one over the last, or spelled out.

    The normalised axes stand together at the end, so as one axis they are the same cells: (.., n, m) is (.., n m), scale and
    bias likewise. Beyond what that may have: d = x - mean(x), d / sqrt(mean(d^2) + epsilon), scale and bias.
    """
    node, rank = site.node, len(site.x)
    axis = int(site.attr("axis", -1)) % max(rank, 1)
    front, size = site.x[:axis], prod(site.x[axis:])
    if (
        any(node.outputs[1:])
        or not site.x
        or site.x[0] != 1
        or (axis == 0 and rank > 1 and size != prod(site.x))
    ):
        return
    fixed = all(site.is_constant(t) for t in node.inputs[1:] if t)
    if fixed and axis < rank - 1 and axis and size <= LONGEST:
        draft = site.draft(form="flat")
        own = [draft.derived((size,), partial(_flat, size), t) for t in node.inputs[1:] if t]
        y = draft.op(
            "LayerNormalization",
            draft.reshape(node.inputs[0], (*front, size)),
            *own,
            axis=-1,
            epsilon=site.attr("epsilon"),
        )
        yield draft.gives(draft.reshape(y, site.y))
    draft = site.draft(form="spelled out")
    y = centred(draft, node.inputs[0], [*range(axis, rank)], float(site.attr("epsilon", 1e-5)))
    for op, tensor in zip(("Mul", "Add"), node.inputs[1:], strict=False):
        y = draft.op(op, y, tensor) if tensor else y
    yield draft.gives(y)


def centred(draft: Draft, x: str, axes: Sequence[int], epsilon: float) -> str:
    """(x - mean) / sqrt(variance + epsilon) over ``axes``."""
    d = draft.op("Sub", x, reduced(draft, "ReduceMean", x, axes))
    variance = reduced(draft, "ReduceMean", draft.op("Mul", d, d), axes)
    root = draft.op("Sqrt", draft.op("Add", variance, draft.number(epsilon)))
    return str(draft.op("Div", d, root))


def _flat(size: int, w: np.ndarray) -> np.ndarray:
    return w.reshape(size)


@rewrite(
    "RW372",
    "MeanVarianceSpelledOut",
    answers=("SF101", "SF103"),
    ops=("MeanVarianceNormalization",),
    proof="sampled",
    kind="rounding",
    units=64.0,
)
def mean_variance(site: Site) -> Iterator[Draft]:
    """MeanVarianceNormalization as InstanceNormalization(1, 0), over other axes spelled out.

    Of one image, height and width of each channel. InstanceNormalization adds 1e-9 below the root and this operator beside it,
    which is the same to float32 unless a channel is constant: then both are 0.
    """
    axes = sorted(a % len(site.x) for a in site.attr("axes", [0, 2, 3])) if site.x else []
    x = site.node.inputs[0]
    if len(site.x) == 4 and site.x[0] == 1 and [a for a in axes if a] == [2, 3]:
        draft = site.draft(form="InstanceNormalization")
        channels = site.x[1]
        one, zero = draft.floats([1.0] * channels, (channels,)), draft.floats([0.0] * channels, (channels,))
        yield draft.gives(draft.op("InstanceNormalization", x, one, zero, epsilon=MVN_EPSILON))
    if axes:
        draft = site.draft(form="spelled out")
        yield draft.gives(centred(draft, x, axes, MVN_EPSILON))


@rewrite(
    "RW373",
    "LpNormalizationByDiv",
    answers=("SF101",),
    ops=("LpNormalization",),
    proof="sampled",
    kind="rounding",
    units=16.0,
)
def lp(site: Site) -> Iterator[Draft]:
    """LpNormalization(x) = x / |x|_p for p of 1 and 2.

    |x|_1 = ReduceSum(Abs(x)), |x|_2 = Sqrt(ReduceSum(x x)), at least 1e-30: a vector of zeros stays one.
    """
    x, p = site.node.inputs[0], int(site.attr("p", 2))
    axis = int(site.attr("axis", -1)) % max(1, len(site.x))
    if p not in (1, 2) or not site.x:
        return
    draft = site.draft()
    total = reduced(draft, "ReduceSum", draft.op("Mul", x, x) if p == 2 else draft.op("Abs", x), [axis])
    norm = draft.op("Sqrt", total) if p == 2 else total
    yield draft.gives(draft.op("Div", x, draft.op("Max", norm, draft.number(TINY))))


@rewrite(
    "RW374", "LrnByConv", answers=("SF101",), ops=("LRN",), proof="sampled", kind="rounding", units=256.0
)
def lrn(site: Site) -> Iterator[Draft]:
    """LRN by a 1x1 convolution with a banded kernel.

    y = x / t^beta with t_c = bias + alpha / size times the sum of x^2 over the channels c - (size - 1) / 2 .. c + size / 2:
    that sum is a 1x1 convolution whose kernel is alpha / size in the band. t^beta is a Pow, written out where it is refused.
    """
    if len(site.x) != 4:
        return
    channels, size = site.x[1], int(site.attr("size"))
    alpha, beta, bias = (float(site.attr(n, d)) for n, d in (("alpha", 1e-4), ("beta", 0.75), ("bias", 1.0)))
    draft, x = site.draft(), site.node.inputs[0]
    band = draft.computed((channels, channels, 1, 1), partial(_band, channels, size, alpha))
    more = draft.floats([bias] * channels, (channels,))
    t = draft.op("Conv", draft.op("Mul", x, x), band, more, kernel_shape=[1, 1])
    yield draft.gives(draft.op("Div", x, draft.op("Pow", t, draft.number(beta))))


def _band(channels: int, size: int, alpha: float) -> np.ndarray:
    import numpy as np

    made = np.zeros((channels, channels, 1, 1))
    for c in range(channels):
        made[c, max(0, c - (size - 1) // 2) : c + size // 2 + 1] = alpha / size
    return made
