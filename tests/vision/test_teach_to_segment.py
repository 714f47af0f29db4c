"""A tiny COCO goes through every command: teach, train, evaluate, segment; a killed run resumed is the run that was not."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

torch = pytest.importorskip("torch")
for module in (
    "accelerate",
    "cv2",
    "pycocotools",
    "faster_coco_eval",
    "pyarrow",
    "transformers",
    "tensorboard",
):
    pytest.importorskip(module)

from sensorfit.cli import group  # noqa: E402
from sensorfit.errors import InputError  # noqa: E402
from sensorfit.vision.coco import read_instances  # noqa: E402
from sensorfit.vision.store import TeacherCache, TeacherCacheWriter  # noqa: E402
from sensorfit.vision.teach import teach, to_crop  # noqa: E402

from .conftest import make_coco  # noqa: E402

pytestmark = pytest.mark.heavy

SMALL = [
    "--batch",
    "2",
    "--workers",
    "0",
    "--log-every",
    "1",
    "--warmup",
    "2",
    "--lr",
    "1e-3",
    "--flip",
    "0.5",
    "--colour",
    "1",
]


def call(*arguments: Any) -> str:
    """Standard output of a command that must end well."""
    done = CliRunner().invoke(group, [str(a) for a in arguments], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.stdout


def weights(run: Path) -> dict[str, Any]:
    return torch.load(run / "model.pt", weights_only=True)


@pytest.fixture(scope="module")
def run_through(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with data, a cache of a tiny random SAM, and a run of four steps on both."""
    place = tmp_path_factory.mktemp("run_through")
    annotations = make_coco(place / "coco")
    found = read_instances(annotations)
    teach(found, Blocks(), place / "cache", lambda line: None)
    call(
        "train",
        "picosam3",
        "--data",
        annotations,
        "--teacher",
        place / "cache",
        "--steps",
        4,
        "-o",
        place / "run",
        *SMALL,
    )
    return place


class Blocks:
    """A teacher that finds the box itself, surely."""

    asked = 0

    def masks(self, image: np.ndarray, boxes: Any) -> list[tuple[np.ndarray, float]]:
        found = []
        for x, y, w, h in boxes:
            logits = np.full(image.shape[:2], -4, np.float32)
            logits[int(y) : int(y + h), int(x) : int(x + w)] = 4
            found.append((logits, 0.75))
        self.asked += len(boxes)
        return found


def test_the_saved_weights_have_the_authors_key_names(run_through: Path) -> None:
    from sensorfit.models.picosam3 import PicoSAM3

    PicoSAM3().load_state_dict(weights(run_through / "run"))
    assert "encoder_stage1.0.weight" in weights(run_through / "run")


def test_the_log_holds_the_teachers_part_and_its_weight(run_through: Path) -> None:
    rows = [json.loads(line) for line in (run_through / "run" / "log.jsonl").read_text().splitlines()]
    assert [r["step"] for r in rows if "a" in r] == [1, 2, 3, 4]
    assert all(r["a"] == pytest.approx(0.75, abs=1e-3) for r in rows if "a" in r)


def test_a_run_stopped_and_resumed_gives_the_weights_of_one_that_was_not(run_through: Path) -> None:
    common = [
        "train",
        "picosam3",
        "--data",
        run_through / "coco" / "train.json",
        *SMALL,
        "--seed",
        3,
        "--ema",
        "0.9",
    ]
    call(*common, "--steps", 4, "-o", run_through / "whole")
    call(*common, "--steps", 2, "-o", run_through / "parts")
    call(*common, "--steps", 4, "-o", run_through / "parts", "--resume")
    last = torch.load(run_through / "parts" / "last.pt", weights_only=True)
    del last["settings"]["weights"]  # a run of before there was --weights
    torch.save(last, run_through / "parts" / "last.pt")
    call(*common, "--steps", 4, "-o", run_through / "parts", "--resume")
    whole, parts = weights(run_through / "whole"), weights(run_through / "parts")
    assert all(torch.equal(whole[key], parts[key]) for key in whole)


def test_other_settings_do_not_go_on_with_a_run(run_through: Path) -> None:
    with pytest.raises(InputError, match=r"was made with lr 0\.001"):
        call("train", "picosam3", "--data", run_through / "coco" / "train.json", "--teacher", run_through / "cache",
             "--steps", 4, "-o", run_through / "run", *SMALL, "--lr", "1e-2", "--resume")  # fmt: skip


def test_a_run_begins_with_the_weights_it_is_given(run_through: Path) -> None:
    given = run_through / "run" / "model.pt"
    common = ["train", "picosam3", "--data", run_through / "coco" / "train.json", *SMALL]
    call(
        *common,
        "--lr",
        "0",
        "--weight-decay",
        "0",
        "--steps",
        1,
        "--weights",
        given,
        "-o",
        run_through / "tuned",
    )
    before, after = weights(run_through / "run"), weights(run_through / "tuned")
    learned = [key for key in before if "running" not in key and "num_batches" not in key]
    assert learned and all(torch.equal(before[key], after[key]) for key in learned)
    with pytest.raises(InputError, match="is not a checkpoint"):
        call(
            "train",
            "unet-teacher",
            *common[2:],
            "--steps",
            1,
            "--weights",
            given,
            "-o",
            run_through / "refused",
        )
    assert not (run_through / "refused").exists()


def test_a_network_of_another_size_gets_crops_of_its_own(run_through: Path, tmp_path: Path) -> None:
    def network(name: str, shape: tuple[int, ...]) -> Path:
        module = torch.nn.Conv2d(shape[1], 1, 3, padding=1)
        path = tmp_path / name
        torch.onnx.export(module, (torch.rand(shape),), str(path), opset_version=17, dynamo=False)
        return path

    picture = run_through / "coco" / "images" / "000000000001.png"
    large = network("large.onnx", (1, 3, 160, 160))
    call("segment", picture, "--roi", "2,2,20,20", "--model", large, "-o", tmp_path / "x.png")
    data = ("--data", run_through / "coco" / "train.json", "--no-baselines")
    assert "large.onnx" in call("evaluate", large, *data) and (tmp_path / "x.png").is_file()
    with pytest.raises(InputError, match="takes 96x96 pixels, the crops have 160x160"):
        call("evaluate", large, network("small.onnx", (1, 3, 96, 96)), *data)
    with pytest.raises(InputError, match="1x1x64x64, not 1x3 and a square"):
        call(
            "segment",
            picture,
            "--roi",
            "2,2,20,20",
            "--model",
            network("grey.onnx", (1, 1, 64, 64)),
            "-o",
            tmp_path / "y.png",
        )


def test_evaluation_agrees_with_pycocotools_and_lists_baselines_and_sizes(run_through: Path) -> None:
    text = call(
        "evaluate",
        run_through / "run" / "model.pt",
        "--data",
        run_through / "coco" / "train.json",
        "--protocol",
        "coco",
        "--format",
        "json",
    )
    found = {row["model"]: row for row in json.loads(text)["models"]}
    # The annotations are rectangles, so the box is right but for what resampling loses at its edge.
    assert found["box"]["miou_crop"] > 0.97 and found["box"]["coco_segm_ap"]["AP"] > 0.9
    assert 0.7 < found["ellipse"]["miou_crop"] < 0.85
    assert found["grabcut"]["instances"] == 12 and found["box"]["by_size"]["small"][0] == 12


def test_segment_writes_overlay_mask_and_json(run_through: Path) -> None:
    image = run_through / "coco" / "images" / "000000000001.png"
    text = call("segment", image, "--roi", "6,8,24,30", "--roi", "44,20,28,20", "--model", run_through / "run" / "model.pt",
                "-o", run_through / "o.png", "--mask", run_through / "m.png", "--json")  # fmt: skip
    row = json.loads(text)[0]
    labels = np.asarray(Image.open(run_through / "m.png"))
    assert labels.shape == (64, 80) and set(np.unique(labels)) <= {0, 1, 2}
    assert Image.open(run_through / "o.png").size == (80, 64)
    assert len(row["masks"]) == 2 and row["masks"][0]["roi"] == [0, 5, 36, 41]


def test_a_photograph_on_its_side_is_turned_before_boxes_are_taken(run_through: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.fromarray(np.zeros((40, 60, 3), np.uint8)).save(run_through / "side.jpg", exif=exif)
    call(
        "segment",
        run_through / "side.jpg",
        "--roi",
        "5,30,20,20",
        "--model",
        run_through / "run" / "model.pt",
        "-o",
        run_through / "s.png",
    )
    assert Image.open(run_through / "s.png").size == (40, 60)


@pytest.mark.parametrize(
    ("roi", "said"), [("1,2,3", "a box is"), ("500,500,5,5", "is no box"), ("a,b,c,d", "a box is")]
)
def test_a_bad_roi_is_one_sentence(run_through: Path, roi: str, said: str) -> None:
    with pytest.raises(InputError, match=said):
        call(
            "segment",
            run_through / "coco" / "images" / "000000000001.png",
            "--roi",
            roi,
            "--model",
            run_through / "run" / "model.pt",
            "-o",
            run_through / "x.png",
        )
    assert not (run_through / "x.png").exists()


def test_a_box_that_reaches_over_the_image_is_said(run_through: Path, tmp_path: Path) -> None:
    picture = run_through / "coco" / "images" / "000000000001.png"
    done = CliRunner().invoke(
        group, ["segment", str(picture), "--roi", "2,2,8000,20", "-o", str(tmp_path / "x.png")]
    )
    assert done.exit_code == 0 and "the box 2,2,8000,20 reaches over the image of" in done.stderr


def test_teaching_again_asks_only_for_what_a_killed_run_lost(tmp_path: Path) -> None:
    found = read_instances(make_coco(tmp_path / "coco"))
    teacher = Blocks()
    assert teach(found, teacher, tmp_path / "cache", lambda line: None, shard=4) == (12, 0)
    sorted((tmp_path / "cache").glob("*.arrow"))[1].unlink()
    again = Blocks()
    assert teach(found, again, tmp_path / "cache", lambda line: None, shard=4) == (4, 0)
    assert len(TeacherCache(tmp_path / "cache")) == 12


def test_processes_share_the_images_without_overlap(tmp_path: Path) -> None:
    found = read_instances(make_coco(tmp_path / "coco"))
    counts = [teach(found, Blocks(), tmp_path / "cache", lambda line: None, p, 3)[0] for p in range(3)]
    assert counts == [4, 4, 4] and len(TeacherCache(tmp_path / "cache")) == 12


def test_logits_are_clamped_probabilities_of_the_crop() -> None:
    logits = np.full((10, 10), -50, np.float32)
    logits[:, 5:] = 50
    kept = to_crop(logits, (0, 0, 10, 10), 10)
    assert kept.dtype == np.float16
    assert kept[0, 0] == pytest.approx(np.log(1e-7 / (1 - 1e-7)), rel=1e-3) and kept[0, 9] == -kept[0, 0]


def test_a_cache_gives_back_what_it_was_given_and_nothing_for_what_was_skipped(tmp_path: Path) -> None:
    writer = TeacherCacheWriter(tmp_path / "cache", shard=2)
    logits = np.linspace(-3, 3, 96 * 96, dtype=np.float32).reshape(96, 96)
    for one in (7, 8, 9):
        writer.add(one, None if one == 8 else logits, float("nan") if one == 8 else 0.5)
    writer.flush()
    cache = TeacherCache(tmp_path / "cache")
    assert cache.get(8) is None and cache.get(10) is None and sorted(cache.ids) == [7, 8, 9]
    known = cache.get(7)
    assert known is not None and np.abs(known[0] - logits).max() < 2e-3 and known[1] == 0.5
