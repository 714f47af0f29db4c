"""Mish without a logarithm."""

from __future__ import annotations

from collections.abc import Iterator

from ..declare import rewrite
from ..draft import Draft
from ..site import Site


@rewrite(
    "RW221",
    "MishBySigmoid",
    answers=("SF101",),
    ops=("Softplus", "Mish"),
    proof="elementwise",
    kind="rounding",
    units=16.0,
)
def mish(site: Site) -> Iterator[Draft]:
    """Mish, x tanh(softplus(x)), by Sigmoid.

    With s = Sigmoid(x) and n = s (2 - s): tanh(log(1 + e^x)) = n / (2 - n), since (1 + e^x)^2 = 1 / (1 - s)^2 and 1 - n = (1 - s)^2.
    Every value between stays in [0, 2]: nothing overflows, and 8 bits hold it.
    """
    x, nodes = site.node.inputs[0], [site.node]
    if site.node.op == "Softplus":
        tanh = site.view.only_user(site.node.outputs[0], "Tanh")
        product = site.view.only_user(tanh.outputs[0], "Mul") if tanh is not None else None
        if tanh is None or product is None or set(product.inputs) != {x, tanh.outputs[0]}:
            return
        nodes += [tanh, product]
    draft = site.draft(*nodes)
    two, s = draft.number(2.0), draft.op("Sigmoid", x)
    n = draft.op("Mul", s, draft.op("Sub", two, s))
    yield draft.gives(draft.op("Mul", x, draft.op("Div", n, draft.op("Sub", two, n))))
