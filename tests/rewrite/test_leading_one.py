"""Outputs that have dropped the batch: the result delivers them with a 1 in front, and says so."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest

from sensorfit.api import load_target
from sensorfit.graph.load import load
from sensorfit.rewrite.fix import fix
from sensorfit.rewrite.leading_one import without_batch
from tools.probes.front_end import FrontEnd

from .harness import model, rewritten
from .test_command import invoke

HEAD = "(float[1,4,6,8] x) => (%s y)"
ONE = "(float[1,1,6,8] x) => (%s y)"
CASES = {
    "a squeezed mask": (ONE % "float[6,8]" + " { r = Relu (x) y = Squeeze (r) }", (1, 6, 8)),
    "a selected image": (HEAD % "float[4,6,8]" + " <int64 i = {0}> { r = Relu (x) y = Gather (r, i) }", (1, 4, 6, 8)),
    "classes of a selected image": (HEAD % "int64[6,8]" + " <int64 i = {0}> { r = Relu (x) g = Gather (r, i) y = ArgMax <axis = 0, keepdims = 0> (g) }", (1, 6, 8)),
    "a softmax without the batch": (HEAD % "float[4,6,8]" + " <int64[1] a = {0}> { r = Relu (x) g = Squeeze (r, a) y = Softmax <axis = 0> (g) }", (1, 4, 6, 8)),
    "a row for each cell": (HEAD % "float[48,4]" + " <int64[2] s = {48,4}> { r = Relu (x) t = Transpose <perm = [0,2,3,1]> (r) y = Reshape (t, s) }", (1, 48, 4)),
    "a vector of scores": (HEAD % "float[4]" + " { r = Relu (x) m = ReduceMean <axes = [2,3]> (r) y = Squeeze (m) }", (1, 4)),
    "a number": (HEAD % "float" + " { r = Relu (x) y = ReduceMean <keepdims = 0> (r) }", (1, 1)),
    "two maps behind each other": (HEAD % "float[2,4,6,8]" + " { r = Relu (x) n = Neg (r) y = Concat <axis = 0> (r, n) }", (1, 2, 4, 6, 8)),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_an_output_without_the_batch_has_it_in_the_result(name: str, tmp_path: Path) -> None:
    text, shape = CASES[name]
    case = rewritten(text, tmp_path)
    assert not case.fixed.remaining
    assert any("output 'y'" in n and "batch of one" in n for n in case.fixed.notes)
    image = np.random.default_rng(0).normal(size=load(case.before, "before").shape("x")).astype(np.float32)
    before, after = (
        onnxruntime.InferenceSession(m.SerializeToString()).run(None, {"x": image})[0]
        for m in (case.before, case.after)
    )
    assert after.shape == shape
    np.testing.assert_array_equal(after.reshape(before.shape), before)


def test_what_was_refused_before_is_counted_in_the_file_as_it_is(tmp_path: Path) -> None:
    fixed = rewritten(CASES["a squeezed mask"][0], tmp_path).fixed
    assert (fixed.before.refused, fixed.before.nodes) == (1, 2)


def test_a_second_run_changes_nothing(tmp_path: Path) -> None:
    rewritten(CASES["classes of a selected image"][0], tmp_path)
    once, twice = tmp_path / "after.onnx", tmp_path / "twice.onnx"
    fix(once, twice, load_target())
    assert once.read_bytes() == twice.read_bytes()


def test_another_output_stays(tmp_path: Path) -> None:
    text = (
        "(float[1,1,6,8] x) => (float[6,8] y, float[1,1,6,8] z) { r = Relu (x) y = Squeeze (r) z = Neg (r) }"
    )
    case = rewritten(text, tmp_path)
    assert not case.fixed.remaining
    shapes = {
        o.name: tuple(d.dim_value for d in o.type.tensor_type.shape.dim) for o in case.after.graph.output
    }
    assert shapes == {"y": (1, 6, 8), "z": (1, 1, 6, 8)}


def test_a_host_that_takes_the_rest_writes_the_output_as_it_was(tmp_path: Path) -> None:
    text = "(float[1,3,6,8] x) => (float[6,8] y) <float[1,3,1,1] w> { c = Conv (x, w) y = Squeeze (c) }"
    done = invoke(tmp_path, text, "--cut")
    assert done.exit_code == 0, done.output
    (host,) = tmp_path.rglob("host.onnx")
    (output,) = onnx.load(host).graph.output
    assert [d.dim_value for d in output.type.tensor_type.shape.dim] == [6, 8]


def test_where_no_host_can_take_it_the_batch_is_in_the_result(tmp_path: Path) -> None:
    done = invoke(tmp_path, CASES["a squeezed mask"][0], "--cut")
    assert done.exit_code == 0 and "batch of one" in done.output


@pytest.mark.parametrize(
    "text",
    [
        "(float[1,4,6,8] x) => (float[1,4] y) { m = ReduceMean <axes = [2,3], keepdims = 0> (x) y = Relu (m) }",
        "(float[2,4,6,8] x) => (float[2,4,6,8] y) { y = Relu (x) }",
        "(float[1,4,6,8] x, float[3,4] k) => (float[3,4] y) { y = Relu (k) z = Relu (x) }",
    ],
    ids=["a batch of one", "a batch of two", "an input without a batch"],
)
def test_other_outputs_stay_as_they_are(text: str) -> None:
    assert not without_batch(load(model(text), "graph"))


@pytest.mark.toolchain
def test_the_front_end_accepts_them(tmp_path: Path) -> None:
    front_end = FrontEnd()
    found = {n: front_end.judge(rewritten(t, tmp_path).after)["verdict"] for n, (t, _) in CASES.items()}
    assert {n: a for n, a in found.items() if a != "accepted"} == {}
