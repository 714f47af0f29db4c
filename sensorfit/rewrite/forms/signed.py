"""A sign beside the number that it is of."""

from __future__ import annotations

from collections.abc import Iterator

from ..declare import rewrite
from ..draft import Draft
from ..site import Site


@rewrite("RW368", "SignTimesItself", answers=("SF101",), ops=("Sign",), proof="elementwise")
def sign(site: Site) -> Iterator[Draft]:
    """Sign(x) x = |x|, and Sign(x) |x| = x: the jump at 0 is multiplied by 0.

    Also where |x| goes through a Relu, which it passes as it is: torch's lp_pool2d is exported so.
    """
    x = site.node.inputs[0]
    product = site.view.only_user(site.node.outputs[0], "Mul")
    if product is None:
        return
    other = site.view.other(product, site.node.outputs[0])
    if other == x:
        draft = site.draft(site.node, product)
        yield draft.gives(draft.op("Abs", x))
    relu = site.view.made_by(other, "Relu")
    absolute = site.view.made_by(other if relu is None else relu.inputs[0], "Abs")
    if absolute is None or absolute.inputs[0] != x:
        return
    nodes = (site.node, absolute, product) if relu is None else (site.node, absolute, relu, product)
    if site.alone(*nodes):
        yield site.draft(*nodes).gives(x)
