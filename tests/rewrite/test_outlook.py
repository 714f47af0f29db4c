"""What a check says that ``fix`` would reach is what ``fix`` reaches."""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
import time
from pathlib import Path

import onnx
import pytest
from click.testing import CliRunner

from sensorfit.api import check
from sensorfit.cli import group
from sensorfit.report.causes import refused_nodes
from sensorfit.rewrite.fix import fix

from .harness import TARGET, model
from .test_forms import CASES, WINDOWS

ACCEPTED = "(float[1,3,64,64] x) => (float[1,3,64,64] y) { y = Relu (x) }"
STUCK = """(float[1,3,64,64] x) => (float[1,3,64,64] y, float[1,3,32,32] z)
{ d = Hardmax (x) y = Relu (d) z = MaxPool <kernel_shape = [3, 3], strides = [2, 2], ceil_mode = 1> (x) }"""
"""A Hardmax, for which nothing is known, beside what is."""


@pytest.mark.parametrize("opset", [13, 17])
def test_the_outlook_is_what_fix_reaches(tmp_path: Path, opset: int) -> None:
    texts = [CASES["reflect"][1], CASES["transposed_conv"][1], STUCK, *([WINDOWS] if opset == 17 else [])]
    for text in texts:
        made = model(text, opset)
        seen, fixed = check(made).outlook, fix(made, None, TARGET)
        assert seen is not None and seen.rewrites == fixed.counted()
        after = fixed.after
        assert (seen.remaining, seen.nodes) == (after.refused, after.nodes)
        assert (seen.verdict, seen.total_bytes, seen.ms) == (after.verdict, after.total_bytes, after.ms)


HEADS = """(float[1,4,64,16] q, float[1,4,16,64] k, float[1,64,16] x) => (float[1,4,64,64] y, float[1,64,8] z) <float[16,8] w>
{ a = MatMul (q, k) y = Softmax <axis = -1> (a) z = MatMul (x, w) }"""
"""A product of several heads, which a build takes apart, beside a Linear that is refused."""


@pytest.mark.parametrize("opset", [11, 17])
def test_check_its_outlook_and_fix_count_the_same_nodes_as_refused(opset: int) -> None:
    made = model(HEADS, opset)
    report = check(made)
    assert report.outlook is not None
    before = fix(made, None, TARGET).before.refused
    assert refused_nodes(report) == report.outlook.refused == before == 1


def test_a_finding_is_fixable_where_nothing_of_its_node_stays_refused() -> None:
    fixable = {f.op: f.fixable for f in check(model(STUCK)).findings if f.refused}
    assert fixable["MaxPool"] and not fixable["Hardmax"]


def test_a_network_without_refused_operators_has_no_outlook_and_loads_no_rewrite(tmp_path: Path) -> None:
    onnx.save(model(ACCEPTED), tmp_path / "accepted.onnx")
    code = (
        "import sys, sensorfit; r = sensorfit.check(sys.argv[1]); "
        "print(r.outlook, any(f.fixable for f in r.findings), any(m.startswith('sensorfit.rewrite') for m in sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, tmp_path / "accepted.onnx"], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "None False False"


def test_the_command_that_check_ends_with_reaches_what_check_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.chdir(tmp_path)
    onnx.save(model(CASES["transposed_conv"][1]), "fixed.onnx")
    open_shape = model(CASES["transposed_conv"][1])
    for tensor in (*open_shape.graph.input, *open_shape.graph.output):
        for dim in tensor.type.tensor_type.shape.dim[2:]:
            dim.dim_param = "n"
    del open_shape.graph.value_info[:]
    onnx.save(open_shape, "open.onnx")
    for given in (["fixed.onnx"], ["open.onnx", "--input-shape", "1x6x24x24"]):
        lines = CliRunner().invoke(group, ["check", *given]).output.splitlines()
        assert lines[-2].startswith("With fix: no node refused, cannot be fed, ")  # of six channels
        command = shlex.split(lines[-1].partition("Next: sensorfit ")[2])
        assert command[0] == "fix"
        done = CliRunner().invoke(group, [*command, "-o", "out.onnx", "--format", "json"])
        assert done.exit_code == 0, done.output
        after = json.loads(done.output)["after"]
        assert after["verdict"] == "fits" and after["cannot_be_fed"]
        assert f"{after['total_bytes'] / 8_388_480:.0%} of memory" in lines[-2]


def test_an_image_with_its_channels_last_can_be_fed_once_it_is_turned(tmp_path: Path) -> None:
    onnx.save(
        model(
            """(float[1,64,64,3] x) => (float[1,4,64,64] y) <float[4,3,1,1] w> {
            t = Transpose <perm = [0, 3, 1, 2]> (x) c = Conv (t, w) y = Sigmoid (c) }"""
        ),
        tmp_path / "last.onnx",
    )
    found = check(tmp_path / "last.onnx")
    assert any(f.about_source for f in found.findings)
    assert found.outlook is not None and not found.outlook.cannot_be_fed


def test_json_and_sarif_carry_it(tmp_path: Path) -> None:
    onnx.save(model(STUCK), tmp_path / "stuck.onnx")
    said = CliRunner().invoke(group, ["check", str(tmp_path / "stuck.onnx"), "--format", "json"]).stdout
    found = json.loads(said)
    assert (
        found["outlook"]["remaining"]
        and found["outlook"]["rewrites"]
        and found["outlook"]["verdict"] != "fits"
    )
    sarif = json.loads(
        CliRunner().invoke(group, ["check", str(tmp_path / "stuck.onnx"), "--format", "sarif"]).stdout
    )
    in_sarif = {r["properties"]["fixable"] for r in sarif["runs"][0]["results"]}
    assert in_sarif == {f["fixable"] for f in found["findings"]} == {True, False}


def test_without_weights_fix_is_not_the_next_command(tmp_path: Path) -> None:
    """It could prove nothing."""
    made = model(CASES["linear_3d"][1])
    onnx.save(made, tmp_path / "m.onnx", save_as_external_data=True, location="gone.data", size_threshold=0)
    (tmp_path / "gone.data").unlink()
    report = check(tmp_path / "m.onnx")
    assert report.outlook is None and any(f.fixable for f in report.findings)


def test_a_check_does_not_wait_long_for_its_outlook(monkeypatch: pytest.MonkeyPatch) -> None:
    def slow(*_: object) -> None:
        time.sleep(30)

    monkeypatch.setattr("sensorfit.rewrite.outlook.outlook", slow)
    monkeypatch.setattr("sensorfit.rewrite.outlook.SECONDS", 0.05)
    report = check(model(STUCK))
    assert report.outlook is None and report.verdict == "does_not_fit"


def test_of_a_network_that_grows_too_large_only_the_nodes_are_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sensorfit.rewrite.outlook.LARGE", 10)
    report = check(model(WINDOWS))
    assert report.outlook is None and any(f.fixable for f in report.findings)
