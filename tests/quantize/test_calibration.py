"""Calibration images and the ROI they are cut to."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from sensorfit.errors import InputError
from sensorfit.models.roi import centre_square, square_roi
from sensorfit.quantize.calibration import calibration_set, synthetic

SHAPE = (3, 96, 96)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three 60x40 images: red left of column 30, blue right of it."""
    for name in ("a.png", "b.jpg", "c.bmp"):
        pixels = np.zeros((40, 60, 3), np.uint8)
        pixels[:, :30, 0] = pixels[:, 30:, 2] = 255
        Image.fromarray(pixels).save(tmp_path / name, **({"quality": 100} if name.endswith("jpg") else {}))
    (tmp_path / "notes.txt").write_text("not an image")
    return tmp_path


def coco(path: Path, *rows: tuple[str, list[float]]) -> Path:
    names = sorted({name for name, _ in rows})
    images = [{"id": i, "file_name": n} for i, n in enumerate(names)]
    annotations = [{"image_id": names.index(n), "bbox": box} for n, box in rows]
    path.write_text(json.dumps({"images": images, "annotations": annotations}))
    return path


def test_a_roi_is_the_box_with_a_tenth_on_each_side_squared() -> None:
    assert square_roi((100, 100, 50, 100), 640, 480) == (65, 90, 185, 210)


def test_a_roi_over_the_border_moves_back_inside() -> None:
    assert square_roi((0, 0, 50, 50), 640, 480) == (0, 0, 60, 60)
    assert square_roi((590, 430, 50, 50), 640, 480) == (580, 420, 640, 480)


def test_a_roi_larger_than_the_image_is_its_shorter_side() -> None:
    assert square_roi((0, 0, 640, 480), 640, 480) == (80, 0, 560, 480)


@given(
    st.floats(-50, 700), st.floats(-50, 500), st.floats(0.01, 700), st.floats(0.01, 500), st.integers(1, 640), st.integers(1, 480)
)  # fmt: skip
def test_every_roi_is_a_square_of_real_pixels_that_meets_the_box(
    x: float, y: float, w: float, h: float, width: int, height: int
) -> None:
    try:
        left, top, right, bottom = square_roi((x, y, w, h), width, height)
    except ValueError:
        assert x >= width or y >= height or x + w <= 0 or y + h <= 0
        return
    assert right - left == bottom - top >= 1
    assert left >= 0 and top >= 0 and right <= width and bottom <= height


def test_the_centre_square_is_centred() -> None:
    assert centre_square(60, 40) == (10, 0, 50, 40)


def test_the_synthetic_set_follows_from_its_seed_and_says_what_it_costs() -> None:
    one, two, other = synthetic(SHAPE, 0), synthetic(SHAPE, 0), synthetic(SHAPE, 1)
    assert one.sha256 == two.sha256 != other.sha256
    assert one.images.shape == (16, 3, 96, 96) and one.images.dtype == np.float32
    assert one.images.min() >= 0 and one.images.max() <= 1
    assert "--calib" in one.warnings[0]


def test_images_become_rgb_in_0_1_at_the_models_size(folder: Path) -> None:
    found = calibration_set(SHAPE, folder, None, 100, 0)
    assert found.images.shape == (3, 3, 96, 96)
    left, right = found.images[0, :, :, 10].mean(1), found.images[0, :, :, -10].mean(1)
    assert left == pytest.approx([1, 0, 0]) and right == pytest.approx([0, 0, 1])
    assert "only 3" in found.warnings[0]


def test_grey_models_get_grey_images(folder: Path) -> None:
    assert calibration_set((1, 64, 64), folder, None, 100, 0).images.shape == (3, 1, 64, 64)


def test_a_limit_picks_the_same_images_for_the_same_seed(folder: Path) -> None:
    one = calibration_set(SHAPE, folder, None, 2, 0)
    assert len(one.images) == 2
    assert one.sha256 == calibration_set(SHAPE, folder, None, 2, 0).sha256


def test_boxes_cut_the_images(folder: Path, tmp_path: Path) -> None:
    boxes = coco(tmp_path / "boxes.json", ("a.png", [2, 2, 10, 10]), ("a.png", [45, 20, 10, 10]))
    found = calibration_set(SHAPE, folder, boxes, 100, 0)
    assert found.images[0].mean((1, 2)) == pytest.approx([1, 0, 0])
    assert found.images[1].mean((1, 2)) == pytest.approx([0, 0, 1])


def test_boxes_of_absent_images_are_counted(folder: Path, tmp_path: Path) -> None:
    boxes = coco(tmp_path / "boxes.json", ("a.png", [2, 2, 10, 10]), ("gone.png", [1, 1, 5, 5]))
    assert any(
        "1 images named in boxes.json" in w for w in calibration_set(SHAPE, folder, boxes, 100, 0).warnings
    )


@pytest.mark.parametrize(
    ("text", "says"),
    [("[]", "not COCO JSON"), ("{", "not COCO JSON"), ('{"images": [], "annotations": [{}]}', "annotations\\[0\\] needs"), ('{"images": [], "annotations": 3}', "not a list")],
)  # fmt: skip
def test_a_bad_box_file_is_one_sentence(text: str, says: str, folder: Path, tmp_path: Path) -> None:
    (tmp_path / "boxes.json").write_text(text)
    with pytest.raises(InputError, match=says):
        calibration_set(SHAPE, folder, tmp_path / "boxes.json", 100, 0)


def test_boxes_outside_the_image_are_named(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"a\.png.*no area inside the 60x40 image"):
        calibration_set(SHAPE, folder, coco(tmp_path / "b.json", ("a.png", [200, 2, 10, 10])), 100, 0)


def test_what_cannot_be_used_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such directory"):
        calibration_set(SHAPE, tmp_path / "none", None, 100, 0)
    with pytest.raises(InputError, match="holds no images"):
        calibration_set(SHAPE, tmp_path, None, 100, 0)
    with pytest.raises(InputError, match="needs --calib"):
        calibration_set(SHAPE, None, tmp_path / "b.json", 100, 0)
    (tmp_path / "broken.png").write_bytes(b"\x89PNG broken")
    with pytest.raises(InputError, match=r"broken\.png: is not an image"):
        calibration_set(SHAPE, tmp_path, None, 100, 0)
