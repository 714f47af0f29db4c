"""Agreement of two outputs, on numbers that can be worked out by hand."""

from __future__ import annotations

import json

import numpy as np
import onnx.parser
import pytest

from sensorfit.quantize.fidelity import agreement, run_outputs, said_of, sqnr


def maps(*rows: list[float]) -> np.ndarray:
    return np.array(rows, np.float32).reshape(len(rows), 1, 1, -1)


def test_equal_outputs_agree_wholly() -> None:
    found = agreement(maps([1, -1, 2]), maps([1, -1, 2]))
    assert (found.mask_iou, found.sqnr_db, found.max_abs_difference) == (1.0, None, 0.0)


def test_the_iou_is_intersection_over_union_averaged_over_images() -> None:
    found = agreement(maps([1, 1, -1, -1], [1, 1, 1, 1]), maps([1, -1, 1, -1], [1, 1, 1, 1]))
    assert found.mask_iou == pytest.approx((1 / 3 + 1) / 2, abs=1e-4)
    assert found.mask_iou_worst == pytest.approx(1 / 3, abs=1e-4)


def test_two_empty_masks_agree_and_are_counted() -> None:
    found = agreement(maps([-1, -2]), maps([-2, -1]))
    assert (found.mask_iou, found.empty_masks) == (1.0, 1)


def test_a_mask_that_vanishes_counts_as_no_overlap() -> None:
    assert agreement(maps([1, -1]), maps([-1, -1])).mask_iou == 0.0


def test_the_sqnr_is_signal_over_noise_power_in_decibels() -> None:
    assert agreement(maps([10, 0]), maps([9, 0])).sqnr_db == 20.0


def test_an_output_that_is_no_map_has_no_masks() -> None:
    found = agreement(np.ones((2, 10)), np.zeros((2, 10)))
    assert found.mask_iou is None and found.sqnr_db == 0.0


def test_several_channels_are_compared_by_their_largest_and_by_class() -> None:
    logits = np.array([[1.0, 0.0, 0.0, 0.0], [0.0, 1.0, 1.0, 1.0]]).reshape(1, 2, 1, 4)
    other = np.array([[1.0, 1.0, 0.0, 0.0], [0.0, 0.0, 1.0, 1.0]]).reshape(1, 2, 1, 4)
    found = agreement(logits, other)
    assert (found.argmax_agreement, found.mask_iou) == (0.75, None)
    assert dict(found.class_iou) == {0: 0.5, 1: pytest.approx(2 / 3, abs=1e-4)}


def test_an_argmax_head_is_compared_by_its_classes() -> None:
    found = agreement(np.array([[[3, 3, 7]]]), np.array([[[3, 7, 7]]]))
    assert found.argmax_agreement == pytest.approx(2 / 3, abs=1e-4) and dict(found.class_iou) == {
        3: 0.5,
        7: 0.5,
    }
    assert found.to_dict()["class_iou"] == {"3": 0.5, "7": 0.5}


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
@pytest.mark.parametrize("in_float", [True, False])
def test_an_output_with_infinite_or_nan_values_has_no_figures_and_says_so(
    value: float, in_float: bool
) -> None:
    good, bad = maps([1, -1, 2]), maps([1, value, value])
    found = agreement(*((bad, good) if in_float else (good, bad)))
    assert (found.images, found.not_finite, found.sqnr_db, found.sqnr_missing) == (1, 2, None, "not_finite")
    assert found.mask_iou is found.max_abs_difference is found.output_range is None
    json.dumps(found.to_dict(), allow_nan=False)
    (said,) = said_of((agreement(good, good), found), "softmax")
    assert "first in layer softmax" in said
    assert said.startswith("output 1: 2 values") and "cannot be told" in said


def test_the_largest_values_of_float32_are_compared() -> None:
    found = agreement(maps([3e38, -3e38]), maps([3e38, -2.7e38]))
    assert found.sqnr_db == pytest.approx(23.01) and found.max_abs_difference == pytest.approx(3e37)


def test_why_there_is_no_sqnr() -> None:
    zero, one = np.zeros(3), np.ones(3)
    assert (sqnr(one, one), sqnr(zero, one)) == ((None, "equal"), (None, "no_signal"))


def test_a_class_token_stands_before_the_patches_of_every_image() -> None:
    """MCT leaves the batch of what it writes open; a constant has a batch of one."""
    model = onnx.parser.parse_model(
        """<ir_version: 8, opset_import: ["" : 17]>
        main (float[N,2,3] x) => (float[N,3,3] y) <float[1,1,3] token = {1, 2, 3}> { y = Concat <axis = 1> (token, x) }"""
    )
    images = np.arange(30, dtype=np.float32).reshape(5, 2, 3)
    (found,) = run_outputs(model.SerializeToString(), images)
    assert found.shape == (5, 3, 3) and (found[:, 0] == [1, 2, 3]).all() and (found[:, 1:] == images).all()
