"""Convolutions, poolings and resizes of one and of three dimensions, on four axes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from math import prod
from typing import TYPE_CHECKING, Any

from ..declare import rewrite
from ..draft import Draft
from ..site import Site
from ._reduced import reduced

if TYPE_CHECKING:
    import numpy as np

WEIGHTED = ("Conv", "ConvTranspose")
SPATIAL = {"kernel_shape": 1, "strides": 1, "dilations": 1, "output_padding": 0}
"""Attributes with a number an axis, and what a new axis of size 1 gets."""
MOST_SLICES = 64


@rewrite("RW241", "Conv1dIn4d", answers=("SF106",), ops=WEIGHTED, proof="polynomial")
def one(site: Site) -> Iterator[Draft]:
    """A 1-D convolution, transposed or not, as a 2-D one of height 1.

    (1, C, L) is (1, C, 1, L), a kernel (O, I, k) is (O, I, 1, k); stride and dilation of the new axis are 1, its padding 0.
    """
    yield from _of_height_1(site)


@rewrite("RW242", "MaxPoolIn4d", answers=("SF106",), ops=("MaxPool", "GlobalMaxPool"), proof="permutation")
def one_max(site: Site) -> Iterator[Draft]:
    """A 1-D MaxPool as a 2-D one of height 1."""
    yield from _of_height_1(site)


@rewrite(
    "RW246",
    "AverageIn4d",
    answers=("SF106",),
    ops=("AveragePool", "LpPool"),
    proof="polynomial",
    kind="rounding",
    units=16.0,
)
def one_mean(site: Site) -> Iterator[Draft]:
    """A 1-D AveragePool or LpPool as a 2-D one of height 1."""
    yield from _of_height_1(site)


def _of_height_1(site: Site) -> Iterator[Draft]:
    if len(site.x) != 3 or any(site.node.outputs[1:]) or not _fixed(site):
        return
    draft = site.draft()
    x = draft.reshape(site.node.inputs[0], (*site.x[:2], 1, site.x[2]))
    yield draft.gives(draft.reshape(_widened(site, draft, x, 1), site.y))


def _fixed(site: Site) -> bool:
    """Whether the kernel is a constant."""
    return site.node.op not in WEIGHTED or site.is_constant(site.node.input(1))


def _widened(site: Site, draft: Draft, x: str, by: int) -> str:
    """The node on ``x``, which has ``by`` new axes of size 1 before the spatial ones."""
    attrs: dict[str, Any] = dict(site.node.attrs)
    for name, one in SPATIAL.items():
        if attrs.get(name):
            attrs[name] = [one] * by + [*attrs[name]]
    if attrs.get("pads"):
        half = len(attrs["pads"]) // 2
        attrs["pads"] = [0] * by + [*attrs["pads"][:half]] + [0] * by + [*attrs["pads"][half:]]
    if attrs.get("output_shape"):
        attrs["output_shape"] = [1] * by + [*attrs["output_shape"]]
    more = [*site.node.inputs[1:]]
    if site.node.op in WEIGHTED:
        kernel = site.shape(more[0])
        shape = (*kernel[:2], *([1] * by), *kernel[2:])
        more[0] = draft.derived(shape, partial(_as, shape), more[0])
    return str(draft.op(site.node.op, x, *more, **attrs))


def _as(shape: tuple[int, ...], w: np.ndarray) -> np.ndarray:
    return w.reshape(shape)


@rewrite("RW243", "DepthByDepth", answers=("SF106",), ops=("Conv",), proof="polynomial")
def depth(site: Site) -> Iterator[Draft]:
    """A convolution of three dimensions as one of two for each depth of the result.

    The depths under the taps of a kernel (O, I, d, h, w) stacked on the channels, with the kernel as (O, d I, h, w), make one
    depth of the result. A kernel of one depth over maps of 1x1 taps is one convolution with depth and height as one axis.
    """
    kernel, w = site.shape(site.node.input(1)), site.node.input(1)
    if (
        len(site.x) != 5
        or len(kernel) != 5
        or not site.is_constant(w)
        or site.x[0] != 1
        or site.y[2] > MOST_SLICES
    ):
        return
    if int(site.attr("group", 1)) != 1 and kernel[2] != 1:
        return
    if site.attr("auto_pad", "NOTSET") != "NOTSET":
        return
    strides, dilations, pads = (
        site.ints("strides", (1,) * 3),
        site.ints("dilations", (1,) * 3),
        site.ints("pads", [0] * 6),
    )
    attrs = {
        "group": site.attr("group"),
        "kernel_shape": [*kernel[3:]],
        "strides": strides[1:],
        "dilations": dilations[1:],
    }
    attrs["pads"] = [*pads[1:3], *pads[4:]]
    draft, x, bias = site.draft(), site.node.inputs[0], site.node.inputs[2:3]
    flat = draft.derived((kernel[0], kernel[1] * kernel[2], *kernel[3:]), _stacked, w)
    if pads[0] or pads[3]:
        x = draft.pad(x, [0, 0, pads[0], 0, 0], [0, 0, pads[3], 0, 0])
    rows, made = draft.shape(x), []
    maps = [draft.reshape(_depth(draft, x, i), (1, rows[1], *rows[3:])) for i in range(rows[2])]
    for out in range(site.y[2]):
        under = [maps[out * strides[0] + t * dilations[0]] for t in range(kernel[2])]
        y = draft.op("Conv", draft.concat(under, 1), flat, *bias, **attrs)
        made.append(draft.reshape(y, (1, site.y[1], 1, *site.y[3:])))
    yield draft.gives(draft.concat(made, 2))


def _depth(draft: Draft, x: str, index: int) -> str:
    return x if draft.shape(x)[2] == 1 else draft.slice(x, {2: (index, index + 1)})


def _stacked(w: np.ndarray) -> np.ndarray:
    """(O, I, d, h, w) as (O, d I, h, w)."""
    return w.transpose(0, 2, 1, 3, 4).reshape(w.shape[0], -1, *w.shape[3:])


@rewrite(
    "RW244",
    "DepthOnTheChannels",
    answers=("SF106",),
    ops=("MaxPool", "AveragePool"),
    proof="polynomial",
    kind="rounding",
    units=16.0,
)
def pooled(site: Site) -> Iterator[Draft]:
    """A pooling of three dimensions as one over the maps of each depth and one over the depths of each cell.

    (1, C, D, H, W) is (1, C D, H, W) for the first, which treats every map alike, and (1, C, D, H W) for the second: a largest
    of largest, a mean of means over windows of the same cells. What a pooling leaves alone is left out; one over depth and maps
    of a whole window is the same over (1, C, D, H W).
    """
    kernel, ceil = site.ints("kernel_shape", ()), bool(site.attr("ceil_mode"))
    if len(site.x) != 5 or len(kernel) != 3 or any(site.node.outputs[1:]):
        return
    if site.attr("auto_pad", "NOTSET") != "NOTSET" or (ceil and site.node.op == "AveragePool"):
        return
    attrs: dict[str, Any] = {k: v for k, v in site.node.attrs.items() if k not in (*SPATIAL, "pads")}
    ways = {n: site.ints(n, (1,) * 3) for n in ("strides", "dilations")}
    pads, (_, c, d, h, w) = site.ints("pads", [0] * 6), site.x
    draft, x = site.draft(), site.node.inputs[0]

    def step(x: str, shape: Sequence[int], window: Sequence[int], axes: slice, edges: list[int]) -> str:
        more: dict[str, Any] = {n: [*v[axes], *[1] * (2 - len(v[axes]))] for n, v in ways.items()}
        more = {n: v for n, v in more.items() if n == "strides" or max(v) > 1}
        return str(
            draft.op(
                site.node.op, draft.reshape(x, shape), kernel_shape=[*window], pads=edges, **more, **attrs
            )
        )

    if tuple(kernel) == site.x[2:] and not any(pads):
        yield draft.gives(
            draft.reshape(
                draft.op(site.node.op, draft.reshape(x, (1, c, d, h * w)), kernel_shape=[d, h * w], **attrs),
                site.y,
            )
        )
        return
    maps = [*pads[1:3], *pads[4:]]
    if max(kernel[1:]) > 1 or max(ways["strides"][1:]) > 1 or any(maps):
        x = step(x, (1, c * d, h, w), kernel[1:], slice(1, 3), maps)
    if kernel[0] > 1 or ways["strides"][0] > 1 or pads[0] or pads[3]:
        x = step(x, (1, c, d, prod(site.y[3:])), [kernel[0], 1], slice(0, 1), [pads[0], 0, pads[3], 0])
    yield draft.gives(draft.reshape(x, site.y))


@rewrite(
    "RW245",
    "GlobalAverageAsMean",
    answers=("SF106",),
    ops=("GlobalAveragePool",),
    proof="sampled",
    kind="rounding",
    units=16.0,
)
def mean(site: Site) -> Iterator[Draft]:
    """GlobalAveragePool of any rank as ReduceMean over all axes behind the channels."""
    draft, axes = site.draft(), [*range(2, len(site.x))]
    yield draft.gives(reduced(draft, "ReduceMean", site.node.inputs[0], axes))
