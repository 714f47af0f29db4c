"""The recipe's losses on cases computed by hand, and its learning rate."""

from __future__ import annotations

import math

import pytest
import torch

from sensorfit.vision.losses import area_loss, dice_loss, iou, teacher_loss, total_loss, truth_loss
from sensorfit.vision.recipe import Settings, learning_rate

pytestmark = pytest.mark.heavy


def grid(*values: float) -> torch.Tensor:
    """(1, 1, 2, 2)."""
    return torch.tensor(values, dtype=torch.float32).reshape(1, 1, 2, 2)


def sigmoid(x: float) -> float:
    return 1 / (1 + math.exp(-x))


def test_dice_of_halves_against_one_pixel() -> None:
    # I = 0.5, sums 2 and 1: 1 - (1 + 1e-6) / (3 + 1e-6)
    assert float(dice_loss(grid(0.5, 0.5, 0.5, 0.5), grid(1, 0, 0, 0))) == pytest.approx(2 / 3, abs=1e-6)


def test_dice_is_the_mean_over_the_batch() -> None:
    p = torch.cat([grid(1, 0, 0, 0), grid(1, 0, 0, 0)])
    t = torch.cat([grid(1, 0, 0, 0), grid(0, 1, 0, 0)])
    assert float(dice_loss(p, t)) == pytest.approx(0.5, abs=1e-6)


def test_truth_is_bce_and_dice_at_five_times_the_logit() -> None:
    p = sigmoid(5 * 0.2)
    bce = (-math.log(p) - 3 * math.log(1 - p)) / 4
    dice = 1 - 2 * p / (4 * p + 1)
    assert float(truth_loss(grid(0.2, 0.2, 0.2, 0.2), grid(1, 0, 0, 0))) == pytest.approx(
        bce + dice, rel=1e-5
    )


def test_teacher_is_mse_and_dice_of_both_sharpened() -> None:
    p, q = sigmoid(5 * 0.1), sigmoid(5 * -0.3)
    expected = (p - q) ** 2 + 1 - 2 * 4 * p * q / (4 * p + 4 * q)
    same = [grid(*[v] * 4) for v in (0.1, -0.3)]
    assert float(teacher_loss(*same)) == pytest.approx(expected, rel=1e-5)


def test_area_counts_what_is_lacking_to_two_fifths() -> None:
    # s = 0.5 everywhere is 2 pixels of 4 wanted: a share of 0.5 is enough; of one pixel's s(-0.2) it is not
    assert float(area_loss(grid(0, 0, 0, 0), grid(1, 1, 1, 1))) == 0
    small = sigmoid(5 * -0.2)
    assert float(area_loss(grid(*[-0.2] * 4), grid(1, 1, 1, 1))) == pytest.approx(0.4 - small, rel=1e-5)


def test_the_total_weighs_teacher_and_truth_by_the_batchs_mean_score() -> None:
    student, teacher, mask = grid(0.2, -0.1, 0.3, -0.4), grid(1, -1, 1, -1), grid(1, 0, 1, 0)
    both = [torch.cat([x, x]) for x in (student, mask, teacher)]
    total, parts = total_loss(*both, torch.tensor([0.5, 0.9]))
    expected = 0.7 * teacher_loss(student, teacher) + 0.3 * truth_loss(student, mask)
    assert float(total) == pytest.approx(float(expected + 0.4 * area_loss(student, mask)), rel=1e-6)
    assert float(parts["a"]) == pytest.approx(0.7)


def test_a_score_above_one_is_clamped_and_none_means_the_annotations_alone() -> None:
    student, teacher, mask = grid(0.2, -0.1, 0.3, -0.4), grid(1, -1, 1, -1), grid(1, 0, 1, 0)
    sure, _ = total_loss(student, mask, teacher, torch.tensor([1.7]))
    assert float(sure) == pytest.approx(
        float(teacher_loss(student, teacher) + 0.4 * area_loss(student, mask))
    )
    alone, _ = total_loss(student, mask)
    assert float(alone) == pytest.approx(float(truth_loss(student, mask) + 0.4 * area_loss(student, mask)))


def test_iou_of_two_empty_masks_is_one() -> None:
    logits = torch.cat([grid(-1, -1, -1, -1), grid(1, 1, -1, -1)])
    masks = torch.cat([grid(0, 0, 0, 0), grid(1, 0, 0, 0)])
    assert iou(logits, masks).tolist() == [1.0, 0.5]


def test_the_recipe_warms_up_over_a_thousand_steps_and_stays() -> None:
    recipe = Settings("picosam3")
    rates = [learning_rate(recipe, step, 0.0) for step in (0, 499, 999, 50_000)]
    assert rates == pytest.approx([3e-7, 1.5e-4, 3e-4, 3e-4])


def test_one_cycle_rises_for_a_tenth_and_ends_at_a_thousandth() -> None:
    one = Settings("picosam3", schedule="onecycle", lr=1.0)
    assert [learning_rate(one, 0, p) for p in (0.0, 0.1, 1.0)] == pytest.approx([0.05, 1.0, 1e-3])
