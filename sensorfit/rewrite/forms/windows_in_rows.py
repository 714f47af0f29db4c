"""Convolutions, poolings and normalisations on windows that are folded into the batch."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING

from ..declare import rewrite
from ..draft import Draft
from ..site import Site
from ._reduced import reduced
from .batch_axis import RULES
from .pool_forms import LOWEST

if TYPE_CHECKING:
    import numpy as np

POOLS = ("MaxPool", "AveragePool")


@rewrite(
    "RW154",
    "WindowsInRows",
    answers=RULES,
    ops=("Conv", *POOLS),
    proof="polynomial",
    stage="batch",
    everywhere=True,
)
def rows(site: Site) -> Iterator[Draft]:
    """A convolution or pooling of B windows as one of a map in which they lie below each other.

    (B, C, h, w) is (1, C, B, h, w) by a Transpose. With its own padding above and below, and more below until the stride divides
    it, each window has P rows, and B P rows are one map: no cell of a window reaches into the next, and the results in rows
    b P / s and on are those of window b. The weights are there once.
    """
    x, y, node = site.x, site.y, site.node
    if len(x) != 4 or len(y) != 4 or x[0] == 1 or any(node.outputs[1:]) or site.attr("ceil_mode"):
        return
    if site.attr("auto_pad", "NOTSET") not in ("NOTSET", "VALID") or site.is_constant(node.inputs[0]):
        return
    if node.op == "Conv" and not site.is_constant(node.input(1)):
        return
    kernel = [*site.shape(node.input(1))[2:]] if node.op == "Conv" else site.ints("kernel_shape", ())
    strides, dilations = site.ints("strides", (1, 1)), site.ints("dilations", (1, 1))
    top, left, bottom, right = site.ints("pads", [0] * 4)
    if node.op == "AveragePool" and (top or bottom):
        return
    batch, channels, height, width = x
    bottom += -(top + height + bottom) % strides[0]
    period = top + height + bottom
    draft = site.draft()
    cells = draft.transpose(draft.reshape(node.inputs[0], (1, *x)), (0, 2, 1, 3, 4))
    if top or bottom:
        lowest = LOWEST if node.op == "MaxPool" else 0.0
        cells = draft.pad(cells, [0, 0, 0, top, 0], [0, 0, 0, bottom, 0], lowest)
    cells = draft.reshape(cells, (1, channels, batch * period, width))
    attrs = {k: v for k, v in node.attrs.items() if k not in ("pads", "auto_pad")}
    attrs["pads"] = [0, left, dilations[0] * (kernel[0] - 1), right]  # the last window's share of rows
    made = draft.op(node.op, cells, *node.inputs[1:], **attrs)
    each = period // strides[0]
    made = draft.reshape(made, (1, y[1], batch, each, y[3]))
    if each != y[2]:
        made = draft.slice(made, {3: (0, y[2])})
    yield draft.gives(draft.reshape(draft.transpose(made, (0, 2, 1, 3, 4)), y))


@rewrite(
    "RW155",
    "WindowsOnTheChannels",
    answers=RULES,
    ops=("InstanceNormalization", "GlobalAveragePool"),
    proof="sampled",
    kind="rounding",
    units=16.0,
    stage="batch",
    everywhere=True,
)
def channels(site: Site) -> Iterator[Draft]:
    """A normalisation or a mean of each channel of B windows, with windows and channels as one axis.

    (B, C, ..) is (1, B C, ..): every channel of every window is treated alone. Scale and bias are repeated for each window.
    """
    x, node = site.x, site.node
    if len(x) < 3 or x[0] == 1 or site.is_constant(node.inputs[0]):
        return
    draft = site.draft()
    cells = draft.reshape(node.inputs[0], (1, x[0] * x[1], *x[2:]))
    if node.op == "GlobalAveragePool":
        made = reduced(draft, "ReduceMean", cells, [*range(2, len(x))])
    else:
        if not all(site.is_constant(t) for t in node.inputs[1:]):
            return
        own = [draft.derived((x[0] * x[1],), partial(_repeated, x[0]), t) for t in node.inputs[1:]]
        made = draft.op("InstanceNormalization", cells, *own, **node.attrs)
    yield draft.gives(draft.reshape(made, site.y))


def _repeated(times: int, w: np.ndarray) -> np.ndarray:
    import numpy as np

    return np.tile(w, times)
