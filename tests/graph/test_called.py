"""Names in the file that sensorfit build hands to the converter: they decide between steps that may run at once."""

from __future__ import annotations

import onnx
import pytest

import sensorfit
from sensorfit.graph.called import LAYERS, Called, layer_name
from sensorfit.graph.load import load
from sensorfit.graph.lower import lower

from ..memory.test_advice import weighted

INVOLUTION = """agraph (float[1,3,64,64] x) => (float[1,2,16,16] y)
<int64[8] p = {{0, 0, 1, 1, 0, 0, 1, 1}}, int64[1] r = {{2}}, int64[1] d = {{3}}, int64[1] one = {{1}}, int64[1] k = {{1}}, {numbers}> {{
    a = Conv <kernel_shape = [3, 3], strides = [2, 2], pads = [1, 1, 1, 1]> (x, stem) b = Relu (a)
    c = Conv <kernel_shape = [3, 3], strides = [2, 2], pads = [1, 1, 1, 1]> (b, second) f = Relu (c)
    g = Conv (f, reduce) h = Relu (g) i = Conv (h, span) s = Softmax <axis = 1> (i) m = Pad (f, p)
    {parts}
    y = Conv (t9, head)
}}"""
"""Each place of a map weighed by a kernel of its own, over the nine places around it."""
WEIGHTS = {"stem": (16, 3, 3, 3), "second": (32, 16, 3, 3), "reduce": (8, 32, 1, 1), "span": (9, 8, 1, 1), "head": (2, 32, 1, 1)}  # fmt: skip


def involution() -> onnx.ModelProto:
    numbers = ", ".join(f"int64[1] n{i} = {{{i}}}, int64[1] e{i} = {{{i + 16}}}" for i in range(10))
    parts = []
    for i in range(9):
        row, column = divmod(i, 3)
        if not column:
            parts.append(f"w{row} = Slice (m, n{row}, e{row}, r, one)")
        parts += [
            f"u{i} = Slice (s, n{i}, n{i + 1}, one, k)",
            f"v{i} = Slice (w{row}, n{column}, e{column}, d, one)",
        ]
        parts.append(f"q{i} = Mul (u{i}, v{i})")
        parts.append(f"t{i + 1} = Add (t{i}, q{i})" if i else "t1 = Identity (q0)")
    return weighted(INVOLUTION.format(numbers=numbers, parts=" ".join(parts)), **WEIGHTS)


@pytest.mark.parametrize(
    ("node", "name"), [("/encoder/conv1/Conv", "encoder_conv1_Conv"), ("/0/0.1/Conv", "n0_0_1_Conv"), ("..", "node")]
)  # fmt: skip
def test_a_name_becomes_the_name_of_a_layer(node: str, name: str) -> None:
    assert layer_name(node) == name


TWO = """agraph (float[1,4,8,8] x) => (float[1,4,8,8] y) {
    a = Conv (x, w) b = Relu (a) c = Conv (b, v) y = Conv (c, u)
}"""


def named(model: onnx.ModelProto, *names: str) -> onnx.ModelProto:
    for node, name in zip(model.graph.node, names, strict=True):
        node.name = name
    return model


def test_a_layer_is_called_as_the_module_that_the_export_names() -> None:
    """As in MCT's file of the torch network itself; what lies beside others of its path is no module (F.relu in a block)."""
    network = weighted(TWO, w=(4, 4, 1, 1), v=(4, 4, 1, 1), u=(4, 4, 1, 1))
    graph = load(named(network, "/stem/conv/Conv", "/stem/Relu", "/head/Conv", "Conv_7"), "net")
    called = Called(graph)
    assert [called(n) for n in graph.nodes] == ["stem_conv", "stem_relu", "head", "conv_7"]


def test_merged_convolutions_carry_both_names_as_mct_writes_them() -> None:
    text = """agraph (float[1,3,8,8] x) => (float[1,8,8,8] y) {
        a = Conv <pads = [1,1,1,1]> (x, w) y = Conv (a, v)
    }"""
    network = weighted(text, w=(16, 3, 3, 3), v=(8, 16, 1, 1))
    graph = lower(load(named(network, "/a/Conv", "/b/Conv"), "net"))
    (node,) = graph.nodes
    assert Called(graph)(node) == "a_b_collapsed"


def test_a_function_is_called_as_its_operator_and_a_product_with_weights_as_its_node() -> None:
    text = (
        "agraph (float[1,8,4,4] x) => (float[1,8,4,6] y) { m = MatMul (x, w) a = Sigmoid (m) y = Mul (a, m) }"
    )
    graph = lower(load(weighted(text, w=(4, 6)), "net"))
    called = Called(graph)
    names = {n.op: (called(n), n.name) for n in graph.nodes}
    assert names["MatMul"] == ("mat_mul_0", "MatMul_0")  # in small letters, as torch.fx writes it
    assert {op: name for op, (name, _) in names.items() if op == "Mul"} in ({}, {"Mul": "Mul"})


@pytest.mark.heavy  # imports torch
def test_what_becomes_a_layer_is_lowered() -> None:
    from sensorfit.quantize.lowering.registry import lowered_operators

    assert {*LAYERS} <= {*lowered_operators(), "Silu"}  # a Silu of a pattern is its Sigmoid and its Mul


def test_functions_run_before_layers_as_the_converter_orders_them() -> None:
    """An involution as torch exports it: all cuts of the padded map come before the convolution that makes its kernels, whose scratch
    space then counts beside nine maps: 148,480 B of runtime, imx500-converter 3.19.2 of the package of sensorfit build."""
    network = involution()
    for index, node in enumerate(network.graph.node):
        node.name = f"/involution/{node.op_type}_{index}"
    assert sensorfit.check(network, input_persistency=False).memory.runtime_bytes == 148_480


def test_functions_are_numbered_as_mct_writes_them() -> None:
    """One generation after the other: /Resize, /Resize_1 and on of a UNet++ begin at the maps that the encoder makes first."""
    text = """agraph (float[1,4,8,8] x) => (float[1,4,8,8] y) {
        r = Relu (x) s = Sigmoid (r) a = Add (s, x) b = Add (x, r) y = Add (a, b)
    }"""
    graph = load(onnx.parser.parse_model(f'<ir_version: 9, opset_import: ["": 17]> {text}'), "net")
    called = Called(graph)
    assert {n.outputs[0]: called(n) for n in graph.nodes if n.op == "Add"} == {"b": "Add", "a": "Add_1", "y": "Add_2"}  # fmt: skip
