"""A Softmax of scores of which some are masked by minus infinity."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING

from ..declare import rewrite
from ..draft import Draft
from ..site import Site
from ._reduced import reduced

if TYPE_CHECKING:
    import numpy as np


@rewrite(
    "RW365",
    "SoftmaxOfMasked",
    answers=("SF101",),
    ops=("Where",),
    proof="sampled",
    kind="rounding",
    units=64.0,
)
def masked(site: Site) -> Iterator[Draft]:
    """Softmax(Where(m, x, -inf)) with a constant mask m, without an infinity.

    With the least score of the row in the masked cells, x' = m x + (1 - m) min x, the largest of a row is that of its cells that
    count, and p = m Softmax(x') / sum(m Softmax(x')) is the softmax of these and 0 elsewhere. The sum is 1/n at least, and every
    value between stays in the range of x or in [0, 1]: 8 bits hold it. A row in which all are masked has no softmax.
    """
    condition, a, b = site.node.inputs
    mask = site.array(condition) if site.is_constant(condition) else None
    softmax = site.view.only_user(site.node.outputs[0], "Softmax")
    if mask is None or softmax is None or site.is_constant(a) == site.is_constant(b):
        return
    x, fill, counts = (a, b, mask) if site.is_constant(b) else (b, a, ~mask)
    values, shape = site.array(fill), site.shape(x)
    if values is None or not _all_lowest(values) or shape != site.y:
        return
    axis = int(softmax.attrs.get("axis", -1)) % len(shape)
    if not _any_along(counts, shape, axis):
        return
    draft = site.draft(site.node, softmax)
    keep = draft.computed(counts.shape, partial(_number, counts))
    rest = draft.computed(counts.shape, partial(_number, ~counts))
    least = draft.op("Neg", reduced(draft, "ReduceMax", draft.op("Neg", x), [axis]))
    filled = draft.op("Add", draft.op("Mul", x, keep), draft.op("Mul", least, rest))
    part = draft.op("Mul", draft.op("Softmax", filled, axis=axis), keep)
    yield draft.gives(draft.op("Div", part, reduced(draft, "ReduceSum", part, [axis])))


def _all_lowest(values: np.ndarray) -> bool:
    import numpy as np

    return bool(np.isneginf(values).all())


def _any_along(counts: np.ndarray, shape: tuple[int, ...], axis: int) -> bool:
    import numpy as np

    return bool(np.broadcast_to(counts, shape).any(axis=axis).all())


def _number(mask: np.ndarray) -> np.ndarray:
    return mask.astype("float32")
