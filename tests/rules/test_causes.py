"""Causes first: what follows from a finding is counted there and held back."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

import onnx
import pytest

import sensorfit
from sensorfit.errors import ModelError
from sensorfit.render import sarif
from sensorfit.report.causes import causes
from sensorfit.report.outcome import grouped
from sensorfit.report.serialise import schema
from sensorfit.target import load_target
from sensorfit.verify.catalogue import texts

from ..verify.text import found, model
from .test_way_out import FrontEnd, follow, front_end

__all__ = ["front_end"]
DETECTOR = texts(load_target("imx500"))["SF124"].fails
DYNAMIC = """(float[1,3,H,W] x) => (float[N,C,U,V] y) <int64 zero, float[4] k> {
    s = Shape (x) b = Gather <axis = 0> (s, zero) c = Cast <to = 1> (s) d = Mul (c, k) e = Floor (d) f = Cast <to = 7> (e)
    r = Expand (x, f) y = Elu (r)
}"""


def test_of_a_detector_with_its_decoding_one_finding_comes_first_and_names_the_cut() -> None:
    report = sensorfit.check(model(DETECTOR))
    first, *rest = grouped(report.findings)
    assert first.first.rule == "SF124"
    assert first.following >= 8
    assert f"{first.following} findings follow from this" in first.text
    assert (
        "cut at 1 tensors: 's' 1x4x64x64" in first.first.message and " of 8,388,480 B" in first.first.message
    )
    assert not [g for g in rest if g.first.severity == "error" and g.first.node]
    assert report.verdict == "does_not_fit"


def test_of_a_dynamic_export_the_input_comes_first_and_size_arithmetic_is_held_back() -> None:
    report = sensorfit.check(model(DYNAMIC))
    shown = grouped(report.findings)
    assert shown[0].first.rule == "SF502" and shown[0].following > 2
    assert {g.first.op for g in shown if g.first.severity == "error"} == {"", "Elu"}  # a cause of its own
    assert {"Floor", "Expand"} <= {f.op for f in report.findings if f.follows == "SF502"}


def test_a_grid_made_of_an_open_size_is_no_decoding_for_the_host() -> None:
    """Once the size is given the grid is constant, and the network has nothing to leave to a host."""
    steps = " ".join(f"g{i + 1} = Floor (g{i})" for i in range(10))
    text = f"""(float[1,3,H,W] x) => (float[N,C,U,V] y) <int64 row = {{2}}, float one = {{1}}, float nought = {{0}}, float[4,3,1,1] w>
        {{ s = Shape (x) h = Gather <axis = 0> (s, row) f = Cast <to = 1> (h) g0 = Range (nought, f, one) {steps} r = Conv <kernel_shape = [1, 1]> (x, w) y = Add (r, g10) }}"""
    open_size = sensorfit.check(model(text))
    assert {f.rule for f in open_size.findings if f.severity == "error" and not f.follows} == {"SF502"}
    assert sensorfit.check(model(text), input_shapes={"x": (1, 3, 64, 64)}).verdict == "fits"


def test_json_and_sarif_name_the_cause_of_what_is_held_back() -> None:
    report = sensorfit.check(model(DYNAMIC))
    expected = [f.follows for f in report.findings]
    assert expected.count("SF502") > 2 and "" in expected
    assert [f["follows"] for f in report.to_dict()["findings"]] == expected
    in_sarif = json.loads(sarif.render([report]))["runs"][0]["results"]
    assert [result["properties"]["follows"] for result in in_sarif] == expected
    assert "follows" in schema()["$defs"]["finding"]["properties"]


def test_operators_that_the_road_rewrites_belong_on_no_host() -> None:
    gelu = "d{i} = Div (a{i}, r) e{i} = Erf (d{i}) o{i} = Add (e{i}, one) m{i} = Mul (a{i}, o{i}) a{j} = Mul (m{i}, half)"
    body = " ".join(gelu.format(i=i, j=i + 1) for i in range(9))
    text = f"""(float[1,3,64,64] x) => (float[1,4,64,64] a9) <float[4,3,1,1] w, float r = {{1.41421354}}, float one = {{1}}, float half = {{0.5}}>
        {{ a0 = Conv <kernel_shape = [1, 1]> (x, w) {body} }}"""
    report = sensorfit.check(model(text))
    assert report.verdict == "fits"
    assert not [f for f in report.findings if f.rule == "SF124"]


@pytest.mark.toolchain
def test_what_the_cut_leaves_is_taken_by_the_real_front_end(front_end: FrontEnd, tmp_path: Path) -> None:
    start = model(DETECTOR)
    start.graph.output[0].type.tensor_type.shape.dim[0].dim_param = "N"
    (cut,) = found(DETECTOR, "SF124")
    made = follow(cut.fix, onnx.shape_inference.infer_shapes(start), tmp_path)
    assert made.graph.node[0].op_type == "Conv" and "NonZero" not in {n.op_type for n in made.graph.node}
    assert "NonZero" in {n.op_type for n in onnx.load(tmp_path / "host.onnx").graph.node}
    assert front_end.judge(made)["verdict"] == "accepted"


def test_the_command_that_cuts_has_the_shape_that_was_judged_where_the_file_leaves_it_open() -> None:
    start = model(DETECTOR)
    (cut,) = [f for f in sensorfit.check(start).findings if f.rule == "SF124"]
    assert "run `sensorfit fix model.onnx -o cut.onnx --cut`, which" in cut.fix
    start.graph.input[0].type.tensor_type.shape.dim[2].dim_param = "H"
    (cut,) = [
        f for f in sensorfit.check(start, input_shapes={"x": (1, 3, 64, 64)}).findings if f.rule == "SF124"
    ]
    assert "run `sensorfit fix model.onnx -o cut.onnx --cut --input-shape x=1x3x64x64`, which" in cut.fix


def test_what_is_decided_while_the_network_runs_is_cut_off_by_onnx_itself() -> None:
    """No rewrite reads a graph within a node, so that fix would refuse a torchvision detector as a whole."""
    text = DETECTOR.replace(
        "y = Transpose (n)\n}",
        """t = Transpose (n) top = ReduceMax <keepdims = 0> (h) yes = Cast <to = 9> (top)
        y = If (yes) <then_branch = g1 () => (int64[N,3] p) { p = Identity (t) }, else_branch = g2 () => (int64[N,3] q) { q = Abs (t) }> }""",
    )
    assert text != DETECTOR
    (cut,) = found(text, "SF124")
    assert "onnx.utils.extract_model" in cut.fix and '["s"]' in cut.fix


def test_a_hostile_name_in_a_command_is_quoted() -> None:
    start = model(DETECTOR)
    name = """'; touch owned; echo "$(touch owned)`"""
    start.graph.input[0].name = start.graph.node[0].input[0] = name
    start.graph.input[0].type.tensor_type.shape.dim[2].dim_param = "H"
    (cut,) = [
        f for f in sensorfit.check(start, input_shapes={name: (1, 3, 64, 64)}).findings if f.rule == "SF124"
    ]
    command = cut.fix.partition("run `")[2].rpartition("`, which")[0]
    assert shlex.split(command)[:2] == ["sensorfit", "fix"]
    assert shlex.split(command)[-1] == f"{name}=1x3x64x64"


def test_what_is_taken_apart_along_the_batch_is_one_thing_to_change_and_not_two() -> None:
    """Three lie there, and the Split is along them: the same axis is to be another."""
    report = sensorfit.check(
        model(
            "(float[3,8,8,8] x) => (float[1,8,8,8] a, float[1,8,8,8] b, float[1,8,8,8] c) { a, b, c = Split <axis = 0> (x) }"
        )
    )
    (found,) = [f for f in report.findings if f.op == "Split"]
    assert found.rule == "SF107" and "axis 0" in found.message


def test_two_networks_side_by_side_are_named_by_what_they_compute() -> None:
    report = sensorfit.check(
        model(
            "(float[1,3,8,8] x, float[1,3,8,8] z) => (float[1,3,8,8] y, float[1,3,8,8] w) { y = Relu (x) w = Relu (z) }"
        )
    )
    (found,) = [f for f in report.findings if f.rule == "SF509"]
    assert "one computes 'y'; one 'w'" in found.fix and "input" not in found.fix and not found.tensor


def test_an_input_that_nothing_reads_is_named() -> None:
    report = sensorfit.check(
        model("(float[1,3,8,8] x, float[1,9] state) => (float[1,3,8,8] y) { y = Relu (x) }")
    )
    (found,) = [f for f in report.findings if f.rule == "SF509"]
    assert "'state'" in found.fix and found.tensor == "state"


def test_an_input_that_only_a_branch_reads_is_used() -> None:
    """Speech detectors take their sample rate so: a comparison decides, and both branches read the sound."""
    branches = "then_branch = t () => (float[1,576] a) { a = Relu (x) }, else_branch = e () => (float[1,576] b) { b = Sigmoid (x) }"
    report = sensorfit.check(
        model(f"(float[1,576] x, bool[1] high) => (float[1,576] y) {{ y = If (high) <{branches}> }}")
    )
    assert not [f for f in report.findings if f.rule == "SF509"]


POOLED = """(float[1,3,8,8] x) => (float[3,8,8] y) <int64[1] zero> {
    a = Squeeze (x, zero) y = MaxPool <kernel_shape = [3, 3], pads = [1, 1, 1, 1]> (a)
}"""


def test_a_kernel_over_an_image_without_a_batch_axis_is_said_to_be_no_onnx(tmp_path: Path) -> None:
    """PyTorch's exporter writes it as it stands; onnxruntime refuses the file, so that fix can prove nothing of it."""
    onnx.save(model(POOLED), tmp_path / "m.onnx")
    report = sensorfit.check(tmp_path / "m.onnx")
    (found,) = [f for f in report.findings if f.rule == "SF106"]
    assert "x[None]" in found.fix and report.outlook is None
    with pytest.raises(ModelError, match=r"MaxPool_1.*no valid ONNX.*x\[None\]"):
        sensorfit.fix(tmp_path / "m.onnx", tmp_path / "fixed.onnx")


def test_what_is_no_onnx_comes_before_causes_at_more_nodes(tmp_path: Path) -> None:
    """A SuperPoint's one such pooling was the last of 23 causes, of which five have a line: nothing can be tried before it is mended."""
    more = "e = Equal (x, x) l = Less (x, x) w = Where (e, x, x) n = NonZero (x) o = Or (l, e) h = Not (e) f = Erf (x) "
    onnx.save(model(POOLED.replace("{", "{" + more)), tmp_path / "m.onnx")
    found = causes(sensorfit.check(tmp_path / "m.onnx"))
    assert len(found) > 5 and found[0].operators == ("MaxPool",) and found[0].gain == "no valid ONNX"
    first = sensorfit.explain(tmp_path / "m.onnx").reasons[0]
    assert "(MaxPool, SF106): give the image its batch axis" in first and "no valid ONNX" in first


def test_the_softmax_of_an_attention_and_another_have_one_way_out() -> None:
    """One line said to keep it, the next to replace it, of heads that a rewrite had made of one attention."""
    attention = "s = MatMul (x, k) a = Softmax <axis = -1> (s) y = MatMul (a, x)"
    gate = "g = Softmax <axis = -1> (y) z = Mul (g, y)"
    report = sensorfit.check(
        model(
            f"(float[1,64,64] x) => (float[1,64,64] z) {{ k = Transpose <perm = [0, 2, 1]> (x) {attention} {gate} }}"
        )
    )
    fixes = {f.message.partition(",")[0]: f.fix for f in report.findings if f.rule == "SF201"}
    assert len({f.fix for f in report.findings if f.rule == "SF201"}) == 1, fixes
    assert [f for f in report.findings if f.rule == "SF201" and "attention" in f.message]
    assert [f for f in report.findings if f.rule == "SF201" and "attention" not in f.message]
