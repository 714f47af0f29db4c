"""A box to the network's crop, the sensor's ROI, and the mask's way back."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sensorfit.errors import InputError
from sensorfit.target import load_target
from sensorfit.vision.geometry import (
    crop,
    crop_mask,
    from_sensor,
    paste,
    picosam_roi,
    roi_of,
    sensor_of,
    sensor_roi,
    to_sensor,
)

SIDES = st.integers(16, 4000)
SENSOR = sensor_of(load_target("imx500"))


@st.composite
def boxes_in_images(draw: st.DrawFn) -> tuple[tuple[float, float, float, float], int, int]:
    """A box of a pixel at least that lies in its image."""
    width, height = draw(SIDES), draw(SIDES)
    w, h = draw(st.floats(1, width)), draw(st.floats(1, height))
    return (draw(st.floats(0, width - w)), draw(st.floats(0, height - h)), w, h), width, height


def test_the_papers_crop_is_the_box_with_a_tenth_on_every_side_as_a_square() -> None:
    # w' = 48, h' = 24: the square of 48 about (60, 50) is 36..84 and 26..74
    assert picosam_roi((40, 40, 40, 20), 200, 100) == (36, 26, 84, 74)


def test_the_papers_crop_is_clamped_at_a_border_and_ours_is_shifted() -> None:
    assert picosam_roi((0, 40, 40, 20), 200, 100) == (0, 26, 44, 74)
    assert sensor_roi((0, 40, 40, 20), 200, 100) == (0, 26, 48, 74)


def test_the_papers_crop_truncates_its_corners() -> None:
    # side 12.6 * 1.2 = 15.12 about (16.3, 16.3): 8.74..23.86
    assert picosam_roi((10, 10, 12.6, 12.6), 100, 100) == (8, 8, 23, 23)


@given(boxes_in_images())
def test_both_crops_lie_in_the_image_and_ours_is_square(
    case: tuple[tuple[float, float, float, float], int, int],
) -> None:
    box, width, height = case
    for left, top, right, bottom in (picosam_roi(box, width, height), sensor_roi(box, width, height)):
        assert 0 <= left < right <= width and 0 <= top < bottom <= height
    left, top, right, bottom = sensor_roi(box, width, height)
    assert right - left == bottom - top


@given(boxes_in_images())
def test_the_crops_differ_by_a_pixel_a_side_unless_the_square_reaches_over_a_border(
    case: tuple[tuple[float, float, float, float], int, int],
) -> None:
    (x, y, w, h), width, height = case
    half = max(w, h) * 0.6
    inside = half <= x + w / 2 <= width - half and half <= y + h / 2 <= height - half
    theirs, ours = picosam_roi((x, y, w, h), width, height), sensor_roi((x, y, w, h), width, height)
    if inside:
        assert all(abs(a - b) <= 1 for a, b in zip(theirs, ours, strict=True))


@given(boxes_in_images())
def test_a_roi_on_the_sensor_lies_in_it_and_comes_back_within_a_pixel(
    case: tuple[tuple[float, float, float, float], int, int],
) -> None:
    box, width, height = case
    roi = sensor_roi(box, width, height)
    there = to_sensor(roi, width, height, SENSOR)
    assert there[0] >= 0 and there[2] <= SENSOR.width and there[2] - there[0] >= SENSOR.least
    assert there[1] >= 0 and there[3] <= SENSOR.height and there[3] - there[1] >= SENSOR.least
    grew = (roi[2] - roi[0]) * SENSOR.width / width < SENSOR.least or (
        roi[3] - roi[1]
    ) * SENSOR.height / height < SENSOR.least
    if not grew and width <= SENSOR.width and height <= SENSOR.height:
        back = from_sensor(there, width, height, SENSOR)
        assert all(abs(a - b) <= 1 for a, b in zip(roi, back, strict=True))


@given(boxes_in_images().filter(lambda case: case[1] * case[2] < 300_000))
def test_a_mask_that_fills_the_crop_fills_the_roi_and_nothing_else(
    case: tuple[tuple[float, float, float, float], int, int],
) -> None:
    box, width, height = case
    left, top, right, bottom = roi = sensor_roi(box, width, height)
    mask = paste(np.ones((96, 96), np.float32), roi, width, height)
    assert mask[top:bottom, left:right].all()
    assert mask.sum() == (right - left) * (bottom - top)


def test_a_crop_at_its_own_size_changes_nothing_and_goes_back_where_it_was() -> None:
    rng = np.random.default_rng(0)
    image = rng.integers(0, 256, (150, 200, 3), dtype=np.uint8)
    truth = rng.random((150, 200)) > 0.5
    roi = (30, 20, 126, 116)
    assert (crop(image, roi) == image[20:116, 30:126]).all()
    small = crop_mask(truth, roi)
    back = paste(np.where(small, 1.0, -1.0).astype(np.float32), roi, 200, 150)
    assert (back[20:116, 30:126] == truth[20:116, 30:126]).all() and not back[:20].any()


@pytest.mark.parametrize(
    "box", [(0, 0, 0, 5), (300, 0, 5, 5), (0, 0, float("nan"), 5), (float("inf"), 0, 5, 5)]
)
def test_a_box_without_area_in_the_image_has_no_roi(box: tuple[float, float, float, float]) -> None:
    for protocol in ("picosam", "sensor"):
        with pytest.raises(ValueError, match="no area"):
            roi_of(box, 200, 100, protocol)


def test_an_unknown_protocol_is_refused_with_those_there_are() -> None:
    with pytest.raises(InputError, match="picosam, sensor"):
        roi_of((1, 1, 5, 5), 20, 20, "square")


def test_without_a_roi_the_network_sees_the_image_whatever_the_box() -> None:
    assert roi_of((10, 20, 30, 40), 640, 480, "whole") == (0, 0, 640, 480)
    with pytest.raises(ValueError, match="no area"):
        roi_of((10, 20, 0, 40), 640, 480, "whole")
