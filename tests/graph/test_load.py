"""Loading: shapes inferred, constants folded, quantizers gone, order and names irrelevant."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

import sensorfit
from sensorfit.errors import ModelError
from sensorfit.graph import shapes
from sensorfit.graph.load import load
from sensorfit.models.registry import entry_for
from tests.conftest import model_of
from tests.verify.text import model as parsed

CONV = """
g (float[1,3,8,8] x, float[4,3,3,3] w) => (float[1,4,6,6] y) {
    y = Conv(x, w)
}
"""


def with_weights(text: str, opset: int = 17, **arrays: np.ndarray) -> onnx.ModelProto:
    model = model_of(text, opset)
    inputs = [i for i in model.graph.input if i.name not in arrays]
    del model.graph.input[:]
    model.graph.input.extend(inputs)
    model.graph.initializer.extend(numpy_helper.from_array(a, n) for n, a in arrays.items())
    return model


def test_weights_are_constants_with_a_value_on_demand() -> None:
    w = np.arange(108, dtype=np.float32).reshape(4, 3, 3, 3)
    graph = load(with_weights(CONV, w=w))
    assert graph.inputs == ("x",)
    assert graph.is_constant("w")
    values = graph.numbers("w")
    assert values is not None and np.array_equal(values, w.reshape(-1))


def test_weights_without_data_still_have_a_shape() -> None:
    model = with_weights(CONV, w=np.zeros((4, 3, 3, 3), np.float32))
    model.graph.initializer[0].ClearField("raw_data")
    graph = load(model)
    assert graph.shape("w") == (4, 3, 3, 3)
    assert graph.numbers("w") is None
    assert graph.shape("y") == (1, 4, 6, 6)


def test_shape_arithmetic_folds_into_a_static_reshape() -> None:
    graph = load(
        model_of("""
        g (float[1,4,6,6] x) => (float[a,b,c] y) {
            s = Shape(x)
            zero = Constant<value_ints = [0]>()
            one = Constant<value_ints = [1]>()
            first = Gather(s, zero)
            second = Gather(s, one)
            rest = Constant<value_ints = [-1]>()
            to = Concat<axis = 0>(first, second, rest)
            y = Reshape(x, to)
        }""")
    )
    assert [n.op for n in graph.nodes] == ["Reshape"]
    assert graph.shape("y") == (1, 4, 36)
    target = graph.numbers("to")
    assert target is not None and [*target] == [1, 4, -1]


@pytest.mark.parametrize(
    "made",
    [
        "n = NonZero (c) p = Squeeze (n, zero)",
        "p = Unique <axis = 0> (c)",
        "b = Cast <to = 9> (c) p = Compress (c, b)",
    ],
)
def test_constants_as_long_as_their_values_say_fold_as_the_front_end_folds_them(made: str) -> None:
    """Places found by NonZero: the front end takes the Reshape, which was called one to a computed shape."""
    text = f"""(float[1,3,4] x) => (float[a,b,c] y)
    <int64[5] c = {{0, 3, 3, 0, 4}}, int64[1] zero = {{0}}, int64[3] want = {{1, 4, 3}}> {{
        {made} none = Sub (p, p) shape = Add (none, want) y = Reshape (x, shape) }}"""
    graph = load(parsed(text, 17))
    assert [n.op for n in graph.nodes] == ["Reshape"] and graph.shape("y") == (1, 4, 3)


def test_a_roll_by_nothing_reads_no_tensor_without_elements() -> None:
    """The converter ends with an exception at one, behind its front end: UNeXt's rolls were called fitting."""
    text = """(float[1,4,6,8] x) => (float[1,4,6,8] y) <int64[1] z = {0}, int64[1] e = {9}, int64[1] h = {2}> {
        a = Slice (x, z, e, h)
        b = Slice (x, z, z, h)
        c = Concat <axis = 2> (a, b)
        d = Slice (c, z, h, h)
        f = Slice (c, h, e, h)
        y = Concat <axis = 2> (f, d, b)
    }"""
    graph = load(parsed(text, 17))
    read = {n.outputs[0]: (n.op, n.inputs) for n in graph.nodes if n.op != "Slice"}
    assert read == {"c": ("Identity", ("a",)), "y": ("Concat", ("f", "d"))}


def test_a_dynamic_batch_counts_as_one_and_is_remembered() -> None:
    graph = load(model_of("g (float[N,3,8,8] x) => (float[N,3,8,8] y) { y = Relu(x) }"))
    assert graph.shape("y") == (1, 3, 8, 8)
    assert graph.declared_inputs["x"] == (None, 3, 8, 8)


def test_a_dynamic_height_stays_unknown_until_it_is_given() -> None:
    model = model_of("g (float[1,3,H,8] x) => (float[1,3,H,8] y) { y = Relu(x) }")
    assert load(model).shape("y") == (1, 3, None, 8)
    assert load(model, input_shapes={"": (1, 3, 16, 8)}).shape("y") == (1, 3, 16, 8)


REPEATED = """
g (float[1,8,4] x, float[1,4,8] z) => (float[a,b,c] first, float[d,e,f] second, float[g,h,i] third, float[j,k,l] fourth) {
    one = Constant<value = int64[3] {1, 4, 8}>()
    same = Constant<value = int64[3] {1, 4, 8}>()
    other = Constant<value = int64[3] {2, 2, 8}>()
    first = Reshape(x, one)
    second = Reshape(x, same)
    third = Reshape(x, other)
    fourth = Reshape(z, one)
}
"""


def test_nodes_that_differ_in_a_value_only_have_shapes_of_their_own() -> None:
    graph = load(model_of(REPEATED))
    shapes = [graph.shape(name) for name in ("first", "second", "third", "fourth")]
    assert shapes == [(1, 4, 8), (1, 4, 8), (2, 2, 8), (1, 4, 8)]


@pytest.mark.parametrize("name", ["picosam3", "tinysam/decoder", "edgesam", "sam2.1-tiny"])
def test_inference_says_the_same_of_every_node_whatever_it_remembers_or_is_told(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    entry = entry_for(name)
    assert entry is not None
    short = load(entry.graph).tensors

    class Forgetful(shapes.Values):
        def _infer(self, node: onnx.NodeProto) -> dict[str, shapes.Type]:
            self._inferred.clear()
            return super()._infer(node)

    monkeypatch.setattr(shapes, "VALUES_UNREAD", frozenset())
    monkeypatch.setattr("sensorfit.graph.load.Values", Forgetful)
    whole = load(entry.graph).tensors
    assert {n: (t.shape, t.dtype) for n, t in short.items()} == {
        n: (t.shape, t.dtype) for n, t in whole.items()
    }


def test_an_input_shape_for_an_absent_input_is_refused_by_name() -> None:
    model = model_of("g (float[1,3,8,8] x) => (float[1,3,8,8] y) { y = Relu(x) }")
    with pytest.raises(ModelError, match=r"no input 'z'.*x"):
        load(model, input_shapes={"z": (1, 3, 4, 4)})


def test_quantizer_nodes_leave_their_width_on_the_tensor() -> None:
    model = with_weights(
        """
        g (float[1,3,8,8] x, float[4,3,3,3] w) => (float[1,4,6,6] q) {
            xq = mct_quantizers.ActivationPOTQuantizer<num_bits = 8>(x)
            wq = mct_quantizers.WeightsSymmetricQuantizer<num_bits = 4>(w)
            y = Conv(xq, wq)
            q = mct_quantizers.ActivationPOTQuantizer<num_bits = 16>(y)
        }""",
        w=np.ones((4, 3, 3, 3), np.float32),
    )
    graph = load(model)
    assert graph.quantized
    assert [n.op for n in graph.nodes] == ["Conv"]
    assert graph.nodes[0].inputs == ("x", "w")
    assert graph.outputs == ("y",)
    assert {t: graph.tensors[t].bits for t in ("x", "w", "y")} == {"x": 8, "w": 4, "y": 16}
    assert graph.is_constant("w")


def test_a_matrix_turned_behind_its_quantizer_keeps_its_width() -> None:
    """As MCT exports a Linear of tokens."""
    model = with_weights(
        """
        g (float[1,5,8] x, float[4,8] w) => (float[1,5,4] y) {
            wq = mct_quantizers.WeightsSymmetricQuantizer<num_bits = 4>(w)
            t = Transpose<perm = [1, 0]>(wq)
            y = MatMul(x, t)
        }""",
        w=np.ones((4, 8), np.float32),
    )
    graph = load(model)
    assert [n.op for n in graph.nodes] == ["MatMul"]
    assert graph.tensors[graph.nodes[0].inputs[1]].bits == 4


def test_dead_nodes_are_left_out() -> None:
    graph = load(model_of("g (float[1,3,8,8] x) => (float[1,3,8,8] y) { dead = Erf(x) y = Relu(x) }"))
    assert [n.op for n in graph.nodes] == ["Relu"]


@pytest.mark.parametrize(
    "branch",
    [
        "p = If (b) <then_branch = t2 () => (float[1,4] q) { q = Relu (a) }, else_branch = e2 () => (float[1,4] r) { r = Abs (x) }>",
        "p = Identity (a)",
    ],
    ids=["two levels down", "one level down"],
)
def test_what_a_branch_reads_from_outside_is_needed(branch: str) -> None:
    graph = load(
        model_of(f"""
        g (bool b, float[1,4] x) => (float[1,4] y) {{
            a = Elu (x)
            y = If (b) <then_branch = t () => (float[1,4] p) {{ {branch} }},
                        else_branch = e () => (float[1,4] s) {{ s = Abs (x) }}>
        }}""")
    )
    assert [n.op for n in graph.nodes] == ["Elu", "If"]


def test_an_output_of_a_branch_that_stands_outside_is_needed() -> None:
    model = model_of("""
    g (bool b, float[1,4] x) => (float[1,4] y) {
        a = Elu (x)
        y = If (b) <then_branch = t () => (float[1,4] a) { }, else_branch = e () => (float[1,4] s) { s = Abs (x) }>
    }""")
    assert [n.op for n in load(model).nodes] == ["Elu", "If"]


def test_the_order_of_nodes_in_the_file_does_not_matter() -> None:
    model = model_of("""
    g (float[1,4,8,8] x) => (float[1,4,8,8] y) {
        a = Relu(x) b = Sigmoid(a) c = Tanh(a) d = Add(b, c) e = Abs(x) y = Mul(d, e)
    }""")
    expected = [(n.op, n.outputs) for n in load(model).nodes]
    shuffled = onnx.ModelProto()
    shuffled.CopyFrom(model)
    nodes = list(model.graph.node)
    random.Random(0).shuffle(nodes)
    del shuffled.graph.node[:]
    shuffled.graph.node.extend(nodes)
    assert [(n.op, n.outputs) for n in load(shuffled).nodes] == expected


def test_nodes_without_or_with_equal_names_get_unique_ones() -> None:
    model = model_of("g (float[1,4,8,8] x) => (float[1,4,8,8] y) { a = Relu(x) b = Relu(a) y = Relu(b) }")
    model.graph.node[0].name = model.graph.node[1].name = "same"
    names = [n.name for n in load(model).nodes]
    assert len(set(names)) == 3 and "same" in names and all(names)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("g (float[1,4] x) => (float[1,4] y) { a = Add(x, b) b = Relu(a) y = Relu(b) }", "cyclic"),
        ("g (float[1,4] x) => (float[1,4] y) { y = Relu(missing) }", "'missing', which nothing writes"),
        ("g (float[1,4] x) => (float[1,4] z) { y = Relu(x) }", "output 'z' is written by no node"),
        ("g (float[1,4] x) => (float[1,4] y) { y = Relu(x) y = Abs(x) }", "'y' is written twice"),
    ],
)
def test_a_broken_graph_is_one_sentence(text: str, says: str) -> None:
    with pytest.raises(ModelError, match=says) as caught:
        load(model_of(text))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(("op", "opset"), [("Gelu", 19), ("LayerNormalization", 15), ("QLinearMatMul", 9)])
def test_an_operator_that_the_opset_has_not_yet_is_held_to_the_one_it_has_later(op: str, opset: int) -> None:
    model = parsed("(float[1,4] x) => (float[1,4] z) { z = Relu (x) }", opset)
    model.graph.node.insert(0, helper.make_node(op, [], ["r"], name="early"))
    model.graph.node[1].input[0] = "r"
    with pytest.raises(ModelError, match=f"node 'early' \\({op}\\) has 0 inputs where the operator takes"):
        load(model)


def test_an_unknown_operator_leaves_its_output_shape_unknown() -> None:
    model = model_of("g (float[1,4] x) => (float[1,4] y) { a = Relu(x) y = Abs(a) }")
    model.graph.node[0].op_type, model.graph.node[0].domain = "Mystery", "com.example"
    model.opset_import.append(helper.make_opsetid("com.example", 1))
    graph = load(model)
    assert [n.op for n in graph.nodes] == ["Mystery", "Abs"]
    assert graph.shape("a") is None


def test_a_huge_constant_is_not_evaluated() -> None:
    model = model_of("g (float[1,1] x) => (float[1,1] y) { y = Relu(x) }")
    shape = numpy_helper.from_array(np.array([1 << 20, 1 << 20], np.int64), "huge")
    model.graph.initializer.append(shape)
    model.graph.node.extend(
        [
            helper.make_node("ConstantOfShape", ["huge"], ["big"], name="big"),
            helper.make_node("Add", ["y", "big"], ["z"], name="add"),
        ]
    )
    model.graph.output[0].name = "z"
    graph = load(model)
    assert graph.numbers("big") is None


def test_local_functions_are_expanded() -> None:
    model = onnx.parser.parse_model("""
    <ir_version: 8, opset_import: ["" : 17, "local" : 1]>
    g (float[1,4] x) => (float[1,4] y) { y = local.twice(x) }
    <domain: "local", opset_import: ["" : 17]>
    twice (a) => (b) { b = Add(a, a) }
    """)
    assert [n.op for n in load(model).nodes] == ["Add"]


@pytest.mark.parametrize("dtype", [TensorProto.FLOAT, TensorProto.FLOAT16, TensorProto.DOUBLE])
def test_element_types_keep_their_numpy_names(dtype: int) -> None:
    value = helper.make_tensor_value_info("x", dtype, [1, 4])
    out = helper.make_tensor_value_info("y", dtype, [1, 4])
    graph = helper.make_graph([helper.make_node("Relu", ["x"], ["y"])], "g", [value], [out])
    loaded = load(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)]))
    assert np.dtype(loaded.tensors["y"].dtype) == helper.tensor_dtype_to_np_dtype(dtype)


X4, X3 = "float[1,4,8,8] x", "float[1,3,8,8] x"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (f"g ({X4}, float[16,3,3,3] w) => (float y) {{ y = Conv (x, w) }}", "Conv 'y' has weights for 3 input channels, its input 'x' has 4"),
        (f"g ({X4}, float[4,1,3,3] w) => (float y) {{ y = Conv <group = 2> (x, w) }}", "weights for 2 input channels, its input 'x' has 4"),
        (f"g ({X4}, float[3,8,2,2] w) => (float y) {{ y = ConvTranspose (x, w) }}", "ConvTranspose 'y' has weights for 3 input channels"),
        (f"g ({X4}, float[3] a) => (float y) {{ y = BatchNormalization (x, a, a, a, a) }}", "has statistics for 3 input channels, its input 'x' has 4"),
        ("g (float[1,4] x, float[5,2] w) => (float y) { y = Gemm (x, w) }", "multiplies rows of 4 ('x') by columns of 5 ('w')"),
        ("g (float[1,4] x, float[2,5] w) => (float y) { y = Gemm <transB = 1> (x, w) }", "multiplies rows of 4 ('x') by columns of 5 ('w')"),
        ("g (float[1,7,4] x, float[5,2] w) => (float y) { y = MatMul (x, w) }", "multiplies rows of 4 ('x') by columns of 5 ('w')"),
        ("g (float[2,7,4] x, float[3,4,2] w) => (float y) { y = MatMul (x, w) }", "the shapes 2x7x4 and 3x4x2 do not go together at MatMul 'y'"),
        ("g (float[1,3,64,64] x, float[1,3,7,7] z) => (float y) { y = Add (x, z) }", "the shapes 1x3x64x64 and 1x3x7x7 do not go together at Add 'y'"),
        ("g (float[1,3,65,64] x, float[1,3,64,64] z) => (float y) { y = Concat <axis = 1> (x, z) }", "the shapes 1x3x65x64 and 1x3x64x64 do not go together at Concat 'y'"),
        (f"g ({X3}) => (float y) {{ s = Constant <value_ints = [1, 100]> () y = Reshape (x, s) }}", "Reshape 'y' makes 1x100 of 'x', whose shape 1x3x8x8"),
    ],
)  # fmt: skip
def test_operands_that_cannot_meet_are_one_sentence_not_a_verdict(text: str, said: str) -> None:
    with pytest.raises(ModelError) as error:
        load(model_of(text), "net")
    assert said in str(error.value)
    assert str(error.value).startswith("net: ")
    assert "export it again" in str(error.value)


@pytest.mark.parametrize(
    "text",
    [
        f"g ({X4}, float[16,2,3,3] w) => (float y) {{ y = Conv <group = 2> (x, w) }}",
        f"g ({X4}, float[4,8,2,2] w) => (float y) {{ y = ConvTranspose <group = 2> (x, w) }}",
        "g (float[1,4] x, float[2,4] w) => (float y) { y = Gemm <transB = 1> (x, w) }",
        "g (float[2,1,7,4] x, float[3,4,2] w) => (float y) { y = MatMul (x, w) }",
        "g (float[1,4] x, float[4] w) => (float y) { y = MatMul (x, w) }",
        f"g ({X4}, float[8] z) => (float y) {{ y = Add (x, z) }}",
        f"g ({X4}, float[1,4,H,W] z) => (float y) {{ y = Add (x, z) }}",
        f"g ({X4}, float[1,3,8,8] z) => (float y) {{ y = Concat <axis = -3> (x, z) }}",
    ],
)
def test_operands_that_meet_are_loaded(text: str) -> None:
    assert load(model_of(text)).shape("y") is not None


def test_an_input_shape_that_a_skip_connection_cannot_take_is_named_with_a_way_out() -> None:
    text = """
    g (float[1,3,64,64] x) => (float y) {
        half = MaxPool <kernel_shape = [2, 2], strides = [2, 2]> (x)
        scale = Constant <value = float[4] {1.0, 1.0, 2.0, 2.0}> ()
        back = Resize <mode = "nearest"> (half, , scale)
        y = Add (x, back)
    }"""
    assert load(model_of(text), input_shapes={"": (1, 3, 96, 96)}).shape("y") == (1, 3, 96, 96)
    with pytest.raises(
        ModelError,
        match=r"1x3x97x97 and 1x3x96x96 do not go together at Add 'y'.*'x' 1x3x97x97.*multiples of 32",
    ):
        load(model_of(text), input_shapes={"": (1, 3, 97, 97)})


def test_a_size_beyond_64_bits_is_not_known() -> None:
    graph = load(
        model_of("""
        g (float[1,1] x) => (int64 n) {
            to = Constant<value_ints = [1099511627776, 1099511627776]>()
            wide = Expand(x, to)
            n = Size(wide)
        }""")
    )
    assert graph.shape("wide") == (1 << 40, 1 << 40)
    assert graph.numbers("n") is None


def test_a_constant_whose_file_is_missing_is_named_with_it(tmp_path: Path) -> None:
    model = model_of(
        "g (float[1,16,8,8] x) => (float[1,16,64] y) <int64[3] s = {1, 16, 64}> { y = Reshape (x, s) }"
    )
    model.graph.initializer[0].CopyFrom(numpy_helper.from_array(np.array([1, 16, 64]), "s"))
    onnx.save(model, tmp_path / "m.onnx", save_as_external_data=True, location="m.bin", size_threshold=0)
    assert load(tmp_path / "m.onnx").absent == {}
    (tmp_path / "m.bin").unlink()
    assert load(tmp_path / "m.onnx").absent == {"s": "m.bin"}
    report = sensorfit.check(tmp_path / "m.onnx")
    assert report.verdict == "unknown"
    found = {f.rule: f for f in report.findings}
    assert "data of the target shape is missing" in found["SF116"].message
    assert "depends on data that is missing" in found["SF514"].message
    assert all("put m.bin beside the model" in found[rule].fix for rule in ("SF116", "SF514"))
