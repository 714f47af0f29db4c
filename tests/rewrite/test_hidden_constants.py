"""Weights that stand behind a sequence, nodes that rewrites leave without work, constants of float16."""

from __future__ import annotations

from pathlib import Path

import onnx
import pytest

from sensorfit.api import load_target
from sensorfit.graph.load import load
from sensorfit.rewrite.fix import fix
from sensorfit.verify.engine import judged

from .harness import model, rewritten, untouched

PARTS = "(float[1,4,6,8] x) => (float[1,5,6,8] y) <float[8,4,1,1] w, int64[2] k = {3,5}, int64 i = {1}>"
SEQUENCE = f"{PARTS} {{ s = SplitToSequence <axis = 0> (w, k) p = SequenceAt (s, i) y = Conv (x, p) }}"
GELU = "(float[1,4,6,8] x) => (float[1,4,6,8] y) <float c = {%s}, float o = {1.0}, float h = {0.5}>"
ERF = f"{GELU} {{ d = Div (x, c) e = Erf (d) a = Add (e, o) m = Mul (x, a) y = Mul (m, h) }}"
HALF_FIRST = f"{GELU} {{ d = Div (x, c) e = Erf (d) a = Add (e, o) g = Mul (x, h) y = Mul (g, a) }}"
TANH = (
    "(float[1,4,6,8] x) => (float[1,4,6,8] y) <float c = {0.044715}, float r = {%s}, float o = {1.0}, float h = {0.5}>"
    "{ q = Mul (x, x) p = Mul (q, x) s = Mul (p, c) b = Add (x, s) t = Mul (b, r) u = Tanh (t) a = Add (u, o) m = Mul (x, a) y = Mul (m, h) }"
)


def test_a_part_of_split_weights_has_its_own_size() -> None:
    graph = load(model(SEQUENCE), "parts")
    assert graph.shape("p") == (5, 4, 1, 1)
    assert graph.shape("y") == (1, 5, 6, 8)


@pytest.mark.parametrize(
    ("split", "place", "shape"),
    [
        ("SplitToSequence <axis = 1> (w, k)", 2, (4, 2)),  # the last of 3, 3, 2
        ("SplitToSequence <axis = 1> (w, k)", -3, (4, 3)),
        ("SplitToSequence <axis = 1, keepdims = 0> (w)", 0, (4,)),
        ("SplitToSequence <axis = 1> (w)", 0, (4, 1)),
    ],
)
def test_parts_of_one_size(split: str, place: int, shape: tuple[int, ...]) -> None:
    text = f"(float[1] x) => (float[1] y) <float[4,8] w, int64 k = {{3}}, int64 i = {{{place}}}> {{ s = {split} p = SequenceAt (s, i) y = Relu (x) z = Relu (p) }}"
    made = model(text)
    made.graph.output.append(onnx.ValueInfoProto(name="z"))
    assert load(made, "parts").shape("p") == shape


def test_a_sequence_of_weights_is_refused_as_the_front_end_refuses_it() -> None:
    refused = {(f.rule, f.op) for f in judged(load(model(SEQUENCE), "parts"), load_target()) if f.refused}
    assert {("SF103", "SplitToSequence"), ("SF103", "SequenceAt")} <= refused


def test_weights_behind_a_sequence_are_plain_weights_in_the_result(tmp_path: Path) -> None:
    case = rewritten(SEQUENCE, tmp_path)
    assert case.operators == ["Conv"]
    assert [r.name for r in case.fixed.rewrites] == ["SequenceAsSlices"]


def test_what_passes_its_input_on_is_gone_after_one_run(tmp_path: Path) -> None:
    text = '(float[1,4,6,8] x) => (float[1,4,6,8] y) <int64[4] s = {1,4,6,8}> { r = Relu (x) z = Resize <mode = "linear", coordinate_transformation_mode = "align_corners"> (r, , , s) y = Sigmoid (z) }'
    case = rewritten(text, tmp_path)
    assert case.operators == ["Relu", "Sigmoid"]
    once = tmp_path / "after.onnx"
    fix(once, tmp_path / "twice.onnx", load_target())
    assert once.read_bytes() == (tmp_path / "twice.onnx").read_bytes()


@pytest.mark.parametrize("text", [ERF, HALF_FIRST], ids=["half last", "half first"])
@pytest.mark.parametrize("root", ["1.4140625", "1.415"])
def test_a_gelu_with_the_root_of_float16_is_the_same_function(text: str, root: str, tmp_path: Path) -> None:
    case = rewritten(text % root, tmp_path)
    assert not case.fixed.remaining
    assert {"Gelu", "Relu", "Add"} <= {*case.operators}


def test_a_gelu_with_its_own_root_is_one_operator(tmp_path: Path) -> None:
    assert rewritten(ERF % "1.4142135", tmp_path).operators == ["Gelu"]


def test_a_tanh_form_with_other_numbers_is_no_gelu() -> None:
    untouched(TANH % "0.7978516", "GeluOperator")
