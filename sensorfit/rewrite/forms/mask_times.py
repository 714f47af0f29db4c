"""A comparison as a factor, of a function that is 0 where it jumps."""

from __future__ import annotations

from collections.abc import Iterator

from ..declare import rewrite
from ..draft import Draft
from ..site import Site
from .where_branches import at, branch_of, copied, held_at
from .where_compared import COMPARED


@rewrite(
    "RW367",
    "MaskTimesFunction",
    answers=("SF101",),
    ops=COMPARED,
    proof="elementwise",
    kind="rounding",
    units=16.0,
)
def mask(site: Site) -> Iterator[Draft]:
    """f(x) Cast(x > t) with f(t) = 0 as f(Max(x, t)), and f(x) Cast(x < t) as f(Min(x, t)): x (x > 0) is Relu(x).

    Beyond the border both are f(x), on the other side 0.
    """
    node = site.node
    x, border = (node.inputs[1], node.inputs[0]) if site.is_constant(node.inputs[0]) else node.inputs
    edge = site.view.scalar(border)
    cast = site.view.only_user(node.outputs[0], "Cast")
    product = site.view.only_user(cast.outputs[0], "Mul") if cast is not None else None
    if edge is None or site.is_constant(x) or cast is None or product is None:
        return
    factor = site.view.other(product, cast.outputs[0])
    branch = branch_of(site, x, factor)
    if branch is None or (not branch and factor != x) or at(site, branch, factor, x, edge) != 0:
        return
    mine = {n.name for n in (node, cast, product, *branch)}
    nodes = [n for n in site.graph.nodes if n.name in mine]
    if not site.alone(*nodes):
        return
    above = node.op.startswith("Greater") != (x == node.inputs[1])
    draft = site.draft(*nodes)
    yield draft.gives(copied(draft, branch, factor, x, held_at(draft, x, edge, above)))
