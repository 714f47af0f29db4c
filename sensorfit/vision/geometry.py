"""A box in an image, the square the network sees, the sensor's ROI, and the mask's way back.

    box (x, y, w, h)  ->  ROI (left, top, right, bottom)  ->  SIZE x SIZE crop  ->  mask in the image
                          ROI  <->  the same in pixels of the sensor

Two protocols cut the ROI. Both enlarge the box by PAD of its own width and
height on every side and take the longer as the side of a square about its centre:

    picosam   clamped to the image as the authors' code does, corners truncated: at a border
              the ROI is no square, and resizing it distorts
    sensor    shifted inside the image and always square, as a ROI on the sensor can be
              (``sensorfit.models.roi``)

They differ by a rounding of at most one pixel a side unless the square reaches over a border. A third,
``whole``, is no prompt: the ROI is the image, whatever the box (the ablation "without ROI").
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, Final, NamedTuple

import numpy as np

from ..errors import InputError
from ..models.roi import PAD, square_roi
from ..target import Target, read_facts

Box = tuple[float, float, float, float]
"""x, y, width, height in pixels, as COCO has it."""
Roi = tuple[int, int, int, int]
"""left, top, right, bottom in pixels; right and bottom are outside."""

SIZE: Final = 96
"""Side of the network's input."""


class Sensor(NamedTuple):
    """The full readout's width and height and the smallest side of a ROI, in pixels."""

    width: int
    height: int
    least: int


def sensor_of(target: Target) -> Sensor:
    """The sensor of ``target`` (``target.toml``, ``[sensor]``)."""
    facts = read_facts("target", target)["sensor"]
    width, height = facts["pixels"]
    return Sensor(width, height, facts["least_roi"])


def picosam_roi(box: Box, width: int, height: int, pad: float = PAD) -> Roi:
    """The authors' crop: clamped, so perhaps not square. ValueError where nothing of it is left."""
    x, y, w, h = box
    if not all(map(math.isfinite, box)) or not (w > 0 and h > 0):
        raise ValueError(f"box {box} has no area")
    half = max(w, h) * (1 + 2 * pad) / 2
    cx, cy = x + w / 2, y + h / 2
    left, top = int(max(cx - half, 0)), int(max(cy - half, 0))
    right, bottom = int(min(cx + half, width)), int(min(cy + half, height))
    if right <= left or bottom <= top:
        raise ValueError(f"box {box} has no area inside the {width}x{height} image")
    return left, top, right, bottom


def sensor_roi(box: Box, width: int, height: int, pad: float = PAD) -> Roi:
    """Our crop: a square of whole pixels, shifted inside the image. ValueError as ``square_roi``."""
    if not all(map(math.isfinite, box)):
        raise ValueError(f"box {box} has no area")
    return square_roi(box, width, height, pad)


def whole_image(box: Box, width: int, height: int, pad: float = PAD) -> Roi:
    """No crop. ValueError for a box without area, as the others."""
    if not all(map(math.isfinite, box)) or not (box[2] > 0 and box[3] > 0):
        raise ValueError(f"box {box} has no area")
    return 0, 0, width, height


PROTOCOLS: Final[dict[str, Callable[..., Roi]]] = {
    "picosam": picosam_roi,
    "sensor": sensor_roi,
    "whole": whole_image,
}


def roi_of(box: Box, width: int, height: int, protocol: str = "picosam", pad: float = PAD) -> Roi:
    """The ROI of ``box`` by ``protocol``; InputError for a protocol that does not exist."""
    if protocol not in PROTOCOLS:
        raise InputError(f"there is no crop protocol '{protocol}': choose from {', '.join(PROTOCOLS)}")
    return PROTOCOLS[protocol](box, width, height, pad)


def to_sensor(roi: Roi, width: int, height: int, sensor: Sensor) -> Roi:
    """``roi`` of a ``width`` x ``height`` image in pixels of the sensor whose full readout the image shows.

    A side shorter than the sensor's least grows about its centre; what reaches over a border is shifted inside.
    """
    spans = []
    for low, high, size, whole in (
        (roi[0], roi[2], width, sensor.width),
        (roi[1], roi[3], height, sensor.height),
    ):
        begin, end = low * whole / size, high * whole / size
        side = min(max(round(end - begin), sensor.least), whole)
        start = min(max(round((begin + end - side) / 2), 0), whole - side)
        spans.append((start, start + side))
    (left, right), (top, bottom) = spans
    return left, top, right, bottom


def from_sensor(roi: Roi, width: int, height: int, sensor: Sensor) -> Roi:
    """A ROI in pixels of the sensor in those of a ``width`` x ``height`` image; a pixel at least."""
    spans = []
    for low, high, size, whole in (
        (roi[0], roi[2], width, sensor.width),
        (roi[1], roi[3], height, sensor.height),
    ):
        begin = min(max(round(low * size / whole), 0), size - 1)
        spans.append((begin, min(max(round(high * size / whole), begin + 1), size)))
    (left, right), (top, bottom) = spans
    return left, top, right, bottom


def crop(image: np.ndarray, roi: Roi, size: int = SIZE) -> np.ndarray:
    """``roi`` of ``image`` (H, W, 3) uint8, resized to (size, size, 3): bilinear, antialiased, by Pillow."""
    pil = _pillow()
    part = pil.fromarray(np.ascontiguousarray(image[roi[1] : roi[3], roi[0] : roi[2]]))
    return np.asarray(part.resize((size, size), pil.Resampling.BILINEAR))


def crop_mask(mask: np.ndarray, roi: Roi, size: int = SIZE) -> np.ndarray:
    """``roi`` of ``mask`` (H, W) bool, resized to (size, size) by the nearest pixel, bool."""
    pil = _pillow()
    part = pil.fromarray(np.ascontiguousarray(mask[roi[1] : roi[3], roi[0] : roi[2]]).astype(np.uint8))
    return np.asarray(part.resize((size, size), pil.Resampling.NEAREST)) > 0


def paste(logits: np.ndarray, roi: Roi, width: int, height: int) -> np.ndarray:
    """The network's ``logits`` (h, w) as a mask (height, width) bool: resized bilinearly into ``roi``, above zero."""
    pil = _pillow()
    whole = np.zeros((height, width), bool)
    side = (roi[2] - roi[0], roi[3] - roi[1])
    part = pil.fromarray(np.ascontiguousarray(logits, np.float32)).resize(side, pil.Resampling.BILINEAR)
    whole[roi[1] : roi[3], roi[0] : roi[2]] = np.asarray(part) > 0
    return whole


def _pillow() -> Any:
    from ..runtime.extra import need

    return need("PIL.Image", "pillow")


def box_of(mask: np.ndarray) -> Box:
    """The box around ``mask``, which has at least one pixel."""
    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    return (
        float(columns[0]), float(rows[0]),
        float(columns[-1] - columns[0] + 1), float(rows[-1] - rows[0] + 1),
    )  # fmt: skip
