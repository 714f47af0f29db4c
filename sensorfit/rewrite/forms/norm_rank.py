"""Normalisations of more than four axes."""

from __future__ import annotations

from collections.abc import Iterator
from math import prod

from ..declare import rewrite
from ..draft import Draft
from ..site import Site


@rewrite(
    "RW375",
    "NormIn4d",
    answers=("SF131",),
    ops=("BatchNormalization", "InstanceNormalization"),
    proof="sampled",
    kind="rounding",
    units=64.0,
)
def norm(site: Site) -> Iterator[Draft]:
    """A BatchNormalization or InstanceNormalization of more than four axes on (1, C, N, M).

    Both treat the cells of a channel alike, in whatever axes they stand.
    """
    if (
        len(site.x) < 5
        or any(site.node.outputs[1:])
        or not all(site.is_constant(t) for t in site.node.inputs[1:])
    ):
        return
    draft = site.draft()
    x = draft.reshape(site.node.inputs[0], (*site.x[:2], prod(site.x[2:-1]), site.x[-1]))
    yield draft.gives(
        draft.reshape(draft.op(site.node.op, x, *site.node.inputs[1:], **site.node.attrs), site.y)
    )
