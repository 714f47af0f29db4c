"""Tile."""

from __future__ import annotations

from collections.abc import Iterator
from math import prod

from ..declare import rewrite
from ..draft import Draft
from ..site import Site

MOST_COPIES = 64
"""Beyond these a Concat of copies costs more than it helps."""


@rewrite("RW331", "TileAsConcat", answers=("SF101",), ops=("Tile",), proof="permutation")
def tile(site: Site) -> Iterator[Draft]:
    """Tile(x, repeats) = Concat of so many x along each axis in turn.

    The batch must be repeated once.
    """
    repeats = site.whole_numbers(site.node.inputs[1])
    if not repeats or repeats[0] != 1 or prod(repeats) > MOST_COPIES or prod(repeats) == 1:
        return
    draft, found = site.draft(), site.node.inputs[0]
    for axis, count in enumerate(repeats):
        if count > 1:
            found = draft.concat([found] * count, axis)
    yield draft.gives(found)
