"""Outputs that nobody reads."""

from __future__ import annotations

from collections.abc import Iterator

from ..declare import rewrite
from ..draft import Draft
from ..site import Site


@rewrite(
    "RW114",
    "UnusedOutputsDropped",
    answers=("SF105", "SF108"),
    ops=("MaxPool", "LayerNormalization", "Dropout"),
    proof="permutation",
)
def dropped(site: Site) -> Iterator[Draft]:
    """A node without the outputs that nobody reads: the indices of a MaxPool, the statistics of a LayerNormalization.

    The first output does not depend on whether the others are there, nor on the order in which indices would be counted.
    """
    more = [o for o in site.node.outputs[1:] if o]
    read = any(o in site.graph.outputs or site.graph.consumers_of(o) for o in more)
    attrs = {k: v for k, v in site.node.attrs.items() if k != "storage_order"}
    if read or (not more and len(attrs) == len(site.node.attrs)):
        return
    draft = site.draft()
    yield draft.gives(draft.op(site.node.op, *site.node.inputs, **attrs), site.node.outputs[0])
