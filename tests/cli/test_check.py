"""The command as CI calls it: many models, policies, a baseline, exit codes, standard output and error."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import helper, numpy_helper

from sensorfit.gate.config import Policy
from sensorfit.gate.find_models import find_models
from sensorfit.gate.job import judge
from sensorfit.gate.run import Job
from tests.cli.networks import Run, net


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
    assert find_models(["models/good.onnx", "models/g*.onnx", "models/good.onnx"]) == ["models/good.onnx"]
    assert find_models(["picosam3", "models/**/*.onnx"])[0] == "picosam3"


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
