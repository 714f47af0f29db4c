"""Col2Im, the inverse of unfolding an image into columns."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, Any

from ..declare import rewrite
from ..draft import Draft
from ..site import Site

if TYPE_CHECKING:
    import numpy as np


@rewrite("RW134", "Col2ImAsTransposedConv", answers=("SF101",), ops=("Col2Im",), proof="polynomial")
def col2im(site: Site) -> Iterator[Draft]:
    """Col2Im as a Transpose where blocks do not overlap, else as a transposed convolution with a kernel of 0 and 1.

    Column l of (1, C k k, L) is the block at place l, and cells where blocks overlap are summed: what a transposed convolution
    does whose kernel sends channel (c, i, j) to tap (i, j) of channel c. Blocks side by side are (1, C, k, k, H', W') by axes.
    """
    image, block = site.whole_numbers(site.node.inputs[1]), site.whole_numbers(site.node.inputs[2])
    if not image or not block or len(image) != 2 or len(site.x) != 3 or len(site.y) != 4:
        return
    strides, dilations = site.ints("strides", (1, 1)), site.ints("dilations", (1, 1))
    pads = site.ints("pads", [0] * 4)
    over = [image[i] + pads[i] + pads[2 + i] - dilations[i] * (block[i] - 1) - 1 for i in range(2)]
    places = [over[i] // strides[i] + 1 for i in range(2)]
    channels = site.y[1]
    if (
        strides == block
        and not any(pads)
        and not any(over[i] % strides[i] for i in range(2))
        and max(dilations) == 1
    ):
        draft = site.draft(form="transpose")
        x = draft.reshape(site.node.inputs[0], (1, channels, *block, *places))
        yield draft.gives(draft.reshape(draft.transpose(x, (0, 1, 4, 2, 5, 3)), site.y))
    draft = site.draft(form="transposed convolution")
    x = draft.reshape(site.node.inputs[0], (1, site.x[1], *places))
    kernel = draft.computed((site.x[1], channels, *block), partial(_taps, channels, block))
    rest = [o % s for o, s in zip(over, strides, strict=True)]
    attrs: dict[str, Any] = {"output_padding": rest} if any(rest) else {}
    yield draft.gives(
        draft.op(
            "ConvTranspose",
            x,
            kernel,
            kernel_shape=block,
            strides=strides,
            dilations=dilations,
            pads=pads,
            **attrs,
        )
    )


def _taps(channels: int, block: list[int], *_: object) -> np.ndarray:
    import numpy as np

    taps = block[0] * block[1]
    made = np.zeros((channels * taps, channels, *block))
    for c in range(channels):
        made[c * taps : (c + 1) * taps, c] = np.eye(taps).reshape(taps, *block)
    return made
