"""Constant expressions replaced by their values, in the model itself."""

from __future__ import annotations

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper
from onnx.reference import ReferenceEvaluator

from sensorfit.graph.folded import fold_constants
from sensorfit.graph.load import load

from ..conftest import model_of

SAME_PADDING = """g (float[1,3,8,8] x) => (float[1,3,9,9] y) {
    c = Constant <value = float[8] {0,0,0,0,0,0,1,1}> () low = Constant <value = float {0}> ()
    k = Clip (c, low, ) p = Cast <to = 7> (k) y = Pad (x, p)
}"""
SHAPES = "g (float[1,4,8,8] x) => (float[1,256] y) { s = Shape (x) n = ReduceProd <keepdims = 1> (s) o = Constant <value_ints = [1]> () t = Concat <axis = 0> (o, n) y = Reshape (x, t) }"


def folded(text: str) -> tuple[onnx.ModelProto, onnx.ModelProto]:
    before, after = model_of(text), model_of(text)
    fold_constants(after, load(after))
    return before, after


@pytest.mark.parametrize(("text", "left"), [(SAME_PADDING, ["Pad"]), (SHAPES, ["Reshape"])])
def test_folding_leaves_the_numbers_and_no_constant_node(text: str, left: list[str]) -> None:
    before, after = folded(text)
    assert [n.op_type for n in after.graph.node] == left
    onnx.checker.check_model(after, full_check=True)
    image = np.random.default_rng(0).random([d.dim_value for d in before.graph.input[0].type.tensor_type.shape.dim], np.float32)  # fmt: skip
    a, b = (ReferenceEvaluator(m).run(None, {"x": image})[0] for m in (before, after))
    assert np.array_equal(a, b)


def test_only_what_is_read_is_kept() -> None:
    _, after = folded(SAME_PADDING)
    assert [t.name for t in after.graph.initializer] == ["p"]
    assert load(after).written.unread == ()


def test_a_constant_without_values_keeps_its_nodes() -> None:
    model = model_of("g (float[1,3,8,8] x) => (float[1,3,8,8] y) { v = Neg (w) y = Mul (x, v) }")
    model.graph.initializer.append(TensorProto(name="w", data_type=TensorProto.FLOAT, dims=[1, 3, 1, 1]))
    fold_constants(model, load(model))
    assert [n.op_type for n in model.graph.node] == ["Neg", "Mul"]


def test_what_only_looks_constant_stays() -> None:
    model = model_of("g (float[1,3,8,8] x) => (float[1,3,8,8] y) { v = Neg (w) y = Mul (x, v) }")
    model.graph.input.append(helper.make_tensor_value_info("w", TensorProto.FLOAT, [1, 3, 1, 1]))
    fold_constants(model, load(model))
    assert [n.op_type for n in model.graph.node] == ["Neg", "Mul"]
