"""Unsqueeze, Squeeze and Flatten as Reshape."""

from __future__ import annotations

from collections.abc import Iterator

from ..declare import rewrite
from ..draft import Draft
from ..site import Site


@rewrite(
    "RW162",
    "ReshapeWrittenOut",
    answers=("SF116", "SF107", "SF104", "SF105"),
    ops=("Unsqueeze", "Squeeze", "Flatten", "Reshape", "Transpose"),
    proof="permutation",
)
def written(site: Site) -> Iterator[Draft]:
    """A change of axes in a refused form, as Reshape to the sizes written out.

    Unsqueeze of several axes or of the first, Squeeze, Flatten, a Transpose that moves no axis but those of 1: the data stays in
    row-major order, and a batch of one in front.
    """
    if site.x[:1] != (1,) or site.y[:1] != (1,):
        return
    if site.node.op == "Reshape" and site.whole_numbers(site.node.input(1)) == [*site.y]:
        return
    if site.node.op == "Transpose":
        rank = len(site.x)
        long = [p for p in site.ints("perm", range(rank - 1, -1, -1)) if site.x[p] > 1]
        if long != sorted(long):
            return
    draft = site.draft()
    yield draft.gives(draft.reshape(site.node.inputs[0], site.y))
