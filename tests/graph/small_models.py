"""A small model and what it must be refused with, for the tests of bounds."""

from __future__ import annotations

from pathlib import Path

import onnx
import pytest
from onnx import TensorProto, helper

from sensorfit.errors import ModelError
from sensorfit.graph import limits


def tensor_info(name: str, shape: list[int] | None = None) -> onnx.ValueInfoProto:
    return helper.make_tensor_value_info(
        name, TensorProto.FLOAT, shape if shape is not None else [1, 3, 8, 8]
    )


def model(
    nodes: list[onnx.NodeProto] | None = None,
    weights: list[onnx.TensorProto] | None = None,
    shape: list[int] | None = None,
) -> onnx.ModelProto:
    nodes = nodes or [helper.make_node("Relu", ["x"], ["y"], name="relu")]
    graph = helper.make_graph(nodes, "g", [tensor_info("x", shape)], [tensor_info("y")], weights or [])
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])


def external(location: str, **entries: str) -> onnx.TensorProto:
    tensor = TensorProto(name="w", data_type=TensorProto.FLOAT, dims=[4], data_location=TensorProto.EXTERNAL)
    for key, value in {"location": location, **entries}.items():
        tensor.external_data.add(key=key, value=value)
    return tensor


def refused(path: Path, match: str) -> None:
    with pytest.raises(ModelError, match=match) as caught:
        limits.read_model(path)
    assert "\n" not in str(caught.value)
    assert str(path) in str(caught.value)
