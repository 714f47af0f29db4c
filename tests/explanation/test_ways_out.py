"""What the explanation says would help a network of any kind: sizes, bits, another export."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from sensorfit.api import explain
from sensorfit.cli.explain import command
from sensorfit.errors import ConfigError
from sensorfit.render.explanation.phrases import figures
from tests.explanation.pages import chain, page, saved


def test_what_the_sensor_cannot_feed_is_not_said_to_fit(tmp_path: Path) -> None:
    two = saved(
        tmp_path / "two.onnx",
        """<ir_version: 8, opset_import: ["" : 17]> g (float[1,3,96,96] image, float[1,1,96,96] prompt)
        => (float[1,4,96,96] y) { c = Concat<axis=1>(image, prompt) y = Relu(c) }""",
    )
    found = explain(two)
    assert found.verdict == "fits"
    assert found.headline == "The converter accepts two, but the IMX500 cannot feed it."
    (reason,) = found.reasons
    assert "prompt 1x1x96x96" in reason and "leave the part that needs them to the host" in reason
    assert found.what_ifs == ()


def test_weights_that_lie_in_branches_are_not_said_to_be_none(tmp_path: Path) -> None:
    branch = "() => (float[1,8,32,32] {0}) {{ w = Constant <value = float[8,1,1] {{1,2,3,4,5,6,7,8}}> () {0} = Mul (x, w) }}"
    either = saved(
        tmp_path / "either.onnx",
        f"""<ir_version: 8, opset_import: ["" : 17]> g (float[1,8,32,32] x, bool c) => (float[1,8,32,32] y)
        {{ y = If (c) <then_branch = t {branch.format("a")}, else_branch = e {branch.format("b")}> }}""",
    )
    rows = {row[0]: row[1] for row in figures(explain(either))}
    (weights,) = (cell for label, cell in rows.items() if label.startswith("weights"))
    assert rows["parameters"] == "16" and weights == "n/a (sizes unknown)"


def test_where_memory_is_lacking_the_largest_inputs_that_fit_are_named(tmp_path: Path) -> None:
    found = explain(chain(tmp_path / "m.onnx", "512,512"))
    square, wide = (
        what_if
        for what_if in found.what_ifs
        if "input that fits" in what_if.change and "tiles" not in what_if.change
    )
    assert "the largest square input" in square.change and "the largest 4:3 input" in wide.change
    shape = square.change.split()[1].rstrip(",")
    again = explain(tmp_path / "m.onnx", input_shapes={"": tuple(int(d) for d in shape.split("x"))})
    assert again.verdict == "fits" and again.headline == f"m at {shape} fits the IMX500."
    (part,) = again.parts
    assert square.total_bytes == part.report.memory.total_bytes <= square.budget_bytes
    assert square.dsp_ms == pytest.approx(
        (part.report.latency.dsp_ms, part.report.latency.dsp_ms_low, part.report.latency.dsp_ms_high)
    )
    assert square.remains == ()
    assert again.contrast is None


@pytest.mark.parametrize("inputs", ["float[99999999] x", ""])
def test_a_network_over_the_budget_without_an_image_is_explained_all_the_same(
    inputs: str, tmp_path: Path
) -> None:
    body = "y = Relu(x)" if inputs else "y = RandomUniform<shape=[1,64,512,512]>()"
    text = f'<ir_version: 8, opset_import: ["" : 17]> g ({inputs}) => (float[99999999] y) {{ {body} }}'
    found = explain(saved(tmp_path / "m.onnx", text))
    assert found.verdict == "does_not_fit"
    assert not any("input that fits" in what_if.change for what_if in found.what_ifs)


def test_of_several_networks_the_first_alone_is_resized() -> None:
    row = next(what_if for what_if in page("edgesam").what_ifs if "largest square input" in what_if.change)
    assert row.change.startswith("encoder only, at 1x3x")
    assert row.remains == ()
    smaller = next(
        what_if for what_if in page("edgesam").what_ifs if what_if.change == "at 96x96, encoder only"
    )
    assert smaller.total_bytes < row.total_bytes <= row.budget_bytes


@pytest.mark.parametrize("model", ["tinysam", "tinysam/encoder"])
def test_a_network_of_fixed_shape_has_no_such_rows(model: str) -> None:
    assert not any("input that fits" in what_if.change for what_if in page(model).what_ifs)


def test_4_bit_weights_are_a_way_out_only_where_memory_is_lacking() -> None:
    assert not any("4-bit" in what_if.change for what_if in page("mobilesam/decoder@96").what_ifs)
    assert any("4-bit" in what_if.change for what_if in page("edgesam").what_ifs)


def test_another_export_lifts_an_opset_that_is_refused(tmp_path: Path) -> None:
    found = {
        what_if.change: what_if.remains
        for what_if in explain(chain(tmp_path / "m.onnx", "64,64", 8)).what_ifs
    }
    assert found["exported at opset 17"] == ()
    assert "opset" in " ".join(found["as it is"])
    large = {what_if.change for what_if in explain(chain(tmp_path / "m.onnx", "512,512", 8)).what_ifs}
    assert any(change.startswith("exported at opset 17, at 1x3x") for change in large)


def test_a_dynamic_model_has_a_way_out_that_the_page_names(tmp_path: Path) -> None:
    file = chain(tmp_path / "m.onnx", "H,W")
    (reason,) = explain(file).reasons
    assert "SF502" in reason and "--input-shape" in reason
    said = CliRunner().invoke(command, [str(file), "--input-shape", "1x3x64x64"])
    assert said.exit_code == 0
    assert (
        "m at 1x3x64x64 fits the IMX500." in said.output and "=1x3x64x64 --output explain.html" in said.output
    )


def test_a_shape_that_nobody_knows_is_a_reason(tmp_path: Path) -> None:
    found = explain(
        saved(
            tmp_path / "m.onnx",
            '<ir_version: 8, opset_import: ["" : 17]> g (float[1,3,64,64] x) => (int64[4,N] y) { y = NonZero(x) }',
        )
    )
    assert any("SF514" in reason for reason in found.reasons)


def test_of_several_networks_none_is_given_a_shape() -> None:
    with pytest.raises(ConfigError, match="tinysam/encoder, tinysam/decoder"):
        explain("tinysam", input_shapes={"": (1, 3, 96, 96)})


def test_what_nobody_can_count_is_said_first(tmp_path: Path) -> None:
    """Maxima over groups of channels."""
    found = explain(
        saved(
            tmp_path / "m.onnx",
            """<ir_version: 8, opset_import: ["" : 17]> g (float[1,3,64,64] x) => (float[1,3,64,64] y)
            <int64[5] groups = {1, 1, 3, 64, 64}, int64[4] back = {1, 3, 64, 64}>
            { a = Reshape(x, groups) m = ReduceMax<axes = [2, 3, 4]>(a) s = Sub(a, m) y = Reshape(s, back) }""",
        )
    )
    assert found.verdict == "unknown"
    (reason,) = found.reasons
    assert "takes at least" in reason and "counted only in part (SF304)" in reason
