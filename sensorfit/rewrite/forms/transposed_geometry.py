"""Transposed convolutions with groups, dilation, or a stride over the kernel."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING

from ..declare import rewrite
from ..draft import Draft
from ..site import Site
from .conv_geometry import spread

if TYPE_CHECKING:
    import numpy as np


MOST_PARTS = 32
"""Beyond these a convolution for each costs more than it helps."""


@rewrite("RW132", "TransposedConvDense", answers=("SF112",), ops=("ConvTranspose",), proof="polynomial")
def dense(site: Site) -> Iterator[Draft]:
    """Groups, dilation and a stride over the kernel written into one dense kernel.

    Groups: w[i, o] is zero where i and o are of different groups. Dilation: zeros between the taps. A stride s over the
    kernel k: zeros up to s taps, and the result cut by the s - k cells that they add at the end.
    """
    weights, kernel = site.node.input(1), site.shape(site.node.input(1))
    group, strides, dilations = (
        int(site.attr("group", 1)),
        site.ints("strides", (1, 1)),
        site.ints("dilations", (1, 1)),
    )
    if (
        len(kernel) != 4
        or not site.is_constant(weights)
        or any(site.ints("pads", [0] * 4))
        or site.attr("output_shape")
    ):
        return
    size = [max(d * (k - 1) + 1, s) for d, k, s in zip(dilations, kernel[2:], strides, strict=True)]
    if group == 1 and size == [*kernel[2:]]:
        return
    attrs = {k: v for k, v in site.node.attrs.items() if k not in ("group", "dilations")}
    attrs["kernel_shape"] = size
    draft = site.draft(form="dense")
    outs = kernel[1] * group
    made = draft.derived((kernel[0], outs, *size), partial(_dense, group, dilations, size), weights)
    y = draft.op("ConvTranspose", site.node.inputs[0], made, *site.node.inputs[2:3], **attrs)
    if draft.shape(y) != site.y:
        y = draft.slice(y, {2: (0, site.y[2]), 3: (0, site.y[3])})
    yield draft.gives(y)


@rewrite("RW133", "TransposedConvByGroup", answers=("SF112",), ops=("ConvTranspose",), proof="polynomial")
def by_group(site: Site) -> Iterator[Draft]:
    """A grouped transposed convolution as several on Slices of the channels, and a Concat.

    One for each group, or for so many groups together, whose kernel is zero between them: of G groups in n parts the kernels are
    n times smaller than one dense kernel.
    """
    weights, bias, kernel = site.node.input(1), site.node.input(2), site.shape(site.node.input(1))
    group = int(site.attr("group", 1))
    if group < 2 or len(kernel) != 4 or not site.is_constant(weights):
        return
    attrs = {k: v for k, v in site.node.attrs.items() if k != "group"}
    for count in _counts(group):
        ins, outs, own = kernel[0] // count, kernel[1] * group // count, group // count
        draft, parts = site.draft(form="groups" if own == 1 else f"{count} parts"), []
        for g in range(count):
            x = draft.slice(site.node.inputs[0], {1: (g * ins, (g + 1) * ins)})
            part = partial(_part, slice(g * ins, (g + 1) * ins), own)
            read = [draft.derived((ins, outs, *kernel[2:]), part, weights)]
            read += [draft.derived((outs,), partial(_cut, g * outs, (g + 1) * outs), bias)] if bias else []
            parts.append(draft.op("ConvTranspose", x, *read, **attrs))
        yield draft.gives(draft.concat(parts, 1))


def _counts(group: int) -> list[int]:
    """Of how many parts it is tried: as many as groups up to ``MOST_PARTS``, and two that are fewer."""
    found = {n for n in (4, 16, group) if n <= MOST_PARTS and group % n == 0}
    return sorted(found, reverse=True)


def _part(rows: slice, group: int, kernel: np.ndarray) -> np.ndarray:
    return _dense(group, [1, 1], [*kernel.shape[2:]], kernel[rows])


def _cut(start: int, end: int, array: np.ndarray) -> np.ndarray:
    return array[start:end]


def _dense(group: int, dilations: list[int], size: list[int], kernel: np.ndarray) -> np.ndarray:
    import numpy as np

    taps = spread(dilations, kernel)
    ins, outs = kernel.shape[0] // group, kernel.shape[1]
    made = np.zeros((kernel.shape[0], outs * group, *size), kernel.dtype)
    for g in range(group):
        made[g * ins : (g + 1) * ins, g * outs : (g + 1) * outs, : taps.shape[2], : taps.shape[3]] = taps[
            g * ins : (g + 1) * ins
        ]
    return made
