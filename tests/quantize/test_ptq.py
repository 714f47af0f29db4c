"""What is done to the graph that MCT exports."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import numpy_helper, parser

from sensorfit.quantize import calibration
from sensorfit.quantize.ptq import export_int8, own_constants, quantize, tool_output
from sensorfit.target import load_target


def test_every_use_of_a_shared_constant_gets_its_own() -> None:
    graph = parser.parse_graph("""g (float[1,2] x) => (float[1,2] y) <float[2,2] w = {1.0, 2.0, 3.0, 4.0}> {
        v = Identity(w) a = MatMul(x, w) b = MatMul(a, v) y = Identity(b) }""")
    own_constants(graph)
    assert [(node.op_type, *node.input) for node in graph.node] == [
        ("MatMul", "x", "w"),
        ("MatMul", "a", "v"),
        ("Identity", "b"),
    ]
    assert [(c.name, list(c.dims), list(c.float_data)) for c in graph.initializer] == [
        ("w", [2, 2], [1, 2, 3, 4]),
        ("v", [2, 2], [1, 2, 3, 4]),
    ]


@pytest.mark.toolchain
@pytest.mark.parametrize(("converter", "opset"), [("3.19", 20), ("3.14", 17)])
def test_the_export_is_written_for_the_converter_that_reads_it(
    converter: str, opset: int, tmp_path: Path
) -> None:
    import torch

    images, log = calibration.synthetic((3, 16, 16), 0, 2), tmp_path / "log"
    target = load_target("imx500", converter)
    module = torch.nn.Sequential(torch.nn.Conv2d(3, 4, 3), torch.nn.ReLU()).eval()
    export_int8(quantize(module, images, target, 0, log), images, tmp_path / "int8.onnx", target, 0, log)
    written = onnx.load(tmp_path / "int8.onnx")
    assert {o.version for o in written.opset_import if not o.domain} == {opset}


@pytest.mark.toolchain
def test_a_layer_may_be_called_as_the_graphs_end_or_its_input(tmp_path: Path) -> None:
    """torch.fx calls the end of a graph ``output``: MCT took a classifier of that name for it, and the network for dead."""
    from sensorfit.graph.load import load
    from sensorfit.quantize.lowering import to_module

    model = parser.parse_model("""<ir_version: 8, opset_import: ["" : 17]>
        g (float[1,3,16,16] image) => (float[1,2,14,14] y)
        { a = Conv(image, v) b = Relu(a) y = Conv(b, w) }""")
    for node, name in zip(model.graph.node, ("/image/Conv", "/image_1/Relu", "/output/Conv"), strict=True):
        node.name = name
    rng = np.random.default_rng(0)
    for name, shape in {"v": (4, 3, 3, 3), "w": (2, 4, 1, 1)}.items():
        model.graph.initializer.append(numpy_helper.from_array(rng.normal(0, 0.3, shape).astype("f"), name))
    module = to_module(load(model, "named"))
    assert not {"image", "output"} & set(dict(module.named_modules()))
    images, target = calibration.synthetic((3, 16, 16), 0, 2), load_target("imx500")
    kinds = {
        type(layer).__name__ for layer in quantize(module, images, target, 0, tmp_path / "log").modules()
    }
    assert "Conv2d" in kinds


def test_what_a_tool_starts_finds_no_blank_in_the_path_of_temporary_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """MCT's solver splits the names of its files at blanks."""
    (mine := tmp_path / "my files").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(mine))
    monkeypatch.setenv("TMPDIR", str(mine))
    with tool_output(tmp_path / "log"):
        assert " " not in os.environ["TMPDIR"] and Path(os.environ["TMPDIR"]).is_dir()
    assert os.environ["TMPDIR"] == str(mine)
