"""Softplus spelled out."""

from __future__ import annotations

from collections.abc import Iterator

from ..declare import rewrite
from ..draft import Draft
from ..site import Site


@rewrite(
    "RW209",
    "SoftplusOperator",
    answers=("SF101",),
    ops=("Log",),
    proof="elementwise",
    kind="rounding",
    units=4.0,
)
def softplus(site: Site) -> Iterator[Draft]:
    """Log(1 + Exp(x)) as the operator Softplus, which has rewrites of its own.

    The definition. Where Exp overflows, beyond 88, the formula has no number and the operator has x.
    """
    total = site.view.made_by(site.node.inputs[0], "Add")
    parts = site.view.split(total) if total is not None else None
    power = site.view.made_by(parts[0], "Exp") if parts is not None else None
    if total is None or parts is None or parts[1] != 1.0 or power is None:
        return
    if site.alone(power, total, site.node) and site.shape(power.inputs[0]) == site.y:
        draft = site.draft(power, total, site.node)
        yield draft.gives(draft.op("Softplus", power.inputs[0]))
