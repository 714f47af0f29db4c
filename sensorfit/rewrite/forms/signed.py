"""A sign beside the number that it is of."""

from __future__ import annotations

from collections.abc import Iterator

from ..declare import rewrite
from ..draft import Draft
from ..site import Site


@rewrite("RW368", "SignTimesItself", answers=("SF101",), ops=("Sign",), proof="elementwise")
def sign(site: Site) -> Iterator[Draft]:
    """Sign(x) x = |x|, and Sign(x) |x| = x: the jump at 0 is multiplied by 0."""
    x = site.node.inputs[0]
    product = site.view.only_user(site.node.outputs[0], "Mul")
    if product is None:
        return
    other = site.view.other(product, site.node.outputs[0])
    if other == x:
        draft = site.draft(site.node, product)
        yield draft.gives(draft.op("Abs", x))
    absolute = site.view.made_by(other, "Abs")
    if absolute is not None and absolute.inputs[0] == x and site.alone(site.node, absolute, product):
        draft = site.draft(site.node, absolute, product)
        yield draft.gives(x)
