"""Fill a teacher's cache: the authors' rule for crops, scores and logits, resumable, sharded over processes.

    probabilities cut to the crop, resized bilinearly to SIZE, clamped to [EPS, 1 - EPS], as logits, float16
    a ROI under LEAST pixels on a side is skipped, and the cache says so

Processes (``accelerate launch``) take every n-th image each; a run skips what any shard already holds.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final, Protocol

import numpy as np

from ..errors import InputError
from .coco import Instance, Instances
from .dataset import pixels
from .geometry import SIZE, Box, Roi, roi_of
from .store import SHARD, TeacherCache, TeacherCacheWriter

EPS: Final = 1e-7
LEAST: Final = 4
EVERY: Final = 5.0
"""Seconds between two lines of progress."""


class MaskTeacher(Protocol):
    """What ``SamTeacher`` is."""

    def masks(self, image: np.ndarray, boxes: Sequence[Box]) -> list[tuple[np.ndarray, float]]:
        """(H, W) logits and the score of each box."""


def to_crop(logits: np.ndarray, roi: Roi, size: int = SIZE) -> np.ndarray:
    """The image's ``logits`` (H, W) as the cache keeps them: (size, size) float16."""
    import torch
    from torch.nn import functional as F

    cut = torch.from_numpy(np.ascontiguousarray(logits[roi[1] : roi[3], roi[0] : roi[2]], np.float32))
    probability = F.interpolate(
        torch.sigmoid(cut)[None, None], (size, size), mode="bilinear", align_corners=False
    )
    kept = probability[0, 0].double().clamp(EPS, 1 - EPS)
    return torch.logit(kept).numpy().astype(np.float16)


def teach(
    found: Instances,
    teacher: MaskTeacher,
    cache: Path,
    say: Callable[[str], None],
    process: int = 0,
    processes: int = 1,
    shard: int = SHARD,
) -> tuple[int, int]:
    """Ask ``teacher`` about every annotation that ``cache`` lacks; (taught, skipped) of this process."""  # fmt: skip
    done = set(TeacherCache(cache).ids) if any(cache.glob("*.arrow")) else set()
    images: dict[str, list[Instance]] = defaultdict(list)
    for one in found.items:
        images[one.image].append(one)
    mine = [rows for n, rows in enumerate(images.values()) if n % processes == process]
    mine = [left for rows in mine if (left := [one for one in rows if one.id not in done])]
    writer = TeacherCacheWriter(cache, process, shard)
    taught = skipped = 0
    began = said = time.monotonic()
    for n, rows in enumerate(mine, 1):
        asked: list[tuple[Instance, Roi]] = []
        for one in rows:
            try:
                roi = roi_of(one.box, one.width, one.height)
            except ValueError:
                roi = (0, 0, 0, 0)
            if min(roi[2] - roi[0], roi[3] - roi[1]) < LEAST:
                writer.add(one.id, None)
                skipped += 1
            else:
                asked.append((one, roi))
        if asked:
            try:
                image = pixels(found.images / rows[0].image, rows[0].width, rows[0].height)
            except InputError as error:
                found.skip("the image cannot be read", str(error))
                continue
            answers = teacher.masks(image, [one.box for one, _ in asked])
            for (one, roi), (logits, score) in zip(asked, answers, strict=True):
                writer.add(one.id, to_crop(logits, roi), score)
                taught += 1
        now = time.monotonic()
        if now - said > EVERY or n == len(mine):
            speed = n / max(now - began, 1e-9)
            say(
                f"{n:,}/{len(mine):,} images  {speed:.2f} images/s  ETA {(len(mine) - n) / speed / 3600:.2f} h"
            )
            said = now
    writer.flush()
    return taught, skipped
