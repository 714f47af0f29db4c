"""The recipe's losses. Logits, masks and probabilities are (N, 1, H, W); s(x) = sigmoid(SHARPNESS x).

    teacher = MSE(s(student), s(teacher)) + Dice(s(student), s(teacher))
    truth   = BCE(s(student), mask) + Dice(s(student), mask)
    area    = mean over the batch of relu(LEAST_AREA - area(s(student)) / area(mask))
    total   = a * teacher + (1 - a) * truth + AREA_WEIGHT * area      a: the batch's mean score, within [0, 1]

Without a teacher a is 0. Source: the authors' published code (docs/picosam.md).
"""

from __future__ import annotations

from typing import Final

import torch
from torch.nn import functional as F

SHARPNESS: Final = 5.0
LEAST_AREA: Final = 0.4
AREA_WEIGHT: Final = 0.4
EPSILON: Final = 1e-6


def soft(logits: torch.Tensor) -> torch.Tensor:
    """s(x) in float32."""
    return torch.sigmoid(SHARPNESS * logits.float())


def dice_loss(probabilities: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
    """1 - mean over the batch of (2 I + e) / (sum + sum + e)."""
    p, t = probabilities.flatten(1), target.flatten(1)
    return 1 - ((2 * (p * t).sum(1) + EPSILON) / (p.sum(1) + t.sum(1) + EPSILON)).mean()


def truth_loss(logits: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    """BCE and Dice against the annotation."""
    bce = F.binary_cross_entropy_with_logits(SHARPNESS * logits.float(), mask)
    return bce + dice_loss(soft(logits), mask)


def teacher_loss(logits: torch.Tensor, teacher: torch.Tensor) -> torch.Tensor:
    """MSE and Dice against the teacher's probabilities; ``teacher`` are logits."""
    student, wanted = soft(logits), soft(teacher)
    return F.mse_loss(student, wanted) + dice_loss(student, wanted)


def area_loss(logits: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    """What a mask smaller than LEAST_AREA of the annotation lacks; a crop without object counts nothing."""
    whole = mask.flatten(1).sum(1)
    share = soft(logits).flatten(1).sum(1) / whole.clamp(min=1)
    return torch.where(whole > 0, F.relu(LEAST_AREA - share), torch.zeros_like(share)).mean()


def total_loss(
    logits: torch.Tensor,
    mask: torch.Tensor,
    teacher: torch.Tensor | None = None,
    score: torch.Tensor | None = None,
) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
    """The sum and its parts, detached. ``score`` (N,) is the teacher's own confidence."""
    truth, area = truth_loss(logits, mask), area_loss(logits, mask)
    parts = {"truth": truth.detach(), "area": area.detach()}
    if teacher is None or score is None:
        return truth + AREA_WEIGHT * area, parts
    distilled = teacher_loss(logits, teacher)
    a = score.float().mean().clamp(0, 1)
    parts |= {"teacher": distilled.detach(), "a": a.detach()}
    return a * distilled + (1 - a) * truth + AREA_WEIGHT * area, parts


def iou(logits: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    """IoU of each crop, (N,); both empty counts 1."""
    found, wanted = (logits > 0).flatten(1), (mask > 0.5).flatten(1)
    union = (found | wanted).sum(1)
    both = (found & wanted).sum(1)
    return torch.where(union > 0, both / union.clamp(min=1), torch.ones_like(both, dtype=torch.float32))
