"""Calibration images with the masks that the float and the INT8 graph find in them: the worst, the best and two between."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from ..quantize.fidelity import Runs, not_finite

SHOWN: Final = 4
LOOKED_AT: Final = 32
"""Images among which they are chosen."""
LARGEST: Final = 160
"""Pixels of a picture's longer side; of a larger one rows and columns are left out."""


@dataclass(frozen=True)
class Sample:
    """One image. Arrays of one height and width, at most ``LARGEST``."""

    index: int
    """Its place among the calibration images."""
    image: np.ndarray
    """(H, W, 3), uint8."""
    floating: np.ndarray
    """(H, W), the class at each place; 0 is the ground, of a mask 1 is inside."""
    int8: np.ndarray
    agreement: float
    """Mask IoU, or the share of places with the same class."""
    binary: bool


def samples(runs: Runs, images: np.ndarray) -> tuple[Sample, ...]:
    """Of ``images`` (N, C, H, W) in [0, 1], and what the graphs gave for them; () where the first output is no map of logits or classes, or not finite."""
    images = images[:LOOKED_AT]
    if not len(images) or images.shape[1] not in (1, 3):
        return ()
    first, second = runs.floating[0][: len(images)], runs.int8[0][: len(images)]
    if not_finite(first, second):
        return ()
    a, b = _classes(first), _classes(second)
    if a is None or b is None or a.shape != b.shape:
        return ()
    binary = first.ndim == 4 and first.shape[1] == 1 and first.dtype.kind not in "iu"
    agreements = [_agreement(x, y, binary) for x, y in zip(a, b, strict=True)]
    order = sorted(range(len(images)), key=agreements.__getitem__)
    chosen = sorted({round(i * (len(order) - 1) / (SHOWN - 1)) for i in range(SHOWN)})
    return tuple(
        Sample(
            i, _picture(images[i]), _small(a[i], images[i]), _small(b[i], images[i]), agreements[i], binary
        )
        for i in (order[place] for place in chosen)
    )


def _classes(output: np.ndarray) -> np.ndarray | None:
    """(N, H, W): 1 where a logit is above 0, the class that a graph writes or the largest of several channels."""
    if output.dtype.kind in "iu":
        flat = output[:, 0] if output.ndim == 4 and output.shape[1] == 1 else output
        return flat if flat.ndim == 3 else None
    if output.ndim != 4:
        return None
    found: np.ndarray = output[:, 0] > 0 if output.shape[1] == 1 else output.argmax(1)
    return found.astype(np.int64)


def _agreement(a: np.ndarray, b: np.ndarray, binary: bool) -> float:
    if not binary:
        return float((a == b).mean())
    union = int(((a > 0) | (b > 0)).sum())
    return int(((a > 0) & (b > 0)).sum()) / union if union else 1.0


def _picture(image: np.ndarray) -> np.ndarray:
    shown = np.broadcast_to(image, (3, *image.shape[1:])).transpose(1, 2, 0)
    rows, columns = (_places(size, image.shape[1:]) for size in shown.shape[:2])
    return (shown[np.ix_(rows, columns)] * 255).round().clip(0, 255).astype(np.uint8)


def _small(classes: np.ndarray, image: np.ndarray) -> np.ndarray:
    """The map at the size of the picture: the nearest places."""
    sizes = [len(_places(size, image.shape[1:])) for size in image.shape[1:]]
    picked = [
        (np.arange(size) + 0.5) * there / size for size, there in zip(sizes, classes.shape, strict=True)
    ]
    return classes[np.ix_(*(p.astype(int) for p in picked))]


def _places(size: int, of: tuple[int, ...]) -> np.ndarray:
    """Which rows or columns of ``size`` stay, so that the longer side of an image has at most ``LARGEST``."""
    kept = max(1, round(size * min(1.0, LARGEST / max(of))))
    return ((np.arange(kept) + 0.5) * size / kept).astype(int)
