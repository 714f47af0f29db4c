"""Folding the shape arithmetic of an export: what goes, what must stay."""

import numpy as np
import onnx
from onnx import numpy_helper, parser

from sensorfit.models.shrink import declare_weights, describe, merge_equal, shrink

HEADER = '<ir_version: 8, opset_import: ["" : 17]>\n'


def model(text: str, **weights: np.ndarray) -> onnx.ModelProto:
    parsed = parser.parse_model(HEADER + text)
    parsed.graph.initializer.extend(numpy_helper.from_array(a, n) for n, a in weights.items())
    return parsed


def operators(given: onnx.ModelProto) -> list[str]:
    return [node.op_type for node in given.graph.node]


def test_a_reshape_from_shape_arithmetic_keeps_only_the_reshape() -> None:
    given = model("""
    g (float[1,8,4,4] x) => (y)
    <int64[1] two = {2}, int64 zero = {0}, int64[1] rest = {-1}>
    {
      s = Shape(x)
      batch = Slice(s, i0, two)
      target = Concat<axis=0>(batch, rest)
      y = Reshape(x, target)
    }
    """, i0=np.array([0]))  # fmt: skip
    shrink(given, frozenset())
    assert operators(given) == ["Reshape"]
    assert [d.dim_value for d in given.graph.output[0].type.tensor_type.shape.dim] == [1, 8, 16]
    assert [numpy_helper.to_array(t).tolist() for t in given.graph.initializer] == [[1, 8, -1]]


def test_gathering_a_learned_bias_stays_because_it_grows() -> None:
    given = model(
        "g (float[1,2,9] x) => (float[1,2,9] y) { bias = Gather<axis=1>(learned, index)\n y = Add(x, bias) }",
        learned=np.zeros((2, 4), np.float32),
        index=np.array([0, 1, 2, 3, 0, 1, 2, 3, 0]),
    )
    shrink(given, frozenset({"learned"}))
    assert operators(given) == ["Gather", "Add"]


def test_a_transposed_weight_is_folded_even_without_data() -> None:
    given = model("g (float[1,3] x) => (float[1,5] y) { t = Transpose<perm=[1,0]>(w)\n y = MatMul(x, t) }")
    given.graph.initializer.append(onnx.TensorProto(name="w", data_type=onnx.TensorProto.FLOAT, dims=[5, 3]))
    shrink(given, frozenset({"w"}))
    assert operators(given) == ["MatMul"]
    (weight,) = given.graph.initializer
    assert list(weight.dims) == [3, 5]
    assert not weight.raw_data


def test_folding_does_not_change_what_the_graph_computes() -> None:
    from onnx.reference import ReferenceEvaluator

    text = "g (float[1,2,9] x) => (float[1,2,9] y) { b = Gather<axis=1>(w, index)\n c = Mul(k, k)\n d = Add(x, b)\n y = Add(d, c) }"
    weights = {
        "w": np.arange(8, dtype=np.float32).reshape(2, 4),
        "index": np.array([3, 1, 2, 0, 0, 1, 2, 3, 0]),
        "k": np.arange(9, dtype=np.float32),
    }
    feed = {"x": np.random.default_rng(0).normal(size=(1, 2, 9)).astype(np.float32)}
    before = ReferenceEvaluator(model(text, **weights)).run(None, feed)[0]
    after = ReferenceEvaluator(shrink(model(text, **weights), frozenset({"w"}))).run(None, feed)[0]
    np.testing.assert_array_equal(before, after)


def test_equal_indices_become_one_and_weights_do_not() -> None:
    same = np.arange(4)
    given = model(
        "g (float[4] x) => (float[4] y) { a = Gather(x, i)\n b = Gather(a, j)\n c = Add(b, w)\n y = Add(c, v) }",
        i=same, j=same, w=np.ones(4, np.float32), v=np.ones(4, np.float32),
    )  # fmt: skip
    merge_equal(given)
    assert [t.name for t in given.graph.initializer] == ["i", "w", "v"]
    assert given.graph.node[1].input[1] == "i"


def test_inputs_that_are_weights_become_initializers_without_data() -> None:
    given = model("g (float[1,3] x, float[3,5] w) => (float[1,5] y) { y = MatMul(x, w) }")
    declare_weights(given, ("x",))
    assert [i.name for i in given.graph.input] == ["x"]
    assert [(t.name, list(t.dims)) for t in given.graph.initializer] == [("w", [3, 5])]


def test_description_keeps_what_stood_there() -> None:
    given = model("g (float[1] x) => (float[1] y) { y = Relu(x) }")
    given.metadata_props.add(key="mine", value="1")
    describe(given, parameters="7")
    assert {p.key: p.value for p in given.metadata_props} == {"mine": "1", "sensorfit.parameters": "7"}
