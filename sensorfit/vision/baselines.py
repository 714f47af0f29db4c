"""Masks that need no training, from the box alone: what a network must be better than.

A baseline takes crops (N, S, S, 3) uint8 and the boxes inside them (N, 4: x, y, w, h in crop pixels); it returns
(N, S, S) float32, above zero inside.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import numpy as np

from ..runtime.extra import need

ROUNDS: Final = 5
"""GrabCut's iterations."""
Baseline = Callable[[np.ndarray, np.ndarray], np.ndarray]


def filled_box(crops: np.ndarray, boxes: np.ndarray) -> np.ndarray:
    """Every pixel whose middle lies in the box."""
    x, y = _middles(crops)
    left, top, w, h = (boxes[:, i, None, None] for i in range(4))
    return _signed((x >= left) & (x < left + w) & (y >= top) & (y < top + h))


def ellipse(crops: np.ndarray, boxes: np.ndarray) -> np.ndarray:
    """The ellipse that touches the box's sides."""
    x, y = _middles(crops)
    left, top, w, h = (boxes[:, i, None, None] for i in range(4))
    return _signed(((x - left - w / 2) / (w / 2)) ** 2 + ((y - top - h / 2) / (h / 2)) ** 2 <= 1)


def grabcut(crops: np.ndarray, boxes: np.ndarray) -> np.ndarray:
    """OpenCV's GrabCut, begun from the box; the box itself where it finds nothing."""
    cv2: Any = need("cv2", "opencv-python-headless")
    size = crops.shape[1]
    whole = filled_box(crops, boxes)
    result = np.empty_like(whole)
    for n, (crop, box) in enumerate(zip(crops, boxes, strict=True)):
        x0, y0 = (int(np.clip(round(v), 0, size - 1)) for v in box[:2])
        x1, y1 = (int(np.clip(round(v), 1, size)) for v in (box[0] + box[2], box[1] + box[3]))
        mask = np.zeros((size, size), np.uint8)
        try:
            cv2.setRNGSeed(0)
            cv2.grabCut(
                np.ascontiguousarray(crop[..., ::-1]), mask, (x0, y0, x1 - x0, y1 - y0),
                np.zeros((1, 65)), np.zeros((1, 65)), ROUNDS, cv2.GC_INIT_WITH_RECT,
            )  # fmt: skip
        except cv2.error:  # a box without pixels around it has no background to learn from
            mask[:] = 0
        found = (mask == cv2.GC_FGD) | (mask == cv2.GC_PR_FGD)
        result[n] = _signed(found) if found.any() else whole[n]
    return result


BASELINES: Final[dict[str, Baseline]] = {"box": filled_box, "ellipse": ellipse, "grabcut": grabcut}


def _middles(crops: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    middle = np.arange(crops.shape[1]) + 0.5
    return middle[None, None, :], middle[None, :, None]


def _signed(inside: np.ndarray) -> np.ndarray:
    return np.where(inside, np.float32(1), np.float32(-1))
