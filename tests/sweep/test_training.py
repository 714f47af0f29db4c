"""``--accuracy train``: candidates trained by sensorfit's own loop, on a tiny COCO drawn here."""

from __future__ import annotations

import csv
from pathlib import Path

import onnx
import pytest
from click.testing import CliRunner

import sensorfit
from sensorfit.cli import group

from ..vision.conftest import make_coco
from .test_sweep import written

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
