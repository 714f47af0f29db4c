"""Selections with constant indices: a matrix of them, backwards, of several axes."""

from __future__ import annotations

from collections.abc import Iterator
from math import prod
from typing import Any

from ..declare import rewrite
from ..draft import Draft
from ..site import Site


@rewrite("RW351", "GatherFlat", answers=("SF117",), ops=("Gather",), proof="permutation")
def flat(site: Site) -> Iterator[Draft]:
    """A Gather with constant indices of any rank, with a vector of them and a Reshape.

    The cells that an index of rank r selects stand in row-major order of the index: the same as a vector of all. An index below
    0 counts from the end: i + n. Along the first axis, of one image laid flat (torch's as_strided comes to it), the rows of
    (1, N, M) are selected.
    """
    x, indices = site.node.inputs
    rank = len(site.x)
    axis = int(site.attr("axis", 0)) % max(rank, 1)
    found = site.whole_numbers(indices) if site.is_constant(indices) else None
    if not found or site.is_constant(x) or (len(site.shape(indices)) < 2 and min(found) >= 0):
        return
    draft = site.draft()
    if axis == 0:
        if site.x[:1] not in ((), (1,)):
            rows = draft.reshape(x, (1, site.x[0], prod(site.x[1:])))
            chosen = selected(draft, rows, [i % site.x[0] for i in found])
            yield draft.gives(draft.reshape(chosen, site.y))
        return
    y = draft.gather(x, (i % site.x[axis] for i in found), axis)
    yield draft.gives(y if draft.shape(y) == site.y else draft.reshape(y, site.y))


@rewrite("RW352", "GatherNdFlat", answers=("SF101",), ops=("GatherND",), proof="permutation")
def gather_nd(site: Site) -> Iterator[Draft]:
    """A GatherND with constant indices as a Gather with a vector of them.

    An index (i_1, .., i_k) into axes of sizes n_1, .., n_k is one into these axes as one, row-major. With batch_dims each
    place of the batch has its own, added to its first cell.
    """
    x, indices = site.node.inputs
    array = site.array(indices) if site.is_constant(indices) else None
    if array is None or not site.x:
        return
    draft = site.draft()
    found, depth = flat_indices(site.x, array.tolist(), array.shape, int(site.attr("batch_dims", 0)))
    rows = draft.reshape(x, (1, prod(site.x[:depth]), prod(site.x[depth:])))
    yield draft.gives(draft.reshape(selected(draft, rows, found), site.y))


def flat_indices(
    shape: tuple[int, ...], indices: list[Any], dims: tuple[int, ...], batch: int = 0
) -> tuple[list[int], int]:
    """(for each tuple of indices its place in the first axes as one, how many these are)."""
    depth = batch + dims[-1]
    found: list[int] = []

    def walk(part: list[Any], at: tuple[int, ...]) -> None:
        if len(at) < len(dims) - 1:
            for i, inner in enumerate(part):
                walk(inner, (*at, i))
            return
        place = 0
        for size, index in zip(shape[:depth], [*at[:batch], *part], strict=True):
            place = place * size + int(index) % size
        found.append(place)

    walk(indices, ())
    return found, depth


def selected(draft: Draft, rows: str, places: list[int]) -> str:
    """Of (1, N, M) the rows of ``places``, by a Slice where they follow each other."""
    start, count = places[0], len(places)
    if places == [*range(start, start + count)]:
        return rows if count == draft.shape(rows)[1] else draft.slice(rows, {1: (start, start + count)})
    return draft.gather(rows, places, 1)


@rewrite(
    "RW358", "GatherElementsAlong", answers=("SF101", "SF132"), ops=("GatherElements",), proof="permutation"
)
def gather_elements(site: Site) -> Iterator[Draft]:
    """A GatherElements whose constant indices are the same at each place of the other axes, as a Gather along the axis.

    y[.., j, ..] = x[.., i[j], ..]. Other constant indices would be a Gather of single cells, which the converter accepts: 2,048
    of them were not packaged in seven minutes, so they are left alone.
    """
    x, indices = site.node.inputs
    array = site.array(indices) if site.is_constant(indices) else None
    if array is None or site.is_constant(x) or not site.x or array.ndim != len(site.x) or not array.size:
        return
    axis = int(site.attr("axis", 0)) % array.ndim
    array = array % site.x[axis]
    others = [d for d in range(array.ndim) if d != axis]
    line = array[tuple(slice(None) if d == axis else slice(0, 1) for d in range(array.ndim))]
    if axis and (array == line).all() and all(array.shape[d] == site.x[d] for d in others):
        draft = site.draft()
        yield draft.gives(draft.gather(x, line.reshape(-1).tolist(), axis))


@rewrite("RW353", "SliceBackwards", answers=("SF104", "SF117"), ops=("Slice",), proof="permutation")
def backwards(site: Site) -> Iterator[Draft]:
    """A Slice with negative steps as a Gather with constant indices for each such axis; the others stay a Slice.

    Also one that names no axes and fewer starts than there are axes: with the axes written out.
    """
    given = [site.whole_numbers(t) if t else None for t in (*site.node.inputs[1:], "", "")][:4]
    starts, ends, axes, steps = given
    if starts is None or ends is None or not site.x:
        return
    axes = axes or [*range(len(starts))]
    steps = steps or [1] * len(starts)
    draft, x, forward = site.draft(), site.node.inputs[0], {}
    for axis, start, end, step in zip(axes, starts, ends, steps, strict=True):
        axis %= len(site.x)
        walked = range(
            *slice(start, end if end >= -site.x[axis] or step > 0 else None, step).indices(site.x[axis])
        )
        if step > 0:
            if len(walked) != site.x[axis]:
                forward[axis] = (walked.start, walked.stop, step)
        else:
            x = draft.gather(x, walked, axis)
    yield draft.gives(draft.slice(x, forward) if forward else x)
