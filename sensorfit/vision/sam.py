"""SAM, SAM 2.1 and SAM3 as teachers, by transformers: one image and its boxes in, a mask's logits and score a box out.

The authors' rule: the whole image once, each annotation's unpadded box as prompt, of the masks the one with the best
predicted IoU. Which class reads a checkpoint is told by its configuration's ``model_type``:

    sam                        SamModel, SamProcessor              three masks a box
    sam2, sam2_video           Sam2Model, Sam2Processor            three masks a box
    sam3, sam3_tracker, ...    Sam3TrackerModel, Sam3TrackerProcessor   SAM3's visual prompts; three masks a box
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import torch
from torch.nn import functional as F

from ..errors import InputError
from ..runtime.extra import first_line
from .geometry import Box

CLASSES: Final = {
    "sam": ("SamModel", "SamProcessor"),
    "sam2": ("Sam2Model", "Sam2Processor"),
    "sam2_video": ("Sam2Model", "Sam2Processor"),
    "sam3": ("Sam3TrackerModel", "Sam3TrackerProcessor"),
    "sam3_video": ("Sam3TrackerModel", "Sam3TrackerProcessor"),
    "sam3_tracker": ("Sam3TrackerModel", "Sam3TrackerProcessor"),
    "sam3_tracker_video": ("Sam3TrackerModel", "Sam3TrackerProcessor"),
}
PROMPTS: Final = 32
"""Boxes of one image decoded at a time."""


class SamTeacher:
    """``name``: a hub's name or a folder that ``save_pretrained`` wrote. Weights are read from safetensors; no code is run."""

    def __init__(self, name: str, device: str = "cpu", dtype: torch.dtype = torch.float32) -> None:
        import transformers

        try:
            kind = transformers.AutoConfig.from_pretrained(name).model_type
            if kind not in CLASSES:
                raise InputError(f"--teacher {name}: is a {kind}; teachers are {', '.join(CLASSES)}")
            model, processor = (getattr(transformers, c) for c in CLASSES[kind])
            self.processor = processor.from_pretrained(name)
            self.model: Any = model.from_pretrained(name, dtype=dtype).to(device).eval()
        except (OSError, ValueError) as error:
            raise InputError(f"--teacher {name}: cannot be loaded ({first_line(error)})") from error
        self.kind, self.device, self.dtype = kind, device, dtype

    @torch.no_grad()
    def masks(self, image: np.ndarray, boxes: Sequence[Box]) -> list[tuple[np.ndarray, float]]:
        """(logits of the whole image (H, W) float32, score) for each box; ``image`` (H, W, 3) uint8."""
        corners = [[x, y, x + w, y + h] for x, y, w, h in boxes]
        first = self.processor(images=image, input_boxes=[corners[:1]], return_tensors="pt")
        pixels = first["pixel_values"].to(self.device, self.dtype)
        embedded = self.model.get_image_embeddings(pixels)
        found: list[tuple[np.ndarray, float]] = []
        for start in range(0, len(corners), PROMPTS):
            some = self.processor(
                images=image, input_boxes=[corners[start : start + PROMPTS]], return_tensors="pt"
            )
            out = self.model(
                image_embeddings=embedded,
                input_boxes=some["input_boxes"].to(self.device, self.dtype),
                multimask_output=True,
            )
            scores = out.iou_scores[0].float().cpu()
            for logits, score in zip(self._whole(out.pred_masks, some), scores, strict=True):
                best = int(score.argmax())
                found.append((logits[best].numpy(), float(score[best])))
        return found

    def _whole(self, low: torch.Tensor, inputs: Any) -> torch.Tensor:
        """(boxes, masks, H, W) logits in the image's pixels."""
        size = [int(v) for v in inputs["original_sizes"][0]]
        if self.kind != "sam":  # SAM 2 and 3 stretch the image to a square
            return F.interpolate(low[0].float().cpu(), size, mode="bilinear", align_corners=False)
        inner = [int(v) for v in inputs["reshaped_input_sizes"][0]]  # SAM pads below and right
        side = max(inner)
        whole = F.interpolate(low[0].float().cpu(), (side, side), mode="bilinear", align_corners=False)
        return F.interpolate(whole[..., : inner[0], : inner[1]], size, mode="bilinear", align_corners=False)
