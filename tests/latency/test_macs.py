"""MACs are exact, by the convention the module states; the expected figures are worked out by hand."""

from __future__ import annotations

from collections.abc import Callable
from importlib.resources import files

import onnx
import pytest
from onnx import TensorProto, helper

from sensorfit.graph.ir import Graph
from sensorfit.graph.load import load
from sensorfit.graph.lower import lower
from sensorfit.latency.macs import elements, macs
from sensorfit.models.net import Net

Device = Callable[[Net], Graph]


def count(graph: Graph) -> int | None:
    """MACs of all nodes; None when one is unknown."""
    found = [macs(graph, node) for node in graph.nodes]
    return None if None in found else sum(m for m in found if m is not None)


def single(
    op: str,
    shapes: dict[str, list[int | str]],
    constants: dict[str, list[int]],
    inputs: list[str],
    **attrs: object,
) -> Graph:
    """A graph of one node; ``constants`` are weights without data."""
    values = [helper.make_tensor_value_info(n, TensorProto.FLOAT, s) for n, s in shapes.items()]
    weights = [TensorProto(name=n, data_type=TensorProto.FLOAT, dims=d) for n, d in constants.items()]
    node = helper.make_node(op, inputs, ["y"], **attrs)
    out = helper.make_value_info("y", helper.make_tensor_type_proto(TensorProto.FLOAT, None))
    graph = helper.make_graph([node], "g", values, [out], weights)
    return load(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8))


@pytest.mark.parametrize(
    ("kwargs", "shape", "expected"),
    [
        ({"out": 7, "kernel": 3}, (5, 8, 6), 7 * 8 * 6 * 5 * 9),
        ({"out": 7, "kernel": 1}, (5, 8, 6), 7 * 8 * 6 * 5),
        ({"out": 6, "kernel": 3, "groups": 2}, (4, 8, 8), 6 * 8 * 8 * 2 * 9),
        ({"out": 4, "kernel": 5, "groups": 4}, (4, 8, 8), 4 * 8 * 8 * 25),
        ({"out": 8, "kernel": 3, "groups": 4}, (4, 8, 8), 8 * 8 * 8 * 9),
        ({"out": 4, "kernel": 3, "stride": 2}, (3, 9, 9), 4 * 5 * 5 * 3 * 9),
    ],
)
def test_a_convolution_multiplies_each_output_by_its_window(
    device: Device, kwargs: dict[str, int], shape: tuple[int, int, int], expected: int
) -> None:
    graph = device(Net("g", *shape).conv(**kwargs))
    assert count(graph) == expected


def test_a_transposed_convolution_multiplies_each_input_by_its_window() -> None:
    graph = single(
        "ConvTranspose", {"x": [1, 6, 5, 7]}, {"w": [6, 4, 2, 2]}, ["x", "w"], strides=[2, 2], group=2
    )
    assert graph.shape("y") == (1, 8, 10, 14)
    assert count(graph) == 6 * 5 * 7 * 4 * 2 * 2


@pytest.mark.parametrize(
    ("a", "b", "attrs"),
    [([3, 5], [5, 7], {}), ([5, 3], [5, 7], {"transA": 1}), ([3, 5], [7, 5], {"transB": 1})],
)
def test_gemm_counts_rows_by_columns_by_inner(
    a: list[int | str], b: list[int], attrs: dict[str, int]
) -> None:
    assert count(single("Gemm", {"a": a}, {"b": b}, ["a", "b"], **attrs)) == 3 * 5 * 7


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        ([2, 3, 5], [5, 7], 2 * 3 * 5 * 7),
        ([2, 1, 3, 5], [4, 5, 7], 2 * 4 * 3 * 5 * 7),
        ([3, 5], [5], 3 * 5),
        ([5], [5, 7], 5 * 7),
    ],
)
def test_matmul_counts_batches_and_vectors(a: list[int | str], b: list[int | str], expected: int) -> None:
    assert count(single("MatMul", {"a": a, "b": b}, {}, ["a", "b"])) == expected


@pytest.mark.parametrize(
    ("equation", "a", "b", "expected"),
    [
        ("bhwc,hkc->bhwk", [2, 3, 4, 5], [3, 6, 5], 2 * 3 * 4 * 5 * 6),
        ("...ij,jk->...ik", [2, 3, 4], [4, 5], 2 * 3 * 4 * 5),
    ],
)
def test_einsum_counts_every_index_once(
    equation: str, a: list[int | str], b: list[int | str], expected: int
) -> None:
    assert count(single("Einsum", {"a": a, "b": b}, {}, ["a", "b"], equation=equation)) == expected


def test_an_einsum_of_one_factor_multiplies_nothing() -> None:
    assert count(single("Einsum", {"a": [2, 3]}, {}, ["a"], equation="ij->j")) == 0


def test_a_recurrent_layer_counts_both_matrices_each_step() -> None:
    graph = single(
        "LSTM", {"x": [9, 1, 6]}, {"w": [1, 16, 6], "r": [1, 16, 4]}, ["x", "w", "r"], hidden_size=4
    )
    assert count(graph) == 9 * (16 * 6 + 16 * 4)


def test_element_wise_work_is_counted_apart(device: Device) -> None:
    net = Net("g", 4, 8, 8)
    net.node("Sigmoid", [net.here], net.shape).pool().resize(8, 8)
    graph = device(net)
    assert count(graph) == 0
    assert [elements(graph, n) for n in graph.nodes] == [256, 64, 256]


@pytest.mark.parametrize("op", ["Conv", "ConvTranspose"])
def test_an_unknown_size_gives_no_count(op: str) -> None:
    graph = single(op, {"x": [1, 4, "h", "w"]}, {"w_": [4, 4, 3, 3]}, ["x", "w_"])
    assert count(graph) is None


@pytest.mark.parametrize(("name", "expected"), [("picosam2", 323_053_056), ("picosam3", 330_162_496)])
def test_the_reference_models_count_what_their_convolutions_multiply(name: str, expected: int) -> None:
    model = onnx.load(str(files("sensorfit.models") / "graphs" / f"{name}.onnx"))
    assert count(load(model)) == expected
    assert count(lower(load(model))) == expected
