"""Calibration images and the ROI they are cut to."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from sensorfit.errors import InputError
from sensorfit.models.roi import aspect_roi, centre_crop, centre_square, square_roi
from sensorfit.pipeline.request import Calibration
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


@pytest.mark.parametrize("aspect", [0.5, 0.75, 4 / 3, 16 / 9, 3.0])
@given(
    st.floats(-50, 700), st.floats(-50, 500), st.floats(0.01, 700), st.floats(0.01, 500), st.integers(16, 640), st.integers(16, 480)
)  # fmt: skip
def test_a_roi_has_the_inputs_aspect_and_is_real_pixels(
    aspect: float, x: float, y: float, w: float, h: float, width: int, height: int
) -> None:
    try:
        left, top, right, bottom = aspect_roi((x, y, w, h), width, height, aspect)
    except ValueError:
        assert x >= width or y >= height or x + w <= 0 or y + h <= 0
        return
    assert left >= 0 and top >= 0 and right <= width and bottom <= height
    assert abs((right - left) - (bottom - top) * aspect) <= max(1, aspect)


def test_the_centre_crop_is_the_largest_of_its_aspect() -> None:
    assert centre_crop(640, 480, 4 / 3) == (0, 0, 640, 480)
    assert centre_crop(640, 480, 2.0) == (0, 80, 640, 400)
    assert centre_crop(640, 480, 0.5) == (200, 0, 440, 480)


def test_a_circle_stays_a_circle_at_an_oblong_input(tmp_path: Path) -> None:
    rows, columns = np.mgrid[:300, :300] - 150
    Image.fromarray(np.uint8(255 * (rows**2 + columns**2 < 60**2))).save(tmp_path / "disc.png")
    (image,) = calibration_set((1, 64, 128), tmp_path, None, 8, 0).images
    inside = image[0] > 0.5
    assert inside.any(0).sum() == inside.any(1).sum() == pytest.approx(51, abs=1)


def test_the_synthetic_set_is_as_large_as_asked_and_begins_alike() -> None:
    few, more = calibration_set(SHAPE, None, None, 8, 0, 2), calibration_set(SHAPE, None, None, 8, 0, 5)
    assert len(few.images) == 2 and len(more.images) == 5
    assert np.array_equal(few.images, more.images[:2])


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


@pytest.mark.parametrize(("images", "warned"), [(99, True), (100, False)])
def test_fewer_than_a_hundred_images_are_warned_of(tmp_path: Path, images: int, warned: bool) -> None:
    for index in range(images):
        Image.new("L", (8, 8), index).save(tmp_path / f"{index}.png")
    found = calibration_set((1, 8, 8), tmp_path, None, 128, 0)
    assert any(f"only {images} calibration images" in w for w in found.warnings) == warned


def test_images_in_formats_that_are_not_read_are_counted(folder: Path) -> None:
    for name in ("d.HEIC", "e.gif", "f.gif"):
        (folder / name).write_bytes(b"not read")
    calibration = calibration_set(SHAPE, folder, None, 9, 0)
    assert calibration.source == f"3 images from {folder.name}"
    assert any("3 files were left out (.gif, .heic)" in warning for warning in calibration.warnings)


def test_a_directory_that_cannot_be_read_is_named(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its images are silently none otherwise; the error is made here, since root may read everything."""
    (folder / "locked").mkdir()
    scandir = os.scandir

    def refusing(place: str) -> object:
        if str(place).endswith("locked"):
            raise PermissionError(13, "Permission denied", str(place))
        return scandir(place)

    monkeypatch.setattr(os, "scandir", refusing)
    calibration = calibration_set(SHAPE, folder, None, 9, 0)
    assert calibration.source == f"3 images from {folder.name}"
    assert any("locked cannot be read (Permission denied)" in warning for warning in calibration.warnings)
    for image in folder.glob("?.*"):
        image.unlink()
    with pytest.raises(InputError, match=r"holds no images .*locked cannot be read"):
        calibration_set(SHAPE, folder, None, 9, 0)


def test_boxes_without_an_area_are_left_out_and_counted(folder: Path, tmp_path: Path) -> None:
    boxes = coco(tmp_path / "boxes.json", ("a.png", [2, 2, 10, 10]), ("a.png", [5, 5, 0, 3]))
    found = calibration_set(SHAPE, folder, boxes, 100, 0)
    assert len(found.images) == 1 and "1 box of boxes.json without an area left out" in found.warnings
    with pytest.raises(InputError, match="no box has an area"):
        calibration_set(SHAPE, folder, coco(boxes, ("a.png", [5, 5, 0, 3])), 100, 0)


def test_a_fourth_channel_is_the_transparency_and_weighs_nothing(folder: Path, tmp_path: Path) -> None:
    """Pillow's own resizing leaves out the colour of what is transparent; a network reads it as it is."""
    (place := tmp_path / "four").mkdir()
    pixels = np.full((40, 60, 4), 255, np.uint8)
    pixels[:, ::2] = (0, 0, 0, 0)
    Image.fromarray(pixels).save(place / "a.png")
    found = calibration_set((4, 8, 12), place, None, 9, 0).images
    assert found.shape == (1, 4, 8, 12) and found[0, :, 4, 6] == pytest.approx([0.5] * 4, abs=0.1)
    grey = Image.fromarray(pixels[..., 2:])
    grey.save(place / "a.png")
    assert calibration_set((2, 8, 12), place, None, 9, 0).images[0, :, 4, 6] == pytest.approx(
        [0.5] * 2, abs=0.1
    )
    with pytest.raises(
        InputError, match=r"has no transparency, which the network's 4 channels need beside RGB"
    ):
        calibration_set((4, 8, 12), folder, None, 9, 0)
    with pytest.raises(InputError, match=r"at most 4 channels, the network takes 6"):
        calibration_set((6, 8, 12), folder, None, 9, 0)


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


def test_a_build_looks_for_the_images_before_it_reads_the_network(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="holds no images"):
        Calibration(calib=tmp_path).check()
    with pytest.raises(InputError, match="needs --calib"):
        Calibration(boxes=tmp_path / "b.json").check()


def test_what_cannot_be_used_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such directory"):
        calibration_set(SHAPE, tmp_path / "none", None, 100, 0)
    with pytest.raises(InputError, match="holds no images"):
        calibration_set(SHAPE, tmp_path, None, 100, 0)
    with pytest.raises(InputError, match="needs --calib"):
        calibration_set(SHAPE, None, tmp_path / "b.json", 100, 0)
    (tmp_path / "one.jpg.txt").touch()
    with pytest.raises(InputError, match=r"one\.jpg\.txt: is a file; give the directory"):
        calibration_set(SHAPE, tmp_path / "one.jpg.txt", None, 100, 0)
    (tmp_path / "broken.png").write_bytes(b"\x89PNG broken")
    with pytest.raises(InputError, match=r"broken\.png: is not an image"):
        calibration_set(SHAPE, tmp_path, None, 100, 0)


RAMP = np.linspace(0, 1, 16).reshape(4, 4)
"""Black to white."""


def saved(path: Path, kind: str) -> Path:
    """``RAMP`` in a form of pixel."""
    if kind == "floating-point TIFF":
        Image.fromarray(RAMP.astype(np.float32)).save(path.with_suffix(".tif"))
    elif kind == "32-bit TIFF":
        Image.fromarray((RAMP * 2**30).astype(np.int32)).save(path.with_suffix(".tif"))
    elif kind == "signed 8-bit TIFF":
        Image.fromarray((RAMP * 127).astype(np.uint8)).save(path.with_suffix(".tif"), tiffinfo={339: 2})
    elif kind == "floating-point PFM":
        path.with_suffix(".ppm").write_bytes(b"Pf 4 4 -1.0\n" + RAMP.astype("<f4").tobytes())
    elif kind in ("16-bit PNG", "16-bit TIFF"):
        Image.fromarray((RAMP * 65535).astype(np.uint16)).save(
            path.with_suffix(f".{kind[-4:].strip().lower()}")
        )
    elif kind == "16-bit PGM":
        path.with_suffix(".pgm").write_bytes(b"P5 4 4 65535\n" + (RAMP * 65535).astype(">u2").tobytes())
    elif kind == "10-bit PGM":
        path.with_suffix(".pgm").write_bytes(b"P5 4 4 1023\n" + (RAMP * 1023).astype(">u2").tobytes())
    elif kind == "16-bit RGB PPM":
        path.with_suffix(".ppm").write_bytes(
            b"P6 4 4 65535\n" + np.repeat(RAMP * 65535, 3).astype(">u2").tobytes()
        )
    else:
        grey = Image.fromarray(np.round(RAMP * 255).astype(np.uint8))
        grey.convert(kind).save(path.with_suffix(".tif" if kind in ("CMYK", "YCbCr") else ".png"))
    return next(path.parent.glob(f"{path.stem}.*"))


@pytest.mark.parametrize(
    "kind",
    [
        "16-bit PNG",
        "16-bit TIFF",
        "16-bit PGM",
        "10-bit PGM",
        "16-bit RGB PPM",
        "L",
        "LA",
        "RGB",
        "RGBA",
        "P",
        "CMYK",
        "YCbCr",
    ],
)
@pytest.mark.parametrize("channels", [1, 3])
def test_every_form_of_pixel_is_scaled_by_its_own_white(tmp_path: Path, kind: str, channels: int) -> None:
    saved(tmp_path / "ramp", kind)
    (image,) = calibration_set((channels, 4, 4), tmp_path, None, 8, 0).images
    assert image.shape == (channels, 4, 4) and image.dtype == np.float32
    assert np.abs(image - RAMP).max() < 0.01 and image.min() >= 0 and image.max() <= 1


@pytest.mark.parametrize(
    "kind", ["floating-point TIFF", "32-bit TIFF", "signed 8-bit TIFF", "floating-point PFM"]
)
def test_a_file_that_states_no_white_is_refused_with_a_way_out(tmp_path: Path, kind: str) -> None:
    path = saved(tmp_path / "ramp", kind)
    with pytest.raises(
        InputError, match="whose white the file does not say; save it as 8- or 16-bit PNG"
    ) as said:
        calibration_set(SHAPE, tmp_path, None, 8, 0)
    assert str(path) in str(said.value)


def test_only_image_formats_that_are_named_are_decoded(tmp_path: Path) -> None:
    """A .png that is PostScript, say, which Pillow hands to an interpreter."""
    (tmp_path / "a.png").write_bytes(b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 4 4\n%%EndComments\n")
    with pytest.raises(InputError, match="calibration takes JPEG, PNG, BMP, WEBP, PPM, TIFF"):
        calibration_set(SHAPE, tmp_path, None, 8, 0)


@pytest.mark.parametrize(
    "name", ["../secret.png", "a/../../secret.png", "/etc/secret.png", "C:\\secret.png", "..\\secret.png", "", "a\0b", 7, None, ["a.png"], True]
)  # fmt: skip
def test_an_image_outside_of_the_directory_is_not_read(folder: Path, tmp_path: Path, name: object) -> None:
    boxes = tmp_path / "boxes.json"
    boxes.write_text(
        json.dumps(
            {"images": [{"id": 1, "file_name": name}], "annotations": [{"image_id": 1, "bbox": [0, 0, 9, 9]}]}
        )
    )
    with pytest.raises(
        InputError, match=r"images\[0\] (names .* does not lie in the directory|needs 'id' and 'file_name')"
    ):
        calibration_set(SHAPE, folder, boxes, 8, 0)


@pytest.mark.parametrize(
    "box", ["[NaN, 0, 9, 9]", "[0, 0, Infinity, 9]", "[0, 0, 1e999, 9]", "[0, 0, 9]", '["0", "0", "9", "9"]', "[true, 0, 9, 9]", "7", "{}", f"[0, 0, {10**400}, 9]", "[[0], 0, 9, 9]", "null"]
)  # fmt: skip
def test_a_box_that_is_not_four_numbers_is_one_sentence(folder: Path, tmp_path: Path, box: str) -> None:
    boxes = tmp_path / "boxes.json"
    images = '[{"id": 1, "file_name": "a.png"}]'
    boxes.write_text(f'{{"images": {images}, "annotations": [{{"image_id": 1, "bbox": {box}}}]}}')
    with pytest.raises(InputError, match=r"annotations\[0\] needs 'image_id' of a listed image and 'bbox'"):
        calibration_set(SHAPE, folder, boxes, 8, 0)


@pytest.mark.parametrize(
    "text", ['{"images": 7, "annotations": []}', '{"images": [7], "annotations": []}', '{"images": [{"id": [1], "file_name": "a"}], "annotations": []}', '{"images": [], "annotations": [{"image_id": [1], "bbox": [0, 0, 1, 1]}]}', '{"images": [], "annotations": [3]}', "7", "[" * 9999]
)  # fmt: skip
def test_fields_of_another_kind_are_one_sentence(folder: Path, tmp_path: Path, text: str) -> None:
    (tmp_path / "boxes.json").write_text(text)
    with pytest.raises(InputError) as said:
        calibration_set(SHAPE, folder, tmp_path / "boxes.json", 8, 0)
    assert "boxes.json" in str(said.value) and "\n" not in str(said.value)


def test_a_name_too_long_for_a_file_is_one_sentence(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be looked for"):
        calibration_set(SHAPE, folder, coco(tmp_path / "b.json", ("a" * 5000, [0, 0, 9, 9])), 8, 0)
