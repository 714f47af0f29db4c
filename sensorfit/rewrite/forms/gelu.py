"""A GELU that is spelled out."""

from __future__ import annotations

from collections.abc import Iterator

from ...graph.patterns import recognise
from ..declare import rewrite
from ..draft import Draft
from ..site import Site


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
    """
    for match in recognise(site.graph):
        if match.kind != "Gelu" or site.node not in match.nodes or len(match.nodes) < 2:
            continue
        tail = next(n for n in match.nodes if match.output in n.outputs)
        draft = site.draft(*(n for n in match.nodes if n is not tail), tail)
        form = "tanh" if any(n.op == "Tanh" for n in match.nodes) else "none"
        yield draft.gives(draft.op("Gelu", match.inputs[0], approximate=form), match.output)
        return
