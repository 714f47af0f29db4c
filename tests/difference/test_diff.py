"""``sensorfit diff``: what changed, and nothing else."""

from __future__ import annotations

import json
from pathlib import Path

import onnx

from tests.cli.networks import Run, net


def test_diff_says_what_changed(run: Run, models: Path) -> None:
    code, out, _ = run("diff", "models/good.onnx", "models/bad.onnx", "--format", "json")
    found = json.loads(out)
    assert code == 0
    assert found["operators"] == [
        {"op": "Conv", "old": 1, "new": 0},
        {"op": "ConvTranspose", "old": 0, "new": 1},
    ]
    assert {n["node"] for n in found["nodes"]} == {"conv", "convtranspose"}
    assert found["findings"]["new"] and found["worse"]
    assert found["figures"]["macs"]["old"] == 3 * 4 * 9 * 64 * 64
    assert run("diff", "models/good.onnx", "models/bad.onnx", "--exit-code")[0] == 1


def test_diff_of_a_model_with_itself_or_renamed_nodes_is_empty(run: Run, models: Path) -> None:
    net(models / "again.onnx", name="another")
    for new in ("models/good.onnx", "models/again.onnx"):
        code, out, _ = run("diff", "models/good.onnx", new, "--exit-code")
        assert code == 0
        first, judged = out.splitlines()
        assert (
            first == f"models/good.onnx -> {new}: fits; no difference in operators, memory, MACs or latency"
        )
        assert judged.startswith("imx500 · imx500-converter ")


def test_diff_leads_with_the_verdict_and_what_is_new(run: Run, models: Path) -> None:
    _, out, _ = run("diff", "models/good.onnx", "models/bad.onnx")
    first, second, *_ = out.splitlines()
    assert first == "models/good.onnx -> models/bad.onnx: fits -> does not fit"
    assert second.startswith("new: SF112 error ConvTranspose at convtranspose: ")


def test_diff_of_one_changed_node_says_no_more_than_that(run: Run, models: Path, tmp_path: Path) -> None:
    for name, alpha in (("old", 0.5), ("new", 0.25)):
        model = onnx.parser.parse_model(
            '<ir_version: 8, opset_import: ["": 17]> g (float[1,3,8,8] x) => (float[1,3,8,8] y)'
            f"{{ y = LeakyRelu <alpha = {alpha}> (x) }}"
        )
        model.graph.node[0].name = "act"
        onnx.save(model, tmp_path / f"{name}.onnx")
    _, out, _ = run("diff", "old.onnx", "new.onnx")
    *changes, judged = out.splitlines()[1:]
    assert changes == ["unchanged: every figure", "~ act (LeakyRelu): alpha=0.5 => alpha=0.25"]
    assert judged.startswith("imx500 · imx500-converter ")


def test_diff_leaves_unchanged_figures_out_of_the_table(run: Run) -> None:
    _, out, _ = run("diff", "picosam2", "picosam3")
    assert "unchanged: memory, runtime\n" in out
    assert out.count("memory, runtime") == 1
    assert "operators: BatchNormalization 18 -> 21, Conv 27 -> 31," in out


def test_diff_compares_no_lower_bounds(run: Run, models: Path, tmp_path: Path) -> None:
    """A size that is unknown makes every count a lower bound: neither growth nor gain."""
    model = onnx.load(models / "good.onnx")
    for axis in (2, 3):
        model.graph.input[0].type.tensor_type.shape.dim[axis].dim_param = "side"
    onnx.save(model, tmp_path / "open.onnx")
    code, out, _ = run("diff", "open.onnx", "models/good.onnx", "--format", "json", "--exit-code")
    assert set(json.loads(out)["figures"]) == {"parameters", "nodes"}
    assert not json.loads(out)["layers"]
    assert code == 0
    _, out, _ = run("diff", "open.onnx", "models/good.onnx")
    said = "unchanged: parameters; nodes. Not compared, as the input's size is open (x 1x3x?x? of the old one; --input-shape"
    assert said in out


def test_diff_renders_markdown(run: Run, models: Path) -> None:
    code, out, _ = run("diff", "models/good.onnx", "models/bad.onnx", "--format", "markdown")
    assert code == 0
    assert out.startswith(
        "### <code>models/good.onnx</code> → <code>models/bad.onnx</code>: **fits → does not fit**\n"
    )
    assert "ConvTranspose 0 -&gt; 1" in out


def test_a_long_diff_ends_with_the_verdict_that_has_left_the_screen(run: Run) -> None:
    """One that the screen holds says it once."""
    _, out, _ = run("diff", "picosam2", "tinysam/decoder")
    last = out.splitlines()[-1]
    assert last.startswith("Verdict: fits -> does not fit; memory, total +")
    assert "; latency (estimate) +" in last
    assert "Verdict:" not in run("diff", "models/good.onnx", "models/bad.onnx")[1]
