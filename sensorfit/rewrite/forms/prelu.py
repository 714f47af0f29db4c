"""PRelu."""

from __future__ import annotations

from collections.abc import Iterator

from ..declare import rewrite
from ..draft import Draft
from ..site import Site

SMALL = 65536
"""Slopes that are looked at, one by one, for what they have in common."""


@rewrite(
    "RW321", "PreluAsRelus", answers=("SF101",), ops=("PRelu",), proof="sampled", kind="rounding", units=1.0
)
def prelu(site: Site) -> Iterator[Draft]:
    """PRelu(x) = Relu(x) - slope Relu(-x).

    Of the two terms one is 0: x for x >= 0, slope x below, each rounded as PRelu rounds it. With one slope for all it is
    LeakyRelu, with slopes from 0 to 1 Max(x, slope x), with slopes of 1 or more Min(x, slope x), with any
    Relu(x) + slope Min(x, 0).
    """
    x, slope = site.node.inputs
    values = _slopes(site, slope)
    if values and min(values) == max(values):
        leaky = site.draft(form="LeakyRelu")
        yield leaky.gives(leaky.op("LeakyRelu", x, alpha=values[0]))
    if values and (min(values) >= 1 or 0 <= min(values) <= max(values) <= 1):
        op = "Max" if max(values) <= 1 else "Min"
        draft = site.draft(form=op)
        yield draft.gives(draft.op(op, x, draft.op("Mul", x, slope)))
    draft = site.draft(form="Relu")
    below = draft.op("Mul", draft.op("Relu", draft.op("Neg", x)), slope)
    yield draft.gives(draft.op("Sub", draft.op("Relu", x), below))
    draft = site.draft(form="clip")
    below = draft.op("Mul", draft.op("Min", x, draft.number(0.0)), slope)
    yield draft.gives(draft.op("Add", draft.op("Relu", x), below))


def _slopes(site: Site, slope: str) -> list[float] | None:
    tensor = site.graph.tensors[slope]
    if not tensor.constant or (tensor.elements or 0) > SMALL:
        return None
    array = site.array(slope)
    return None if array is None else [float(v) for v in array.ravel()]
