"""Normalisations over positions, which the converter does not package."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from math import isqrt, prod
from typing import TYPE_CHECKING

from ..declare import rewrite
from ..draft import Draft
from ..site import Site
from .norms import centred

if TYPE_CHECKING:
    import numpy as np


@rewrite(
    "RW376",
    "NormSpelledOut",
    answers=("SF132",),
    ops=("InstanceNormalization", "GroupNormalization"),
    proof="sampled",
    kind="rounding",
    units=64.0,
)
def norm(site: Site) -> Iterator[Draft]:
    """An InstanceNormalization or GroupNormalization spelled out.

    The cells of a group of channels (one channel in an InstanceNormalization) stand together, so (1, C, ...) is
    (1, G, a, b) with G groups of a b cells: d = x - mean(x), d / sqrt(mean(d^2) + epsilon). The scale and shift of
    channels follow in the own shape. A LayerNormalization of the rows (1, G, a b) would be shorter, but onnxruntime takes
    its variance as a difference of squares, which rounding undoes where a channel is nearly constant.
    """
    node, shape = site.node, site.x
    if len(shape) < 3 or shape[0] != 1 or not all(site.is_constant(t) for t in node.inputs[1:3]):
        return
    channels = shape[1]
    groups = int(site.attr("num_groups", channels))
    size, epsilon = prod(shape[1:]) // groups, float(site.attr("epsilon", 1e-5))
    width = next(d for d in range(isqrt(size), 0, -1) if size % d == 0)
    draft = site.draft()
    x = draft.reshape(node.inputs[0], (1, groups, size // width, width))
    y = draft.reshape(centred(draft, x, [2, 3], epsilon), shape)
    for op, tensor, nothing in (("Mul", node.inputs[1], 1.0), ("Add", node.inputs[2], 0.0)):
        values = site.numbers(tensor)
        if values is None or any(v != nothing for v in values):
            by_channel = partial(_by_channel, channels, len(shape) - 2)
            y = draft.op(op, y, draft.derived((channels, *(1,) * (len(shape) - 2)), by_channel, tensor))
    yield draft.gives(y)


def _by_channel(channels: int, axes: int, w: np.ndarray) -> np.ndarray:
    """A value a group, or a channel, as one for each channel."""
    return w.repeat(channels // w.size).reshape((channels, *(1,) * axes))
