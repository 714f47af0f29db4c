"""Convolutions whose kernel is computed."""

from __future__ import annotations

from collections.abc import Iterator
from math import prod

from ..declare import rewrite
from ..draft import Draft
from ..site import Site

MOST_TAPS = 64
"""Slices of the input at most: larger kernels are left alone."""


@rewrite("RW185", "ComputedKernelAsProduct", answers=("SF131",), ops=("Conv",), proof="polynomial")
def product(site: Site) -> Iterator[Draft]:
    """A convolution with a computed kernel as a product, or tap by tap.

    The cells under each tap are a strided Slice of the padded input. Stacked behind the channels they are (I k k, H W), and the
    kernel (O, I k k) times that is the convolution; with groups a product for each. Depthwise: each Slice times its taps, one a
    channel, and a chain of Add.
    """
    kernel, w, bias = site.shape(site.node.input(1)), site.node.input(1), site.node.input(2)
    group = int(site.attr("group", 1))
    if (
        len(site.x) != 4
        or len(kernel) != 4
        or site.is_constant(w)
        or site.x[0] != 1
        or prod(kernel[2:]) > MOST_TAPS
    ):
        return
    if site.attr("auto_pad", "NOTSET") != "NOTSET" or (bias and not site.is_constant(bias)):
        return
    pads, strides, dilations = (
        site.ints("pads", [0] * 4),
        site.ints("strides", (1, 1)),
        site.ints("dilations", (1, 1)),
    )
    depthwise = kernel[1] == 1 and kernel[0] == group
    draft, x = site.draft(form="taps" if depthwise else "product"), site.node.inputs[0]
    if any(pads):
        x = draft.pad(x, [0, 0, *pads[:2]], [0, 0, *pads[2:]])
    cells = []
    for i in range(kernel[2]):
        for j in range(kernel[3]):
            cut = {}
            for axis, tap in ((2, i), (3, j)):
                begin, step = tap * dilations[axis - 2], strides[axis - 2]
                end = begin + (site.y[axis] - 1) * step + 1
                if (begin, end, step) != (0, draft.shape(x)[axis], 1):
                    cut[axis] = (begin, end, step)
            cells.append(draft.slice(x, cut) if cut else x)
    out, taps, area = kernel[0], prod(kernel[2:]), prod(site.y[2:])
    if depthwise:
        flat = draft.reshape(w, (1, out, taps, 1))
        each = [draft.slice(flat, {2: (t, t + 1)}) if taps > 1 else flat for t in range(taps)]
        y = draft.add_all([draft.op("Mul", c, e) for c, e in zip(cells, each, strict=True)])
    else:
        behind = [draft.reshape(c, (1, site.x[1], 1, area)) for c in cells]
        rows = draft.reshape(draft.concat(behind, 2), _places(group, kernel[1] * taps, area))
        y = draft.op("MatMul", draft.reshape(w, _places(group, out // group, kernel[1] * taps)), rows)
        y = draft.reshape(y, site.y)
    if bias:
        y = draft.op("Add", y, draft.derived((1, out, 1, 1), lambda b: b.reshape(1, -1, 1, 1), bias))
    yield draft.gives(y)


def _places(group: int, rows: int, columns: int) -> tuple[int, ...]:
    return (1, rows, columns) if group == 1 else (1, group, rows, columns)
