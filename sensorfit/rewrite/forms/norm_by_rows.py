"""Normalisations over positions, which the converter does not package."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from math import isqrt, prod
from typing import TYPE_CHECKING

from ..declare import rewrite
from ..draft import Draft
from ..site import Site
from .norms import LONGEST, centred

if TYPE_CHECKING:
    import numpy as np


@rewrite(
    "RW376",
    "NormOfRows",
    answers=("SF132",),
    ops=("InstanceNormalization", "GroupNormalization"),
    proof="sampled",
    kind="rounding",
    units=4096.0,
)
def norm(site: Site) -> Iterator[Draft]:
    """An InstanceNormalization or GroupNormalization as a LayerNormalization of rows, or spelled out.

    The cells of a group of channels stand together, so (1, C, ...) is (1, G, n), G groups (of one channel each in an
    InstanceNormalization) of n cells, and normalising over the last axis is the same. The scale and shift of channels
    follow in the own shape. onnxruntime's LayerNormalization takes the variance as a difference of squares, which rounds
    more than the mean of squared differences where the mean is far above the deviation. Where n is more than a LayerNormalization takes, (1, G, n) is (1, G, a, b) and
    d = x - mean(x), d / sqrt(mean(d^2) + epsilon).
    """
    node, shape = site.node, site.x
    if len(shape) < 3 or shape[0] != 1 or not all(site.is_constant(t) for t in node.inputs[1:3]):
        return
    channels = shape[1]
    groups = int(site.attr("num_groups", channels))
    size, epsilon = prod(shape[1:]) // groups, float(site.attr("epsilon", 1e-5))
    if size <= LONGEST:
        draft = site.draft(form="rows")
        one = draft.computed((size,), partial(_ones, size))
        rows = draft.reshape(node.inputs[0], (1, groups, size))
        y = draft.op("LayerNormalization", rows, one, axis=-1, epsilon=epsilon)
    else:
        draft = site.draft(form="spelled out")
        width = _divisor(size)
        rows = draft.reshape(node.inputs[0], (1, groups, size // width, width))
        y = centred(draft, rows, [2, 3], epsilon)
    y = draft.reshape(y, shape)
    for op, tensor, nothing in (("Mul", node.inputs[1], 1.0), ("Add", node.inputs[2], 0.0)):
        values = site.numbers(tensor)
        if values is None or any(v != nothing for v in values):
            made = partial(_by_channel, channels, len(shape) - 2)
            y = draft.op(op, y, draft.derived((channels, *(1,) * (len(shape) - 2)), made, tensor))
    yield draft.gives(y)


def _divisor(size: int) -> int:
    """The largest divisor up to the square root."""
    return next(d for d in range(isqrt(size), 0, -1) if size % d == 0)


def _ones(size: int) -> np.ndarray:
    import numpy as np

    return np.ones(size, np.float32)


def _by_channel(channels: int, axes: int, w: np.ndarray) -> np.ndarray:
    """A value a group, or a channel, as one for each channel."""
    return w.repeat(channels // w.size).reshape((channels, *(1,) * axes))
