"""Writing into a tensor at constant places."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from math import prod
from typing import TYPE_CHECKING

from ..declare import rewrite
from ..draft import Draft
from ..site import Site
from .gather_constant import flat_indices

if TYPE_CHECKING:
    import numpy as np

MOST_RUNS = 16
"""Pieces of a Concat at most; more are one Gather."""


@rewrite("RW355", "ScatterNdByConcat", answers=("SF101",), ops=("ScatterND",), proof="permutation")
def scatter_nd(site: Site) -> Iterator[Draft]:
    """A ScatterND with constant indices as a Concat of what stays and what is written.

    The first axes as one, every row of the result is a row of the data or of the updates, known in advance: the runs of them in
    a Concat of Slices, or, where these are many, a Gather of rows of data and updates behind each other.
    """
    data, indices, updates = site.node.inputs
    array = site.array(indices) if site.is_constant(indices) else None
    if array is None or site.attr("reduction", "none") != "none" or not site.x:
        return
    places, depth = flat_indices(site.x, array.tolist(), array.shape)
    if len({*places}) != len(places):
        return  # which of two writes stays is not defined
    yield from _assembled(site, places, site.x[:depth], site.x[depth:], data, updates)


@rewrite(
    "RW356", "ScatterElementsByConcat", answers=("SF101",), ops=("ScatterElements",), proof="permutation"
)
def scatter_elements(site: Site) -> Iterator[Draft]:
    """A ScatterElements with constant indices as a Concat of what stays and what is written, element by element."""
    data, indices, updates = site.node.inputs
    array = site.array(indices) if site.is_constant(indices) else None
    if array is None or site.attr("reduction", "none") != "none" or not site.x or array.ndim != len(site.x):
        return
    import numpy as np

    axis = int(site.attr("axis", 0)) % len(site.x)
    grid = [*np.indices(array.shape)]
    grid[axis] = array % site.x[axis]
    places = np.ravel_multi_index(grid, site.x).reshape(-1).tolist()
    if len({*places}) != len(places):
        return
    yield from _assembled(site, places, site.x, (), data, updates)


def _assembled(
    site: Site, places: Sequence[int], front: Sequence[int], rest: Sequence[int], data: str, updates: str
) -> Iterator[Draft]:
    rows, width = prod(front), prod(rest)
    written = {p: i for i, p in enumerate(places)}
    runs: list[list[int]] = []  # (0: data, 1: updates), start, end
    for row in range(rows):
        of, at = (1, written[row]) if row in written else (0, row)
        if runs and runs[-1][0] == of and runs[-1][2] == at:
            runs[-1][2] += 1
        else:
            runs.append([of, at, at + 1])
    counts = (rows, len(places))

    def flat(draft: Draft) -> list[str]:
        return [_rows(site, draft, t, (1, n, width)) for t, n in zip((data, updates), counts, strict=True)]

    if len(runs) <= MOST_RUNS:
        draft = site.draft(form="slices")
        sources = flat(draft)
        parts = []
        for of, a, b in runs:
            if b - a == counts[of]:
                parts.append(sources[of])
            elif site.is_constant((data, updates)[of]):
                piece = partial(_piece, (counts[of], width), a, b)
                parts.append(draft.derived((1, b - a, width), piece, (data, updates)[of]))
            else:
                parts.append(draft.slice(sources[of], {1: (a, b)}))
        yield draft.gives(draft.reshape(draft.concat(parts, 1), site.y))
    else:
        draft = site.draft(form="gather")
        behind = draft.concat(flat(draft), 1)
        chosen = [rows + written[r] if r in written else r for r in range(rows)]
        yield draft.gives(draft.reshape(draft.gather(behind, chosen, 1), site.y))


def _piece(shape: tuple[int, int], start: int, end: int, array: np.ndarray) -> np.ndarray:
    return array.reshape(1, *shape)[:, start:end]


def _rows(site: Site, draft: Draft, tensor: str, shape: tuple[int, int, int]) -> str:
    if site.is_constant(tensor):
        return draft.derived(shape, lambda a: a.reshape(shape), tensor)
    return draft.reshape(tensor, shape)
