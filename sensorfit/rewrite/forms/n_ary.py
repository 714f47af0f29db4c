"""Sums, means and extremes of other than two tensors."""

from __future__ import annotations

from collections.abc import Iterator

from ..declare import rewrite
from ..draft import Draft
from ..site import Site


@rewrite("RW301", "SumAsAdds", answers=("SF101",), ops=("Sum",), proof="polynomial")
def sums(site: Site) -> Iterator[Draft]:
    """Sum(a, b, c) = Add(Add(a, b), c).

    One input is that input.
    """
    draft = site.draft()
    yield draft.gives(draft.add_all(site.node.inputs))


@rewrite(
    "RW302", "MeanAsAdds", answers=("SF101",), ops=("Mean",), proof="sampled", kind="rounding", units=16.0
)
def means(site: Site) -> Iterator[Draft]:
    """Mean(a, b, c) = Mul(Add(Add(a, b), c), 1/3).

    1/n is rounded once to float32.
    """
    draft, count = site.draft(), len(site.node.inputs)
    yield draft.gives(draft.op("Mul", draft.add_all(site.node.inputs), draft.number(1 / count)))


@rewrite("RW303", "ExtremeAsPairs", answers=("SF105",), ops=("Max", "Min"), proof="permutation")
def extremes(site: Site) -> Iterator[Draft]:
    """Max(a, b, c) = Max(Max(a, b), c), and so for Min.

    The largest of all is the largest of the largest two and the rest.
    """
    if len(site.node.inputs) < 3:
        return
    draft = site.draft()
    found = site.node.inputs[0]
    for other in site.node.inputs[1:]:
        found = draft.op(site.node.op, found, other)
    yield draft.gives(found)
