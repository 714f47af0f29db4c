"""Layers of graphs that MCT has quantized, with and without their quantizers."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import numpy_helper, parser

from sensorfit.quantize.fidelity import run_outputs
from sensorfit.quantize.layers import compare_layers, layer_bits

DATA = Path(__file__).parents[1] / "data" / "memory" / "bit_widths"


@pytest.fixture
def mixed(tmp_path: Path) -> Path:
    path = tmp_path / "net.onnx"
    path.write_bytes(gzip.decompress((DATA / "d4.onnx.gz").read_bytes()))
    return path


def set_bits(path: Path, kind: str, bits: int) -> None:
    model = onnx.load(str(path))
    for node in model.graph.node:
        for attribute in node.attribute:
            if kind in node.op_type and attribute.name == "num_bits":
                attribute.i = bits
    onnx.save(model, str(path))


def test_the_bits_of_each_layer_are_those_of_its_quantizer(mixed: Path) -> None:
    found = layer_bits(mixed)
    assert found and {layer.bits for layer in found} == {4}
    assert all(
        layer.op in ("Conv", "Gemm", "MatMul") and layer.parameters > 0 and "/" not in layer.name
        for layer in found
    )


def with_values(path: Path) -> None:
    """Random weights and wide thresholds: the fixture's are ones, for their bytes alone."""
    model = onnx.load(str(path))
    rng = np.random.default_rng(0)
    for tensor in model.graph.initializer:
        fan = int(np.prod(tensor.dims[1:])) if len(tensor.dims) > 1 else 10_000
        values = rng.normal(0, 1 / np.sqrt(fan), tuple(tensor.dims)).astype(np.float32)
        tensor.CopyFrom(numpy_helper.from_array(values, tensor.name))
    for node in model.graph.node:
        for attribute in node.attribute:
            if attribute.name == "threshold":
                attribute.f = 4.0
    onnx.save(model, str(path))


def wide(path: Path) -> Path:
    """x -> quantizer -> z = 1e38 x - > quantizer -> y = z / 0 -> quantizer: finite, as wide as float32, then infinite or NaN."""
    model = parser.parse_model("""<ir_version: 8, opset_import: ["": 17, "mct_quantizers": 1]>
        g (float[1,3,4,4] x) => (float[1,3,4,4] out) <float large = {3e38}, float zero = {0.0}> {
            x_q = mct_quantizers.ActivationPOTQuantizer <num_bits = 8, signed = 1, threshold = 1.0> (x)
            z = Mul (x_q, large)
            z_q = mct_quantizers.ActivationPOTQuantizer <num_bits = 8, signed = 1, threshold = 1.7e38> (z)
            y = Div (z_q, zero)
            out = mct_quantizers.ActivationPOTQuantizer <num_bits = 8, signed = 1, threshold = 1.0> (y)
        }""")
    for node in model.graph.node:
        node.name = f"/{node.op_type}_{node.output[0]}/{node.op_type}"
    onnx.save(model, str(path))
    return path


@pytest.mark.toolchain
def test_layers_whose_values_overflow_are_named_and_the_others_compared(tmp_path: Path) -> None:
    path = wide(tmp_path / "wide.onnx")
    images = np.random.default_rng(0).uniform(-1, 1, (2, 3, 4, 4)).astype(np.float32)
    found = compare_layers(path, images, run_outputs(path, images)[0])
    assert [(layer.op, layer.sqnr_missing) for layer in found.layers] == [
        ("Input", ""),
        ("Mul", ""),
        ("Div", "not_finite"),
    ]
    assert found.not_finite == ("Div_y",)
    assert sorted(layer.name for layer in found.worst) == ["Mul_z", "x"]
    assert found.histogram is not None and sum(found.histogram.float_counts) == 2 * 3 * 16
    assert (found.reference_sqnr_db, found.comparable) == (None, False)
    said = found.to_dict(every=True)
    json.dumps(said, allow_nan=False)
    assert (said["not_finite"], said["first_not_finite"]) == (1, "Div_y")


@pytest.mark.toolchain
def test_more_bits_are_nearer_to_float(mixed: Path) -> None:
    with_values(mixed)
    shape = [d.dim_value for d in onnx.load(str(mixed)).graph.input[0].type.tensor_type.shape.dim[1:]]
    images = np.random.default_rng(0).random((2, *shape), np.float32)
    four = compare_layers(mixed, images)
    set_bits(mixed, "Weights", 8)
    eight = compare_layers(mixed, images)
    assert [layer.name for layer in four.layers] == [layer.name for layer in eight.layers] and len(
        four.layers
    ) > 1
    assert (eight.layers[-1].sqnr_db or 0) > (four.layers[-1].sqnr_db or 0) + 6
    assert four.worst[0].sqnr_db == min(layer.sqnr_db for layer in four.layers if layer.sqnr_db is not None)
    assert four.histogram is not None and four.histogram.layer == four.worst[0].name
    assert sum(four.histogram.float_counts) == sum(four.histogram.int8_counts) > 0
    set_bits(mixed, "Weights", 4)
    assert (
        compare_layers(mixed, images, run_outputs(mixed, images)[0]).comparable is False
    )  # its output is not that of 4-bit weights
