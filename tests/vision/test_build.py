"""A checkpoint through MCT and the converter, its INT8 graph evaluated and looked through."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

torch = pytest.importorskip("torch")
pytest.importorskip("cv2")
pytest.importorskip("pycocotools")
pytest.importorskip("faster_coco_eval")
from sensorfit.cli import group  # noqa: E402

from .conftest import make_coco  # noqa: E402

pytestmark = pytest.mark.toolchain


def call(*arguments: object) -> str:
    """Standard output of a command that must end well."""
    done = CliRunner().invoke(group, [str(a) for a in arguments], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.stdout


def test_the_int8_graph_of_a_trained_checkpoint_is_evaluated_beside_the_float_one_and_segments(
    tmp_path: Path,
) -> None:
    data = make_coco(tmp_path / "coco")
    call("train", "picosam3", "--data", data, "--steps", 12, "--batch", 4, "--workers", 0, "--lr", "3e-3", "--warmup", 1,
         "-o", tmp_path / "run")  # fmt: skip
    call("build", "picosam3", "--weights", tmp_path / "run" / "model.pt", "--calib", data.parent / "images", "--boxes", data,
         "-o", tmp_path / "out", "-q")  # fmt: skip
    text = call("evaluate", tmp_path / "run" / "model.pt", tmp_path / "out" / "model.onnx", tmp_path / "out", "--data", data,
                "--no-baselines", "--format", "json")  # fmt: skip
    checkpoint, floating, int8 = json.loads(text)["models"]
    assert floating["miou_crop"] == pytest.approx(checkpoint["miou_crop"], abs=1e-3)
    assert int8["difference"]["to"] == checkpoint["model"]
    assert abs(int8["difference"]["mean"]) < 0.1
    call("segment", data.parent / "images" / "000000000001.png", "--roi", "6,8,24,30", "--model", tmp_path / "out",
         "-o", tmp_path / "overlay.png")  # fmt: skip
    assert (tmp_path / "overlay.png").stat().st_size > 500
