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
