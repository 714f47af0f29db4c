"""The smallest by the largest, with the sign turned."""

from __future__ import annotations

from collections.abc import Iterator

from ..declare import rewrite
from ..draft import Draft
from ..site import Site


@rewrite("RW314", "ArgMinAsArgMax", answers=("SF101",), ops=("ArgMin",), proof="permutation")
def arg_min(site: Site) -> Iterator[Draft]:
    """ArgMin(x) = ArgMax(-x).

    The place of the least is the place of what is largest with the sign turned; of equal ones both take the first.
    """
    draft = site.draft()
    yield draft.gives(draft.op("ArgMax", draft.op("Neg", site.node.inputs[0]), **site.node.attrs))


@rewrite("RW315", "SmallestByLargest", answers=("SF105",), ops=("TopK",), proof="permutation")
def top_k(site: Site) -> Iterator[Draft]:
    """TopK of the smallest: values -TopK(-x), at the same places."""
    if site.attr("largest", 1) or not site.attr("sorted", 1):
        return
    draft = site.draft()
    attrs = {**site.node.attrs, "largest": 1}
    turned = draft.op("Neg", site.node.inputs[0])
    values, places = draft.op("TopK", turned, site.node.inputs[1], outputs=2, **attrs)
    first, second = site.node.outputs
    if first:
        draft.gives(draft.op("Neg", values), first)
    if second:
        draft.gives(places, second)
    yield draft
