"""A user's ONNX file to torch: the same numbers, in a form MCT can trace, or a sentence."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from onnx import helper, numpy_helper

from sensorfit.api import check, load_target
from sensorfit.errors import ConfigError, ModelError
from sensorfit.models.export import export_float
from sensorfit.models.registry import find
from sensorfit.quantize.bridge import source
from sensorfit.target import read_facts

from ..conftest import model_of

pytestmark = pytest.mark.heavy


def saved(path: Path, body: str, opset: int = 17, **weights: tuple[int, ...]) -> Path:
    """A graph x (1,3,16,16) -> y with random ``weights``."""
    model = model_of(body, opset)
    rng = np.random.default_rng(0)
    for name, shape in weights.items():
        model.graph.initializer.append(
            numpy_helper.from_array(rng.normal(0, 0.3, shape).astype(np.float32), name)
        )
    onnx.save(model, str(path))
    return path


def head(inputs: str = "float[1,3,16,16] x", outputs: str = "float[1,4,16,16] y") -> str:
    return f"agraph ({inputs}) => ({outputs})"


def same(path: Path, size: tuple[int, int] | None = None) -> torch.fx.GraphModule:
    """The bridged module; asserts that it gives what onnxruntime gives."""
    network = source(str(path), None, size, 0)
    image = np.random.default_rng(1).random((1, *network.shape), dtype=np.float32)
    session = onnxruntime.InferenceSession(str(path))
    wanted = session.run(None, {session.get_inputs()[0].name: image})[0]
    with torch.no_grad():
        found = network.module(torch.from_numpy(image)).numpy()
    assert np.abs(found - wanted).max() <= 1e-4 * np.abs(wanted).max()
    assert isinstance(network.module, torch.fx.GraphModule)
    torch.fx.symbolic_trace(network.module)  # what MCT does with it
    return network.module


def test_resize_by_scales_becomes_a_plain_interpolation(tmp_path: Path) -> None:
    body = (
        head(outputs="float[1,4,32,32] z")
        + """<float[4] s = {1.0, 1.0, 2.0, 2.0}> {
        y = Conv(x, w)
        z = Resize <mode = "nearest", coordinate_transformation_mode = "asymmetric", nearest_mode = "floor"> (y, , s)
    }"""
    )
    module = same(saved(tmp_path / "m.onnx", body, w=(4, 3, 1, 1)))
    assert torch.nn.functional.interpolate in {n.target for n in module.graph.nodes}


def test_a_build_carries_the_weights_of_constant_nodes(tmp_path: Path) -> None:
    path = saved(
        tmp_path / "m.onnx",
        head() + "{ a = Conv(x, v) y = Conv(a, w) }",
        v=(17000, 3, 1, 1),
        w=(4, 17000, 1, 1),
    )
    model = onnx.load(path)
    for tensor in list(model.graph.initializer):
        model.graph.initializer.remove(tensor)
        model.graph.node.insert(0, helper.make_node("Constant", [], [tensor.name], value=tensor))
    onnx.save(model, path)
    same(path)
    file = source(str(path), None, None, 0).onnx_file
    assert file is not None
    onnxruntime.InferenceSession(file.SerializeToString())  # from anywhere: nothing lies in another file


def test_shape_arithmetic_becomes_numbers(tmp_path: Path) -> None:
    body = (
        head(outputs="float[1,256,4] r")
        + """<int64[1] minus = {-1}, int64[1] zero = {0}, int64[1] two = {2}> {
        y = Conv(x, w)
        s = Shape(y)
        front = Slice(s, zero, two)
        all = Concat <axis = 0> (front, minus)
        flat = Reshape(y, all)
        r = Transpose <perm = [0, 2, 1]> (flat)
    }"""
    )
    module = same(saved(tmp_path / "m.onnx", body, w=(4, 3, 1, 1)))
    assert {n.target for n in module.graph.nodes if n.op == "call_function"} == {torch.reshape, torch.permute}


def test_a_gelu_spelled_out_with_erf_becomes_one(tmp_path: Path) -> None:
    body = (
        head(outputs="float[1,4,16,16] z")
        + """<float root = {1.4142135}, float one = {1.0}, float half = {0.5}> {
        y = Conv(x, w)
        d = Div(y, root)
        e = Erf(d)
        a = Add(e, one)
        m = Mul(y, a)
        z = Mul(m, half)
    }"""
    )
    module = same(saved(tmp_path / "m.onnx", body, w=(4, 3, 1, 1)))
    layers = [type(m).__name__ for m in module.modules()]
    assert layers.count("GELU") == 1 and torch.erf not in {n.target for n in module.graph.nodes}


def test_global_average_pooling_stays_pooling(tmp_path: Path) -> None:
    body = head(outputs="float[1,4,1,1] z") + " { y = Conv(x, w) z = GlobalAveragePool(y) }"
    module = same(saved(tmp_path / "m.onnx", body, w=(4, 3, 1, 1)))
    assert torch.nn.functional.adaptive_avg_pool2d in {n.target for n in module.graph.nodes}


def test_attention_can_be_traced(tmp_path: Path) -> None:
    body = (
        head(outputs="float[1,256,3] z")
        + """<int64[3] to = {1, 3, 256}, float scale = {1.7}> {
        f = Reshape(x, to)
        t = Transpose <perm = [0, 2, 1]> (f)
        q = MatMul(t, wq)
        k = MatMul(t, wk)
        kt = Transpose <perm = [0, 2, 1]> (k)
        a = MatMul(q, kt)
        d = Div(a, scale)
        p = Softmax <axis = -1> (d)
        z = MatMul(p, t)
    }"""
    )
    same(saved(tmp_path / "m.onnx", body, wq=(3, 3), wk=(3, 3)))


@pytest.mark.parametrize("attribute", ["", "<axis = 2>", "<axis = 3>"])
def test_a_softmax_before_opset_13_runs_over_all_axes_from_its_own_on(attribute: str, tmp_path: Path) -> None:
    body = head(outputs="float[1,4,16,16] z") + f" {{ y = Conv(x, w) z = Softmax {attribute} (y) }}"
    same(saved(tmp_path / "m.onnx", body, 11, w=(4, 3, 1, 1)))


def test_weights_behind_identity_and_constant_nodes_are_found(tmp_path: Path) -> None:
    path = saved(
        tmp_path / "m.onnx", head() + " { c = Identity(b) y = Conv(x, w, c) }", w=(4, 3, 1, 1), b=(4,)
    )
    model = onnx.load(str(path))
    weight = next(t for t in model.graph.initializer if t.name == "w")
    model.graph.initializer.remove(weight)
    model.graph.node.insert(0, helper.make_node("Constant", [], ["w"], value=weight))
    onnx.save(model, str(path))
    same(path)


def test_a_built_in_network_survives_the_bridge(tmp_path: Path) -> None:
    entry = find("picosam3")
    assert entry is not None
    onnx.save(export_float(entry.definition()(), entry.input_shape), str(tmp_path / "m.onnx"))
    same(tmp_path / "m.onnx")


def test_a_dynamic_size_is_asked_for_and_taken(tmp_path: Path) -> None:
    body = head("float[1,3,h,w] x", "float[1,4,h,w] y") + " { y = Conv(x, k) }"
    path = saved(tmp_path / "m.onnx", body, k=(4, 3, 1, 1))
    with pytest.raises(ConfigError, match="--size HxW"):
        source(str(path), None, None, 0)
    assert source(str(path), None, (32, 48), 0).shape == (3, 32, 48)


REFUSED = {
    "two inputs": (head("float[1,3,16,16] x, float[1,3,16,16] u", "float[1,3,16,16] y") + " { y = Add(x, u) }", "has 2 inputs"),
    "three inputs": (head("float[1,3,16,16] x, float[1,3,1,1] u, float[1,1,16,16] v", "float[1,3,16,16] y") + " { a = Add(x, u) y = Mul(a, v) }", "has 3 inputs"),
    "three dimensions": (head("float[1,16,16] x", "float[1,16,16] y") + " { y = Relu(x) }", "3 dimensions"),
    "a video": (head("float[1,3,4,16,16] x", "float[1,3,4,16,16] y") + " { y = Relu(x) }", "5 dimensions"),
    "no image": (head("float[1,12] x", "float[1,12] y") + " { y = Relu(x) }", "2 dimensions"),
    "channels last": (head("float[1,16,16,3] x", "float[1,16,16,3] y") + " { y = Relu(x) }", "looks like NHWC: 16 channels"),
    "batch": (head("float[4,3,16,16] x", "float[4,3,16,16] y") + " { y = Relu(x) }", "batch 4"),
    "operator": (head(outputs="float[1,3,16,16] y") + "<float[1,16,16,2] g = {0.0}> { y = GridSample(x, g) }", "GridSample"),
    "no counterpart": (head(outputs="float[1,3,16,16] y") + "<int64 a = {3}> { y = CumSum <exclusive = 1> (x, a) }", "CumSum.: there is no torch counterpart"),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_built_is_one_sentence(case: str, tmp_path: Path) -> None:
    body, says = REFUSED[case]
    if case == "operator":
        body = body.replace("<float[1,16,16,2] g = {0.0}>", "")
        path = saved(tmp_path / "m.onnx", body, g=(1, 16, 16, 2))
    else:
        path = saved(tmp_path / "m.onnx", body)
    with pytest.raises(ModelError, match=says):
        source(str(path), None, None, 0)
    said = check(path)
    assert said.verdict != "fits" or said.model.not_built


def test_a_graph_without_weights_can_be_checked_but_not_built() -> None:
    entry = find("picosam3")
    assert entry is not None
    with pytest.raises(ModelError, match="can be checked but not built"):
        source(str(entry.graph), None, None, 0)


def test_missing_external_weights_are_named(tmp_path: Path) -> None:
    path = saved(tmp_path / "m.onnx", head() + " { y = Conv(x, w) }", w=(4, 3, 1, 1))
    model = onnx.load(str(path))
    onnx.save(model, str(path), save_as_external_data=True, location="weights.bin", size_threshold=0)
    same(path)
    (tmp_path / "weights.bin").unlink()
    with pytest.raises(ModelError, match=r"stored in weights\.bin, which is not there"):
        source(str(path), None, None, 0)


def test_a_product_with_weights_and_its_bias_are_one_layer(tmp_path: Path) -> None:
    body = (
        head(outputs="float[1,8,16,4] y")
        + """<int64[4] to = {1, 8, 16, 6}> {
        r = Reshape(x, to)
        m = MatMul(r, w)
        y = Add(b, m)
    }"""
    )
    module = same(saved(tmp_path / "m.onnx", body, w=(6, 4), b=(4,)))
    assert [type(m).__name__ for m in module.children()] == ["Linear"]


def test_a_graph_written_out_for_one_image_is_run_one_by_one(tmp_path: Path) -> None:
    one = head(outputs="float[3,256] y") + "<int64[2] to = {3, 256}> { c = Conv(x, w) y = Reshape(c, to) }"
    any_number = (
        head(outputs="float[1,768] y") + "<int64[2] to = {1, 768}> { c = Conv(x, w) y = Reshape(c, to) }"
    )
    batches = [
        source(str(saved(tmp_path / f"{i}.onnx", body, w=(3, 3, 1, 1))), None, None, 0).batch
        for i, body in enumerate((one, any_number))
    ]
    assert batches[0] == 1 < batches[1]


def test_a_float16_file_is_built_in_float32_and_says_so(tmp_path: Path) -> None:
    body = "agraph (float16[1,3,16,16] x) => (float16[1,4,16,16] y) { y = Conv(x, w) }"
    model = model_of(body, 17)
    rng = np.random.default_rng(0)
    model.graph.initializer.append(
        numpy_helper.from_array(rng.normal(0, 0.3, (4, 3, 1, 1)).astype(np.float16), "w")
    )
    onnx.save(model, str(tmp_path / "m.onnx"))
    network = source(str(tmp_path / "m.onnx"), None, None, 0)
    assert {p.dtype for p in network.module.parameters()} == {torch.float32}
    assert network.onnx_file is None and "float16" in network.notes[0]


def test_another_number_of_channels_is_taken(tmp_path: Path) -> None:
    body = head("float[1,4,16,24] x", "float[1,2,16,24] y") + " { y = Conv(x, w) }"
    assert source(str(saved(tmp_path / "m.onnx", body, w=(2, 4, 1, 1))), None, None, 0).shape == (4, 16, 24)


OLD = """{
    c = Conv(x, w)
    l = Clip <min = 0.0, max = 6.0> (c)
    p = Pad <pads = [0, 0, 1, 1, 0, 0, 1, 1], mode = "constant", value = 0.5> (l)
    s = Slice <starts = [1, 1], ends = [17, 17], axes = [2, 3]> (p)
    u = Upsample <mode = "nearest"> (s, scales)
    t = ReduceMean <axes = [2, 3], keepdims = 0> (u)
    q = Unsqueeze <axes = [2, 3]> (t)
    y = Mul(u, q)
}"""
NEW = '{ c = Conv(x, w) g = GroupNormalization <num_groups = 2> (c, a, b) h = Gelu(g) y = Resize <mode = "nearest", coordinate_transformation_mode = "asymmetric", nearest_mode = "floor"> (h, , scales) }'


@pytest.mark.parametrize(("opset", "body"), [(9, OLD), (21, NEW)])
def test_the_oldest_and_the_newest_opset_are_built(opset: int, body: str, tmp_path: Path) -> None:
    shape = head(outputs="float[1,4,32,32] y") + "<float[4] scales = {1.0, 1.0, 2.0, 2.0}> "
    path = saved(
        tmp_path / "m.onnx",
        shape + body,
        opset,
        w=(4, 3, 1, 1),
        **({"a": (4,), "b": (4,)} if opset > 9 else {}),
    )
    read = read_facts("operators", load_target())["reading"]["opsets_built"]
    assert opset in read
    same(path)


@pytest.mark.parametrize("between", ["", "n = BatchNormalization(c, s, b, m, v)"])
def test_a_flat_kernel_before_a_pointwise_one_is_merged_as_mct_cannot(between: str, tmp_path: Path) -> None:
    source_ = "n" if between else "c"
    body = head() + f"{{ c = Conv <pads = [0, 2, 0, 2]> (x, k) {between} y = Conv({source_}, w, d) }}"
    more = dict.fromkeys("sbm", (5,)) if between else {}
    path = saved(tmp_path / "m.onnx", body, k=(5, 3, 1, 5), w=(4, 5, 1, 1), d=(4,), **more)
    if between:
        model = onnx.load(str(path))
        model.graph.initializer.append(numpy_helper.from_array(np.full(5, 0.7, np.float32), "v"))
        onnx.save(model, str(path))
    (only,) = same(path).children()
    assert isinstance(only, torch.nn.Conv2d) and only.kernel_size == (1, 5)


def test_a_network_that_overflows_is_named_as_such(tmp_path: Path) -> None:
    body = (
        head(outputs="float[1,3,16,16] y")
        + """<float big = {1e30}> {
        a = Mul(x, big)
        y = Mul(a, big)
    }"""
    )
    with pytest.raises(
        ModelError, match=r"output 'y' has infinite or NaN values, \d+ of 768 .* trained weights"
    ):
        source(str(saved(tmp_path / "net.onnx", body)), None, None, 0)


def test_a_graph_that_takes_one_image_alone_says_nothing_on_the_terminal(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    body = (
        head(outputs="float[1,3,16,16] y")
        + """<int64[4] shape = {1, 3, 16, 16}> {
        m = ReduceMax <axes = [1], keepdims = 1> (x)
        e = Expand(m, shape)
        y = Mul(x, e)
    }"""
    )
    assert source(str(saved(tmp_path / "net.onnx", body)), None, None, 0).batch == 1
    assert capfd.readouterr() == ("", "")


JUMPY = (
    head()
    + """ <float scale = {3.0e8}> {
    a = Conv <pads = [1, 1, 1, 1]> (x, w) b = Mul (a, scale) c = Sin (b) y = Conv <pads = [1, 1, 1, 1]> (c, v)
}"""
)
"""A unit of float32 at the input turns the sine about: no two ways to add up the first convolution agree."""


def test_a_network_whose_own_rounding_hides_a_difference_is_built_and_that_is_said(tmp_path: Path) -> None:
    path = saved(tmp_path / "jumpy.onnx", JUMPY, w=(16, 3, 3, 3), v=(4, 16, 3, 3))
    (note,) = source(str(path), None, None, 0).notes
    assert note.startswith("whether its torch form is the same could not be shown")


def test_a_torch_form_that_computes_something_else_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from sensorfit.quantize import bridge

    true = bridge.to_module

    def halved(graph: object) -> torch.nn.Module:
        module = true(graph)
        with torch.no_grad():
            next(module.parameters()).mul_(0.5)
        return module

    monkeypatch.setattr(bridge, "to_module", halved)
    path = saved(
        tmp_path / "plain.onnx", head() + "{ y = Conv <pads = [1, 1, 1, 1]> (x, w) }", w=(4, 3, 3, 3)
    )
    with pytest.raises(ModelError, match="its torch form changes output 'y'"):
        source(str(path), None, None, 0)
