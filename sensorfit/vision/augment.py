"""What a crop may undergo in training: torchvision's v2 transforms on image and mask together, the box's jitter before.

All off for the papers' recipe.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torchvision import tv_tensors
from torchvision.transforms import v2

from .geometry import Box


@dataclass(frozen=True)
class Augmentation:
    """``flip``: share of crops mirrored. ``colour``: strength of brightness, contrast, saturation and hue, 0 to 1.
    ``jitter``: how far each side of the box moves, as a share of its length."""

    flip: float = 0.0
    colour: float = 0.0
    jitter: float = 0.0

    def box(self, box: Box, rng: np.random.Generator) -> Box:
        """``box`` with each side moved by up to ``jitter`` of its width or height."""
        if not self.jitter:
            return box
        x, y, w, h = box
        left, top, right, bottom = rng.uniform(-self.jitter, self.jitter, 4)
        return (x + left * w, y + top * h, w * (1 + right - left), h * (1 + bottom - top))

    def transform(self) -> Any | None:
        """The v2 transform of (image, mask), None where there is nothing to do."""
        steps: list[Any] = []
        if self.flip:
            steps.append(v2.RandomHorizontalFlip(self.flip))
        if c := self.colour:
            jitter = v2.ColorJitter(0.5 * c, 0.5 * c, 0.5 * c, 0.05 * c)
            steps += [v2.RandomApply([jitter], 0.6), v2.RandomGrayscale(0.08 * c)]
        return v2.Compose(steps) if steps else None


def apply(
    transform: Any | None, image: np.ndarray, mask: np.ndarray, extra: np.ndarray | None, seed: int
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor | None]:
    """(3, H, W) uint8, (1, H, W) float and ``extra`` (H, W) as (1, H, W), all turned alike; random by ``seed`` alone."""
    picture = torch.from_numpy(np.array(image)).permute(2, 0, 1).contiguous()
    target = torch.from_numpy(np.ascontiguousarray(mask, np.float32))[None]
    more = None if extra is None else torch.from_numpy(np.ascontiguousarray(extra, np.float32))[None]
    if transform is None:
        return picture, target, more
    given = [tv_tensors.Image(picture), tv_tensors.Mask(target)]
    if more is not None:
        given.append(tv_tensors.Mask(more))
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        out = transform(*given)
    plain = [o.as_subclass(torch.Tensor) for o in out]
    return plain[0], plain[1], plain[2] if more is not None else None
