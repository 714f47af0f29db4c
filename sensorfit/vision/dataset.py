"""Crops to train on, as map-style data sets whose items are chunks: (n, ...) tensors, collated to (batch, ...).

    CocoCrops      one annotation an item, from files
    ComposedCrops  CHUNK crops an item, composed as they are asked for: an endless stream that repeats nothing

An item is a function of (seed, epoch, index), whatever worker makes it.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final, Protocol

import cv2
import numpy as np
import torch
from torch.utils.data import Dataset

from ..errors import InputError
from .augment import Augmentation, apply
from .coco import Instances
from .compose import PLAIN, Palette, Scene, Style, compose
from .geometry import SIZE, box_of, crop, crop_mask, roi_of
from .sampler import Item

CHUNK: Final = 16
"""Crops of one item of a composed stream."""
LOOKS: Final = 2
"""Crops taken of each object of a scene, with the box moved and the colours changed differently."""

Batch = dict[str, torch.Tensor]
"""image (n, 3, S, S) uint8; mask (n, 1, S, S) float; teacher (n, 1, S, S) float logits and score (n,) with a cache."""


class Teacher(Protocol):
    """A cache of teachers' logits."""

    def get(self, annotation: int) -> tuple[np.ndarray, float] | None:
        """(S, S) logits and the score for an annotation's id; None where it was skipped."""


class CocoCrops(Dataset[Batch]):
    """One crop an annotation. With ``teacher`` only the annotations that it holds."""

    chunk = 1

    def __init__(
        self, instances: Instances, augmentation: Augmentation = Augmentation(), seed: int = 0,  # noqa: B008
        teacher: Teacher | None = None, size: int = SIZE, protocol: str = "picosam",
    ) -> None:  # fmt: skip
        self.instances, self.augmentation, self.seed, self.teacher = instances, augmentation, seed, teacher
        self.size, self.protocol = size, protocol
        self.transform = augmentation.transform()
        if teacher is not None and augmentation.jitter:
            raise InputError(
                "--jitter moves the box, but a cached teacher saw it where it was: leave out one of the two"
            )
        self.items = [i for i in instances.items if teacher is None or teacher.get(i.id) is not None]

    def __len__(self) -> int:
        return len(self.items)

    def __getitem__(self, item: Item | int) -> Batch:
        epoch, index = item if isinstance(item, tuple) else (0, item)
        one = self.items[index]
        rng = np.random.default_rng([self.seed, epoch, index])
        box = self.augmentation.box(one.box, rng)
        image, mask = pixels(self.instances.images / one.image, one.width, one.height), one.mask()
        try:
            roi = roi_of(box, one.width, one.height, self.protocol)
        except ValueError:  # jittered out of the image
            roi = roi_of(one.box, one.width, one.height, self.protocol)
        known = self.teacher.get(one.id) if self.teacher else None
        picture, target, logits = apply(
            self.transform, crop(image, roi, self.size), crop_mask(mask, roi, self.size),
            None if known is None else known[0], int(rng.integers(2**31)),
        )  # fmt: skip
        made = {"image": picture[None], "mask": target[None]}
        if known is not None and logits is not None:
            made |= {"teacher": logits[None], "score": torch.tensor([known[1]])}
        return made


class ComposedCrops(Dataset[Batch]):
    """Endless crops of scenes composed from the material in ``directory``."""

    chunk = CHUNK

    def __init__(
        self, directory: Path, split: str = "train", augmentation: Augmentation = Augmentation(),  # noqa: B008
        seed: int = 0, size: int = SIZE, protocol: str = "picosam",
    ) -> None:  # fmt: skip
        cv2.setNumThreads(1)  # the workers are the parallelism
        self.palette = Palette(directory, split)
        self.style = Style() if split == "train" else PLAIN
        self.augmentation, self.seed, self.size, self.protocol = augmentation, seed, size, protocol
        self.transform = augmentation.transform()

    def __getitem__(self, item: Item) -> Batch:
        rng = np.random.default_rng([self.seed, *item])
        looks = LOOKS if self.transform is not None or self.augmentation.jitter else 1
        made: list[tuple[torch.Tensor, torch.Tensor]] = []
        while len(made) < CHUNK:
            scene = compose(self.palette, rng, self.style)
            for mask in scene.masks:
                made += [self._crop(scene, mask, rng) for _ in range(looks)]
        images, masks = zip(*made[:CHUNK], strict=True)
        return {"image": torch.stack(images), "mask": torch.stack(masks)}

    def _crop(
        self, scene: Scene, mask: np.ndarray, rng: np.random.Generator
    ) -> tuple[torch.Tensor, torch.Tensor]:
        height, width = mask.shape
        box = box_of(mask)
        try:
            roi = roi_of(self.augmentation.box(box, rng), width, height, self.protocol)
        except ValueError:
            roi = roi_of(box, width, height, self.protocol)
        picture, target, _ = apply(
            self.transform, crop(scene.image, roi, self.size), crop_mask(mask, roi, self.size),
            None, int(rng.integers(2**31)),
        )  # fmt: skip
        return picture, target


def collate(chunks: Sequence[Batch]) -> Batch:
    """Chunks one after another."""
    return {key: torch.cat([c[key] for c in chunks]) for key in chunks[0]}


def pixels(path: Path, width: int, height: int) -> np.ndarray:
    """The image in ``path`` as (height, width, 3) uint8 RGB; InputError where it is none or has another size."""
    from ..runtime.extra import need

    pil: Any = need("PIL.Image", "pillow")
    try:
        with pil.open(path) as image:
            found = np.asarray(image.convert("RGB"))
    except (OSError, ValueError, SyntaxError) as error:
        raise InputError(f"{path}: is not an image that can be read ({error})") from None
    if found.shape[:2] != (height, width):
        raise InputError(
            f"{path}: has {found.shape[1]}x{found.shape[0]} pixels, its annotation says {width}x{height}"
        )
    return found
