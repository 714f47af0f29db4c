"""ELU, CELU and SELU by Relu and Exp."""

from __future__ import annotations

from collections.abc import Iterator

from ..declare import rewrite
from ..draft import Draft
from ..site import Site

SELU = (1.6732632423543772848170429916717, 1.0507009873554804934193349852946)


@rewrite(
    "RW201",
    "EluByExp",
    answers=("SF101",),
    ops=("Elu", "Celu", "Selu"),
    proof="elementwise",
    kind="rounding",
    units=16.0,
)
def elu(site: Site) -> Iterator[Draft]:
    """ELU, CELU and SELU by Relu and Exp.

    g (Relu(x) + a (Exp(-Relu(-x) / c) - 1)): above 0 the exponent is 0 and the second term goes, below 0 the first.
    ELU: g = c = 1. CELU: g = 1, c = a. SELU: c = 1, with its constants. Where a is 0, a Relu.
    """
    op, x = site.node.op, site.node.inputs[0]
    alpha = float(site.attr("alpha", SELU[0] if op == "Selu" else 1.0))
    if not alpha and op == "Celu":
        return
    gamma = float(site.attr("gamma", SELU[1])) if op == "Selu" else 1.0
    draft = site.draft()
    head = draft.op("Relu", x)
    if not alpha:
        yield draft.gives(draft.op("Mul", head, draft.number(gamma)) if gamma != 1.0 else head)
        return
    below = draft.op("Relu", draft.op("Neg", x))
    slower = op == "Celu" and alpha != 1.0
    exponent = draft.op("Mul", below, draft.number(-1 / alpha)) if slower else draft.op("Neg", below)
    tail = draft.op("Sub", draft.op("Exp", exponent), draft.number(1.0))
    if gamma != 1.0:
        head = draft.op("Mul", head, draft.number(gamma))
    factor = gamma * alpha
    yield draft.gives(
        draft.op("Add", head, draft.op("Mul", tail, draft.number(factor)) if factor != 1.0 else tail)
    )
