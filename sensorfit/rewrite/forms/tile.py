"""Tile."""

from __future__ import annotations

from collections.abc import Iterator
from math import prod

from ..declare import rewrite
from ..draft import Draft
from ..site import Site

MOST_COPIES = 64
"""Beyond these a Concat of copies costs more than it helps."""
MOST_AXES = 6
"""Of a tensor that the converter takes."""


@rewrite("RW331", "TileAsConcat", answers=("SF101",), ops=("Tile",), proof="permutation")
def tile(site: Site) -> Iterator[Draft]:
    """Tile(x, repeats) = Concat of so many x along each axis in turn.

    Or an Expand of a new axis of 1 in front of that axis, and a Reshape; of an axis of 1 itself. The batch must be repeated once.
    """
    repeats = site.whole_numbers(site.node.inputs[1])
    if not repeats or repeats[0] != 1 or min(repeats) < 1 or prod(repeats) == 1 or not site.x:
        return
    if prod(repeats) <= MOST_COPIES:
        draft, found = site.draft(form="copies"), site.node.inputs[0]
        for axis, count in enumerate(repeats):
            if count > 1:
                found = draft.concat([found] * count, axis)
        yield draft.gives(found)
    if len(site.x) < MOST_AXES:
        draft, found = site.draft(form="expand"), site.node.inputs[0]
        for axis, count in enumerate(repeats):
            if count > 1:
                found = _expanded(draft, found, axis, count)
        yield draft.gives(found)


def _expanded(draft: Draft, x: str, axis: int, count: int) -> str:
    """``x`` so many times along an axis."""
    shape = [*draft.shape(x)]
    if shape[axis] == 1:
        return str(draft.op("Expand", x, draft.ints([*shape[:axis], count, *shape[axis + 1 :]])))
    split = draft.reshape(x, [*shape[:axis], 1, *shape[axis:]])
    wide = draft.op("Expand", split, draft.ints([*shape[:axis], count, *shape[axis:]]))
    return draft.reshape(wide, [*shape[:axis], count * shape[axis], *shape[axis + 1 :]])
