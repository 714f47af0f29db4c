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


@rewrite(
    "RW112",
    "AveragePoolCeilMode",
    answers=("SF105", "SF113", "SF131"),
    ops=("AveragePool",),
    proof="polynomial",
    kind="rounding",
    units=16.0,
)
def average_pool(site: Site) -> Iterator[Draft]:
    """ceil_mode of an AveragePool as a Pad, a plain AveragePool, and a factor.

    The last window may hang over the end (see RW111) by cells that are never counted; padding counts where
    count_include_pad says so. A Pad of zeros makes whole windows, whose mean divides by k^2; a constant map k^2 / n, n the
    cells that count in each window, makes it the mean of these. The map is left out where it is 1 everywhere.
    One window that hangs over the whole map, as EfficientNet's of 2,560 cells, is the mean of all: no padding is made.
    """
    kernel, strides = site.ints("kernel_shape", ()), site.ints("strides", (1, 1))
    pads = grown(site)
    if pads is None or (not site.attr("ceil_mode") and not _uneven(pads, kernel)):
        return
    written = site.ints("pads", [0] * 4)
    edges = written if site.attr("count_include_pad") else [0] * 4
    counts = [
        [
            _counted(i * strides[a] - pads[a], kernel[a], -edges[a], site.x[2 + a] + edges[2 + a])
            for i in range(site.y[2 + a])
        ]
        for a in range(2)
    ]
    draft, x = site.draft(), site.node.inputs[0]
    if (
        any(pads)
        and site.y[2:] == (1, 1)
        and all(k - p >= n for k, p, n in zip(kernel, pads, site.x[2:], strict=False))
    ):
        y, share = draft.op("GlobalAveragePool", x), site.x[2] * site.x[3] / (counts[0][0] * counts[1][0])
        yield draft.gives(y if share == 1 else draft.op("Mul", y, draft.floats([share], (1, 1, 1, 1))))
        return
    if any(pads):
        x = draft.pad(x, [0, 0, *pads[:2]], [0, 0, *pads[2:]])
    y = draft.op("AveragePool", x, kernel_shape=kernel, strides=strides)
    if draft.shape(y) != site.y:  # padding that no window reaches
        y = draft.slice(y, {2: (0, site.y[2]), 3: (0, site.y[3])})
    whole = kernel[0] * kernel[1]
    factors = [whole / (h * w) for h in counts[0] for w in counts[1]]
    if any(f != 1 for f in factors):
        y = draft.op("Mul", y, draft.floats(factors, (1, 1, *site.y[2:])))
    yield draft.gives(y)


def _uneven(pads: list[int], kernel: list[int]) -> bool:
    """Whether the paddings differ at the two ends or are more than half a window."""
    return pads[:2] != pads[2:] or any(2 * p > k for p, k in zip(pads[:2], kernel, strict=True))


def _counted(start: int, kernel: int, first: int, end: int) -> int:
    """How many cells of a window count."""
    return max(1, min(start + kernel, end) - max(start, first))


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
