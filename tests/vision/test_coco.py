"""Annotations: COCO's and LVIS's are read, bad ones are counted and named, none is fatal and none silent."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sensorfit.errors import InputError
from sensorfit.vision.coco import read_instances

from .conftest import HEIGHT, WIDTH, make_coco

pytest.importorskip("pycocotools")


def changed(annotations: Path, **values: Any) -> Path:
    content = json.loads(annotations.read_text())
    content["annotations"][0].update(values)
    annotations.write_text(json.dumps(content))
    return annotations


def test_a_polygon_is_the_pixels_it_was_drawn_around(coco: Path) -> None:
    one = read_instances(coco).items[0]
    wanted = np.zeros((HEIGHT, WIDTH), bool)
    wanted[8:38, 6:30] = True
    assert (one.mask() == wanted).all()


def test_lvis_names_its_images_by_address(tmp_path: Path) -> None:
    annotations = make_coco(tmp_path / "lvis", lvis=True)
    found = read_instances(annotations, annotations.parent)
    assert len(found.items) == 12 and not found.left_out
    assert found.items[0].image == "images/000000000001.png"


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"iscrowd": 1}, "a crowd"),
        ({"bbox": [1, 1, 0, 5]}, "a box without area"),
        ({"bbox": [1, 1, float("nan"), 5]}, "a box with values that are not finite"),
        ({"bbox": [200, 1, 5, 5]}, "a box outside the image"),
        ({"bbox": [1, 1, 5]}, "no box of four numbers"),
        ({"segmentation": []}, "an empty mask"),
        ({"segmentation": [[1, 1, 2, float("inf"), 3, 3]]}, "a mask with values that are not finite"),
        ({"image_id": 99}, "its image is not listed"),
    ],
)
def test_a_bad_annotation_is_left_out_under_its_reason(
    coco: Path, values: dict[str, Any], reason: str
) -> None:
    found = read_instances(changed(coco, **values))
    assert dict(found.left_out) == {reason: 1}
    assert found.summary() == [f"1 left out: {reason} (annotation 1)"]
    assert len(found.items) == 11


def test_a_missing_image_leaves_out_its_annotations_and_is_named(coco: Path) -> None:
    (coco.parent / "images" / "000000000002.png").unlink()
    found = read_instances(coco)
    assert found.left_out["the image's file is missing"] == 2
    assert "000000000002.png" in found.summary()[0]


def test_nothing_usable_is_one_sentence(coco: Path) -> None:
    with pytest.raises(InputError, match="no annotation can be used"):
        read_instances(coco, coco.parent / "nowhere")


@pytest.mark.parametrize(
    "text", ["[]", "{", '{"images": 1, "annotations": []}', '{"images": [], "annotations": 5}']
)
def test_what_is_no_coco_is_one_sentence(tmp_path: Path, text: str) -> None:
    (tmp_path / "a.json").write_text(text)
    with pytest.raises(InputError, match=r"a\.json"):
        read_instances(tmp_path / "a.json")
