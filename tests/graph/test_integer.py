"""Graphs quantized by another tool: what the sensor would run is the float graph behind them."""

from __future__ import annotations

import onnx
import pytest
from onnx import parser

import sensorfit

FLOAT = """
    (float[1,3,64,64] x) => (float[1,64,32,32] y) <float[16,3,3,3] w, float[16] b, float[64,16,3,3] v>
    { a = Conv <kernel_shape = [3, 3], pads = [1, 1, 1, 1]> (x, w, b)
      y = Conv <kernel_shape = [3, 3], strides = [2, 2], pads = [1, 1, 1, 1]> (a, v) }"""
AROUND_TENSORS = """
    (float[1,3,64,64] x) => (float[1,64,32,32] y) <float s = {0.1}, uint8 z = {0}, float[16] ws, int8[16] wz, float[64] vs, int8[64] vz,
        int8[16,3,3,3] wq, int32[16] bq, int8[64,16,3,3] vq>
    { w = DequantizeLinear <axis = 0> (wq, ws, wz) b = DequantizeLinear <axis = 0> (bq, ws) v = DequantizeLinear <axis = 0> (vq, vs, vz)
      p = QuantizeLinear (x, s, z) q = DequantizeLinear (p, s, z)
      a = Conv <kernel_shape = [3, 3], pads = [1, 1, 1, 1]> (q, w, b)
      c = QuantizeLinear (a, s, z) d = DequantizeLinear (c, s, z)
      e = Conv <kernel_shape = [3, 3], strides = [2, 2], pads = [1, 1, 1, 1]> (d, v)
      f = QuantizeLinear (e, s, z) y = DequantizeLinear (f, s, z) }"""
ON_INTEGERS = """
    (float[1,3,64,64] x) => (float[1,64,32,32] y) <float s = {0.1}, uint8 z = {0}, int8 wz = {0},
        int8[16,3,3,3] wq, int32[16] bq, int8[64,16,3,3] vq>
    { p = QuantizeLinear (x, s, z)
      a = QLinearConv <kernel_shape = [3, 3], pads = [1, 1, 1, 1]> (p, s, z, wq, s, wz, s, z, bq)
      e = QLinearConv <kernel_shape = [3, 3], strides = [2, 2], pads = [1, 1, 1, 1]> (a, s, z, vq, s, wz, s, z)
      y = DequantizeLinear (e, s, z) }"""
WEIGHTS_ALONE = """
    (float[1,3,64,64] x) => (float[1,64,32,32] y) <float s = {0.1}, int8[16,3,3,3] wq, int8[3,3,16,64] vq, float[16] b>
    { w = DequantizeLinear (wq, s) a = Conv <kernel_shape = [3, 3], pads = [1, 1, 1, 1]> (x, w, b)
      u = DequantizeLinear (vq, s) v = Transpose <perm = [3, 2, 0, 1]> (u)
      y = Conv <kernel_shape = [3, 3], strides = [2, 2], pads = [1, 1, 1, 1]> (a, v) }"""
AT_RUN_TIME = """
    (float[1,3,64,64] x) => (float[1,16,64,64] y) <int8[16,3,3,3] wq, float ws = {0.1}>
    { p, s, z = DynamicQuantizeLinear (x) t = Mul (s, ws)
      a = ConvInteger <kernel_shape = [3, 3], pads = [1, 1, 1, 1]> (p, wq, z)
      c = Cast <to = 1> (a) y = Mul (c, t) }"""


def model(text: str) -> onnx.ModelProto:
    """The graph as a model; weights that the text only declares become initializers."""
    made = parser.parse_model('<ir_version: 8, opset_import: ["" : 17]> g ' + text)
    for index, node in enumerate(made.graph.node):
        node.name = node.name or f"{node.op_type}_{index}"
    given = {t.name for t in made.graph.initializer}
    for value in [v for v in made.graph.value_info if v.name not in given]:
        dims = [d.dim_value for d in value.type.tensor_type.shape.dim]
        made.graph.initializer.append(
            onnx.TensorProto(name=value.name, data_type=value.type.tensor_type.elem_type, dims=dims)
        )
    return made


@pytest.mark.parametrize("text", [AROUND_TENSORS, ON_INTEGERS, WEIGHTS_ALONE])
def test_the_figures_are_those_of_the_float_model(text: str) -> None:
    ours, float_ = (sensorfit.check(model(t)) for t in (text, FLOAT))
    assert ours.memory.complete
    assert ours.memory.weights_bytes == float_.memory.weights_bytes
    assert ours.memory.runtime_bytes == float_.memory.runtime_bytes
    assert ours.latency.dsp_ms == float_.latency.dsp_ms
    assert ours.model.parameters == float_.model.parameters


def test_all_but_quantized_weights_is_refused_with_the_float_model_as_the_way_out() -> None:
    assert sensorfit.check(model(WEIGHTS_ALONE)).verdict == "fits"
    for text in (AROUND_TENSORS, ON_INTEGERS, AT_RUN_TIME):
        report = sensorfit.check(model(text))
        assert report.verdict == "does_not_fit"
        told = next(f for f in report.findings if f.rule == "SF510")
        assert "float model" in told.fix
        assert ("are those of the float model" in told.message) == report.memory.complete


def test_weights_that_are_scaled_at_run_time_are_said_to_be_unknown() -> None:
    report = sensorfit.check(model(AT_RUN_TIME))
    assert not report.memory.complete
    part = next(f for f in report.findings if f.rule == "SF304")
    assert "ConvInteger" in part.message
    assert "float model" in part.fix
    assert "constant folding" not in part.fix
