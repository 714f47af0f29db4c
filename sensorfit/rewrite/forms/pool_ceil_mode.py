"""ceil_mode of a pooling as padding at the end."""

from __future__ import annotations

from collections.abc import Iterator

from ..declare import rewrite
from ..draft import Draft
from ..site import Site


@rewrite("RW111", "PoolCeilMode", answers=("SF105", "SF113"), ops=("MaxPool",), proof="permutation")
def max_pool(site: Site) -> Iterator[Draft]:
    """ceil_mode of a MaxPool as padding at the end.

    The last window of an axis may hang over the end by e = (out - 1) s + d (k - 1) + 1 - (H + p_begin + p_end) cells, which a
    maximum leaves out as it leaves out padding: p_end grows by e, and by nothing where the windows end before.
    """
    if not site.attr("ceil_mode") or (len(site.node.outputs) > 1 and site.node.outputs[1]):
        return
    attrs = dict(site.node.attrs)
    pads = grown(site)
    if pads is None:
        return
    attrs.update(ceil_mode=0, pads=pads)
    attrs.pop("auto_pad", None)
    draft = site.draft()
    yield draft.gives(draft.op("MaxPool", site.node.inputs[0], **attrs))


@rewrite("RW112", "AveragePoolCeilMode", answers=("SF105", "SF113"), ops=("AveragePool",), proof="polynomial")
def average_pool(site: Site) -> Iterator[Draft]:
    """ceil_mode of an AveragePool as padding at the end.

    The cells by which the last window hangs over the end (see RW111) are never counted. Without padding, or with
    count_include_pad = 0, they become padding that is not counted either. With count_include_pad = 1 the padding counts
    and the overhang does not: a Pad of zeros first, then the same.
    """
    if not site.attr("ceil_mode"):
        return
    written = site.ints("pads", [0] * 4)
    pads = grown(site)
    if pads is None:
        return
    draft, x = site.draft(), site.node.inputs[0]
    if site.attr("count_include_pad") and any(written):
        x = draft.pad(x, [0, 0, *written[:2]], [0, 0, *written[2:]])
        pads = [0, 0, *(p - w for p, w in zip(pads[2:], written[2:], strict=True))]
    kernel, strides = site.ints("kernel_shape", ()), site.ints("strides", (1, 1))
    yield draft.gives(
        draft.op(
            "AveragePool",
            x,
            kernel_shape=kernel,
            strides=strides,
            pads=pads,
            ceil_mode=0,
            count_include_pad=0,
        )
    )


def grown(site: Site) -> list[int] | None:
    """The paddings with which the windows end at the end; None where the node is no 2-D pooling with written paddings."""
    kernel = site.ints("kernel_shape", ())
    if (
        len(site.x) != 4
        or len(site.y) != 4
        or len(kernel) != 2
        or site.attr("auto_pad", "NOTSET") not in ("NOTSET", "VALID")
    ):
        return None
    strides, dilations = site.ints("strides", (1, 1)), site.ints("dilations", (1, 1))
    pads = site.ints("pads", [0] * 4)
    for i in range(2):
        reach = (site.y[2 + i] - 1) * strides[i] + dilations[i] * (kernel[i] - 1) + 1
        pads[2 + i] = max(pads[2 + i], reach - site.x[2 + i] - pads[i])
    return pads
