"""``--accuracy train``: candidates trained by sensorfit's own loop, on a tiny COCO drawn here."""

from __future__ import annotations

import csv
from pathlib import Path

import onnx
import pytest
from click.testing import CliRunner

import sensorfit
from sensorfit.cli import group
from sensorfit.quantize.calibration import calibration_set
from sensorfit.sweep.accuracy import measure
from sensorfit.sweep.pick import trained
from sensorfit.sweep.run import sweep
from sensorfit.sweep.training import Training

from ..vision.conftest import make_coco
from .test_sweep import written

pytestmark = pytest.mark.heavy

torch = pytest.importorskip("torch")
for module in ("accelerate", "cv2", "pycocotools", "pyarrow", "tensorboard", "optuna"):
    pytest.importorskip(module)

SPACE = """
family = "picosam"
objectives = ["dsp_ms", "maximize parameters"]
[parameters]
size = [64, 96]
width = [0.1, 0.2]
depth = 1
"""


def test_candidates_are_trained_alike_join_the_front_and_are_picked_with_their_weights(
    tmp_path: Path,
) -> None:
    data = make_coco(tmp_path / "coco", images=24)
    space, out = written(tmp_path, SPACE), tmp_path / "out"
    asked = [
        "sweep",
        str(space),
        "-o",
        str(out),
        "--workers",
        "1",
        "--accuracy",
        "train",
        "--data",
        str(data),
    ]
    done = CliRunner().invoke(
        group,
        [*asked, "--steps", "2", "--train-batch", "4", "--measured", "1", "--also", "3"],
        catch_exceptions=False,
    )
    assert done.exit_code == 0, done.output
    assert "2 steps of 4 crops" in done.output
    with (out / "accuracy.csv").open(encoding="utf-8") as file:
        answers = {int(row["candidate"]): row for row in csv.DictReader(file)}
    table = {c["candidate"]: c for c in sensorfit_rows(out)}
    assert 3 in answers  # asked for, whether on the front or not
    for number, answer in answers.items():
        if table[number]["size"] == "64":  # crops are of 96x96
            assert "crop of 96x96" in answer["answer"] or answer["answer"].startswith("InputError")
        else:
            assert answer["answer"] == "measured" and 0 < float(answer["accuracy"]) < 1
    trained = next(n for n, a in answers.items() if a["answer"] == "measured")
    picked = CliRunner().invoke(
        group, ["sweep", "pick", str(out), str(trained), "-o", str(tmp_path / "m.onnx")]
    )
    assert picked.exit_code == 0 and "trained" in picked.output
    first = onnx.load(out / "trained" / str(trained) / "model.onnx")
    kept = onnx.load(tmp_path / "m.onnx")
    assert kept.SerializeToString() == (out / "trained" / str(trained) / "trained.onnx").read_bytes()
    assert kept.graph.initializer[0] != first.graph.initializer[0]
    found = sensorfit.check(tmp_path / "m.onnx")
    assert (found.verdict, found.memory.total_bytes) == ("fits", table[trained]["total"])


def test_a_training_that_was_killed_goes_on_to_the_same_weights(tmp_path: Path) -> None:
    data = make_coco(tmp_path / "coco", images=24)
    weights = []
    for name, ends in (("whole", 9), ("killed", 4)):
        found = sweep(written(tmp_path, SPACE), tmp_path / name, workers=1)
        told: list[str] = []

        def say(line: str, told: list[str] = told, ends: int = ends) -> None:
            told.append(line)
            if line.startswith(f"step {ends}  "):  # the validation after it
                raise KeyboardInterrupt

        training = Training(data, steps=6, batch=4, workers=0)
        if ends < 6:
            with pytest.raises(KeyboardInterrupt):
                measure(found, training, 0, say=say, also=[2])
            told.clear()
        (one,) = measure(found, training, 0, say=told.append, also=[2])
        assert one.answer == "measured" and ("going on after step 2" in told) == (ends < 6)
        weights.append(trained(found.directory, 2).read_bytes())
    assert weights[0] == weights[1]
    # Another budget begins anew, from random weights.
    (other,) = measure(found, Training(data, steps=2, batch=4, workers=0), 0, say=told.append, also=[2])
    assert other.answer == "measured" and trained(found.directory, 2).read_bytes() != weights[1]


def test_a_trained_candidate_is_built_on_crops_of_its_data_with_its_normalisation(tmp_path: Path) -> None:
    data = make_coco(tmp_path / "coco", images=24)
    asked = Training(data).build_options(tmp_path / "scratch")
    assert asked["boxes"] == data and asked["mean"] == pytest.approx((0.485, 0.456, 0.406))
    assert len(calibration_set((3, 96, 96), asked["calib"], asked["boxes"], 128, 0).images) == 48


def test_training_without_data_is_one_sentence(tmp_path: Path) -> None:
    done = CliRunner().invoke(
        group, ["sweep", str(written(tmp_path, SPACE)), "-o", "out", "--accuracy", "train"]
    )
    assert getattr(done.exception, "exit_code", 0) == 2 and "--accuracy train needs --data" in str(
        done.exception
    )


def sensorfit_rows(out: Path) -> list[dict[str, object]]:
    from .test_sweep import rows

    return rows(out)
