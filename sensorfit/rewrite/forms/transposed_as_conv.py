"""Transposed convolutions as convolutions."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from ..declare import rewrite
from ..draft import Draft
from ..site import Site

if TYPE_CHECKING:
    import numpy as np

NEAREST: Final[dict[str, Any]] = {
    "mode": "nearest",
    "coordinate_transformation_mode": "asymmetric",
    "nearest_mode": "floor",
}


@rewrite("RW135", "TransposedConvStride1", answers=("SF112",), ops=("ConvTranspose",), proof="polynomial")
def stride_one(site: Site) -> Iterator[Draft]:
    """A transposed convolution of stride 1 as a convolution.

    y[i] = sum_j w[j] x[i + p - d j]: the taps in reverse, w'[j] = w[k - 1 - j], with inputs and outputs of each group in each other's
    place and d (k - 1) - p cells of padding.
    """
    found = _geometry(site)
    if found is None or found.strides != [1, 1] or min(found.pads) < 0:
        return
    draft = site.draft(form="convolution")
    yield draft.gives(_convolved(site, draft, site.node.inputs[0], found, found.pads))


@rewrite("RW136", "DepthwiseTransposed", answers=("SF112",), ops=("ConvTranspose",), proof="polynomial")
def depthwise(site: Site) -> Iterator[Draft]:
    """A depthwise transposed convolution as a depthwise convolution of the image with zeros between its cells.

    With stride s the image has s - 1 zeros behind each cell: a nearest Resize by s times a mask that is 1 at every s-th cell.
    The taps come in reverse, with d (k - 1) - p cells of padding. Where the kernel is the stride, no two cells reach one place: the
    Resize times the kernel, written side by side for every cell.
    """
    found = _geometry(site)
    kernel = site.shape(site.node.input(1))
    if found is None or kernel[1] != 1 or found.group != kernel[0] or max(found.strides) < 2:
        return
    (_, c, h, w), s = site.x, found.strides
    size = (1, c, h * s[0], w * s[1])
    if min(found.pads[:2]) >= 0:
        draft = site.draft(form="zeros between")
        wide = draft.op("Resize", site.node.inputs[0], "", "", draft.ints(size), **NEAREST)
        mask = draft.computed((1, 1, *size[2:]), partial(_mask, s, size[2:]))
        # behind the last cell the mask leaves s - 1 zeros, which are padding
        ends = [found.pads[2 + i] - (s[i] - 1) for i in range(2)]
        x = draft.op("Mul", wide, mask)
        less = {2 + i: (0, size[2 + i] + e) for i, e in enumerate(ends) if e < 0}
        x = draft.slice(x, less) if less else x
        yield draft.gives(_convolved(site, draft, x, found, [*found.pads[:2], *(max(0, e) for e in ends)]))
    if [*kernel[2:]] == s and found.dilations == [1, 1] and site.y == size:
        draft = site.draft(form="side by side")
        wide = draft.op("Resize", site.node.inputs[0], "", "", draft.ints(size), **NEAREST)
        tiled = draft.derived(size, partial(_tiled, h, w), site.node.input(1))
        y, bias = draft.op("Mul", wide, tiled), site.node.input(2)
        if bias:
            y = draft.op("Add", y, draft.derived((1, c, 1, 1), _along_channels, bias))
        yield draft.gives(y)


class _Geometry:
    """Strides, dilations, groups; ``pads`` are those of the convolution, (top, left, bottom, right)."""

    def __init__(self, site: Site, kernel: tuple[int, ...]) -> None:
        self.strides, self.dilations = site.ints("strides", (1, 1)), site.ints("dilations", (1, 1))
        self.group = int(site.attr("group", 1))
        reach = [d * (k - 1) for d, k in zip(self.dilations, kernel[2:], strict=True)]
        pads, more = site.ints("pads", [0] * 4), site.ints("output_padding", (0, 0))
        self.pads = [reach[i % 2] - p + (more[i - 2] if i > 1 else 0) for i, p in enumerate(pads)]


def _geometry(site: Site) -> _Geometry | None:
    kernel = site.shape(site.node.input(1))
    if len(site.x) != 4 or len(kernel) != 4 or not site.is_constant(site.node.input(1)):
        return None
    if site.attr("output_shape") or site.attr("auto_pad", "NOTSET") not in ("NOTSET", "VALID"):
        return None
    if site.node.input(2) and not site.is_constant(site.node.input(2)):
        return None
    return _Geometry(site, kernel)


def _convolved(site: Site, draft: Draft, x: str, found: _Geometry, pads: list[int]) -> str:
    ins, outs, *kernel = site.shape(site.node.input(1))
    shape = (outs * found.group, ins // found.group, *kernel)
    weights = draft.derived(shape, partial(_reversed, found.group), site.node.input(1))
    attrs: dict[str, Any] = {
        "kernel_shape": kernel,
        "dilations": found.dilations,
        "group": found.group,
        "pads": pads,
    }
    return str(draft.op("Conv", x, weights, *site.node.inputs[2:3], strides=[1, 1], **attrs))


def _reversed(group: int, kernel: np.ndarray) -> np.ndarray:
    """(in, out / group, kh, kw) as (out, in / group, kh, kw), the taps in reverse."""
    ins, outs, *size = kernel.shape
    grouped = kernel.reshape(group, ins // group, outs, *size).swapaxes(1, 2)
    return grouped.reshape(group * outs, ins // group, *size)[:, :, ::-1, ::-1]


def _mask(strides: list[int], size: tuple[int, ...]) -> np.ndarray:
    import numpy as np

    made = np.zeros((1, 1, *size))
    made[:, :, :: strides[0], :: strides[1]] = 1
    return made


def _tiled(h: int, w: int, kernel: np.ndarray) -> np.ndarray:
    import numpy as np

    return np.tile(kernel[:, 0], (1, h, w))[None]


def _along_channels(bias: np.ndarray) -> np.ndarray:
    return bias.reshape(1, -1, 1, 1)
