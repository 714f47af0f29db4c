"""The weights that ship: what the card says of them, and masks of things they were not trained on."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("pycocotools")
from click.testing import CliRunner  # noqa: E402
from PIL import Image  # noqa: E402

from sensorfit.cli import group  # noqa: E402
from sensorfit.cli.waiting import Count  # noqa: E402
from sensorfit.errors import InputError  # noqa: E402
from sensorfit.models.registry import find  # noqa: E402
from sensorfit.quantize.bridge import source  # noqa: E402

pytestmark = pytest.mark.heavy

PICTURES = Path(__file__).parents[2] / "docs" / "images"


def call(*arguments: object) -> str:
    """Standard output of a command that must end well."""
    done = CliRunner().invoke(group, [str(a) for a in arguments], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.stdout


def shipped() -> Path:
    """The file of PicoSAM3's weights."""
    entry = find("picosam3")
    assert entry is not None and entry.weights is not None
    return entry.weights


def test_the_card_is_of_the_file_that_ships() -> None:
    assert hashlib.sha256(shipped().read_bytes()).hexdigest() in (shipped().parent / "README.md").read_text()


def test_a_build_takes_the_weights_that_ship_unless_others_are_given_and_random_ones_where_none_do(
    tmp_path: Path,
) -> None:
    ours = source("picosam3", None, None, 0)
    state = torch.load(shipped(), weights_only=True)
    assert ours.weights == "shipped" and ours.sha256 == hashlib.sha256(shipped().read_bytes()).hexdigest()
    for key, tensor in ours.module.state_dict().items():
        assert torch.equal(tensor, state[key]), key
    other = tmp_path / "other.pt"
    torch.save({key: tensor * 0 for key, tensor in state.items()}, other)
    given = source("picosam3", other, None, 0)
    assert given.weights == "other.pt" and not any(p.any() for p in given.module.parameters())
    assert source("picosam2", None, None, 0).weights == "random"


def test_coins_of_a_photograph_are_found_within_their_boxes(tmp_path: Path) -> None:
    text = call("evaluate", "picosam3", "--data", PICTURES / "coins.json", "--images", PICTURES, "--no-baselines",
                "--format", "json")  # fmt: skip
    (row,) = json.loads(text)["models"]
    assert row["instances"] == 24 and row["miou_crop"] > 0.9


def test_segment_draws_the_boxes_of_coco_annotations_with_the_weights_that_ship(tmp_path: Path) -> None:
    out, mask = tmp_path / "o.png", tmp_path / "m.png"
    said = call(
        "segment", PICTURES / "coins.png", "--roi", PICTURES / "coins.json", "-o", out, "--mask", mask
    )
    assert said.startswith("coins.png: 24 masks of ")
    labels = np.asarray(Image.open(mask))
    for number, annotation in enumerate(json.loads((PICTURES / "coins.json").read_text())["annotations"], 1):
        x, y, w, h = annotation["bbox"]
        assert (labels[y : y + h, x : x + w] == number).sum() > 0.6 * annotation["area"]


def test_segment_tells_of_the_images_before_one_that_cannot_be_read(tmp_path: Path) -> None:
    folder = tmp_path / "photos"
    folder.mkdir()
    Image.new("RGB", (64, 64)).save(folder / "a.png")
    (folder / "b.png").write_bytes(b"no picture")
    asked = ["segment", str(folder), "--roi", "8,8,32,32", "-o", str(tmp_path / "out")]
    done = CliRunner().invoke(group, asked)
    assert isinstance(done.exception, InputError) and "b.png" in str(done.exception)
    assert done.stdout.startswith("a.png: ") and (tmp_path / "out" / "a.png").is_file()


def test_segment_counts_the_images_of_a_folder_on_its_clock(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "photos"
    folder.mkdir()
    for name in ("a.png", "b.png"):
        Image.new("RGB", (64, 64)).save(folder / name)
    seen: list[tuple[object, ...]] = []

    @contextmanager
    def clock(*about: object) -> Iterator[Count]:
        count = Count()
        yield count
        seen.append((*about, count.done))

    monkeypatch.setattr("sensorfit.cli.segment.waiting", clock)
    said = call("segment", folder, "--roi", "8,8,32,32", "-o", tmp_path / "out")
    assert seen == [("segment", "a.png and 1 more", 2, "picosam3 2", 2)]
    assert [line.partition(":")[0] for line in said.splitlines()] == ["a.png", "b.png"]


@pytest.mark.parametrize(
    "content",
    [
        {"annotations": [], "images": [{"id": 1}]},
        {"annotations": [{"image_id": 2, "bbox": [0, 0, 1, 1]}], "images": [{"id": 1, "file_name": "a.png"}]},
        {"annotations": [{"image_id": 1, "bbox": [0, 0, 1]}], "images": [{"id": 1, "file_name": "a.png"}]},
        {"annotations": 3, "images": []},
    ],
    ids=["no name", "no such image", "three numbers", "no list"],
)
def test_broken_coco_annotations_are_one_sentence(tmp_path: Path, content: object) -> None:
    boxes = tmp_path / "boxes.json"
    boxes.write_text(json.dumps(content))
    done = CliRunner().invoke(
        group, ["segment", str(PICTURES / "coins.png"), "--roi", str(boxes), "-o", str(tmp_path / "o.png")]
    )
    assert done.exit_code != 0 and not (tmp_path / "o.png").exists()
    assert "boxes.json" in str(done.exception) and done.exc_info[0].__name__ == "InputError"
