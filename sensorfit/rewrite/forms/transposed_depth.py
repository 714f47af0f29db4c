"""Transposed convolutions of three dimensions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from ..declare import rewrite
from ..draft import Draft
from ..site import Site
from .spatial_rank import MOST_SLICES

if TYPE_CHECKING:
    import numpy as np


@rewrite("RW248", "TransposedDepthByDepth", answers=("SF106",), ops=("ConvTranspose",), proof="polynomial")
def transposed(site: Site) -> Iterator[Draft]:
    """A transposed convolution of three dimensions as one of two for each depth of the result.

    Depth i of the image reaches depth i s + t d - p of the result by tap t of a kernel (I, O, k, h, w). For each depth of the
    result the depths that reach it are stacked on the channels, and their taps on the kernel's inputs: (n I, O, h, w). Of a
    grouped one that is so where a single depth reaches each.
    """
    w = site.node.input(1)
    kernel, groups = site.shape(w), int(site.attr("group", 1))
    if len(site.x) != 5 or len(kernel) != 5 or not site.is_constant(w) or site.x[0] != 1:
        return
    if site.attr("auto_pad", "NOTSET") != "NOTSET" or site.y[2] > MOST_SLICES:
        return
    strides, dilations = site.ints("strides", (1,) * 3), site.ints("dilations", (1,) * 3)
    pads, more = site.ints("pads", [0] * 6), site.ints("output_padding", [0] * 3)
    if site.attr("output_shape") is not None:
        return  # it leaves the paddings open
    reached = [
        [
            (i, t)
            for t in range(kernel[2])
            for i in range(site.x[2])
            if i * strides[0] + t * dilations[0] - pads[0] == out
        ]
        for out in range(site.y[2])
    ]
    if not all(reached) or (groups > 1 and max(map(len, reached)) > 1):
        return
    attrs: dict[str, Any] = {
        "group": groups,
        "kernel_shape": [*kernel[3:]],
        "strides": strides[1:],
        "dilations": dilations[1:],
        "pads": [*pads[1:3], *pads[4:]],
        "output_padding": more[1:],
    }
    draft, x, bias = site.draft(), site.node.inputs[0], site.node.inputs[2:3]
    maps = [
        draft.reshape(x if site.x[2] == 1 else draft.slice(x, {2: (i, i + 1)}), (1, site.x[1], *site.x[3:]))
        for i in range(site.x[2])
    ]
    kernels: dict[tuple[int, ...], str] = {}
    made = []
    for pairs in reached:
        taps = tuple(t for _, t in pairs)
        if taps not in kernels:
            shape = (len(taps) * kernel[0], kernel[1], *kernel[3:])
            kernels[taps] = draft.derived(shape, partial(_taps, taps), w)
        y = draft.op(
            "ConvTranspose", draft.concat([maps[i] for i, _ in pairs], 1), kernels[taps], *bias, **attrs
        )
        made.append(draft.reshape(y, (1, site.y[1], 1, *site.y[3:])))
    yield draft.gives(draft.concat(made, 2))


def _taps(taps: Sequence[int], w: np.ndarray) -> np.ndarray:
    """(I, O, k, h, w) as (n I, O, h, w), of the taps given."""
    import numpy as np

    return np.concatenate([w[:, :, t] for t in taps])
