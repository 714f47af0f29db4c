"""Masks of what some boxes of an image hold: crop, network, and the mask back in the image, to look at.

The crop is ``sensor``'s: what a ROI on the camera delivers. An image is turned upright by its EXIF orientation
first, so boxes are in the pixels that a viewer shows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from ..errors import InputError
from ..runtime.extra import need
from .geometry import Box, Roi, crop, paste, roi_of
from .predict import Predictor

COLOURS: Final = (
    (255, 64, 64),
    (64, 160, 255),
    (80, 220, 100),
    (255, 200, 40),
    (200, 90, 255),
    (60, 220, 220),
)
SUFFIXES: Final = (".jpg", ".jpeg", ".png", ".bmp", ".webp", ".tif", ".tiff")
FORMATS: Final = ("JPEG", "PNG", "BMP", "WEBP", "TIFF")
"""What is decoded, whatever a file is called."""
MOST: Final = 255
"""Boxes of one image: a mask's file has a byte a pixel."""


@dataclass(frozen=True)
class Segmented:
    """One box's mask: (H, W) bool of the image."""

    box: Box
    roi: Roi
    mask: np.ndarray
    confidence: float
    """Mean probability inside the mask; 0 for an empty one."""

    def to_dict(self) -> dict[str, Any]:
        """Plain values: box, ROI, pixels, the mask's own box."""
        rows, columns = np.flatnonzero(self.mask.any(1)), np.flatnonzero(self.mask.any(0))
        own = (
            [int(columns[0]), int(rows[0]), int(columns[-1] - columns[0] + 1), int(rows[-1] - rows[0] + 1)]
            if len(rows)
            else None
        )
        return {
            "box": list(self.box),
            "roi": list(self.roi),
            "pixels": int(self.mask.sum()),
            "mask_box": own,
            "confidence": round(self.confidence, 4),
        }


def read_image(path: Path) -> np.ndarray:
    """(H, W, 3) uint8 RGB, upright; InputError for what is no image."""
    pil: Any = need("PIL.Image", "pillow")
    ops: Any = need("PIL.ImageOps", "pillow")
    if not path.is_file():
        raise InputError(f"{path}: there is no such image")
    try:
        with pil.open(path, formats=FORMATS) as image:
            return np.asarray(ops.exif_transpose(image).convert("RGB"))
    except Exception as error:
        raise InputError(
            f"{path}: is not an image that can be read ({error}); {', '.join(FORMATS)} are"
        ) from None


def segment(
    image: np.ndarray, boxes: Sequence[Box], predict: Predictor, exact: bool = False
) -> list[Segmented]:
    """The mask of each box; ``exact`` takes a box as the ROI itself. InputError for a box outside the image."""
    height, width = image.shape[:2]
    if not 0 < len(boxes) <= MOST:
        raise InputError(f"{len(boxes)} boxes: give 1 to {MOST} an image")
    rois = [_roi(box, width, height, exact) for box in boxes]
    logits = predict(np.stack([crop(image, roi, predict.size) for roi in rois]))
    found = []
    for box, roi, x in zip(boxes, rois, logits, strict=True):
        inside = x > 0
        sure = float((1 / (1 + np.exp(-np.clip(x[inside], -30, 30)))).mean()) if inside.any() else 0.0
        found.append(Segmented(box, roi, paste(x, roi, width, height), sure))
    return found


def overlay(image: np.ndarray, found: Sequence[Segmented]) -> np.ndarray:
    """``image`` with each mask tinted and outlined, and its ROI drawn."""
    shown = image.astype(np.float32)
    line = max(1, round(max(image.shape[:2]) / 400))
    for number, one in enumerate(found):
        colour = np.array(COLOURS[number % len(COLOURS)], np.float32)
        shown[one.mask] = 0.5 * shown[one.mask] + 0.5 * colour
        shown[_edge(one.mask, line)] = colour
        left, top, right, bottom = one.roi
        for rows, columns in (
            (slice(top, top + line), slice(left, right)), (slice(bottom - line, bottom), slice(left, right)),
            (slice(top, bottom), slice(left, left + line)), (slice(top, bottom), slice(right - line, right)),
        ):  # fmt: skip
            shown[rows, columns] = 255
    return shown.astype(np.uint8)


def label_map(found: Sequence[Segmented], height: int, width: int) -> np.ndarray:
    """(H, W) uint8: 255 in the mask of a single box; of several the number of the box, later ones above."""
    labels = np.zeros((height, width), np.uint8)
    for number, one in enumerate(found, 1):
        labels[one.mask] = 255 if len(found) == 1 else number
    return labels


def png(array: np.ndarray) -> bytes:
    """An image as a PNG file's bytes."""
    import io

    pil: Any = need("PIL.Image", "pillow")
    buffer = io.BytesIO()
    pil.fromarray(array).save(buffer, format="PNG")
    return buffer.getvalue()


def _roi(box: Box, width: int, height: int, exact: bool) -> Roi:
    try:
        if exact:
            x, y, w, h = (round(v) for v in box)
            if x < 0 or y < 0 or w < 1 or h < 1 or x + w > width or y + h > height:
                raise ValueError("it reaches out of the image")
            return x, y, x + w, y + h
        return roi_of(box, width, height, "sensor")
    except (ValueError, OverflowError) as error:
        shown = ",".join(f"{v:g}" for v in box)
        raise InputError(f"--roi {shown}: is no box in the {width}x{height} image ({error})") from None


def _edge(mask: np.ndarray, width: int) -> np.ndarray:
    """The mask's pixels within ``width`` of its outside."""
    inner = mask.copy()
    for _ in range(width):
        padded = np.pad(inner, 1)
        inner = inner & padded[:-2, 1:-1] & padded[2:, 1:-1] & padded[1:-1, :-2] & padded[1:-1, 2:]
    return mask & ~inner
