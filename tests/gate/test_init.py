"""sensorfit init writes what is missing and touches nothing that is there."""

import json
from pathlib import Path

import onnx
import pytest
import yaml
from click.testing import CliRunner
from onnx import parser

from sensorfit.cli.check import command as check
from sensorfit.cli.init import command
from sensorfit.gate.config import find_config
from sensorfit.gate.init import GITHUB, GITLAB, init


def repository(root: Path) -> Path:
    (root / "nets").mkdir()
    (root / ".git").mkdir()
    text = '<ir_version: 8, opset_import: ["" : 17]> g (float[1,3,64,64] x) => (float[1,3,64,64] y) { y = Relu(x) }'
    onnx.save(parser.parse_model(text), root / "nets" / "a.onnx")
    return root


@pytest.mark.parametrize(("sign", "file"), [("github.com", GITHUB), ("gitlab.com", GITLAB)])
def test_the_host_is_found_and_its_file_is_valid(sign: str, file: Path, tmp_path: Path) -> None:
    root = repository(tmp_path)
    (root / ".git" / "config").write_text(f"url = git@{sign}:a/b.git", encoding="utf-8")
    assert [step.file for step in init(root)] == ["sensorfit.toml", str(file)]
    jobs = yaml.safe_load((root / file).read_text(encoding="utf-8"))
    assert "sensorfit check" in str(jobs)
    assert find_config(root).models == ("nets/*.onnx",)


def test_a_repository_without_a_host_or_a_model_is_told_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".git").mkdir()
    said = CliRunner().invoke(command, []).output
    assert "CI file: neither GitHub nor GitLab" in said and said.endswith(
        "put a model (.onnx) here, then sensorfit init, which writes the baseline\n"
    )


def test_everything_is_written_once_and_then_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = repository(tmp_path)
    (root / ".github").mkdir()
    monkeypatch.chdir(root)
    first = CliRunner().invoke(command, [])
    assert first.exit_code == 0 and "is accepted; from now on what is new or worse fails" in first.output, (
        first.output
    )
    files = {f: f.read_bytes() for f in root.rglob("*") if f.is_file()}
    assert {f.name for f in files} >= {"sensorfit.toml", "sensorfit.yml", "sensorfit-baseline.json"}
    second = CliRunner().invoke(command, [])
    assert second.output.count("left") == 3 and "wrote" not in second.output
    assert {f: f.read_bytes() for f in root.rglob("*") if f.is_file()} == files


def test_a_table_in_pyproject_is_a_configuration(tmp_path: Path) -> None:
    root = repository(tmp_path)
    (root / "pyproject.toml").write_text("[tool.sensorfit]\nmodels = ['nets']\n", encoding="utf-8")
    step, _ = init(root)
    assert (step.file, step.written) == ("pyproject.toml", False)
    assert not (root / "sensorfit.toml").exists()


def test_a_repository_without_models_gets_a_configuration_that_finds_those_to_come(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    empty = CliRunner().invoke(command, [])
    assert empty.exit_code == 0 and "no .onnx file is here yet" in empty.output
    again = CliRunner().invoke(command, [])
    assert again.exit_code == 0 and "there is no model to record" in again.output
    repository(tmp_path)
    later = CliRunner().invoke(command, [])
    assert later.exit_code == 0 and "\nNext: sensorfit check\n" in later.output, later.output
    recorded = json.loads((tmp_path / "sensorfit-baseline.json").read_text(encoding="utf-8"))["models"]
    assert list(recorded) == ["nets/a.onnx"]
    assert CliRunner().invoke(check, []).exit_code == 0


def test_a_configuration_that_names_no_models_is_told_which_there_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = repository(tmp_path)
    (root / "sensorfit.toml").write_text('target = "imx500"\n', encoding="utf-8")
    monkeypatch.chdir(root)
    said = CliRunner().invoke(command, [])
    assert said.exit_code == 0 and 'add models = ["nets/*.onnx"] to it, then sensorfit init' in said.output
    assert not (root / "sensorfit-baseline.json").exists()


def test_a_model_whose_size_is_open_is_given_one_so_that_there_is_something_to_compare(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = repository(tmp_path)
    text = (
        '<ir_version: 8, opset_import: ["" : 17]> g (float[n,3,h,w] x) => (float[n,3,h,w] y) { y = Relu(x) }'
    )
    onnx.save(parser.parse_model(text), root / "nets" / 'b "c".onnx')
    onnx.save(parser.parse_model(text), root / "nets" / "d e.onnx")
    (root / "nets" / "broken.onnx").write_bytes(b"no model")
    monkeypatch.chdir(tmp_path)
    said = CliRunner().invoke(command, []).output
    assert "the size of 2 inputs is open" in said
    for name in ("nets/d e.onnx", 'nets/b "c".onnx'):
        policy = find_config(root).policy_for(name)
        assert policy.input_shapes == {"x": (1, 3, 224, 224)} and policy.reason
    assert find_config(root).policy_for("nets/a.onnx").input_shapes in (None, {})
    figures = json.loads((root / "sensorfit-baseline.json").read_text(encoding="utf-8"))["models"][
        "nets/d e.onnx"
    ]["figures"]
    assert figures["total_bytes"] > 0 and figures["dsp_ms"] > 0
