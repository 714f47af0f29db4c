"""Inference that does not depend on the version of the ONNX package."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from onnx import TensorProto

from sensorfit.errors import ModelError
from sensorfit.graph.ir import Graph
from sensorfit.graph.load import load

from ..verify.text import findings, model


@pytest.mark.parametrize(
    ("node", "shape"),
    [
        ("Conv <kernel_shape = [3, 3], pads = [-1, -1, -1, -1]> (x, w)", (1, 8, 28, 28)),
        ("Conv <kernel_shape = [3, 3], pads = [-1, 0, 2, 1]> (x, w)", (1, 8, 31, 31)),
        ("Conv <kernel_shape = [3, 3], pads = [-2, 0, 0, 0], strides = [2, 2]> (x, w)", (1, 8, 14, 15)),
        ("MaxPool <kernel_shape = [2, 2], pads = [-1, -1, 0, 0]> (x)", (1, 16, 30, 30)),
    ],
)
def test_a_negative_padding_takes_from_the_input(
    node: str, shape: tuple[int, ...], graph_of: Callable[[str], Graph]
) -> None:
    text = f"g (float[1,16,32,32] x) => (float[N,C,H,W] y) <float[8,16,3,3] w = {{{','.join(['0'] * 1152)}}}> {{ y = {node} }}"
    assert graph_of(text).shape("y") == shape


def test_a_padding_that_takes_all_of_the_input_leaves_the_shape_open(
    graph_of: Callable[[str], Graph],
) -> None:
    text = "g (float[1,16,4,4] x) => (float[N,C,H,W] y) { y = MaxPool <kernel_shape = [2, 2], pads = [-4, 0, 0, 0]> (x) }"
    assert graph_of(text).shape("y") is None


@pytest.mark.parametrize("op", ["GreaterOrEqual", "LessOrEqual"])
def test_comparisons_that_are_functions_are_inferred(op: str, graph_of: Callable[[str], Graph]) -> None:
    graph = graph_of(f"g (float[1,16,32,32] x, float[1,16,1,1] z) => (bool[N,C,H,W] y) {{ y = {op} (x, z) }}")
    assert (graph.shape("y"), graph.tensors["y"].dtype) == ((1, 16, 32, 32), "bool")


@pytest.mark.parametrize(("opset", "part"), [(18, True), (20, True), (21, True), (17, False)])
def test_an_operator_that_a_later_opset_corrects_is_still_part_of_its_own(opset: int, part: bool) -> None:
    text = """(float[1,16,32,32] x) => (float[1,16,32,32] y) <float[4] s, float[4] b>
        { y = GroupNormalization <num_groups = 4> (x, s, b) }"""
    said = [f for f in findings(text, opset) if "not part of the graph's opset" in f.reason]
    assert (said == []) == part


def test_an_element_type_that_the_converters_onnx_lacks_is_refused_whatever_onnx_is_installed() -> None:
    made = model("(float[1,3,64,64] x) => (float[1,3,64,64] y) { y = Relu (x) }")
    made.graph.initializer.append(
        TensorProto(name="w", data_type=23, dims=[1])
    )  # FLOAT4E2M1, since onnx 1.18
    with pytest.raises(ModelError, match="initializer 'w' has type 23, which the converter does not know"):
        load(made, "m")
