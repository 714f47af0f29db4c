"""Convolutions with a stride and a dilation, with much padding, with uneven groups."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING

from ..declare import rewrite
from ..draft import Draft
from ..site import Site
from .depthwise_parts import piece

if TYPE_CHECKING:
    import numpy as np


@rewrite("RW181", "StrideWithDilation", answers=("SF111",), ops=("Conv",), proof="polynomial")
def strided(site: Site) -> Iterator[Draft]:
    """A stride together with a dilation.

    y[i] = sum_j w[j] x[s i + d j - p]. Where s divides d, only cells of one phase are read: the padded input is taken at
    every s-th cell, and the dilation is d / s with stride 1. Otherwise the zeros between the taps are written into the
    kernel, d (k - 1) + 1 taps at stride s.
    """
    strides, dilations = site.ints("strides", (1, 1)), site.ints("dilations", (1, 1))
    kernel = site.shape(site.node.input(1))
    if (
        len(site.x) != 4
        or len(kernel) != 4
        or max(strides) < 2
        or max(dilations) < 2
        or site.attr("auto_pad", "NOTSET") != "NOTSET"
    ):
        return
    pads, bias = site.ints("pads", [0] * 4), site.node.inputs[2:3]
    attrs = {"group": site.attr("group"), "kernel_shape": [*kernel[2:]]}
    if all(s == 1 or d % s == 0 for s, d in zip(strides, dilations, strict=True)):
        draft, x = site.draft(form="phase"), site.node.inputs[0]
        if any(pads):
            x = draft.pad(x, [0, 0, *pads[:2]], [0, 0, *pads[2:]])
        x = draft.slice(x, {2 + i: (0, draft.shape(x)[2 + i], s) for i, s in enumerate(strides) if s > 1})
        slower = [d // s for s, d in zip(strides, dilations, strict=True)]
        y = draft.op("Conv", x, site.node.input(1), *bias, **attrs, dilations=slower, strides=[1, 1])
        if draft.shape(y) != site.y:
            y = draft.slice(y, {2: (0, site.y[2]), 3: (0, site.y[3])})
        yield draft.gives(y)
    if site.is_constant(site.node.input(1)):
        draft = site.draft(form="dense")
        size = [d * (k - 1) + 1 for d, k in zip(dilations, kernel[2:], strict=True)]
        weights = draft.derived((*kernel[:2], *size), partial(spread, dilations), site.node.input(1))
        more = {"group": site.attr("group"), "kernel_shape": size, "strides": strides, "pads": pads}
        yield draft.gives(draft.op("Conv", site.node.inputs[0], weights, *bias, **more))


@rewrite("RW182", "PaddingBeforeConv", answers=("SF111",), ops=("Conv",), proof="polynomial")
def padded(site: Site) -> Iterator[Draft]:
    """A padding as large as the kernel or larger, by a Pad before the convolution: the same zeros."""
    pads, kernel = site.ints("pads", [0] * 4), site.shape(site.node.input(1))[2:]
    reach = [d * (k - 1) + 1 for d, k in zip(site.ints("dilations", (1, 1)), kernel, strict=False)]
    if len(site.x) != 4 or len(reach) != 2 or not any(p >= reach[i % 2] for i, p in enumerate(pads)):
        return
    draft = site.draft()
    x = draft.pad(site.node.inputs[0], [0, 0, *pads[:2]], [0, 0, *pads[2:]])
    attrs = {**site.node.attrs, "pads": [0] * 4}
    yield draft.gives(draft.op("Conv", x, *site.node.inputs[1:], **attrs))


@rewrite("RW186", "TapsInThePadding", answers=("SF132", "SF133"), ops=("Conv",), proof="polynomial")
def unseen(site: Site) -> Iterator[Draft]:
    """Taps of a dilated kernel that read nothing but padding are left out.

    y[i] = sum_j w[j] x[s i + d j - p]. Where s i + d j - p lies in the map for no i, tap j adds nothing: of a 3x3 kernel with
    dilation and padding 12 on an 8x8 map all but the one in the middle, which is a 1x1 kernel.
    """
    kernel, weights = site.shape(site.node.input(1)), site.node.input(1)
    if (
        len(site.x) != 4
        or len(kernel) != 4
        or not site.is_constant(weights)
        or site.attr("auto_pad", "NOTSET") != "NOTSET"
    ):
        return
    strides, dilations = site.ints("strides", (1, 1)), site.ints("dilations", (1, 1))
    pads = [*site.ints("pads", [0] * 4)]
    kept = []
    for axis in range(2):
        taps, d = kernel[2 + axis], dilations[axis]
        seen = [
            j
            for j in range(taps)
            if any(
                0 <= strides[axis] * i + d * j - pads[axis] < site.x[2 + axis]
                for i in range(site.y[2 + axis])
            )
        ]
        if not seen:
            return
        pads[axis] -= d * seen[0]
        pads[axis + 2] -= d * (taps - 1 - seen[-1])
        kept.append((seen[0], seen[-1] - seen[0] + 1))
    (top, rows), (left, columns) = kept
    slower = [d if taps > 1 else 1 for d, taps in zip(dilations, (rows, columns), strict=True)]
    if ((rows, columns) == tuple(kernel[2:]) and slower == [*dilations]) or min(pads) < 0:
        return
    draft = site.draft()
    attrs = {
        **site.node.attrs,
        "kernel_shape": [rows, columns],
        "pads": pads,
        "dilations": slower,
    }
    own = draft.derived((*kernel[:2], rows, columns), partial(piece, top, rows, left, columns), weights)
    yield draft.gives(draft.op("Conv", site.node.inputs[0], own, *site.node.inputs[2:3], **attrs))


@rewrite("RW183", "UnevenGroups", answers=("SF111",), ops=("Conv",), proof="polynomial")
def uneven(site: Site) -> Iterator[Draft]:
    """A grouped convolution whose outputs are no multiple of its inputs.

    One convolution for each group on its Slice of the channels, and a Concat; or one dense convolution whose kernel is
    zero between groups.
    """
    group, kernel = int(site.attr("group", 1)), site.shape(site.node.input(1))
    weights, bias = site.node.input(1), site.node.input(2)
    if group < 2 or len(kernel) != 4 or not site.is_constant(weights) or kernel[0] % (kernel[1] * group) == 0:
        return
    attrs = {k: v for k, v in site.node.attrs.items() if k != "group"}
    outs = kernel[0] // group
    draft, parts = site.draft(form="groups"), []
    for g in range(group):
        cut = slice(g * outs, (g + 1) * outs)
        x = draft.slice(site.node.inputs[0], {1: (g * kernel[1], (g + 1) * kernel[1])})
        own = [draft.derived((outs, *kernel[1:]), partial(_rows, cut), weights)]
        own += [draft.derived((outs,), partial(_rows, cut), bias)] if bias else []
        parts.append(draft.op("Conv", x, *own, **attrs))
    yield draft.gives(draft.concat(parts, 1))
    draft = site.draft(form="dense")
    dense = draft.derived((kernel[0], kernel[1] * group, *kernel[2:]), partial(blocks, group), weights)
    yield draft.gives(draft.op("Conv", site.node.inputs[0], dense, *([bias] if bias else []), **attrs))


def spread(dilations: list[int], kernel: np.ndarray) -> np.ndarray:
    """A kernel with its dilation written into it as zeros."""
    import numpy as np

    size = [d * (k - 1) + 1 for d, k in zip(dilations, kernel.shape[2:], strict=True)]
    made = np.zeros((*kernel.shape[:2], *size), kernel.dtype)
    made[:, :, :: dilations[0], :: dilations[1]] = kernel
    return made


def blocks(group: int, kernel: np.ndarray) -> np.ndarray:
    """The dense kernel of a grouped convolution: zero between groups."""
    import numpy as np

    outs, ins = kernel.shape[0] // group, kernel.shape[1]
    made = np.zeros((kernel.shape[0], ins * group, *kernel.shape[2:]), kernel.dtype)
    for g in range(group):
        made[g * outs : (g + 1) * outs, g * ins : (g + 1) * ins] = kernel[g * outs : (g + 1) * outs]
    return made


def _rows(cut: slice, array: np.ndarray) -> np.ndarray:
    return array[cut]
