"""What weights of fewer bits can do for a network that is too large, before anything is quantized."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import helper, numpy_helper

from sensorfit.analysis import Analysis, analyse
from sensorfit.api import load_target
from sensorfit.errors import Refused
from sensorfit.pipeline.budget import Weights, device_budget, kernel_bytes, weights_of


def convolutions(path: Path, layers: int, channels: int = 512) -> Analysis:
    """``layers`` convolutions of 3x3, 2.36 MB each at 8 bits; the last two share a kernel."""
    names = [f"w{min(i, layers - 2)}" for i in range(layers)]
    nodes = [
        helper.make_node("Conv", [f"x{i}", name], [f"x{i + 1}"], name=f"c{i}", pads=[1, 1, 1, 1])
        for i, name in enumerate(names)
    ]
    shape = ["N", channels, 8, 8]
    shape[0] = 1
    values = [helper.make_tensor_value_info(n, onnx.TensorProto.FLOAT, shape) for n in ("x0", f"x{layers}")]
    kernel = np.zeros((channels, channels, 3, 3), np.float32)
    weights = [numpy_helper.from_array(kernel, name) for name in dict.fromkeys(names)]
    graph = helper.make_graph(nodes, "net", values[:1], values[1:], weights)
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), str(path))
    return analyse(path, load_target())


def test_fit_leaves_the_weights_what_the_rest_does_not_take(tmp_path: Path) -> None:
    found = convolutions(tmp_path / "net.onnx", 5)
    assert not found.memory.fits
    budget = device_budget("fit", found, "net")
    assert budget is not None
    rest = found.memory.total_bytes - found.memory.weights_bytes
    assert found.memory.unreported_bytes > 0
    assert budget + rest + found.memory.unreported_bytes == found.memory.budget_bytes


def test_where_8_bits_fit_nothing_is_chosen(tmp_path: Path) -> None:
    found = convolutions(tmp_path / "net.onnx", 2)
    assert device_budget("fit", found, "net") is None and device_budget(None, found, "net") is None
    assert device_budget(found.memory.weights_bytes, found, "net") is None
    assert device_budget(found.memory.weights_bytes - 1, found, "net") == found.memory.weights_bytes - 1


def test_what_no_bits_reach_is_refused_with_the_smallest_that_there_is(tmp_path: Path) -> None:
    found = convolutions(tmp_path / "net.onnx", 2)
    with pytest.raises(Refused, match=r"^net: no choice .* the smallest --weights-budget is") as said:
        device_budget(1000, found, "net")
    least = int(str(said.value).rpartition(" ")[2])
    assert device_budget(least, found, "net") == least and least < found.memory.weights_bytes / 3


def test_a_kernel_that_two_layers_share_counts_twice(tmp_path: Path) -> None:
    convolutions(tmp_path / "net.onnx", 3)
    assert kernel_bytes(tmp_path / "net.onnx") == 3 * 512 * 512 * 9


def test_a_kernel_behind_an_identity_counts(tmp_path: Path) -> None:
    """Torch's exporter writes equal weights once, and an Identity for each further layer."""
    convolutions(tmp_path / "net.onnx", 3)
    model = onnx.load(tmp_path / "net.onnx")
    model.graph.node.insert(0, helper.make_node("Identity", ["w1"], ["same"]))
    model.graph.node[-1].input[1] = "same"
    onnx.save(model, tmp_path / "net.onnx")
    assert kernel_bytes(tmp_path / "net.onnx") == 3 * 512 * 512 * 9


def test_a_constant_operand_is_no_kernel_that_bits_are_chosen_for(tmp_path: Path) -> None:
    """ConViT multiplies its values by 1.5 MB of constant attention over positions."""
    text = """<ir_version: 8, opset_import: ["" : 17]> g (float[1,4,16,16] x) => (float[1,4,16,8] y)
        { c = Conv (x, k) a = MatMul (p, c) b = Mul (a, s) y = MatMul (b, w) }"""
    model = onnx.parser.parse_model(text)
    shapes = {"k": (4, 4, 1, 1), "p": (1, 4, 16, 16), "s": (1, 4, 1, 1), "w": (16, 8)}
    for name, shape in shapes.items():
        model.graph.initializer.append(numpy_helper.from_array(np.zeros(shape, np.float32), name))
    onnx.save(model, str(tmp_path / "net.onnx"))
    assert kernel_bytes(tmp_path / "net.onnx") == 4 * 4 + 16 * 8


def test_the_smallest_budget_is_one_that_mct_can_count(tmp_path: Path) -> None:
    """A layer of few channels takes twice on the device what MCT counts: the difference is no constant to subtract."""
    found = convolutions(tmp_path / "net.onnx", 3, channels=40)
    weights = weights_of(found, tmp_path / "net.onnx")
    assert weights.counted == 3 * 40 * 40 * 9 and weights.fewest == weights.counted / 4
    assert weights.least > weights.fewest + 1000
    assert weights.to_count(weights.least, weights.counted, weights.most) == weights.fewest
    assert weights.to_count(weights.most, weights.counted, weights.most) == weights.counted


def test_a_budget_that_was_missed_is_lowered_by_what_was_missed() -> None:
    weights = Weights(most=1000, least=400, counted=800)
    first = weights.to_count(700, weights.counted, weights.most)
    assert first == 500  # half-way between 200 and 800
    assert weights.to_count(700, first, 760) == 200 + 300 * 300 // 360
    assert weights.to_count(390, first, 760) == weights.fewest


def at_full_size(path: Path, body: str) -> Analysis:
    model = onnx.parser.parse_model(f'<ir_version: 8, opset_import: ["" : 17]> {body}')
    for name, shape in {"a": (64, 3, 3, 3), "b": (64, 64, 3, 3), "h": (1, 64, 1, 1)}.items():
        model.graph.initializer.append(numpy_helper.from_array(np.zeros(shape, np.float32), name))
    onnx.save(model, str(path))
    return analyse(path, load_target())


def test_what_fits_in_tiles_needs_no_smaller_weights(tmp_path: Path) -> None:
    body = """g (float[1,3,480,640] x) => (float[1,1,480,640] y)
        { c = Conv <pads = [1,1,1,1]> (x, a) d = Conv <pads = [1,1,1,1]> (c, b) y = Conv (d, h) }"""
    found = at_full_size(tmp_path / "net.onnx", body)
    assert not found.memory.fits and found.memory.packaged_bytes < found.memory.budget_bytes
    assert device_budget("fit", found, "net") is None


def test_where_the_rest_alone_is_too_large_no_budget_is_named(tmp_path: Path) -> None:
    body = """g (float[1,3,480,640] x) => (float[1,64,480,640] y)
        { c = Conv <pads = [1,1,1,1]> (x, a) y = Conv <pads = [1,1,1,1]> (c, b) }"""
    found = at_full_size(tmp_path / "net.onnx", body)
    assert found.memory.packaged_bytes > found.memory.budget_bytes
    with pytest.raises(Refused, match=r"all but the weights takes [\d,]+ B more than there is"):
        device_budget("fit", found, "net")
