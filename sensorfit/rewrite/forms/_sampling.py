"""Where a Resize samples, as ONNX's specification has it: rows of weights over the cells of an axis."""

from __future__ import annotations

from math import floor
from struct import pack, unpack
from typing import TYPE_CHECKING

from ..site import Site

if TYPE_CHECKING:
    import numpy as np

Row = list[tuple[int, float]]
"""(cell, weight) pairs of one output cell."""


def needs_matrix(site: Site) -> dict[int, list[Row]] | None:
    """By spatial axis that changes, the rows; None where the sampling is none of those below."""
    if len(site.x) != 4 or len(site.y) != 4 or site.x[:2] != site.y[:2]:
        return None
    mode = site.attr("mode", "nearest")
    coordinates = site.attr("coordinate_transformation_mode", "half_pixel")
    if coordinates == "half_pixel_symmetric" and (mode, site.attr("nearest_mode")) == ("nearest", "floor"):
        return None  # onnxruntime rounds on the way to a border of two cells, and not as float32 does
    antialias = bool(site.attr("antialias")) and mode != "nearest"
    if antialias and coordinates not in ("half_pixel", "pytorch_half_pixel"):
        return None
    if mode not in ("linear", "cubic", "nearest"):
        return None
    if site.attr("keep_aspect_ratio_policy", "stretch") != "stretch" or (
        site.attr("exclude_outside") and mode != "cubic"
    ):
        return None
    regions = _regions(site) if coordinates == "tf_crop_and_resize" else {}
    if regions is None:
        return None
    scales = _scales(site)
    found = {}
    for axis in (2, 3):
        into, out, scale = site.x[axis], site.y[axis], scales[axis]
        if regions:
            places = [_in_region(i, into, out, *regions[axis]) for i in range(out)]
            rows = [_row(site, mode, at, into) if 0 <= at <= into - 1 else [] for at in places]
        elif antialias and scale < 1:
            rows = [_smoothed(site, mode, i, into, scale) for i in range(out)]
        else:
            rows = [_row(site, mode, _source(coordinates, i, into, out, scale), into) for i in range(out)]
        if rows != [[(i, 1.0)] for i in range(into)]:
            found[axis] = rows
    return found


def _regions(site: Site) -> dict[int, tuple[float, float]] | None:
    """By spatial axis where the region starts and ends, in parts of the image; None where that is no constant, or other axes are cut.

    Beyond the image stands extrapolation_value: rows of weights can say 0.
    """
    axes = [a % 4 for a in site.attr("axes", range(4))]
    given = site.numbers(site.node.input(1)) if site.node.input(1) else None
    if not given or len(given) != 2 * len(axes) or float(site.attr("extrapolation_value", 0.0)):
        return None
    found = {a: (float(given[i]), float(given[i + len(axes)])) for i, a in enumerate(axes)}
    if any(found.get(a, (0.0, 1.0)) != (0.0, 1.0) for a in (0, 1)):
        return None
    return {a: found.get(a, (0.0, 1.0)) for a in (2, 3)}


def _in_region(index: int, into: int, out: int, start: float, end: float) -> float:
    """The place of an output cell in the image, as TensorFlow's crop_and_resize has it."""
    if out <= 1:
        return _single(_single(0.5 * _single(start + end)) * (into - 1))
    along = _single(_single(index * _single(end - start)) * (into - 1))
    return _single(_single(start * (into - 1)) + _single(along / (out - 1)))


def _smoothed(site: Site, mode: str, index: int, size: int, scale: float) -> Row:
    """Where the image becomes smaller the kernel is as much wider; cells beyond an edge are the edge's, or left out."""
    centre, reach = (index + 0.5) / scale, (1 if mode == "linear" else 2) / scale
    a = float(site.attr("cubic_coeff_a", -0.75))
    weights: Row = []
    for cell in range(floor(centre - reach + 0.5), floor(centre + reach + 0.5)):
        distance = abs((cell - centre + 0.5) * scale)
        weights.append((cell, max(0.0, 1 - distance) if mode == "linear" else _cubic(distance, a)))
    if site.attr("exclude_outside"):
        weights = [(i, w) for i, w in weights if 0 <= i < size]
    total = sum(w for _, w in weights)
    return _summed([(i, w / total) for i, w in weights], size)


def _scales(site: Site) -> list[float]:
    given = site.numbers(site.node.input(2)) if site.node.input(2) else None
    axes = [a % 4 for a in site.attr("axes", range(4))]
    found = [y / x for x, y in zip(site.x, site.y, strict=True)]
    if given:
        for axis, scale in zip(axes, given, strict=True):
            found[axis] = float(scale)
    return found


def _source(coordinates: str, index: int, into: int, out: int, scale: float) -> float:
    """The place in the input that output cell ``index`` is taken at, each operation rounded to float32 as a runtime computes it.

    Where a place falls on the border of two cells, that decides between them.
    """
    scale = _single(scale)
    if coordinates == "align_corners":
        return _single(_single(index * (into - 1)) / (out - 1)) if out > 1 else 0.0
    if coordinates == "asymmetric":
        return _single(index / scale)
    if coordinates == "tf_half_pixel_for_nn":
        return _single((index + 0.5) / scale)
    if coordinates == "pytorch_half_pixel" and out <= 1:
        return 0.0
    half = _single(_single((index + 0.5) / scale) - 0.5)
    if coordinates == "half_pixel_symmetric":
        adjusted = _single(out / _single(scale * into))
        return _single(_single(into / 2 * _single(1 - adjusted)) + half)
    return half


def _single(value: float) -> float:
    """The nearest float32."""
    found: float = unpack("f", pack("f", value))[0]
    return found


def _row(site: Site, mode: str, at: float, size: int) -> Row:
    if size == 1:
        return [(0, 1.0)]  # the weights of every mode sum up to 1
    if mode == "nearest":
        return [(min(max(_nearest(site.attr("nearest_mode", "round_prefer_floor"), at), 0), size - 1), 1.0)]
    if mode == "linear":
        at = min(max(at, 0.0), size - 1.0)
        low = floor(at)
        return _summed([(low, 1 - (at - low)), (low + 1, at - low)], size)
    low = floor(at)
    weights = [
        (low + k, _cubic(abs(at - (low + k)), float(site.attr("cubic_coeff_a", -0.75)))) for k in range(-1, 3)
    ]
    if site.attr("exclude_outside"):
        weights = [(i, w) for i, w in weights if 0 <= i < size]
        total = sum(w for _, w in weights)
        weights = [(i, w / total) for i, w in weights]
    return _summed(weights, size)


def _nearest(mode: str, at: float) -> int:
    whole = floor(at)
    if mode == "floor":
        return whole
    if mode == "ceil":
        return -floor(-at)
    if at - whole == 0.5:
        return whole if mode == "round_prefer_floor" else whole + 1
    return floor(at + 0.5)


def _cubic(distance: float, a: float) -> float:
    """Keys' kernel."""
    if distance <= 1:
        return ((a + 2) * distance - (a + 3)) * distance * distance + 1
    if distance < 2:
        return ((a * distance - 5 * a) * distance + 8 * a) * distance - 4 * a
    return 0.0


def _summed(weights: Row, size: int) -> Row:
    """Cells beyond an edge are the edge's; weights of 0 left out."""
    found: dict[int, float] = {}
    for index, weight in weights:
        index = min(max(index, 0), size - 1)
        found[index] = found.get(index, 0.0) + weight
    return [(i, w) for i, w in found.items() if w != 0.0]


def matrix(rows: list[Row], into: int) -> np.ndarray:
    """(into, out): a product with it from the right interpolates the last axis."""
    import numpy as np

    made = np.zeros((into, len(rows)))
    for out, row in enumerate(rows):
        for index, weight in row:
            made[index, out] += weight
    return made
