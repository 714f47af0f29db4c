"""Unsqueeze, Squeeze and Flatten as Reshape."""

from __future__ import annotations

from collections.abc import Iterator

from ..declare import rewrite
from ..draft import Draft
from ..site import Site

RESHAPES = ("Reshape", "Squeeze", "Unsqueeze", "Flatten")


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
    row-major order, and a batch of one in front. A Transpose that brings another axis of 1 to the front, as q of one stack, is one
    in which these two change places.
    """
    if site.x[:1] != (1,) or site.y[:1] != (1,):
        return
    if site.node.op == "Reshape" and site.whole_numbers(site.node.input(1)) == [*site.y]:
        return
    if site.node.op == "Transpose":
        rank = len(site.x)
        long = [p for p in site.ints("perm", range(rank - 1, -1, -1)) if site.x[p] > 1]
        if long != sorted(long):
            yield from _batch_kept(site, rank)
            return
    draft = site.draft()
    yield draft.gives(draft.reshape(site.node.inputs[0], site.y))


def _batch_kept(site: Site, rank: int) -> Iterator[Draft]:
    """A Transpose whose first axis, of 1, is not the batch, of 1: the two are the same to the data."""
    perm = site.ints("perm", range(rank - 1, -1, -1))
    if perm[0] == 0 or site.x[perm[0]] != 1:
        return
    place, perm = perm.index(0), [*perm]
    perm[0], perm[place] = 0, perm[0]
    draft = site.draft()
    yield draft.gives(draft.transpose(site.node.inputs[0], perm))


@rewrite(
    "RW163",
    "ReshapesAsOne",
    answers=("SF107", "SF116", "SF131"),
    ops=RESHAPES,
    proof="permutation",
)
def as_one(site: Site) -> Iterator[Draft]:
    """Two changes of axes in a row, of which the first drops the batch and the second brings it back, as one Reshape.

    ``x.squeeze()[None]``: row-major order stays, and nothing reads what is between.
    """
    node = site.node
    first = site.view.made_by(node.inputs[0], *RESHAPES) if node.inputs else None
    second = site.view.only_user(node.outputs[0], *RESHAPES)
    for a, b in ((first, node), (node, second)):
        if a is None or b is None or not site.alone(a, b):
            continue
        before, between, after = (site.shape(t) for t in (a.inputs[0], a.outputs[0], b.outputs[0]))
        if before[:1] == after[:1] == (1,) and between[:1] != (1,):
            draft = site.draft(a, b)
            yield draft.gives(draft.reshape(a.inputs[0], after))
            return
