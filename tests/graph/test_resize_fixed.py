"""An input shape that a fixed Resize does not take: the message names it and the size to export at."""

import numpy as np
import onnx
import pytest
from onnx import numpy_helper, parser

from sensorfit.api import check
from sensorfit.errors import ModelError

GRAPH = """<ir_version: 8, opset_import: ["" : 17]> g (float[1,3,64,64] x) => (float[1,3,64,64] y)
<float[0] none> { a = MaxPool<kernel_shape=[2,2],strides=[2,2]>(x) b = Resize<mode="nearest">(a, none, none, sizes)
y = Add(b, x) }"""


def test_a_fixed_resize_says_at_which_size_to_export_again() -> None:
    model = parser.parse_model(GRAPH)
    model.graph.node[1].name = "up"
    model.graph.initializer.append(numpy_helper.from_array(np.array([1, 3, 64, 64]), "sizes"))
    model.graph.initializer.append(numpy_helper.from_array(np.zeros(0, np.float32), "none"))
    assert check(model).model.inputs[0].shape == (1, 3, 64, 64)
    with pytest.raises(ModelError, match=r"Resize 'up' is fixed to one size: re-export at 128x96"):
        check(onnx.ModelProto.FromString(model.SerializeToString()), input_shapes={"": (1, 3, 128, 96)})


def test_height_and_width_written_behind_the_tensors_own_channels_are_fixed_too() -> None:
    """As torch exports F.interpolate(x, size=(h, w))."""
    text = """<ir_version: 8, opset_import: ["" : 17]> g (float[1,3,64,64] x) => (float[1,3,64,64] y)
    <int64[1] zero = {0}, int64[1] two = {2}, int64[2] hw = {64, 64}> {
    a = MaxPool<kernel_shape=[2,2],strides=[2,2]>(x) s = Shape(a) nc = Slice(s, zero, two, zero) sizes = Concat<axis=0>(nc, hw)
    b = Resize<mode="nearest">(a, , , sizes) y = Add(b, x) }"""
    model = parser.parse_model(text)
    model.graph.node[4].name = "up"
    with pytest.raises(ModelError, match=r"Resize 'up' is fixed to one size: re-export at 96x96"):
        check(model, input_shapes={"": (1, 3, 96, 96)})


def test_a_size_written_into_a_reshape_is_no_matter_of_halving() -> None:
    """As YOLO's head has its anchors: 96x96 halves evenly, and does not help."""
    text = """<ir_version: 8, opset_import: ["" : 17]> g (float[1,3,64,64] x) => (float[1,3,4096] y)
    <int64[3] flat = {1, 3, 4096}> { y = Reshape(x, flat) }"""
    for side, wanted in ((96, "re-export at 96x96"), (100, "halve evenly")):
        with pytest.raises(ModelError, match=wanted):
            check(parser.parse_model(text), input_shapes={"": (1, 3, side, side)})
