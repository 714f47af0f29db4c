"""A file written piece by piece is the model that protobuf writes in one."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import helper, numpy_helper

from sensorfit.graph.fold import Stored
from sensorfit.graph.load import load
from sensorfit.graph.write import as_model, written_to
from sensorfit.rewrite.store import data_of


@pytest.mark.parametrize("dtype", [np.int8, np.float32, np.float64])
def test_the_length_before_the_graph_takes_the_bytes_that_it_needs(tmp_path: Path, dtype: type) -> None:
    """10,000 elements take 10 KB to 80 KB: a length of two or of three bytes, where four bytes each are expected."""
    weights = numpy_helper.from_array(np.arange(10_000).astype(dtype), "w")
    graph = helper.make_graph(
        [helper.make_node("Add", ["x", "w"], ["y"], "add")],
        "g",
        [helper.make_tensor_value_info("x", weights.data_type, [10_000])],
        [helper.make_tensor_value_info("y", weights.data_type, [10_000])],
        [weights],
    )
    source = tmp_path / "model.onnx"
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), source)
    read, file = load(source), tmp_path / "written.onnx"
    written_to(file, read, data_of)
    assert onnx.load(file) == as_model(read, data_of)
    assert len(file.read_bytes()) == as_model(read, data_of).ByteSize()


@pytest.mark.parametrize("said", ["", "a word behind the data"])
def test_weights_that_are_left_in_their_file_are_written_as_they_would_be_from_memory(
    said: str, tmp_path: Path
) -> None:
    weights = numpy_helper.from_array(np.arange(100_000, dtype=np.float32), "w")
    weights.doc_string = said
    graph = helper.make_graph(
        [helper.make_node("Add", ["x", "w"], ["y"], "add")],
        "g",
        [helper.make_tensor_value_info("x", weights.data_type, [100_000])],
        [helper.make_tensor_value_info("y", weights.data_type, [100_000])],
        [weights],
    )
    source, file = tmp_path / "model.onnx", tmp_path / "written.onnx"
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), source)
    read = load(source)
    assert isinstance(constant := read.tensors["w"]._constant, Stored) and constant.apart() is not None
    written_to(file, read, data_of)
    assert onnx.load(file) == as_model(read, data_of)
