"""LogSoftmax without a logarithm."""

from __future__ import annotations

from collections.abc import Iterator
from math import ceil, log

from ..declare import rewrite
from ..draft import Draft
from ..site import Site
from ._reduced import reduced

STEPS = 4
"""Halley's steps from 2 (S - 1) / (S + 1), for S up to FEW: each triples the digits that are right."""
FEW = 64


@rewrite(
    "RW231",
    "LogSoftmaxByNewton",
    answers=("SF101",),
    ops=("LogSoftmax",),
    proof="sampled",
    kind="rounding",
    units=64.0,
)
def log_softmax(site: Site) -> Iterator[Draft]:
    """LogSoftmax by a maximum, Exp, a sum, and the logarithm of that sum in Halley's steps.

    t = z - max z, S = sum Exp(t) in [1, n]; y = log S solves e^y = S: y += 2 (S - e^y) / (S + e^y), from (n - 1) / 2 at most;
    the result is t - y.
    """
    rank = len(site.x)
    axis = int(site.attr("axis", -1)) % max(rank, 1)
    if not site.x:
        return
    draft, z = site.draft(), site.node.inputs[0]
    t = draft.op("Sub", z, reduced(draft, "ReduceMax", z, [axis]))
    total = reduced(draft, "ReduceSum", draft.op("Exp", t), [axis])
    yield draft.gives(draft.op("Sub", t, log_of_sum(draft, total, site.x[axis])))


def log_of_sum(draft: Draft, total: str, largest: int) -> str:
    """log S of 1 <= S <= ``largest``: a step towards it goes 2 at most, and triples the digits once it is near."""
    one, two = draft.number(1.0), draft.number(2.0)
    # a first value: 2 (S - 1) / (S + 1), the first step from 0
    y = draft.op("Div", draft.op("Mul", draft.op("Sub", total, one), two), draft.op("Add", total, one))
    for _ in range(STEPS + max(0, ceil((log(largest) - log(FEW)) / 2))):
        e = draft.op("Exp", y)
        step = draft.op("Div", draft.op("Mul", draft.op("Sub", total, e), two), draft.op("Add", total, e))
        y = draft.op("Add", y, step)
    return str(y)
