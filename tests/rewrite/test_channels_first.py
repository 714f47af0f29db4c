"""An image with its channels last, as TensorFlow writes it: turned by ``fix``, named by ``check`` as the one cause."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import onnxruntime as ort
import pytest
from click.testing import CliRunner

from sensorfit.api import check
from sensorfit.cli import group
from sensorfit.report.causes import causes
from sensorfit.report.next_step import last_line
from sensorfit.report.outcome import Outcome
from sensorfit.rewrite.fix import fix

from .harness import TARGET, model

BODY = "c = Conv <kernel_shape = [3, 3], pads = [1, 1, 1, 1], strides = [2, 2]> (t, k) r = Relu (c)"
TURNED = f"""(float[1,96,64,3] x) => (float[1,8,48,32] r) <float[8,3,3,3] k>
{{ t = Transpose <perm = [0, 3, 1, 2]> (x) {BODY} }}"""
SCALED = f"""(float[1,96,64,3] x) => (float[1,8,48,32] r) <float[8,3,3,3] k, float[3] mean = {{0.5, 0.4, 0.3}}>
{{ s = Sub (x, mean) t = Transpose <perm = [0, 3, 1, 2]> (s) {BODY} }}"""
TWO = f"""(float[2,96,64,3] x) => (float[2,8,48,32] r) <float[8,3,3,3] k>
{{ t = Transpose <perm = [0, 3, 1, 2]> (x) {BODY} }}"""


@pytest.mark.parametrize("text", [TURNED, SCALED, TWO], ids=["turned", "scaled", "batch"])
def test_the_image_is_turned_and_the_numbers_stay(text: str, tmp_path: Path) -> None:
    onnx.save(model(text), before := tmp_path / "before.onnx")
    fixed = fix(before, after := tmp_path / "after.onnx", TARGET)  # compared with the file in onnxruntime
    assert not fixed.remaining and any("channels first" in n for n in fixed.notes)
    made = onnx.load(after)
    onnx.checker.check_model(made, full_check=True)
    image = np.random.default_rng(0).random((1, 3, 96, 64), np.float32)
    (new,) = ort.InferenceSession(str(after)).run(None, {"x": image})
    last = image.transpose(0, 2, 3, 1)
    batch = 2 if text is TWO else 1
    (old,) = ort.InferenceSession(str(before)).run(None, {"x": np.concatenate([last] * batch)})
    assert np.abs(new - old[:1]).max() < 1e-6 * np.abs(old).max()
    transposes = [n for n in made.graph.node if n.op_type == "Transpose"]
    assert len(transposes) == (
        2 if text is SCALED else 0
    )  # what stands before the first one reads it as it was
    again = fix(after, tmp_path / "again.onnx", TARGET)
    assert not again.notes and (tmp_path / "again.onnx").read_bytes() == after.read_bytes()


def test_check_names_it_as_the_one_cause_and_fix_as_the_way_out(tmp_path: Path) -> None:
    large = TURNED.replace("96,64,3", "640,480,3").replace("8,48,32", "8,320,240")
    onnx.save(model(large), path := tmp_path / "net.onnx")
    report = check(path)
    assert report.verdict == "does_not_fit" and report.memory.headroom_bytes < 0
    errors = [c for c in causes(report) if c.severity == "error"]
    assert [c.findings[0].rule for c in errors] == ["SF519"] and errors[0].fix == "run sensorfit fix"
    assert all(f.fixable for f in errors[0].findings)
    assert {f.follows for f in report.findings if f.about_memory} == {"SF519"}
    assert report.outlook is not None and report.outlook.verdict == "fits"
    assert last_line(Outcome("net.onnx", report, exit_code=1))[1] == "sensorfit fix net.onnx"


def test_where_a_part_is_cut_off_the_image_is_turned_too(tmp_path: Path) -> None:
    onnx.save(
        model(
            TURNED.replace("(float[1,8,48,32] r)", "(float[1,8,48,32] y)").replace(
                "r = Relu (c)", "r = Relu (c) y = Exp (r)"
            )
        ),
        tmp_path / "net.onnx",
    )
    done = CliRunner().invoke(
        group, ["fix", str(tmp_path / "net.onnx"), "-o", str(tmp_path / "net.fixed.onnx"), "--cut", "r"]
    )
    assert done.exit_code == 0
    fixed = onnx.load(tmp_path / "net.fixed.onnx")
    assert [d.dim_value for d in fixed.graph.input[0].type.tensor_type.shape.dim] == [1, 3, 96, 64]
    assert (tmp_path / "host.onnx").exists()


def test_an_open_size_is_closed_where_height_and_width_stand(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    onnx.save(
        model(TURNED.replace("1,96,64,3", "n,h,w,3").replace("1,8,48,32", "n,8,a,b")), tmp_path / "net.onnx"
    )
    monkeypatch.chdir(tmp_path)
    said = [check("net.onnx"), check("net.onnx", input_shapes={"x": (1, 224, 224, 3)})]
    commands = [last_line(Outcome("net.onnx", r, exit_code=1))[1] for r in said]
    assert commands == [
        "sensorfit check net.onnx --input-shape 1x224x224x3",
        "sensorfit fix net.onnx --input-shape x=1x224x224x3",
    ]
    assert CliRunner().invoke(group, commands[1].split()[1:]).exit_code == 0
    assert check("net.fixed.onnx").verdict == "fits"
