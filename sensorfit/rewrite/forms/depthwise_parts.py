"""Depthwise convolutions whose kernel is larger than the hardware counts to."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING

from ..declare import rewrite
from ..draft import Draft
from ..site import Site

if TYPE_CHECKING:
    import numpy as np

LARGEST = 12
"""SF109: the largest depthwise kernel."""
MOST_PARTS = 36
"""A kernel of more pieces is left alone: each reads the whole map."""


@rewrite("RW184", "DepthwiseInParts", answers=("SF109",), ops=("Conv",), proof="polynomial")
def parts(site: Site) -> Iterator[Draft]:
    """A large depthwise kernel as a sum of small ones.

    The kernel is cut in pieces of at most 12 taps an axis: y = sum of the convolutions with each piece, a piece that begins
    at tap j on the padded input from cell d j on. 13 taps are 7 and 6. The bias goes with the first.
    """
    kernel, weights, bias = site.shape(site.node.input(1)), site.node.input(1), site.node.input(2)
    if (
        len(site.x) != 4
        or len(kernel) != 4
        or int(site.attr("group", 1)) != site.x[1]
        or max(kernel[2:]) <= LARGEST
        or not site.is_constant(weights)
        or site.attr("auto_pad", "NOTSET") != "NOTSET"
    ):
        return
    if len(pieces(kernel[2])) * len(pieces(kernel[3])) > MOST_PARTS:
        return
    strides, dilations = site.ints("strides", (1, 1)), site.ints("dilations", (1, 1))
    pads, group = site.ints("pads", [0] * 4), site.attr("group")
    draft, x = site.draft(), site.node.inputs[0]
    if any(pads):
        x = draft.pad(x, [0, 0, *pads[:2]], [0, 0, *pads[2:]])
    total: list[str] = []
    for top, rows in pieces(kernel[2]):
        for left, columns in pieces(kernel[3]):
            cut = {}
            for axis, (start, taps) in enumerate(((top, rows), (left, columns)), 2):
                begin = start * dilations[axis - 2]
                end = begin + (site.y[axis] - 1) * strides[axis - 2] + dilations[axis - 2] * (taps - 1) + 1
                if (begin, end) != (0, draft.shape(x)[axis]):
                    cut[axis] = (begin, end)
            own = draft.derived(
                (*kernel[:2], rows, columns), partial(piece, top, rows, left, columns), weights
            )
            more = [bias] if bias and not total else []
            part = draft.slice(x, cut) if cut else x
            total.append(
                draft.op(
                    "Conv",
                    part,
                    own,
                    *more,
                    group=group,
                    kernel_shape=[rows, columns],
                    strides=strides,
                    dilations=dilations,
                )
            )
    yield draft.gives(draft.add_all(total))


def pieces(taps: int) -> list[tuple[int, int]]:
    """(start, taps) of even pieces of at most ``LARGEST``."""
    count = -(-taps // LARGEST)
    edges = [-(-taps * i // count) for i in range(count + 1)]
    return [(a, b - a) for a, b in pairwise(edges)]


def piece(top: int, rows: int, left: int, columns: int, w: np.ndarray) -> np.ndarray:
    """``rows`` and ``columns`` of the taps of ``w``, from ``top`` and ``left`` on."""
    return w[:, :, top : top + rows, left : left + columns]
