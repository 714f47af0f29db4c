"""Weightless graphs keep what shapes depend on and lose the rest."""

import numpy as np
import onnx
from onnx import numpy_helper, parser

from sensorfit.graph.strip import is_stripped, strip_weights

TEXT = """
<ir_version: 8, opset_import: ["" : 17]>
net (float[1,64,8,8] x) => (float[1,64,4,16] y)
<int64[4] shape = {1,64,4,16}>
{
  c = Conv<kernel_shape=[1,1]>(x, w, b)
  s = Mul(c, scale)
  y = Reshape(s, shape)
}
"""


def small_model() -> onnx.ModelProto:
    model = parser.parse_model(TEXT)
    for name, dims in {"w": (64, 64, 1, 1), "b": (64,), "scale": (1,)}.items():
        model.graph.initializer.append(numpy_helper.from_array(np.ones(dims, np.float32), name))
    return model


def test_weights_go_and_their_dims_stay() -> None:
    model = strip_weights(small_model())
    w = next(t for t in model.graph.initializer if t.name == "w")
    assert list(w.dims) == [64, 64, 1, 1]
    assert w.data_type == onnx.TensorProto.FLOAT
    assert not w.raw_data
    assert is_stripped(model)


def test_integers_and_small_constants_keep_their_data() -> None:
    model = strip_weights(small_model())
    kept = {t.name: numpy_helper.to_array(t) for t in model.graph.initializer if t.name != "w"}
    assert kept["shape"].tolist() == [1, 64, 4, 16]
    assert kept["b"].shape == (64,)
    assert kept["scale"].tolist() == [1.0]


def test_stripping_twice_is_stripping_once() -> None:
    once = strip_weights(small_model()).SerializeToString()
    twice = strip_weights(strip_weights(small_model())).SerializeToString()
    assert once == twice


def test_a_whole_model_does_not_call_itself_stripped() -> None:
    assert not is_stripped(small_model())


def test_external_weights_lose_their_reference() -> None:
    model = small_model()
    w = next(t for t in model.graph.initializer if t.name == "w")
    w.ClearField("raw_data")
    w.data_location = onnx.TensorProto.EXTERNAL
    w.external_data.add(key="location", value="weights.bin")
    strip_weights(model)
    assert not w.external_data
    assert w.data_location == onnx.TensorProto.DEFAULT
