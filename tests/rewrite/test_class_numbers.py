"""Class numbers that are cast at the end of a network."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest

from sensorfit.graph.load import load
from sensorfit.rewrite.class_numbers import cast_at_the_end
from tools.probes.front_end import FrontEnd

from .harness import model, rewritten
from .test_command import invoke

TEXT = "(float[1,4,6,8] x) => (%s[1,6,8] y) { r = Relu (x) a = ArgMax <axis = 1, keepdims = 0> (r) y = Cast <to = %d> (a) }"
MOVED = "(float[1,4,6,8] x) => (uint8[6,8] y) { r = Mish (x) a = ArgMax <axis = 1> (r) s = Squeeze (a) y = Cast <to = 2> (s) }"


@pytest.mark.parametrize(("kind", "to"), [("uint8", 2), ("int32", 6), ("float", 1), ("int8", 3)])
def test_they_stay_what_an_argmax_makes(kind: str, to: int, tmp_path: Path) -> None:
    done = invoke(tmp_path, TEXT % (kind, to))
    assert done.exit_code == 0 and "is int64 in the result" in done.output
    made = onnx.load(tmp_path / "fixed.onnx")
    assert [n.op_type for n in made.graph.node] == ["Relu", "ArgMax"]
    assert made.graph.output[0].type.tensor_type.elem_type == onnx.TensorProto.INT64


def test_moved_and_without_the_batch_they_are_the_same_numbers(tmp_path: Path) -> None:
    case = rewritten(model(MOVED, 18), tmp_path)
    assert not case.fixed.remaining and "Cast" not in case.operators
    image = np.random.default_rng(0).normal(size=(1, 4, 6, 8)).astype(np.float32)
    before, after = (
        onnxruntime.InferenceSession(m.SerializeToString()).run(None, {"x": image})[0]
        for m in (case.before, case.after)
    )
    assert after.shape == (1, 6, 8) and after.dtype == np.int64
    np.testing.assert_array_equal(after[0], before)


@pytest.mark.parametrize(
    "text",
    [
        "(float[1,300,6,8] x) => (uint8[1,6,8] y) { a = ArgMax <axis = 1, keepdims = 0> (x) y = Cast <to = 2> (a) }",
        "(float[1,4,6,8] x) => (bool[1,6,8] y) { a = ArgMax <axis = 1, keepdims = 0> (x) y = Cast <to = 9> (a) }",
        "(float[1,4,6,8] x) => (uint8[1,6,8] y, int64[1,6,8] a) { a = ArgMax <axis = 1, keepdims = 0> (x) y = Cast <to = 2> (a) }",
        "(float[1,4,6,8] x) => (uint8[1,4,6,8] y) { y = Cast <to = 2> (x) }",
        "(float[1,4,6,8] x) => (float[1,6,8] y) { a = ArgMax <axis = 1, keepdims = 0> (x) c = Cast <to = 1> (a) y = Relu (c) }",
    ],
    ids=[
        "more classes than the type holds",
        "whether there is a class",
        "the classes too",
        "no classes",
        "counted on with",
    ],
)
def test_other_casts_stay(text: str) -> None:
    assert not cast_at_the_end(load(model(text), "graph"))


@pytest.mark.toolchain
def test_the_front_end_accepts_them(tmp_path: Path) -> None:
    assert FrontEnd().judge(rewritten(model(MOVED, 18), tmp_path).after)["verdict"] == "accepted"
