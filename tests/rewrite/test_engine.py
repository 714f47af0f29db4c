"""What the engine promises of every rewrite: scalars stay scalars, nothing is claimed unseen, old files keep their meaning."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import onnxruntime as ort
import pytest
from onnx import helper, numpy_helper

from sensorfit.api import check
from sensorfit.errors import ConfigError, ModelError
from sensorfit.graph import fold, shapes
from sensorfit.graph.ir import Tensor
from sensorfit.rewrite.derived import Computed
from sensorfit.rewrite.files import put
from sensorfit.rewrite.fix import fix
from sensorfit.rewrite.store import data_of

from .harness import TARGET, ended, model, rewritten
from .test_command import invoke

LOCAL = "(float[1,8,6,8] x) => (float[1,8,6,8] y) { y = LRN <size = 4> (x) }"
"""ONNX allows an even size, onnxruntime does not compute it."""


def test_a_computed_scalar_is_written_as_a_scalar() -> None:
    scalar = Tensor("i", (), "int64", True, None, Computed(lambda: np.array(2), "int64"))
    assert [*data_of(scalar).dims] == []


@pytest.mark.parametrize(
    ("opset", "text"),
    [
        (9, '{ y = Upsample <mode = "linear"> (x, s) }'),
        (10, '{ y = Resize <mode = "linear"> (x, s) }'),
    ],
)
def test_an_old_resize_keeps_its_sampling(opset: int, text: str, tmp_path: Path) -> None:
    shapes = "(float[1,4,5,7] x) => (float[1,4,10,14] y) <float[4] s = {1.0,1.0,2.0,2.0}>"
    case = rewritten(f"{shapes} {text}", tmp_path, opset=opset)  # compared with the file in onnxruntime
    assert not case.fixed.remaining


def test_what_onnxruntime_does_not_compute_is_one_sentence(tmp_path: Path) -> None:
    code, said = ended(invoke(tmp_path, LOCAL))
    assert code == 2 and "'LRN_0'" in said and "nothing was written" in said and "\n" not in said
    assert [p.name for p in tmp_path.iterdir()] == ["model.onnx"]


def test_a_proof_says_what_it_could_not_compare(tmp_path: Path) -> None:
    text = "(float[1,4,6,8] x) => (float[1,4,6,8] y) <float e = {1.5}> { y = Pow (x, e) }"
    case = rewritten(text, tmp_path)  # below 0 it is no number
    assert "where the original is no number, not compared" in case.fixed.rewrites[0].proof
    assert any("not compared" in n for n in case.fixed.notes)


def test_files_are_moved_together_or_not_at_all(tmp_path: Path) -> None:
    first, there = tmp_path / "first", tmp_path / "there"
    first.write_text("new")
    there.write_text("old")
    with pytest.raises(ConfigError, match="nothing was"):
        put({there: first, tmp_path / "host": tmp_path / "missing"})
    assert there.read_text() == "old" and not (tmp_path / "host").exists()


def test_a_network_that_overflows_is_compared_where_it_does_not(tmp_path: Path) -> None:
    graph = helper.make_graph(
        [helper.make_node("Exp", ["x"], ["e"]), helper.make_node("Elu", ["e"], ["y"])],
        "g",
        [helper.make_tensor_value_info("x", 1, [1, 4])],
        [helper.make_tensor_value_info("y", 1, [1, 4])],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(model)
    assert rewritten(model, tmp_path).fixed.max_difference < 1e-3


BRANCH = """(float[1,4,6,1] x) => (float[1,4,6] y) <bool c = {1}, int64[1] a = {3}>
{ r = If (c) <then_branch = one () => (float[1,4,6] t) { t = Squeeze (x, a) }, else_branch = other () => (float[1,4,6,1] e) { e = Identity (x) }>
  y = Softplus (r) }"""
COMPUTED = BRANCH.replace("<bool c = {1}, ", "<").replace(
    "{ r = If", "{ m = ReduceMax <keepdims = 0> (x) c = Cast <to = 9> (m) r = If"
)
HALF = "(float16[1,4,6] x) => (float16[1,4,6] y) { y = Softplus (x) }"
IMAGES = """(float[4,3,6,6] x) => (float[4,10] y) <float[108,10] w, int64[2] s = {4, 108}>
{ r = Reshape (x, s) p = MatMul (r, w) y = Softplus (p) }"""
JOINED = """(float[4,3,6,6] x) => (float[4,10] y) <float[108,10] w, int64[1] b = {4}, int64[1] n = {108}>
{ s = Concat <axis = 0> (b, n) r = Reshape (x, s) p = MatMul (r, w) y = Softplus (p) }"""
"""The size as torch's exporter joins it, where it folds nothing."""
TOKEN = """(float[4,6,8] x) => (float[4,10] y) <float[8,10] w, float[1,1,8] t, int64[3] s = {4, 1, 8}, int64 i = {0}>
{ c = Expand (t, s) j = Concat <axis = 1> (c, x) p = MatMul (j, w) m = ReduceMean <axes = [1], keepdims = 0> (p) y = Softplus (m) }"""
REPEATED = (
    TOKEN.replace("float[1,1,8] t", "float[4,1,8] r")
    .replace("c = Expand (t, s) ", "")
    .replace("(c, x)", "(r, x)")
)
"""A class token of a transformer, and as torch's exporter folds it for a batch."""
MIXED = "(float[4,3,6,6] x) => (float[4,3,6,6] y) { m = ReduceMean <axes = [0]> (x) y = Sub (x, m) }"

STEPS = "(float[5,4,3] x) => (float[5,4,3] y) <int64 a = {0}> { y = CumSum (x, a) }"
"""A recurrence over what stands where the batch does."""


def test_an_if_of_a_constant_condition_is_its_branch(tmp_path: Path) -> None:
    case = rewritten(BRANCH, tmp_path)
    assert "If" not in case.operators and not case.fixed.remaining
    assert any("constant condition" in n for n in case.fixed.notes)


@pytest.mark.parametrize("more", [(), ("--cut",)])
def test_an_if_that_is_decided_at_run_time_is_one_sentence(more: tuple[str, ...], tmp_path: Path) -> None:
    code, said = ended(invoke(tmp_path, COMPUTED, *more))
    assert (
        code == 2 and "is decided while the network runs" in said and "export the network without it" in said
    )
    assert not (tmp_path / "fixed.onnx").exists()


def test_float16_is_written_as_float32_and_said(tmp_path: Path) -> None:
    case = rewritten(HALF, tmp_path)
    types = {v.type.tensor_type.elem_type for v in (*case.after.graph.input, *case.after.graph.output)}
    assert types == {onnx.TensorProto.FLOAT} and any("float16" in n for n in case.fixed.notes)


STANDARDISED = """(float[1,4,6,8] x) => (float[1,4,6,8] y) <float[4,4,1,1] w, float s = {2.0}>
    { a = Mul (w, s) b = Sub (a, w) c = Conv (x, b) y = Elu (c) }"""


def test_weights_that_the_file_computes_are_written_however_many(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    few = fold.Allowance
    monkeypatch.setattr(shapes, "Allowance", lambda: few(64))  # less than a check would let them take
    assert rewritten(STANDARDISED, tmp_path).operators[0] == "Conv"


def test_weights_that_cannot_be_computed_are_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fold.Allowance, "take", lambda self, size: False)
    code, said = ended(invoke(tmp_path, STANDARDISED))
    assert code == 2 and "which the file computes of its weights" in said


def test_a_part_in_float64_is_written_as_float32_and_said(tmp_path: Path) -> None:
    text = "(float[1,4,6,8] x) => (float[1,4] y) { d = Cast <to = 11> (x) m = ReduceMean <axes = [2, 3], keepdims = 0> (d) f = Cast <to = 1> (m) y = Elu (f) }"
    case = rewritten(text, tmp_path)
    assert "Cast" not in case.operators and not case.fixed.remaining
    assert any("float64" in n for n in case.fixed.notes)


BYTES = "(uint8[1,6,8,3] x) => (float[1,4,6,8] y) <float[4,3,1,1] w> { t = Transpose <perm = [0, 3, 1, 2]> (x) f = Cast <to = 1> (t) c = Conv (f, w) y = Elu (c) }"


def test_an_input_of_bytes_takes_the_same_numbers_as_float32_and_says_so(tmp_path: Path) -> None:
    case = rewritten(BYTES, tmp_path)
    (image,) = case.after.graph.input
    assert image.type.tensor_type.elem_type == onnx.TensorProto.FLOAT and "Cast" not in case.operators
    assert any("'x' of uint8" in n for n in case.fixed.notes) and not case.fixed.remaining
    numbers = np.random.default_rng(0).integers(0, 256, (1, 6, 8, 3))
    turned = numbers.transpose(0, 3, 1, 2)  # an image with its channels last is turned, too
    made = [
        ort.InferenceSession(m.SerializeToString()).run(None, {"x": x})[0]
        for m, x in ((case.before, numbers.astype(np.uint8)), (case.after, turned.astype(np.float32)))
    ]
    np.testing.assert_allclose(*made, rtol=1e-5, atol=1e-4)


def test_bytes_that_are_computed_with_stay(tmp_path: Path) -> None:
    text = "(uint8[1,4,6,8] x, float[1,4,6,8] k) => (float[1,4,6,8] y) { z = Add (x, x) f = Cast <to = 1> (z) e = Elu (k) y = Add (f, e) }"
    case = rewritten(text, tmp_path)
    assert case.after.graph.input[0].type.tensor_type.elem_type == onnx.TensorProto.UINT8
    assert any(f.op == "Cast" for f in case.fixed.remaining)


@pytest.mark.parametrize(
    "text", [IMAGES, JOINED, TOKEN, REPEATED], ids=["written", "joined", "token", "repeated"]
)
def test_a_batch_is_one_image_where_each_is_treated_alone(text: str, tmp_path: Path) -> None:
    before = model(text)
    for tensor in before.graph.initializer:
        if tensor.name == "r":
            one = numpy_helper.to_array(tensor)[:1]
            tensor.CopyFrom(numpy_helper.from_array(np.repeat(one, 4, 0), "r"))
    case = rewritten(before, tmp_path)
    assert case.after.graph.input[0].type.tensor_type.shape.dim[0].dim_value == 1
    assert not case.fixed.remaining and any("batch of 4 is 1" in n for n in case.fixed.notes)


@pytest.mark.parametrize("text", [MIXED, STEPS])
def test_a_batch_whose_images_look_at_each_other_stays_and_is_refused(text: str, tmp_path: Path) -> None:
    done = invoke(tmp_path, text)
    assert done.exit_code == 1 and "SF501" in done.output
    made = fix(tmp_path / "model.onnx", tmp_path / "fixed.onnx", TARGET)
    assert made.after.refused == len({f.node for f in made.remaining if f.node})  # the input is no node


def test_an_approximate_rewrite_is_taken_on_request_and_states_its_bound(tmp_path: Path) -> None:
    text = "(float[1,4,6] x) => (float[1,4,6] y) { a = Abs (x) y = Log (a) }"
    without = invoke(tmp_path, text, "--skip", "LogByRoots")
    assert without.exit_code == 1 and "left out by the options: LogByHalley, LogByRoots" in without.output
    case = rewritten(text, tmp_path, "LogByHalley", approximate=True)
    (step,) = case.fixed.rewrites
    assert step.kind == "approximate" and "of 0.0001 apart" in step.proof and not case.fixed.remaining


def test_a_rewrite_leaves_nothing_behind_that_a_second_run_folds(tmp_path: Path) -> None:
    text = "(float[1,4,6] x) => (float[1,4,6] y) <float[1,2,6] u, int64[1,2,2] i = {0, 3, 0, 1}> { y = ScatterND (x, i, u) }"
    rewritten(text, tmp_path)
    fixed = tmp_path / "after.onnx"
    fix(fixed, tmp_path / "again.onnx", TARGET)
    assert (tmp_path / "again.onnx").read_bytes() == fixed.read_bytes()


@pytest.mark.parametrize("mode", ["bilinear", "nearest", "bicubic"])
def test_a_grid_that_is_computed_keeps_no_gelu_from_its_operator(mode: str, tmp_path: Path) -> None:
    """Opset 20, where Gelu is one, calls the modes of GridSample otherwise."""
    text = f"""(float[1,2,8,8] x) => (float[1,2,8,8] y) <float root = {{1.4142135}}, float one = {{1}}, float half = {{0.5}}> {{
        a = Div (x, root) b = Erf (a) c = Add (b, one) d = Mul (x, c) g = Mul (d, half)
        t = Transpose <perm = [0, 2, 3, 1]> (x) grid = Tanh (t)
        y = GridSample <mode = "{mode}", padding_mode = "border"> (g, grid) }}"""
    made = rewritten(text, tmp_path)
    assert [f.op for f in made.fixed.remaining] == ([] if mode == "bilinear" else ["GridSample"])
    assert "Gelu" in made.operators and made.after.opset_import[0].version == 20
    assert made.fixed.max_difference < 1e-5


@pytest.mark.parametrize("op", ["RandomNormalLike", "RandomUniformLike", "Bernoulli"])
def test_a_network_that_draws_random_numbers_is_no_failed_proof(op: str, tmp_path: Path) -> None:
    """The sample of a VAE: it gave other numbers at each run, and fix said that its rewrites did."""
    onnx.save(
        model(
            f"(float[1,4,8,8] x) => (float[1,4,8,8] y) {{ s = Sigmoid (x) n = {op} (s) a = Mul (n, s) y = Elu (a) }}"
        ),
        tmp_path / "m.onnx",
    )
    with pytest.raises(
        ModelError, match=r"draws random numbers.*the mean in the place of a sample"
    ) as stopped:
        fix(tmp_path / "m.onnx", tmp_path / "fixed.onnx", TARGET)
    assert stopped.value.exit_code == 2 and not (tmp_path / "fixed.onnx").exists()
    assert check(tmp_path / "m.onnx").outlook is None


@pytest.mark.parametrize("opset", [17, 18, 19])
def test_a_maximum_or_minimum_hinders_no_gelu(opset: int, tmp_path: Path) -> None:
    """ReduceMax and ReduceMin of opset 20 are those of 18 and 19, and take truth values besides: Hiera has both."""
    axes = "<axes = [1]> (g)" if opset < 18 else "(g, one_axis)"
    text = f"""(float[1,3,8,8] x) => (float[1,1,8,8] y) <float r = {{1.4142135}}, float one = {{1}}, float half = {{0.5}}, int64[1] one_axis = {{1}}>
        {{ d = Div (x, r) e = Erf (d) a = Add (e, one) m = Mul (x, a) g = Mul (m, half) y = ReduceMax {axes} }}"""
    case = rewritten(text, tmp_path, opset=opset)
    assert case.operators == ["Gelu", "ReduceMax"] and case.fixed.exit_code == 0


@pytest.mark.parametrize(("opset", "said"), [(17, True), (18, True), (19, False), (20, False)])
def test_a_pooling_that_onnxruntime_counts_wrongly_is_named(opset: int, said: bool, tmp_path: Path) -> None:
    """Before opset 19 its last windows are divided by the cells of whole ones: the file gives other numbers than PyTorch does."""
    text = """(float[1,4,6,6] x) => (float[1,4,3,3] y)
    { y = AveragePool <kernel_shape = [3, 3], strides = [2, 2], ceil_mode = 1, count_include_pad = 1> (x) }"""
    case = rewritten(text, tmp_path, opset=opset)
    assert not case.fixed.remaining and case.fixed.max_difference < 1e-6
    assert any("wrongly below opset 19" in n for n in case.fixed.notes) == said


def test_an_operator_that_onnx_does_not_have_is_named(tmp_path: Path) -> None:
    made = model("(float[1,4,6,8] x) => (float[1,4,6,8] y) { r = Relu (x) y = Abs (r) }", 13)
    made.graph.node[1].op_type, made.graph.node[1].name = "PartitionedCall", "call"
    onnx.save(made, tmp_path / "net.onnx")
    with pytest.raises(ModelError, match="'call' is a PartitionedCall, which is no operator of ONNX"):
        fix(tmp_path / "net.onnx", None, TARGET)
