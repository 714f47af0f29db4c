"""GridSample at constant places: a remap, an undistortion, a transform that was learnt once."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from ..declare import rewrite
from ..draft import Draft
from ..site import Site

if TYPE_CHECKING:
    import numpy as np


class Corner(NamedTuple):
    """Of every place of the result, a cell of the image and its weight."""

    cells: list[int]
    weights: np.ndarray


@rewrite(
    "RW357",
    "GridSampleByGather",
    answers=("SF101",),
    ops=("GridSample",),
    proof="polynomial",
    kind="rounding",
    units=64.0,
)
def grid_sample(site: Site) -> Iterator[Draft]:
    """A GridSample with a constant grid as Gathers with constant indices and their weighted sum.

    Each place of the result is the weighted sum of the four cells of the image around it (of the nearest one, in that mode).
    Which cells and which weights the grid says: one Gather of (1, C, H W) for each corner. Beyond the image the weight is 0,
    or the nearest cell of the border is taken.
    """
    grid = site.node.input(1)
    values = site.array(grid) if len(site.x) == 4 and site.is_constant(grid) else None
    if values is None or site.x[0] != 1:
        return
    mode, edge = text(site.attr("mode", "bilinear")), text(site.attr("padding_mode", "zeros"))
    if mode not in ("bilinear", "linear", "nearest") or edge not in ("zeros", "border"):
        return
    draft, places = site.draft(), values.reshape(-1, 2)
    rows = draft.reshape(site.node.inputs[0], (1, site.x[1], site.x[2] * site.x[3]))
    parts = []
    for corner in _corners(places, site.x[2:], mode, edge, bool(site.attr("align_corners", 0))):
        if not corner.weights.any():
            continue
        part = draft.gather(rows, corner.cells, 2)
        if (corner.weights != 1).any():
            part = draft.op("Mul", part, draft.floats(corner.weights, (1, 1, len(corner.cells))))
        parts.append(part)
    if parts:
        yield draft.gives(draft.reshape(draft.add_all(parts), site.y))


def text(value: object) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)


def _corners(
    places: np.ndarray, size: tuple[int, ...], mode: str, edge: str, align_corners: bool
) -> list[Corner]:
    """The cells around each place (x, y) from -1 to 1; in float32, as a runtime finds them."""
    import numpy as np

    one, two = np.float32(1), np.float32(2)
    at = []
    for axis, length in ((1, size[0]), (0, size[1])):
        p = places[:, axis].astype(np.float32)
        n = np.float32(length)
        found = (p + one) / two * (n - one) if align_corners else ((p + one) * n - one) / two
        at.append(np.clip(found, 0, n - one) if edge == "border" else found)
    low = [np.rint(a) if mode == "nearest" else np.floor(a) for a in at]
    corners = []
    for down in (0,) if mode == "nearest" else (0, 1):
        for right in (0,) if mode == "nearest" else (0, 1):
            cells, weight = np.zeros(len(places), np.int64), np.ones(len(places), np.float32)
            for a, cell, step, length in zip(at, low, (down, right), size, strict=True):
                place = cell + step
                if mode != "nearest":
                    weight = weight * (a - cell if step else one - (a - cell))
                weight = np.where((place >= 0) & (place < length), weight, 0)
                cells = cells * length + np.clip(place, 0, length - 1).astype(np.int64)
            corners.append(Corner(cells.tolist(), weight.astype(np.float32)))
    return corners
