"""``--cut``: fixed and host, one after the other, are the network as it was."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
from click.testing import CliRunner, Result

from sensorfit.api import check
from sensorfit.cli import group
from sensorfit.errors import ConfigError, ModelError
from sensorfit.rewrite.fix import fix

from .harness import TARGET, ended, model

DETECTOR = """(float[1,3,64,64] image) => (float[N,4] boxes, float[N] scores, float[1,8,32,32] features)
<float[8,3,3,3] w, float[5,8,1,1] v, int64[3] s = {1,5,1024}, int64[1] ax = {1}, int64[1] four = {4}, int64[1] zero = {0},
 int64[1] five = {5}, int64[1] k = {20}, float m = {0.5}, int64[2] flat = {1024, 4}> {
    f = Conv <kernel_shape = [3, 3], pads = [1, 1, 1, 1]> (image, w)
    features = MaxPool <kernel_shape = [3, 3], strides = [2, 2], ceil_mode = 1> (f)
    h = Conv <kernel_shape = [1, 1]> (features, v)
    r = Reshape (h, s)
    b = Slice (r, zero, four, ax)
    c = Slice (r, four, five, ax)
    bt = Transpose <perm = [0, 2, 1]> (b)
    all_boxes = Reshape (bt, flat)
    probability = Sigmoid (c)
    row = Squeeze (probability)
    top, index = TopK <axis = 0> (row, k)
    sure = Greater (top, m)
    kept = NonZero (sure)
    which = Squeeze (kept, zero)
    scores = Gather <axis = 0> (top, which)
    places = Gather <axis = 0> (index, which)
    boxes = Gather <axis = 0> (all_boxes, places)
}"""
"""A convolutional network whose boxes are chosen inside the graph; its features are an output as well."""
SEGMENTER = """(float[1,3,32,32] image) => (int64[1,1,64,64] mask) <float[6,3,3,3] w, int64[4] size = {1,6,64,64}> {
    f = Conv <kernel_shape = [3, 3], pads = [1, 1, 1, 1]> (image, w)
    large = Resize <mode = "linear", coordinate_transformation_mode = "half_pixel"> (f, , , size)
    p = Softmax <axis = 1> (large)
    mask = ArgMax <axis = 1> (p)
}"""
PREPARED = """(uint8[1,64,64,3] picture) => (float[1,8,64,64] y) <float[8,3,3,3] w, float scale = {0.003921569}> {
    a = Cast <to = 1> (picture) b = Mul (a, scale) c = Hardmax (b) image = Transpose <perm = [0, 3, 1, 2]> (c)
    y = Conv <kernel_shape = [3, 3], pads = [1, 1, 1, 1]> (image, w)
}"""
MIDDLE = """(float[1,3,64,64] x) => (float[1,3,64,64] y) <float[3,3,1,1] v, float[3,3,1,1] w> {
    a = Conv (x, v) b = Hardmax (a) y = Conv (b, w)
}"""


def invoke(tmp_path: Path, text: str, *more: str) -> Result:
    onnx.save(model(text), tmp_path / "model.onnx")
    (tmp_path / "out").mkdir(exist_ok=True)
    given = [
        "fix",
        str(tmp_path / "model.onnx"),
        "-o",
        str(tmp_path / "out" / "fixed.onnx"),
        "--format",
        "json",
        *more,
    ]
    return CliRunner().invoke(group, given)


def run(path: Path, feeds: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    wanted = {i.name for i in session.get_inputs()}
    names = [o.name for o in session.get_outputs()]
    return dict(zip(names, session.run(None, {n: a for n, a in feeds.items() if n in wanted}), strict=True))


def equal_together(tmp_path: Path, *parts: str) -> None:
    """The parts, run one after the other, give what the model gives."""
    (image,) = onnx.load(tmp_path / "model.onnx").graph.input
    shape = [d.dim_value for d in image.type.tensor_type.shape.dim]
    rng = np.random.default_rng(7)
    whole = image.type.tensor_type.elem_type == onnx.TensorProto.UINT8
    picture = (
        rng.integers(0, 255, shape).astype(np.uint8) if whole else rng.normal(0, 1, shape).astype(np.float32)
    )
    known = {image.name: picture}
    original = run(tmp_path / "model.onnx", known)
    for part in parts:
        known |= run(tmp_path / "out" / part, known)
    assert original
    for name, values in original.items():
        np.testing.assert_array_equal(known[name], values)


def test_decoding_is_left_to_the_host_from_where_nothing_is_accepted(tmp_path: Path) -> None:
    done = invoke(tmp_path, DETECTOR, "--cut")
    assert done.exit_code == 0, done.output
    found = json.loads(done.stdout)
    assert found["cut"]["host"] == str(tmp_path / "out" / "host.onnx") and found["cut"]["nodes"] == 9
    assert found["after"]["refused"] == 0 and [r["name"] for r in found["rewrites"]] == ["PoolCeilMode"]
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == ["fixed.onnx", "host.onnx"]
    equal_together(tmp_path, "fixed.onnx", "host.onnx")
    assert not any(f.refused for f in check(tmp_path / "out" / "fixed.onnx").findings)


def test_the_check_of_such_a_network_ends_with_that_command(tmp_path: Path) -> None:
    onnx.save(model(DETECTOR), tmp_path / "model.onnx")
    lines = (
        CliRunner()
        .invoke(group, ["check", str(tmp_path / "model.onnx")], env={"COLUMNS": "300"})
        .output.splitlines()
    )
    assert lines[-2].startswith("With fix: no node refused, 9 nodes left to the host, fits, ")
    assert lines[-1].endswith(" --cut")


@pytest.mark.parametrize("at", ["f", "large", "p"])
def test_the_host_takes_over_at_a_tensor(at: str, tmp_path: Path) -> None:
    done = invoke(tmp_path, SEGMENTER, "--cut", at)
    assert json.loads(done.stdout)["cut"]["tensors"] == [at], done.output
    assert [o.name for o in onnx.load(tmp_path / "out" / "fixed.onnx").graph.output] == [at]
    equal_together(tmp_path, "fixed.onnx", "host.onnx")


def test_a_tensor_that_the_host_reads_besides_is_an_output_too(tmp_path: Path) -> None:
    text = """(float[1,3,8,8] x) => (float[1,3,8,8] y) <float[3,3,1,1] w> { a = Conv (x, w) b = Relu (a) c = Sigmoid (b) y = Mul (a, c) }"""
    assert json.loads(invoke(tmp_path, text, "--cut", "b").stdout)["cut"]["tensors"] == ["a", "b"]
    equal_together(tmp_path, "fixed.onnx", "host.onnx")


def test_what_prepares_the_image_goes_to_the_host_as_well(tmp_path: Path) -> None:
    found = json.loads(invoke(tmp_path, PREPARED, "--cut").stdout)["cut"]
    assert found["host"] == "" and found["prepare"].endswith("prepare.onnx")
    equal_together(tmp_path, "prepare.onnx", "fixed.onnx")


def test_weights_are_never_left_to_the_host_unasked(tmp_path: Path) -> None:
    done = invoke(tmp_path, MIDDLE, "--cut")
    found = json.loads(done.stdout)
    assert done.exit_code == 1 and found["cut"] is None
    assert "ahead of operators with weights" in found["notes"][0]
    asked = invoke(tmp_path, MIDDLE, "--cut", "a")
    assert asked.exit_code == 0, asked.output
    equal_together(tmp_path, "fixed.onnx", "host.onnx")


@pytest.mark.parametrize(
    ("at", "said"),
    [
        ("larg", "no tensor of it: did you mean 'large'?"),
        ("image", "which is an input"),
        ("w", "which is a constant"),
        ("f,p", "'p' lies behind another"),
    ],
)
def test_a_name_that_cannot_be_cut_at_is_said_and_nothing_is_written(
    at: str, said: str, tmp_path: Path
) -> None:
    code, text = ended(invoke(tmp_path, SEGMENTER, "--cut", at))
    assert code == 2 and said in text
    assert not [*(tmp_path / "out").iterdir()]


def test_the_fixed_file_is_not_the_hosts(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="choose another name"):
        fix(model(SEGMENTER), tmp_path / "host.onnx", TARGET, cut=())


def test_the_part_of_another_network_is_never_written_over(tmp_path: Path) -> None:
    text = (
        "(float[1,4,8,8] x) => (float[1,4,8,8] y) { a = Relu (x) b = Exp (a) c = Sigmoid (b) y = Mul (c, c) }"
    )
    onnx.save(model(text), tmp_path / "net.onnx")
    cut = ["fix", str(tmp_path / "net.onnx"), "-o", str(tmp_path / "one.onnx"), "--cut"]
    run = CliRunner()
    assert run.invoke(group, [*cut, "b"]).exit_code == 0
    first = (tmp_path / "host.onnx").read_bytes()
    again = ["fix", str(tmp_path / "one.onnx"), "-o", str(tmp_path / "two.onnx"), "--cut", "a"]
    assert run.invoke(group, again).exit_code == 0  # what was cut once is cut again: three parts in a row
    assert (tmp_path / "host.onnx").read_bytes() == first and (tmp_path / "host-2.onnx").exists()
    image = {"x": np.random.default_rng(0).normal(size=(1, 4, 8, 8)).astype(np.float32)}
    (whole,) = onnxruntime.InferenceSession(str(tmp_path / "net.onnx")).run(None, image)
    for name in ("two", "host-2", "host"):
        session = onnxruntime.InferenceSession(str(tmp_path / f"{name}.onnx"))
        image = dict(zip([o.name for o in session.get_outputs()], session.run(None, image), strict=True))
    assert np.array_equal(image["y"], whole)
    assert run.invoke(group, [*cut, "c"]).exit_code == 0  # its own part is written over
    assert (tmp_path / "host.onnx").read_bytes() != first
    assert sorted(p.name for p in tmp_path.glob("host*")) == ["host-2.onnx", "host.onnx"]


def foreign(path: Path, domain: str, op: str) -> None:
    """A convolution, an ELU, and an operator of another domain at the end."""
    made = model(
        "(float[1,3,64,64] x) => (float[1,6,64,64] y) <float[6,3,3,3] w> "
        "{ c = Conv <pads = [1, 1, 1, 1]> (x, w) e = Elu (c) y = Gelu (e) }"
    )
    made.graph.node[-1].domain, made.graph.node[-1].op_type = domain, op
    made.opset_import.append(onnx.helper.make_opsetid(domain, 1))
    onnx.save(made, path)


@pytest.mark.parametrize("at", ["", "c"], ids=["frontier", "named"])
def test_an_operator_that_no_runtime_here_knows_is_left_to_the_host_unrun(at: str, tmp_path: Path) -> None:
    foreign(tmp_path / "model.onnx", "mmdeploy", "Decode")
    found = check(tmp_path / "model.onnx").outlook
    assert found is not None and found.left_to_host == 1
    with pytest.raises(ModelError, match=r"mmdeploy:Decode.*not a registered.*; --cut leaves it to the host"):
        fix(tmp_path / "model.onnx", tmp_path / "fixed.onnx", TARGET)
    made = fix(tmp_path / "model.onnx", tmp_path / "fixed.onnx", TARGET, cut=[at] if at else [])
    assert made.exit_code == 0 and made.cut is not None
    assert any("the host's part has the nodes of the file and was not run" in n for n in made.notes)
    host = onnx.load(tmp_path / "host.onnx")
    assert (host.graph.node[-1].domain, host.graph.node[-1].op_type) == ("mmdeploy", "Decode")
    assert [o.type.tensor_type.elem_type for o in host.graph.output] == [onnx.TensorProto.FLOAT]
    known = {"x": np.random.default_rng(0).random((1, 3, 64, 64), np.float32)}
    assert list(run(tmp_path / "fixed.onnx", known)) == [made.cut.tensors[0]]


def test_an_operator_of_another_domain_that_onnxruntime_knows_is_run(tmp_path: Path) -> None:
    foreign(tmp_path / "model.onnx", "com.microsoft", "Gelu")
    before = run(
        tmp_path / "model.onnx", image := {"x": np.random.default_rng(0).random((1, 3, 64, 64), np.float32)}
    )
    made = fix(tmp_path / "model.onnx", tmp_path / "fixed.onnx", TARGET)
    assert made.rewrites and not made.notes
    np.testing.assert_allclose(run(tmp_path / "fixed.onnx", image)["y"], before["y"], atol=1e-5)
    cut = fix(tmp_path / "model.onnx", tmp_path / "parts.onnx", TARGET, cut=["c"])
    assert not cut.notes
    middle = run(tmp_path / "parts.onnx", image)
    np.testing.assert_allclose(run(tmp_path / "host.onnx", middle)["y"], before["y"], atol=1e-5)
