"""The command as CI calls it: many models, policies, a baseline, exit codes, standard output and error."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from sensorfit import cli
from sensorfit.gate.config import Policy
from sensorfit.gate.expand import expand
from sensorfit.gate.job import judge
from sensorfit.gate.run import Job
from sensorfit.runtime import worker

Run = Callable[..., tuple[int, str, str]]


def net(path: Path, op: str = "Conv", size: int = 64, name: str = "") -> Path:
    """A one-operator network at ``path``."""
    weights, attributes = [], {}  # type: list[onnx.TensorProto], dict[str, Any]
    if op == "Conv":
        weights, attributes = (
            [numpy_helper.from_array(np.ones((4, 3, 3, 3), np.float32), "w")],
            {"pads": [1, 1, 1, 1]},
        )
    elif op == "ConvTranspose":
        weights = [numpy_helper.from_array(np.ones((3, 4, 4, 4), np.float32), "w")]
        attributes = {"pads": [1, 1, 1, 1], "strides": [2, 2]}
    node = helper.make_node(
        op, ["x", *(w.name for w in weights)], ["y"], name=name or op.lower(), **attributes
    )
    x = helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 3, size, size])
    y = helper.make_tensor_value_info("y", TensorProto.FLOAT, None)
    graph = helper.make_graph([node], path.stem, [x], [y], weights)
    path.parent.mkdir(parents=True, exist_ok=True)
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), path)
    return path


ELSEWHERE = """
import multiprocessing, sys
from sensorfit import cli
from sensorfit.runtime import worker
if __name__ == "__main__":
    worker.AVAILABLE = False
    multiprocessing.set_start_method("spawn")
    cli.main()
"""


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_where_no_child_is_forked_the_answers_are_the_same(jobs: str, tmp_path: Path) -> None:
    for name, op in (("a", "Conv"), ("b", "ConvTranspose"), ("c", "Elu")):
        net(tmp_path / f"{name}.onnx", op)
    (tmp_path / "d.onnx").write_bytes(b"nothing")
    script = tmp_path / "elsewhere.py"
    script.write_text(ELSEWHERE)
    asked = ["check", "a.onnx", "b.onnx", "c.onnx", "d.onnx", "-j", jobs, "--format", "markdown"]
    here, there = (
        subprocess.run([sys.executable, *how, *asked], cwd=tmp_path, capture_output=True, text=True)
        for how in (("-m", "sensorfit"), (str(script),))
    )
    assert here.returncode == 2 and "c.onnx" in here.stdout and "d.onnx" in here.stderr
    assert (there.returncode, there.stdout, there.stderr) == (here.returncode, here.stdout, here.stderr)


def _sensorfit(folder: Path, script: str) -> subprocess.CompletedProcess[str]:
    """``script`` in a shell, S being the command."""
    env = {**os.environ, "S": f"{sys.executable} -m sensorfit"}
    return subprocess.run(["bash", "-c", script], cwd=folder, env=env, capture_output=True, text=True)


@pytest.mark.skipif(sys.platform == "win32", reason="closes streams as a POSIX shell does")
@pytest.mark.parametrize("closed", [">&-", "<&-", "2>&-", ">&- <&- 2>&-"])
def test_a_closed_stream_changes_neither_the_answer_nor_the_files(closed: str, tmp_path: Path) -> None:
    done = _sensorfit(tmp_path, f"$S check picosam3 --output out.json {closed}")
    assert done.returncode == 0 and "error" not in done.stderr
    assert json.loads((tmp_path / "out.json").read_text())["verdict"] == "fits"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
@pytest.mark.parametrize(
    "command", ["check picosam3", "explain picosam2", "rules", "check picosam3 --format json"]
)
def test_a_full_disk_is_one_sentence(command: str, tmp_path: Path) -> None:
    done = _sensorfit(tmp_path, f"$S {command} > /dev/full")
    assert done.returncode == 3
    assert done.stderr == (
        "sensorfit: cannot write the output (No space left on device): make room or write elsewhere\n"
    )


@pytest.mark.skipif(not worker.AVAILABLE, reason="children are forked on Linux only")
@pytest.mark.parametrize("signal", ["TERM", "HUP", "KILL"])
def test_nothing_outlives_a_killed_command(signal: str, tmp_path: Path) -> None:
    done = _sensorfit(
        tmp_path,
        f"exec 3>&1; $S check sam-vit-h sam-vit-b -j 2 > /dev/null 3>&- & sleep 0.4; kill -{signal} $!; wait $!; sleep 0.2; "
        "pgrep -f 'sensorfit check sam-vit-h sam-vit-b -j 2' | grep -v $$; true",
    )
    assert done.stdout == ""


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Run:
    """``sensorfit ARGUMENTS`` in an empty directory: (exit code, standard output, standard error)."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".git").mkdir()  # the search for a configuration ends here

    def call(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["sensorfit", *arguments])
        with pytest.raises(SystemExit) as stop:
            cli.main()
        out, err = capfd.readouterr()
        return int(stop.value.code or 0), out, err

    return call


@pytest.fixture
def models(tmp_path: Path) -> Path:
    """good.onnx fits, bad.onnx does not, deep/soft.onnx is flagged, broken.onnx is no model."""
    folder = tmp_path / "models"
    net(folder / "good.onnx")
    net(folder / "bad.onnx", "ConvTranspose")
    net(folder / "deep" / "soft.onnx", "Softmax")
    (folder / "broken.onnx").write_bytes(b"not a model")
    return folder


def test_exit_codes_of_one_model(run: Run, models: Path) -> None:
    assert run("check", "models/good.onnx")[0] == 0
    assert run("check", "models/bad.onnx")[0] == 1
    assert run("check", "models/deep/soft.onnx")[0] == 0
    assert run("check", "models/deep/soft.onnx", "--fail-on", "warning")[0] == 1
    assert run("check", "models/deep/soft.onnx", "--profile", "picosam")[0] == 1
    assert run("check", "models/broken.onnx")[0] == 2
    assert run("check", "models/absent.onnx")[0] == 2
    assert run("check", "--format", "nonsense", "x")[0] == 2
    assert run("check")[0] == 2


def test_an_error_is_one_sentence_on_standard_error(run: Run, models: Path) -> None:
    code, out, err = run("check", "models/broken.onnx", "--format", "json")
    assert (code, out) == (2, "")
    assert len(err.splitlines()) == 1
    assert err.startswith("sensorfit: models/broken.onnx: ")


@pytest.mark.parametrize("jobs", ["1", "3"])
def test_directories_and_globs_end_in_one_table_and_the_worst_exit_code(
    run: Run, models: Path, jobs: str
) -> None:
    code, out, err = run("check", "models", "-j", jobs)
    assert code == 2
    for name in ("models/bad.onnx", "models/broken.onnx", "models/deep/soft.onnx", "models/good.onnx"):
        assert name in out
    assert out.count("┏") == 1
    assert "4 models: 1 fail, 1 cannot be checked, 2 pass" in out
    assert out.count("broken.onnx: ") == 1 and not err  # once is enough
    assert run("check", "models/[bg]*d.onnx", "-j", jobs)[0] == 1


def test_a_network_that_the_sensor_cannot_feed_does_not_fit_in_the_table_of_several(
    run: Run, models: Path
) -> None:
    graph = onnx.parser.parse_graph(
        "g (float[1,3,64,64] x, float[1,3,64,64] z) => (float[1,3,64,64] y) { y = Add(x, z) }"
    )
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), "two.onnx")
    for form in ((), ("--format", "markdown")):
        code, out, _ = run("check", "two.onnx", "picosam2", *form)
        assert code == 0 and "cannot be fed" in out and "fits" in out


def test_several_models_keep_their_order_and_json_holds_all(run: Run, models: Path) -> None:
    code, out, _ = run(
        "check", "models/good.onnx", "models/bad.onnx", "models/broken.onnx", "-j", "2", "--format", "json"
    )
    found = json.loads(out)
    assert code == found["summary"]["exit_code"] == 2
    assert [m["model"]["path"] for m in found["models"]] == ["models/good.onnx", "models/bad.onnx"]
    assert [m["gate"]["exit_code"] for m in found["models"]] == [0, 1]
    assert [e["path"] for e in found["errors"]] == ["models/broken.onnx"]


def test_a_model_is_checked_once_however_often_it_is_named(
    models: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    assert expand(["models/good.onnx", "models/g*.onnx", "models/good.onnx"]) == ["models/good.onnx"]
    assert expand(["picosam3", "models/**/*.onnx"])[0] == "picosam3"


def test_a_pattern_without_a_model_is_an_error(run: Run, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    for pattern, words in (("empty", "holds no .onnx file"), ("nothing/*.onnx", "no file matches")):
        code, _, err = run("check", pattern)
        assert code == 2 and words in err


def test_a_built_in_name_is_found_although_a_directory_has_it(run: Run, tmp_path: Path) -> None:
    (tmp_path / "picosam3").mkdir()
    assert run("check", "picosam3", "--format", "github")[0] == 0


def test_a_calibration_that_cannot_be_read_is_exit_2(run: Run, models: Path) -> None:
    code, _, err = run("check", "models/good.onnx", "--calibration", "absent.toml")
    assert code == 2 and "absent.toml" in err


def test_a_calibration_file_sets_the_latency(run: Run, models: Path, root: Path) -> None:
    shipped = root / "rules" / "imx500" / "latency.toml"
    code, out, _ = run("check", "models/good.onnx", "--format", "json", "--calibration", str(shipped))
    assert code == 0
    assert "latency.toml" in json.loads(out)["latency"]["calibration"]


# --- policy ---


def test_weights_that_would_fit_in_fewer_bits_lead_to_the_build_that_chooses_them(run: Run) -> None:
    graph = onnx.parser.parse_graph(
        "g (float[1,3,64,64] x) => (float[1,2048,8,8] y) "
        "{ a = Conv <kernel_shape = [8, 8], strides = [8, 8]> (x, v)  y = Conv <pads = [1, 1, 1, 1]> (a, w) }"
    )
    for name, shape in (("v", (512, 3, 8, 8)), ("w", (2048, 512, 3, 3))):
        graph.initializer.append(numpy_helper.from_array(np.ones(shape, np.float32), name))
    onnx.save(
        helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), "heavy.onnx"
    )
    code, out, _ = run("check", "heavy.onnx")
    assert code == 1 and out.endswith("Next: sensorfit build heavy.onnx --weights-budget fit\n")
    code, out, _ = run("check", "heavy.onnx", "--bits", "4")
    assert code == 0 and out.endswith("FITS. Next: sensorfit build heavy.onnx --weights-budget fit\n")
    assert "weights counted at 4 bits" in out


def test_budgets_of_the_configuration_break_the_gate_and_not_the_verdict(
    run: Run, models: Path, tmp_path: Path
) -> None:
    config = 'models = ["models/good.onnx"]\nbudgets = { sram = "1 kB", headroom = "8 MiB", macs = 1, parameters = 1, latency = "0.0001 ms" }'
    (tmp_path / "sensorfit.toml").write_text(config)
    code, out, _ = run("check", "--format", "json")
    found = json.loads(out)
    assert code == 1
    assert found["verdict"] == "fits"
    assert {f["rule"] for f in found["findings"]} >= {"SF601", "SF602", "SF603", "SF604", "SF605"}
    (tmp_path / "sensorfit.toml").write_text(
        'budgets = { sram = "1 MiB", headroom = "1 MiB", macs = "10 M", parameters = "1 k", latency = "15 ms" }'
    )
    code, out, _ = run("check", "models/good.onnx", "--format", "json")
    assert code == 0 and not [f for f in json.loads(out)["findings"] if f["rule"].startswith("SF6")]


def test_ignore_hides_a_finding_and_leaves_the_verdict(run: Run, models: Path) -> None:
    _, out, _ = run("check", "models/deep/soft.onnx", "--format", "json", "--ignore", "SF201,SF5")
    assert not [f for f in json.loads(out)["findings"] if f["rule"].startswith(("SF201", "SF5"))]
    code, out, _ = run("check", "models/bad.onnx", "--format", "json", "--ignore", "SF1")
    assert (code, json.loads(out)["verdict"]) == (1, "does_not_fit")
    _, out, _ = run("check", "models/deep/soft.onnx", "--format", "json", "--select", "SF201")
    assert {f["rule"] for f in json.loads(out)["findings"]} == {"SF201"}


def test_rules_are_selected_and_ignored_by_name_too(run: Run, models: Path) -> None:
    _, out, _ = run("check", "models/deep/soft.onnx", "--format", "json", "--select", "softmax,SF5")
    assert {f["rule"] for f in json.loads(out)["findings"]} >= {"SF201"}
    _, out, _ = run("check", "models/deep/soft.onnx", "--format", "json", "--ignore", "Softmax")
    assert "SF201" not in {f["rule"] for f in json.loads(out)["findings"]}
    code, _, err = run("check", "models/good.onnx", "--select", "SF999")
    assert code == 2 and "did you mean" not in err


def test_a_rule_that_does_not_exist_is_asked_back(run: Run, models: Path) -> None:
    code, _, err = run("check", "models/good.onnx", "--ignore", "SF2O1")
    assert code == 2 and "did you mean 'SF201'?" in err


def test_a_models_own_rules_come_with_their_reason(run: Run, models: Path, tmp_path: Path) -> None:
    config = '[tool.sensorfit]\nfail-on = "warning"\n[[tool.sensorfit.models]]\npath = "models/deep/*.onnx"\nfail-on = "error"\nreason = "retraining in May"\n'
    (tmp_path / "pyproject.toml").write_text(config)
    code, out, _ = run("check", "models/deep/soft.onnx", "--format", "markdown")
    assert code == 0
    assert "retraining in May" in out


def test_a_wrong_configuration_is_exit_2(run: Run, models: Path, tmp_path: Path) -> None:
    (tmp_path / "sensorfit.toml").write_text("buget = 1")
    code, _, err = run("check", "models/good.onnx")
    assert code == 2 and "did you mean 'budgets'" in err


# --- baseline ---


def test_a_baseline_is_written_found_again_and_fails_on_what_is_new(
    run: Run, models: Path, tmp_path: Path
) -> None:
    (models / "broken.onnx").unlink()
    code, _, err = run("check", "models", "--write-baseline")
    assert code == 0 and "wrote sensorfit-baseline.json" in err.replace(str(tmp_path) + "/", "")
    assert run("check", "models")[0] == 0
    assert run("check", "models", "--no-baseline")[0] == 1
    net(models / "bad.onnx", "ConvTranspose", name="renamed")
    assert run("check", "models")[0] == 0
    net(models / "good.onnx", size=96)
    code, out, _ = run("check", "models")
    assert code == 1 and "worse than the baseline: memory" in out
    net(models / "good.onnx", "ConvTranspose")
    code, out, _ = run("check", "models/good.onnx", "--format", "json")
    change = json.loads(out)["gate"]["baseline"]
    assert code == 1 and change["verdict"] == "fits" and change["new"]
    net(models / "bad.onnx")
    code, out, _ = run("check", "models/bad.onnx")
    assert code == 0 and "of the baseline gone" in out


def test_writing_the_baseline_twice_gives_the_same_bytes(run: Run, models: Path, tmp_path: Path) -> None:
    (models / "broken.onnx").unlink()
    run("check", "models", "--write-baseline")
    first = (tmp_path / "sensorfit-baseline.json").read_bytes()
    run("check", "models", "--write-baseline", "-j", "2")
    assert (tmp_path / "sensorfit-baseline.json").read_bytes() == first


def test_a_missing_baseline_is_an_error(run: Run, models: Path) -> None:
    code, _, err = run("check", "models/good.onnx", "--baseline", "absent.json")
    assert code == 2 and "--write-baseline" in err


# --- diff ---


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


def test_an_unexpected_failure_of_one_of_many_is_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    import sensorfit.api

    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError("oops")

    monkeypatch.delenv("SENSORFIT_DEBUG", raising=False)
    monkeypatch.setattr(sensorfit.api, "check", broken)
    outcome = judge(Job("m.onnx", Policy()))
    assert outcome.exit_code == 3 and "ZeroDivisionError" in outcome.error
    with pytest.raises(ZeroDivisionError):
        judge(Job("m.onnx", Policy(), alone=True))
