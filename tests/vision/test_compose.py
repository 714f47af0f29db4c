"""Scenes: the same seed gives the same bytes, masks are what is seen, splits share no object and no ground."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

pytest.importorskip("cv2")
pytest.importorskip("pycocotools")

from sensorfit.errors import InputError
from sensorfit.vision.augment import Augmentation
from sensorfit.vision.coco import read_instances
from sensorfit.vision.compose import PLAIN, Palette, compose
from sensorfit.vision.dataset import CHUNK, ComposedCrops
from sensorfit.vision.demo import make_demo
from sensorfit.vision.geometry import box_of
from sensorfit.vision.material import group_of, split_of

pytestmark = pytest.mark.heavy


@pytest.fixture(scope="module")
def material(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two discs and two grounds a split, in place of the packages' pictures."""
    place = tmp_path_factory.mktemp("material")
    rng = np.random.default_rng(0)
    rows = []
    (place / "objects").mkdir()
    (place / "grounds").mkdir()
    y, x = np.mgrid[:120, :120]
    for split in ("train", "val", "test"):
        for n in range(2):
            disc = np.where((x - 60) ** 2 + (y - 60) ** 2 < 55**2, 255, 0).astype(np.uint8)
            colours = rng.integers(0, 256, (120, 120, 3), dtype=np.uint8)
            Image.fromarray(np.dstack([colours, disc])).save(
                place / "objects" / f"{split}{n}.webp", lossless=True
            )
            Image.fromarray(rng.integers(0, 256, (400, 500, 3), dtype=np.uint8)).save(
                place / "grounds" / f"{split}{n}.jpg"
            )
            rows.append(
                {
                    "file": f"objects/{split}{n}.webp",
                    "kind": "photo",
                    "split": split,
                    "source": f"{split}{n}",
                    "licence": "",
                }
            )
            rows.append(
                {
                    "file": f"grounds/{split}{n}.jpg",
                    "kind": "ground",
                    "split": split,
                    "source": "",
                    "licence": "",
                }
            )
    (place / "material.json").write_text(json.dumps(rows))
    return place


def test_a_scene_is_a_function_of_its_seed(material: Path) -> None:
    palette = Palette(material, "train")
    first, again, other = (compose(palette, np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert (first.image == again.image).all() and first.pieces == again.pieces
    assert first.image.shape != other.image.shape or (first.image != other.image).any()


def test_no_pixel_belongs_to_two_objects(material: Path) -> None:
    palette = Palette(material, "test")
    for seed in range(20):
        scene = compose(palette, np.random.default_rng(seed), PLAIN)
        for mask in scene.masks:
            assert mask.shape == scene.image.shape[:2]
        if scene.masks:
            assert np.sum(scene.masks, axis=0).max() <= 1
        assert set(scene.pieces) <= {"test0", "test1"}


def test_files_do_not_depend_on_the_number_of_workers_and_read_back_as_coco(
    material: Path, tmp_path: Path
) -> None:
    counts = {"train": 3, "val": 1, "test": 2}
    one = make_demo(tmp_path / "one", material, counts, 1, 7)
    two = make_demo(tmp_path / "two", material, counts, 2, 7)
    assert one == two
    for path in sorted((tmp_path / "one").rglob("*.*")):
        assert path.read_bytes() == (tmp_path / "two" / path.relative_to(tmp_path / "one")).read_bytes()
    found = read_instances(tmp_path / "one" / "train.json")
    assert len(found.items) == one["train"][1] and not found.left_out
    assert all(box_of(i.mask()) == i.box for i in found.items)


def test_a_streams_chunk_is_a_function_of_its_place(material: Path) -> None:
    stream = ComposedCrops(material, "train", Augmentation(0.5, 1.0, 0.1), seed=3)
    first, again, next_one = stream[(0, 5)], stream[(0, 5)], stream[(0, 6)]
    assert first["image"].shape == (CHUNK, 3, 96, 96) and first["mask"].shape == (CHUNK, 1, 96, 96)
    assert first["image"].equal(again["image"]) and first["mask"].equal(again["mask"])
    assert not first["image"].equal(next_one["image"])


@pytest.mark.parametrize(
    ("one", "other"),
    [("animals/cow.png", "animals/cow_mirror.png"), ("plants/flower4.png", "plants/flower12.png"),
     ("gnome/wood-d.webp", "gnome/wood-l.webp"), ("Flow/contents/images/1.jpg", "Flow/contents/images_dark/2.png")],
)  # fmt: skip
def test_pictures_of_one_thing_are_of_one_split(one: str, other: str) -> None:
    assert group_of(one) == group_of(other) and split_of(group_of(one)) == split_of(group_of(other))


def test_material_without_photographs_of_a_split_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "material.json").write_text("[]")
    with pytest.raises(InputError, match="no photographs or no grounds of the split 'val'"):
        Palette(tmp_path, "val")
