"""Transposed convolutions with paddings."""

from __future__ import annotations

from collections.abc import Iterator

from ..declare import rewrite
from ..draft import Draft
from ..site import Site


@rewrite("RW131", "TransposedConvCrop", answers=("SF112",), ops=("ConvTranspose",), proof="polynomial")
def crop(site: Site) -> Iterator[Draft]:
    """The padding of a transposed convolution as a crop of its result.

    ConvTranspose with pads p makes the full result, whose size is (H - 1) s + d (k - 1) + 1 + op, and cuts p_begin and
    p_end cells off: y = full[p_begin : p_begin + H_out]. What output_padding adds beyond p_end stays an output_padding.
    output_shape says the same in other words.
    """
    pads = site.ints("pads", [0] * 4)
    if len(site.x) != 4 or (not any(pads) and not site.attr("output_shape")):
        return
    if site.attr("auto_pad", "NOTSET") not in ("NOTSET", "VALID"):
        return
    if site.attr("output_shape"):
        cut = _cut(site)
        if cut is None:
            return
        pads = cut
    more = site.ints("output_padding", (0, 0))
    attrs = dict(site.node.attrs)
    for name in ("pads", "output_padding", "output_shape", "auto_pad"):
        attrs.pop(name, None)
    left = [max(0, o - p) for o, p in zip(more, pads[2:], strict=True)]
    if any(left):
        attrs["output_padding"] = left
    draft = site.draft()
    full = draft.op("ConvTranspose", *site.node.inputs, **attrs)
    ranges = {}
    for axis in (2, 3):
        begin, size = pads[axis - 2], site.y[axis]
        if begin or draft.shape(full)[axis] != size:
            ranges[axis] = (begin, begin + size)
    yield draft.gives(draft.slice(full, ranges) if ranges else full)


def _cut(site: Site) -> list[int] | None:
    """The paddings that output_shape stands for: what is too much, the odd cell at the beginning; None for too little."""
    kernel = site.shape(site.node.input(1))[2:]
    strides, dilations, more = (
        site.ints(n, (d, d)) for n, d in (("strides", 1), ("dilations", 1), ("output_padding", 0))
    )
    over = [
        (site.x[2 + i] - 1) * strides[i] + dilations[i] * (kernel[i] - 1) + 1 + more[i] - site.y[2 + i]
        for i in range(2)
    ]
    return None if min(over) < 0 else [o - o // 2 for o in over] + [o // 2 for o in over]
