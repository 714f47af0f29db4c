"""LogSoftmax without a logarithm."""

from __future__ import annotations

from collections.abc import Iterator

from ..declare import rewrite
from ..draft import Draft
from ..site import Site

STEPS = 4
"""Halley's steps from (S - 1) / ... : each triples the digits that are right."""


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
    axis = int(site.attr("axis", -1)) % rank
    if axis == 0 or site.x[axis] > 64:
        return
    draft, z = site.draft(), site.node.inputs[0]
    if site.opset >= 18:
        top = draft.op("ReduceMax", z, draft.ints([axis]), keepdims=1)
    else:
        top = draft.op("ReduceMax", z, axes=[axis], keepdims=1)
    t = draft.op("Sub", z, top)
    total = draft.op("ReduceSum", draft.op("Exp", t), draft.ints([axis]), keepdims=1)
    # a first value: 2 (S - 1) / (S + 1), the first step from 0
    one, two = draft.number(1.0), draft.number(2.0)
    y = draft.op("Div", draft.op("Mul", draft.op("Sub", total, one), two), draft.op("Add", total, one))
    for _ in range(STEPS):
        e = draft.op("Exp", y)
        step = draft.op("Div", draft.op("Mul", draft.op("Sub", total, e), two), draft.op("Add", total, e))
        y = draft.op("Add", y, step)
    yield draft.gives(draft.op("Sub", t, y))
