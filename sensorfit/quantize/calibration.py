"""Calibration images: what MCT reads activation ranges from, and what fidelity is measured on.

A set is an array (N, C, H, W), float32, RGB (or grey) in [0, 1]: what the
sensor delivers. Whole images are cut to the largest centred crop of the
input's aspect, boxes to the model's ROI of that aspect
(``sensorfit.models.roi``), then resized bilinearly: nothing is stretched.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..errors import InputError
from ..models.roi import aspect_roi, centre_crop
from ..runtime.files import shown
from .boxes import Box, read_boxes
from .images import LEFT_OUT, SUFFIXES, pixels_of

LIMIT = 128
"""Images used at most; ranges settle well before."""
SYNTHETIC = 16
"""Images in the built-in set."""
FEW = 100
"""Below this many images the ranges depend on which ones they are."""
BATCH = 8
"""Images handed to MCT at a time."""

Crop = tuple[Path, "Box | None"]


@dataclass(frozen=True)
class CalibrationSet:
    """Images (N, C, H, W) in [0, 1], where they came from, and what that costs."""

    images: np.ndarray
    source: str
    warnings: tuple[str, ...] = ()

    @property
    def sha256(self) -> str:
        """Hash of the pixels: the same images give the same quantized model."""
        return hashlib.sha256(np.ascontiguousarray(self.images).tobytes()).hexdigest()

    def batches(self, size: int = BATCH) -> Iterator[list[np.ndarray]]:
        """The images in MCT's form: lists of one (n, C, H, W) array, n at most ``size``."""
        for start in range(0, len(self.images), size):
            yield [self.images[start : start + size]]


def calibration_set(
    shape: tuple[int, int, int],
    directory: Path | None,
    boxes: Path | None,
    limit: int,
    seed: int,
    synthetic_images: int = SYNTHETIC,
) -> CalibrationSet:
    """The images of ``directory``, or the built-in set, at ``shape`` (C, H, W).

    With ``boxes`` (COCO JSON) one crop a box. ``seed`` picks ``limit`` of them
    where there are more. InputError names what cannot be used.
    """
    if directory is None:
        look_for(None, boxes)
        return synthetic(shape, seed, synthetic_images)
    crops, warnings = _crops(directory, boxes)
    if len(crops) > limit:
        chosen = np.random.default_rng(seed).permutation(len(crops))[:limit]
        crops = [crops[i] for i in sorted(chosen)]
    images = np.stack([_prepared(path, box, shape) for path, box in crops])
    if len(images) < FEW:
        warnings.append(
            f"only {len(images)} calibration images: activation ranges will depend on which they are; use {FEW} or more"
        )
    source = f"{len(images)} {'ROI crops' if boxes else 'images'} from {directory.name}"
    return CalibrationSet(images, source, tuple(warnings))


def look_for(directory: Path | None, boxes: Path | None) -> None:
    """InputError where there is nothing to calibrate on; decodes no image, so that a build can ask first."""
    if directory is not None:
        _crops(directory, boxes)
    elif boxes is not None:
        raise InputError(
            f"--boxes {boxes}: says where to cut images, so it needs --calib DIR with the images"
        )


def synthetic(shape: tuple[int, int, int], seed: int, count: int = SYNTHETIC) -> CalibrationSet:
    """The built-in set: soft gradients, one or two bright or dark shapes, sensor noise; from ``seed`` alone."""
    rng = np.random.default_rng(seed)
    channels, height, width = shape
    y, x = np.meshgrid(np.linspace(-1, 1, height), np.linspace(-1, 1, width), indexing="ij")
    images = np.empty((count, channels, height, width), np.float32)
    for image in images:
        tilt = rng.uniform(-0.3, 0.3, (channels, 2, 1, 1))
        image[:] = rng.uniform(0.15, 0.85, (channels, 1, 1)) + tilt[:, 0] * x + tilt[:, 1] * y
        for _ in range(rng.integers(1, 3)):
            cx, cy = rng.uniform(-0.5, 0.5, 2)
            rx, ry = rng.uniform(0.15, 0.6, 2)
            power = rng.choice([1, 2, 8])  # diamond, ellipse, near rectangle
            inside = np.abs((x - cx) / rx) ** power + np.abs((y - cy) / ry) ** power < 1
            texture = 0.1 * np.sin(rng.uniform(2, 20) * x + rng.uniform(2, 20) * y)
            image[:, inside] = (rng.uniform(0, 1, (channels, 1, 1)) + texture)[:, inside]
        image += rng.normal(0, 0.02, image.shape).astype(np.float32)
    warning = (
        "calibrated on built-in synthetic images: activation ranges do not follow your scenes, so real images may "
        "saturate or lose resolution; memory and speed are unaffected; give --calib DIR with about a hundred real images"
    )
    return CalibrationSet(
        np.clip(images, 0, 1), f"built-in synthetic set ({count} images, seed {seed})", (warning,)
    )


def _crops(directory: Path, boxes: Path | None) -> tuple[list[Crop], list[str]]:
    if directory.is_file():
        raise InputError(f"--calib {directory}: is a file; give the directory that the images lie in")
    if not directory.is_dir():
        raise InputError(f"--calib {directory}: there is no such directory")
    if boxes is None:
        files, locked = _files(directory)
        found: list[Crop] = [(path, None) for path in files if path.suffix.lower() in SUFFIXES]
        if not found:
            raise InputError(
                f"--calib {directory}: holds no images ({', '.join(sorted(SUFFIXES))})"
                + (f"; {locked[0]}" if locked else "")
            )
        return found, [*locked, *_left_out(path.suffix.lower() for path in files)]
    crops: list[Crop] = []
    absent: set[str] = set()
    flat = 0
    for name, box in read_boxes(boxes):
        path = directory / name
        if min(box[2:]) <= 0:  # COCO itself has some
            flat += 1
        elif _is_file(path):
            crops.append((path, box))
        else:
            absent.add(name)
    if not crops and flat and not absent:
        raise InputError(f"{boxes}: no box has an area")
    if not crops:
        raise InputError(f"{boxes}: none of its {len(absent)} images is in {directory}")
    missing = (
        [f"{len(absent)} images named in {boxes.name} are not in {directory.name} and were left out"]
        if absent
        else []
    )
    if flat:
        missing.append(f"{flat} {'box' if flat == 1 else 'boxes'} of {boxes.name} without an area left out")
    return crops, missing


def _files(directory: Path) -> tuple[list[Path], list[str]]:
    """Every file in ``directory`` and below, sorted, and a warning of the directories that cannot be read."""
    refused: list[OSError] = []
    walked = os.walk(directory, onerror=refused.append)
    files = [Path(place, name) for place, _, names in walked for name in names]
    if not refused:
        return sorted(filter(_is_file, files)), []
    named = shown(Path(str(refused[0].filename)))
    more = f" and {len(refused) - 1} more directories" if len(refused) > 1 else ""
    return sorted(filter(_is_file, files)), [
        f"{named}{more} cannot be read ({refused[0].strerror}), what is in there was left out"
    ]


def _left_out(suffixes: Iterable[str]) -> list[str]:
    """A warning of the images in formats that are not read."""
    other = [suffix for suffix in suffixes if suffix in LEFT_OUT]
    if not other:
        return []
    said = "1 file was" if len(other) == 1 else f"{len(other)} files were"
    return [
        f"{said} left out ({', '.join(sorted(set(other)))}): save as JPEG or PNG what shall be calibrated on"
    ]


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError as error:  # a name too long
        raise InputError(f"{shown(path)}: cannot be looked for ({error.strerror})") from None


def _prepared(path: Path, box: Box | None, shape: tuple[int, int, int]) -> np.ndarray:
    aspect = shape[2] / shape[1]

    def cut(width: int, height: int) -> tuple[int, int, int, int]:
        return centre_crop(width, height, aspect) if box is None else aspect_roi(box, width, height, aspect)

    return pixels_of(path, *shape, cut)
