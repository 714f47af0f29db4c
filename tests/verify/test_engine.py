"""Verdicts of the whole graph: order of the stages, profiles, folding."""

from __future__ import annotations

from dataclasses import replace

import onnx
import pytest

from sensorfit.api import load_target
from sensorfit.graph.load import load
from sensorfit.verify.engine import front_end_verdict, verify
from sensorfit.verify.finding import Finding

from .text import findings, found, model

ERF = "(float[1,3,64,64] x) => (float[1,3,64,64] y) { y = Erf (x) }"
BAD_FORM = "(float[1,16,32,32] x) => (float[16,1,32,32] y) { y = Transpose <perm = [1, 0, 2, 3]> (x) }"


@pytest.mark.parametrize(
    ("text", "opset", "word"),
    [
        ("(float[1,3,64,64] x) => (float[1,3,64,64] y) { y = Relu (x) }", 17, "accepted"),
        (ERF, 17, "unsupported_operator"),
        (ERF, 13, "execution_error"),
        (ERF.replace("[1,3", "[2,3"), 17, "invalid_model_input"),
        (BAD_FORM, 17, "invalid_operator"),
        (
            "(float[1,3,64,64] x) => (float[1,3,64,64] y) { t = LeakyRelu (x) y = Erf (t) }",
            17,
            "unsupported_operator",
        ),
        (
            "(float[1,3,64,64] x) => (float[3,1,64,64] y) { t = LeakyRelu (x) y = Transpose <perm = [1, 0, 2, 3]> (t) }",
            17,
            "execution_error",
        ),
        (
            "(float[1,3,64,64] x, float[1] z) => (float[1,3,64,64] y) { t = Add (x, z) y = Erf (t) }",
            17,
            "execution_error",
        ),
        (
            "(float[2,3,64,64] x, float[1] z) => (float[2,3,64,64] y) { t = Add (x, z) y = Erf (t) }",
            17,
            "invalid_model_input",
        ),
    ],
)
def test_the_front_end_objects_by_stages_and_so_does_its_predicted_word(
    text: str, opset: int, word: str
) -> None:
    assert front_end_verdict(findings(text, opset)) == word


def test_everything_is_reported_at_once_though_the_front_end_would_stop_at_the_first() -> None:
    text = "(float[1,16,32,32] x) => (float[16,1,32,32] y) { a = Erf (x) b = LeakyRelu (a) y = Transpose <perm = [1, 0, 2, 3]> (b) }"
    assert {"USOP", "EXEC", "INVOP"} <= {f.converter_code for f in findings(text)}


@pytest.mark.parametrize("op", ["Softmax <axis = 1> (x)", "LayerNormalization <axis = -1> (x, w)"])
def test_a_flagged_operator_warns_by_the_converter_and_fails_by_the_papers(op: str) -> None:
    text = f"(float[1,16,32,32] x) => (float[1,16,32,32] y) <float[32] w> {{ y = {op} }}"
    by_converter = [f for f in findings(text) if f.rule.startswith("SF2")]
    by_papers = [f for f in findings(text, profile="picosam") if f.rule.startswith("SF2")]
    assert [(f.severity, f.support) for f in by_converter] == [("warning", "supported")]
    assert [(f.severity, f.support) for f in by_papers] == [("error", "unsupported")]
    assert front_end_verdict(by_papers) == "accepted"


def test_a_layer_norm_spelled_out_is_named_once_with_its_pattern() -> None:
    text = """(float[1,16,32,32] x) => (float[1,16,32,32] y) <float two = {2.0}, float eps = {0.000001}>
    { m = ReduceMean <axes = [1]> (x) d = Sub (x, m) s = Pow (d, two) v = ReduceMean <axes = [1]> (s)
      e = Add (v, eps) r = Sqrt (e) y = Div (d, r) }"""
    said = [f for f in findings(text) if f.rule == "SF202"]
    assert [(f.severity, f.support) for f in said] == [("warning", "supported")]
    assert "pattern of 7 nodes" in said[0].message


def test_a_softmax_spelled_out_is_named() -> None:
    text = "(float[1,16,1024] x) => (float[1,16,1024] y) <int64[1] a = {1}> { e = Exp (x) s = ReduceSum (e, a) y = Div (e, s) }"
    assert [f.support for f in found(text, "SF201")] == ["supported"]


def test_attention_is_named_where_softmax_weighs_values() -> None:
    text = "(float[1,64,64] q) => (float[1,64,64] y) { s = MatMul (q, q) w = Softmax (s) y = MatMul (w, q) }"
    assert "attention" in found(text, "SF201")[0].message


@pytest.mark.parametrize("argument", ["Div (x, root)", "Mul (x, inverse)"])
@pytest.mark.parametrize(
    "rest",
    [
        "t = Mul (x, o) y = Mul (t, half)",
        "t = Mul (x, half) y = Mul (t, o)",
        "t = Mul (o, half) y = Mul (x, t)",
    ],
)
def test_an_erf_gelu_counts_as_the_gelu_the_road_makes_of_it(argument: str, rest: str) -> None:
    factor = "root = {1.4142135}" if "root" in argument else "inverse = {0.70710677}"
    text = f"""(float[1,16,32,32] x) => (float[1,16,32,32] y)
    <float {factor}, float one = {{1.0}}, float half = {{0.5}}>
    {{ a = {argument} e = Erf (a) o = Add (e, one) {rest} }}"""
    said = findings(text)
    assert not [f for f in said if f.support == "unsupported"]
    assert [f.severity for f in said if f.rule == "SF121"] == ["warning"]
    assert front_end_verdict(said) == "unsupported_operator"


def test_a_lone_erf_is_refused() -> None:
    assert [f.support for f in found(ERF, "SF101")] == ["unsupported"]


def test_an_erf_whose_product_is_another_stays_refused() -> None:
    text = """(float[1,16,32,32] x) => (float[1,16,32,32] y) <float root = {1.4142135}, float one = {1.0}, float third = {0.3}>
    { a = Div (x, root) e = Erf (a) o = Add (e, one) t = Mul (x, o) y = Mul (t, third) }"""
    assert [f.support for f in found(text, "SF101")] == ["unsupported"]


def test_an_operator_that_computes_on_constants_is_not_judged() -> None:
    text = """(float[1,16,32,32] x) => (float[1,8,32,32] y) <int8[8,16,1,1] q, float s = {0.1}, int8 z = {0}>
    { w = DequantizeLinear (q, s, z) y = Conv <kernel_shape = [1, 1]> (x, w) }"""
    proto = model(text.replace("<int8[8,16,1,1] q, ", "<"))
    proto.graph.initializer.append(
        onnx.helper.make_tensor("q", onnx.TensorProto.INT8, [8, 16, 1, 1], bytes(128), raw=True)
    )
    assert not [f for f in verify(load(proto, "w"), load_target()) if f.support == "unsupported"]


def test_an_unknown_operator_is_unknown_and_points_to_confirm() -> None:
    said = found("(float[1,16] x, int64[1] t) => (float y) { y = NegativeLogLikelihoodLoss (x, t) }", "SF102")
    assert [f.support for f in said] == ["unknown"]
    assert "--confirm" in said[0].fix


def test_findings_come_in_graph_order_whatever_the_files() -> None:
    text = "(float[1,16,32,32] x) => (float[1,16,32,32] y) { a = Erf (x) b = LeakyRelu (a) y = Elu (b) }"
    proto = model(text)
    nodes = list(proto.graph.node)
    del proto.graph.node[:]
    proto.graph.node.extend(reversed(nodes))
    assert [f.op for f in findings(text) if f.node] == ["Erf", "LeakyRelu", "Elu"]
    assert verify(load(proto, "example"), load_target()) == findings(text)


def test_a_finding_of_nobodys_rule_keeps_its_code() -> None:
    base = findings(ERF)[0]
    assert isinstance(base, Finding)
    assert front_end_verdict([replace(base, rule="SF999", converter_code="INVOP")]) == "invalid_operator"


def test_a_reason_that_holds_for_both_operands_is_one_finding_that_names_both() -> None:
    text = "(float[1,2,8,8] x) => (float y) { y = MatMul (x, x) }"
    (one,) = found(text, "SF119")
    assert "input 0 of shape (1, 2, 8, 8) and input 1 of shape (1, 2, 8, 8)" in one.message


@pytest.mark.parametrize("rule", ["SF501", "SF502", "SF504"])
def test_a_finding_about_an_input_names_no_node_but_the_tensor(rule: str) -> None:
    text = "(float[2,4,H,64] x) => (float y) { y = Relu (x) }"
    (one,) = found(text, rule)
    assert (one.node, one.op, one.tensor) == ("", "", "x")


def test_the_first_node_whose_shape_is_not_inferred_is_named_and_what_follows_is_not() -> None:
    text = (
        "(float[1,3,64,64] x) => (float y) { a = Relu (x) i = NonZero (a) f = Cast <to = 1> (i) y = Abs (f) }"
    )
    (one,) = found(text, "SF514")
    assert (one.node, one.tensor, one.support, one.converter_code) == ("NonZero_1", "i", "unknown", "")
    assert one.fix.startswith("export with static shapes")


def test_an_operator_of_a_domain_of_its_own_has_no_shape_and_a_static_export_does_not_help() -> None:
    text = "(float[1,3,64,64] x) => (float[1,3,64,64] y) { a = Relu (x) y = com.acme.Swirl (a) }"
    (one,) = found(text, "SF514")
    assert (one.node, one.fix) == ("Swirl_1", "write it with standard operators, whose shapes ONNX infers")


def test_weights_that_are_computed_leave_findings_of_memory_and_quantization() -> None:
    from sensorfit.api import check
    from tools.probes.families import all_probes

    report = check(all_probes()["dynw_act"])
    assert [f.rule for f in report.findings if f.support == "unknown"] == ["SF111", "SF304"]
    assert [f.rule for f in report.findings if f.support == "unsupported"] == [
        "SF131"
    ]  # MCT quantizes constants
    assert check(all_probes()["dq_w"]).verdict == "fits"


def test_a_constant_that_nothing_reads_counts_for_the_raw_file_only() -> None:
    text = "(float[1,3,64,64] x) => (float[1,3,64,64] y) <float[3] spare = {1, 2, 3}> { y = Relu (x) }"
    (one,) = found(text, "SF509")
    assert (one.severity, one.support, one.converter_code) == ("info", "supported", "EXEC")
    assert "spare" in one.message
    assert front_end_verdict(findings(text)) == "execution_error"


@pytest.mark.parametrize(
    ("text", "fix"),
    [
        ("(float[4,3,64,64] x) => (float[4,12288] y) { y = Flatten (x) }", "export the model with a batch of one"),
        ("(float[4,3,64,64] x) => (float[4,3,4096] y) <int64[3] s = {4, 3, 4096}> { y = Reshape (x, s) }", "export the model"),
        ("(float[1,3,64,64] x) => (float[3,4096] y) { y = Flatten <axis = 2> (x) }", "flatten from axis 1"),
        ("(float[1,3,64,64] x) => (float[3,4096] y) <int64[3] s = {3, 64, 64}> { a = Reshape (x, s) y = Flatten (a) }", "keep the first dimension 1"),
    ],
)  # fmt: skip
def test_a_batch_that_came_in_with_the_image_is_changed_there(text: str, fix: str) -> None:
    """Flatten from axis 1 leaves a batch of four what it is: the front end refuses the input."""
    for one in found(text, "SF116"):
        assert one.fix.startswith(fix)
    assert found(text, "SF116")
