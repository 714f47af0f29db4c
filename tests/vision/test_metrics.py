"""Metrics on cases computed by hand; AP as pycocotools has it."""

from __future__ import annotations

import math

import numpy as np
import pytest

from sensorfit.vision.baselines import ellipse, filled_box, grabcut
from sensorfit.vision.coco import Instance
from sensorfit.vision.evaluate import Prepared, coco_ap
from sensorfit.vision.metrics import by_size, ious, paired_bootstrap, threshold_average

pytestmark = pytest.mark.heavy


def test_the_threshold_average_counts_instances_over_ten_thresholds() -> None:
    # 0.72 reaches 0.50 ... 0.70: five of ten; 1.0 all; the empty annotation is left out
    assert threshold_average(np.array([0.72, 1.0, 1.0]), np.array([True, True, False])) == pytest.approx(0.75)
    assert math.isnan(threshold_average(np.array([1.0]), np.array([False])))


def test_iou_of_masks_and_of_nothing() -> None:
    a = np.array([[1, 1, 0, 0], [0, 0, 0, 0]], bool)
    b = np.array([[0, 1, 1, 0], [0, 0, 0, 0]], bool)
    assert ious(a, b).tolist() == pytest.approx([1 / 3, 1])


def test_sizes_are_cocos() -> None:
    found = by_size(np.array([0.2, 0.4, 1.0]), np.array([1023, 1024, 9216]))
    assert found == {"small": (1, 0.2), "medium": (1, 0.4), "large": (1, 1.0)}
    assert by_size(np.array([0.5]), np.array([5.0]))["large"] == (0, None)


def test_the_bootstrap_of_a_constant_difference_is_that_difference() -> None:
    a = np.random.default_rng(0).random(50)
    assert paired_bootstrap(a, a - 0.01) == pytest.approx((-0.01, -0.01, -0.01))


def test_baselines_of_a_bright_disc() -> None:
    y, x = np.mgrid[:96, :96] + 0.5
    disc = (x - 48) ** 2 + (y - 48) ** 2 <= 30**2
    crops = np.where(disc, 220, 40).astype(np.uint8)[None, ..., None].repeat(3, 3)
    boxes = np.array([[18.0, 18, 60, 60]])
    assert ious(filled_box(crops, boxes) > 0, disc[None])[0] == pytest.approx(math.pi / 4, abs=0.01)
    assert ious(ellipse(crops, boxes) > 0, disc[None])[0] == 1
    pytest.importorskip("cv2")
    assert ious(grabcut(crops, boxes) > 0, disc[None])[0] > 0.98


def test_ap_agrees_with_pycocotools_on_a_thousand_instances() -> None:
    coder = pytest.importorskip("pycocotools.mask")
    pytest.importorskip("faster_coco_eval")
    rng = np.random.default_rng(1)
    instances, masks, logits = [], [], []
    for n in range(1000):
        x, y = (int(v) for v in rng.integers(0, 30, 2))
        w, h = (int(v) for v in rng.integers(4, 30, 2))
        whole = np.zeros((60, 60), np.uint8, order="F")
        whole[y : y + h, x : x + w] = 1
        runs = coder.encode(whole)
        instances.append(
            Instance(
                n + 1,
                f"{n // 5}",
                60,
                60,
                (x, y, w, h),
                {"size": [60, 60], "counts": runs["counts"].decode()},
                n // 5 + 1,
                n % 3 + 1,
            )
        )
        masks.append(np.roll(whole, rng.integers(-3, 4, 2), (0, 1)) > 0)
        logits.append(np.where(masks[-1], rng.normal(1, 1), -1).astype(np.float32))
    prepared = Prepared(instances, np.empty(0), np.empty(0), [], np.empty(0))
    ours = coco_ap(masks, np.array(logits), prepared)
    theirs = coco_ap(masks, np.array(logits), prepared, "pycocotools")
    assert 0.1 < ours["AP"] < 0.9
    for key, value in theirs.items():
        assert ours[key] == pytest.approx(value, abs=1e-9), key
