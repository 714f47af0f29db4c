"""Products with constants that are no matrix on the right."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from math import prod
from typing import TYPE_CHECKING

from ..declare import rewrite
from ..draft import Draft
from ..site import Site

if TYPE_CHECKING:
    import numpy as np

MOST_MATRICES = 64
"""Beyond these a product for each costs more than it helps."""


@rewrite("RW123", "ConstantOnTheRight", answers=("SF119",), ops=("MatMul",), proof="polynomial")
def turned(site: Site) -> Iterator[Draft]:
    """A product with the constant on the left: W x = (x^T W^T)^T.

    The last two axes of x change places before the product and those of the result behind it; the constant is stored
    transposed. A constant vector is a matrix of one row.
    """
    weights, x = site.node.inputs
    w, rank = site.shape(weights), len(site.shape(x))
    if not site.is_constant(weights) or site.is_constant(x) or rank < 2 or not 0 < len(w) <= rank:
        return
    draft = site.draft()
    if len(w) == 1:
        column = draft.derived((*w, 1), _column, weights)
        rows = _transposed(draft, x, [*range(rank - 2), rank - 1, rank - 2])
        yield draft.gives(draft.reshape(draft.op("MatMul", rows, column), site.y))
        return
    turn = [*range(rank - 2), rank - 1, rank - 2]
    matrix = draft.derived((*w[:-2], w[-1], w[-2]), _swapped, weights)
    y = draft.op("MatMul", _transposed(draft, x, turn), matrix)
    yield draft.gives(_transposed(draft, y, turn))


def _transposed(draft: Draft, x: str, perm: list[int]) -> str:
    """Transpose; of two axes behind a leading 1, so that the batch stays in front."""
    shape = draft.shape(x)
    if perm[0] == 0:
        return draft.transpose(x, perm)
    y = draft.transpose(draft.reshape(x, (1, *shape)), [0, *(p + 1 for p in perm)])
    return draft.reshape(y, [shape[p] for p in perm])


def _swapped(w: np.ndarray) -> np.ndarray:
    return w.swapaxes(-1, -2)


@rewrite("RW124", "WeightsByHead", answers=("SF119",), ops=("MatMul",), proof="polynomial")
def by_head(site: Site) -> Iterator[Draft]:
    """A product with a constant of more than two axes, as products with matrices.

    W of (h, K, N) on x of (.., h, M, K) is a product for each head, on Slices of x, and a Concat; of a W that is the same along
    other axes, a product for each place. Where x has no such axis, the heads are columns: one product with (K, h N), whose result
    takes the axis h out again.
    """
    x, weights = site.node.inputs
    w = site.shape(weights)
    if site.is_constant(x) or not site.is_constant(weights) or len(w) < 3 or len(site.x) < 2:
        return
    count, into, out = prod(w[:-2]), w[-2], w[-1]
    places = site.x[:-2]
    if prod(w[:-2]) == 1:
        draft = site.draft(form="matrix")
        y = draft.op("MatMul", x, draft.derived((into, out), partial(_matrix, 0), weights))
        yield draft.gives(draft.reshape(y, site.y))
    elif prod(places) == 1:
        draft, rows = site.draft(form="columns"), site.x[-2]
        side_by_side = draft.derived((into, count * out), _columns, weights)
        y = draft.op("MatMul", draft.reshape(x, (1, 1, rows, into)), side_by_side)
        y = draft.transpose(draft.reshape(y, (1, rows, count, out)), (0, 2, 1, 3))
        yield draft.gives(draft.reshape(y, site.y))
    elif prod(places) <= MOST_MATRICES and site.y[:-2] == places:
        draft, parts, rows = site.draft(form="heads"), [], site.x[-2]
        flat = draft.reshape(x, (1, prod(places), rows, into))
        for i, matrix in enumerate(_at_places(w[:-2], places)):
            part = draft.slice(flat, {1: (i, i + 1)})
            parts.append(
                draft.op("MatMul", part, draft.derived((into, out), partial(_matrix, matrix), weights))
            )
        yield draft.gives(draft.reshape(draft.concat(parts, 1), site.y))


def _at_places(of: tuple[int, ...], places: tuple[int, ...]) -> list[int]:
    """Which matrix of a stack multiplies at each place."""
    import numpy as np

    found: list[int] = np.broadcast_to(np.arange(prod(of)).reshape(of), places).reshape(-1).tolist()
    return found


def _column(w: np.ndarray) -> np.ndarray:
    return w[:, None]


def _matrix(index: int, w: np.ndarray) -> np.ndarray:
    return w.reshape(-1, *w.shape[-2:])[index]


def _columns(w: np.ndarray) -> np.ndarray:
    flat = w.reshape(-1, *w.shape[-2:])
    return flat.transpose(1, 0, 2).reshape(flat.shape[1], -1)


@rewrite("RW125", "CumSumAsProduct", answers=("SF101",), ops=("CumSum",), proof="polynomial")
def cumulative(site: Site) -> Iterator[Draft]:
    """CumSum as a product with a triangle of ones.

    y_j = sum_(i <= j) x_i along its axis: x U with U[i, j] = 1 for i <= j (i < j: exclusive; i >= j: reverse), the axis
    brought to the end and back.
    """
    axes = site.whole_numbers(site.node.inputs[1])
    if not axes or not site.x or len(site.x) < 2:
        return
    rank, size = len(site.x), site.x[axes[0]]
    axis = axes[0] % rank
    if axis == 0:
        return
    perm = [a for a in range(rank) if a != axis] + [axis]
    back = [perm.index(a) for a in range(rank)]
    triangle = partial(_triangle, size, bool(site.attr("exclusive")), bool(site.attr("reverse")))
    draft = site.draft()
    x = site.node.inputs[0] if axis == rank - 1 else draft.transpose(site.node.inputs[0], perm)
    shape = draft.shape(x)
    y = draft.op(
        "MatMul", draft.reshape(x, (1, 1, prod(shape[:-1]), size)), draft.computed((size, size), triangle)
    )
    y = draft.reshape(y, shape)
    yield draft.gives(y if axis == rank - 1 else draft.transpose(y, back))


def _triangle(size: int, exclusive: bool, reverse: bool) -> np.ndarray:
    import numpy as np

    made = np.triu(np.ones((size, size)), 1 if exclusive else 0)
    return made.T if reverse else made
