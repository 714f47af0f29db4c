"""A GELU that is spelled out."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator

from ...graph.ir import Node
from ...graph.patterns import recognise
from ..declare import rewrite
from ..draft import Draft
from ..site import Site

UNITS = 1e-6
"""How near a constant of the file is to its number: some units of float32."""
ZERO_FROM = 20.0
"""Gelu(-20) is 1e-87: no float32."""


@rewrite(
    "RW191",
    "GeluOperator",
    answers=("SF101", "SF105", "SF108", "SF121"),
    ops=("Erf", "Pow", "Tanh", "Div", "Mul", "Add"),
    proof="elementwise",
    kind="rounding",
    units=64.0,
    opset=20,
)
def gelu(site: Site) -> Iterator[Draft]:
    """x (1 + erf(x / sqrt 2)) / 2, spelled out, as the operator Gelu of opset 20.

    The same function; the operator sums and rounds in another order. The tanh form becomes Gelu with approximate = tanh.
    Where the file holds another number than 1 / sqrt 2 (float16 divides by 1.4140625), x (1 + erf(c x)) / 2 = Gelu(k x) / k
    with k = c sqrt 2, = Relu(x) + Gelu(-k |x|) / k: so nothing overflows, |x| cut where Gelu is 0. The tanh form with other
    numbers than its own is another function and stays.
    """
    for match in recognise(site.graph):
        if match.kind != "Gelu" or site.node not in match.nodes or len(match.nodes) < 2:
            continue
        tail = next(n for n in match.nodes if match.output in n.outputs)
        draft = site.draft(*(n for n in match.nodes if n is not tail), tail)
        form = "tanh" if any(n.op == "Tanh" for n in match.nodes) else "none"
        stretch = _stretch(site, match.nodes)
        if stretch == 1.0:
            yield draft.gives(draft.op("Gelu", match.inputs[0], approximate=form), match.output)
        elif stretch is not None:
            x = match.inputs[0]
            near = draft.op("Min", draft.op("Abs", x), draft.number(ZERO_FROM / stretch))
            tail = draft.op("Gelu", draft.op("Mul", near, draft.number(-stretch)), approximate=form)
            tail = draft.op("Mul", tail, draft.number(1 / stretch))
            yield draft.gives(draft.op("Add", draft.op("Relu", x), tail), match.output)
        return


def _stretch(site: Site, nodes: Iterable[Node]) -> float | None:
    """k of a Gelu of k x, 1 where it is that to float32's unit; None of a tanh form whose numbers are not its own."""
    view = site.view
    curve = next(n for n in nodes if n.op in ("Erf", "Tanh"))
    total, factor, _ = view.scaled(curve.inputs[0])
    if curve.op == "Erf":
        k = factor * math.sqrt(2)
        return 1.0 if abs(k - 1) < UNITS else k if k > 0 else None
    add = view.made_by(total, "Add")
    weights = [w for t in add.inputs for _, w, scale in [view.scaled(t)] if scale] if add else []
    own = abs(factor / math.sqrt(2 / math.pi) - 1) < UNITS and any(
        abs(w / 0.044715 - 1) < UNITS for w in weights
    )
    return 1.0 if own else None
