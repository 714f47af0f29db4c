"""Poolings with dilation, by norms, over too large windows."""

from __future__ import annotations

from collections.abc import Iterator
from math import prod
from typing import Final

from ..declare import rewrite
from ..draft import Draft
from ..site import Site

LOWEST: Final = -3.4028234663852886e38


@rewrite("RW115", "DilatedMaxPool", answers=("SF113",), ops=("MaxPool",), proof="permutation")
def dilated(site: Site) -> Iterator[Draft]:
    """A dilated MaxPool as a Max of shifted Slices, one axis after the other.

    The largest of cells s i + d j, j < k, over height and then over width; padding is the lowest number, which is never the
    largest of a window that has a cell.
    """
    kernel, strides, dilations = (
        site.ints("kernel_shape", ()),
        site.ints("strides", (1, 1)),
        site.ints("dilations", (1, 1)),
    )
    if len(site.x) != 4 or len(kernel) != 2 or max(dilations) < 2 or any(site.node.outputs[1:]):
        return
    if site.attr("auto_pad", "NOTSET") not in ("NOTSET", "VALID"):
        return
    pads = site.ints("pads", [0] * 4)
    draft, x = site.draft(), site.node.inputs[0]
    ends = [(site.y[2 + i] - 1) * strides[i] + dilations[i] * (kernel[i] - 1) + 1 for i in range(2)]
    after = [max(0, ends[i] - site.x[2 + i] - pads[i]) for i in range(2)]
    if any(pads[:2]) or any(after):
        x = draft.pad(x, [0, 0, *pads[:2]], [0, 0, *after], LOWEST)
    for axis in (2, 3):
        i, found = axis - 2, ""
        for j in range(kernel[i]):
            begin = j * dilations[i]
            cut = (begin, begin + (site.y[axis] - 1) * strides[i] + 1, strides[i])
            cell = draft.slice(x, {axis: cut})
            found = draft.op("Max", found, cell) if found else cell
        x = found
    yield draft.gives(x)


@rewrite(
    "RW116",
    "LpPoolByAverage",
    answers=("SF101",),
    ops=("LpPool",),
    proof="sampled",
    kind="rounding",
    units=64.0,
)
def lp_pool(site: Site) -> Iterator[Draft]:
    """LpPool as an AveragePool of |x|^p, for p of 1 and 2.

    The sum of a window of n cells is n times its mean, padding counted as the zeros that it is; of p = 2 the root of that.
    """
    kernel, p = site.ints("kernel_shape", ()), int(site.attr("p", 2))
    if p not in (1, 2) or len(site.x) != 4 or max(site.ints("dilations", (1, 1))) > 1:
        return
    attrs = {k: v for k, v in site.node.attrs.items() if k not in ("p", "dilations")}
    draft, x = site.draft(), site.node.inputs[0]
    powers = draft.op("Abs", x) if p == 1 else draft.op("Mul", x, x)
    mean = draft.op("AveragePool", powers, **{**attrs, "count_include_pad": 1})
    total = draft.op("Mul", mean, draft.number(prod(kernel)))
    yield draft.gives(total if p == 1 else draft.op("Sqrt", total))
