"""Resize by copies of cells, and by two of them with weights."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from ..declare import rewrite
from ..draft import Draft
from ..site import Site
from ._sampling import Row, needs_matrix

if TYPE_CHECKING:
    import numpy as np

NEAREST: Final[dict[str, Any]] = {
    "mode": "nearest",
    "coordinate_transformation_mode": "asymmetric",
    "nearest_mode": "floor",
}


@rewrite("RW102", "ResizeByCopies", answers=("SF105", "SF114"), ops=("Resize",), proof="permutation")
def copies(site: Site) -> Iterator[Draft]:
    """A Resize each of whose cells is one cell of the image, as Slice, Expand, nearest Resize or Gather.

    So is every nearest one, and every linear one of an axis of one cell. By axis: every s-th cell is a Slice with step s, an axis of 1
    an Expand, each cell s times in a row a nearest Resize by s (asymmetric, floor: cell i is cell i // s), all else a Gather with
    constant indices.
    """
    weights = needs_matrix(site)
    mode = site.attr("mode", "nearest")
    if (
        not weights
        or not _reads_all(weights)
        or mode == "cubic"
        or (mode == "linear" and any(site.x[axis] > 1 for axis in weights))
    ):
        return
    cells = {axis: [row[0][0] for row in rows] for axis, rows in weights.items()}
    draft, x = site.draft(form="copies"), site.node.inputs[0]
    whole = {axis: _factor(at, site.x[axis]) for axis, at in cells.items()}
    for axis, at in cells.items():
        step = at[1] - at[0] if len(at) > 1 else 1
        if site.x[axis] > 1 and step > 0 and at == [at[0] + i * step for i in range(len(at))]:
            x = draft.slice(x, {axis: (at[0], at[-1] + 1, step)})
        elif site.x[axis] > 1 and not whole[axis]:
            x = draft.gather(x, at, axis)
    if any(site.x[axis] == 1 for axis in cells):
        x = draft.op(
            "Expand", x, draft.ints([site.y[a] if site.x[a] == 1 else n for a, n in _axes(draft, x)])
        )
    factors = [whole.get(a, 0) if site.x[a] > 1 else 0 for a in range(4)]
    if any(factors):
        size = draft.ints(
            [site.x[a] * f if f else n for (a, n), f in zip(_axes(draft, x), factors, strict=True)]
        )
        x = draft.op("Resize", x, "", "", size, **NEAREST)
    yield draft.gives(x)


@rewrite(
    "RW103",
    "ResizeByLerp",
    answers=("SF105", "SF114"),
    ops=("Resize",),
    proof="polynomial",
    kind="rounding",
    units=64.0,
)
def lerp(site: Site) -> Iterator[Draft]:
    """A linear Resize as the weighted sum of two Gathers for each axis.

    Cell i of an axis lies between cells l(i) and h(i): y_i = (1 - t_i) x_l(i) + t_i x_h(i), with l, h and t constant. Along the width,
    then along the height. The weights are ratios that float32 rounds, as in the products.
    """
    weights = needs_matrix(site)
    if (
        not weights
        or not _reads_all(weights)
        or max(len(row) for rows in weights.values() for row in rows) != 2
    ):
        return
    draft, x = site.draft(form="lerp"), site.node.inputs[0]
    for axis, rows in sorted(weights.items(), reverse=True):
        shape = [1, 1, 1, 1]
        shape[axis] = len(rows)
        parts = []
        for end in (0, -1):
            at = [row[end][0] for row in rows]
            factor = draft.computed(shape, partial(_factors, rows, end, axis))
            parts.append(draft.op("Mul", draft.gather(x, at, axis), factor))
        x = draft.op("Add", *parts)
    yield draft.gives(x)


def _reads_all(weights: dict[int, list[Row]]) -> bool:
    """Whether every cell is made of cells: those beyond a cropped image are 0."""
    return all(row for rows in weights.values() for row in rows)


def _axes(draft: Draft, x: str) -> list[tuple[int, int]]:
    return [*enumerate(draft.shape(x))]


def _factor(at: list[int], size: int) -> int:
    """How often in a row each cell stands, 0 where they do not alike."""
    factor = len(at) // size
    return factor if factor and at == [i // factor for i in range(size * factor)] else 0


def _factors(rows: list[Row], end: int, axis: int) -> np.ndarray:
    """The weights of the first or the last cell of each row, along the axis; a row of one cell has all in the first."""
    import numpy as np

    listed = [row[end][1] if end == 0 or len(row) > 1 else 0.0 for row in rows]
    return np.asarray(listed).reshape([-1 if a == axis else 1 for a in range(4)])
