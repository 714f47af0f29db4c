"""What a report says of the file: its parameters wherever they are stored, its open dimensions however they are written."""

from __future__ import annotations

import onnx
import pytest
from onnx import TensorProto, helper

import sensorfit
from sensorfit.description import parameters
from sensorfit.errors import ModelError

from .conftest import model_of

HEAD = "g (float[1,3,8,8] x) => (float[1,4,6,6] y)"
WEIGHTS = ", ".join(["0.1"] * 108)


def test_weights_in_constant_nodes_are_parameters() -> None:
    direct = f"w = Constant <value = float[4,3,3,3] {{{WEIGHTS}}}> () y = Conv <kernel_shape = [3, 3]> (x, w)"
    behind = f"v = Constant <value = float[4,3,3,3] {{{WEIGHTS}}}> () w = Identity (v) y = Conv <kernel_shape = [3, 3]> (x, w)"
    for text in (direct, behind):
        assert parameters(model_of(f"{HEAD} {{ {text} }}")) == 108


def test_constants_that_say_sizes_are_none() -> None:
    text = """g (float[1,3,8,8] x) => (float[1,3,16,16] y) {
        c = Constant <value = float[4] {1, 1, 2, 2}> () s = Neg (c) t = Neg (s) y = Resize (x, , t)
    }"""
    assert parameters(model_of(text)) == 0


def test_weights_in_subgraphs_are_parameters() -> None:
    def branch(name: str) -> onnx.GraphProto:
        w = helper.make_tensor(f"w{name}", TensorProto.FLOAT, [1, 3, 1, 1], [1.0] * 3)
        v = helper.make_node(
            "Constant", [], [f"v{name}"], value=helper.make_tensor("", 1, [1, 3, 1, 1], [2.0] * 3)
        )
        nodes = [v, helper.make_node("Mul", ["x", w.name], [f"a{name}"]), helper.make_node("Add", [f"a{name}", f"v{name}"], [name])]  # fmt: skip
        return helper.make_graph(nodes, name, [], [helper.make_tensor_value_info(name, 1, [1, 3, 8, 8])], [w])

    model = model_of("g (float[1,3,8,8] x, bool c) => (float[1,3,8,8] y) { y = Identity (x) }")
    model.graph.node[0].CopyFrom(
        helper.make_node("If", ["c"], ["y"], then_branch=branch("t"), else_branch=branch("e"))
    )
    assert parameters(model) == 12


def negative(*dims: int) -> onnx.ModelProto:
    model = model_of("g (float[1,3,64,64] x) => (float[1,3,64,64] y) { y = Relu (x) }")
    for value in (model.graph.input[0], model.graph.output[0]):
        value.CopyFrom(helper.make_tensor_value_info(value.name, TensorProto.FLOAT, dims))
    for index, node in enumerate(model.graph.node):
        node.name = f"n{index}"
    return model


def test_a_batch_of_minus_one_is_an_open_batch_and_counts_as_one() -> None:
    report = sensorfit.check(negative(-1, 3, 64, 64))
    assert report.verdict == "fits"
    assert report.model.inputs[0].shape == (None, 3, 64, 64)
    assert {f.rule for f in report.findings if f.converter_code == "INVMOD"} == {"SF517"}


def test_a_height_of_minus_one_is_dynamic_until_it_is_given() -> None:
    model = negative(1, 3, -1, -1)
    assert "SF502" in {f.rule for f in sensorfit.check(model).findings}
    assert sensorfit.check(model, input_shapes={"": (1, 3, 64, 64)}).verdict == "fits"


@pytest.mark.parametrize("dims", [(-2, 3, 64, 64), (1, 3, -7, 64)])
def test_another_negative_number_is_no_dimension(dims: tuple[int, ...]) -> None:
    with pytest.raises(ModelError, match="negative dimension"):
        sensorfit.check(negative(*dims))


def test_a_file_as_paddle_writes_it_fits_with_what_the_build_mends_as_warnings() -> None:
    """An older opset, weights in Constant nodes, -1 for an open batch: each its own warning, none a refusal."""
    text = f"""<ir_version: 8, opset_import: ["": 12]> g (float[1,3,64,64] x) => (float[1,4,62,62] y) {{
        w = Constant <value = float[4,3,3,3] {{{WEIGHTS}}}> () c = Conv <kernel_shape = [3, 3]> (x, w) y = Relu (c)
    }}"""
    model = onnx.parser.parse_model(text)
    for index, node in enumerate(model.graph.node):
        node.name = f"n{index}"
    for value in (model.graph.input[0], model.graph.output[0]):
        value.type.tensor_type.shape.dim[0].dim_value = -1
    report = sensorfit.check(model)
    assert report.verdict == "fits" and report.model.parameters == 108
    said = {f.rule: f.severity for f in report.findings if f.converter_code}
    assert said["SF508"] == said["SF517"] == "warning" and "error" not in said.values()
