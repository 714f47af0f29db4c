"""The converter that runs here decides which facts a build and --confirm are held to."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import onnx
import pytest
from click.testing import CliRunner

from sensorfit.cli import group
from sensorfit.convert.installed import installed_version, other_installed, running
from sensorfit.models.net import Net
from sensorfit.target import DEFAULT, converter_versions, load_target

from ..conftest import model_of

NEWEST, OLDER = converter_versions(DEFAULT)[:2]


def install(place: Path, monkeypatch: pytest.MonkeyPatch, version: str) -> None:
    """Let the converter of ``version`` be the only one that is installed, as far as its folder's name says."""
    (place / f"imx500_converter-{version}.dist-info").mkdir()
    monkeypatch.setattr(sys, "path", [str(place)])


def test_where_the_version_judged_by_is_installed_nothing_differs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(tmp_path, monkeypatch, NEWEST)
    target = load_target(DEFAULT)
    assert (installed_version(), other_installed(target)) == (NEWEST, "")
    assert running(target) == target


def test_build_and_confirm_take_the_facts_of_the_version_that_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = load_target(DEFAULT)
    install(tmp_path, monkeypatch, OLDER)
    assert other_installed(target) == OLDER
    assert running(target) == load_target(DEFAULT, OLDER) != target


def test_a_version_without_facts_changes_nothing_and_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = load_target(DEFAULT)
    install(tmp_path, monkeypatch, "9.9.9")
    assert other_installed(target) == "9.9.9" and running(target) == target


@pytest.mark.parametrize("command", ["check", "explain", "diff", "compare"])
def test_every_command_judges_by_the_version_asked_for(
    command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Sin: known to the newest converter, not to 3.16.1."""
    monkeypatch.chdir(tmp_path)
    onnx.save(Net("wave", 3, 64, 64).conv(8).act("Sin").conv(8).model(), tmp_path / "wave.onnx")
    models = ["wave.onnx", "wave.onnx"] if command == "diff" else ["wave.onnx"]
    said = {}
    for version in (NEWEST, "3.16"):
        words = [command, *models, "--converter", version, "--format", "json"]
        said[version] = json.loads(CliRunner().invoke(group, words, catch_exceptions=False).stdout)
    newest, old = (json.dumps(said[version]) for version in (NEWEST, "3.16"))
    assert "does_not_fit" in old and "does_not_fit" not in newest


SHOWN = {
    "check": ("console", "json", "sarif", "junit", "markdown", "github", "html"),
    "explain": ("console", "json", "markdown", "html"),
    "diff": ("console", "json", "markdown", "html"),
    "compare": ("console", "json", "markdown", "html"),
}


@pytest.mark.parametrize(("command", "form"), [(c, f) for c, forms in SHOWN.items() for f in forms])
def test_every_output_names_the_version_judged_by_and_another_that_is_installed(
    command: str, form: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    onnx.save(Net("small", 3, 64, 64).conv(8).model(), tmp_path / "small.onnx")
    models = ["small.onnx"] * (1 + (command == "diff"))
    monkeypatch.setattr("sensorfit.convert.installed.installed_version", lambda: "9.8.7")
    how = ["--output", "said.html"] if form == "html" else ["--format", form]
    if command == "check" and form == "console":
        how = ["--verbose"]
    said = CliRunner().invoke(group, [command, *models, "--converter", "3.18", *how], catch_exceptions=False)
    text = (tmp_path / "said.html").read_text(encoding="utf-8") if form == "html" else said.stdout
    assert OLDER == "3.18.2" and OLDER in text and "9.8.7" in text


def test_csv_names_the_version_judged_by_in_every_row(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    onnx.save(Net("small", 3, 64, 64).conv(8).model(), tmp_path / "small.onnx")
    words = ["compare", "small.onnx", "small.onnx", "--converter", "3.18", "--format", "csv"]
    head, *rows = CliRunner().invoke(group, words, catch_exceptions=False).stdout.splitlines()
    assert head.endswith(",target,converter")
    assert rows and all(row.endswith(f",imx500,imx500-converter {OLDER}") for row in rows)


def next_of(words: list[str], installed: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """The last line of ``words``, where the converter of the version ``installed`` is."""
    monkeypatch.setattr("sensorfit.convert.installed.installed_version", lambda: installed)
    said = CliRunner().invoke(group, words, catch_exceptions=False, env={"COLUMNS": "200"}).stdout
    return said.rstrip().splitlines()[-1]


def test_the_next_command_builds_for_the_version_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    build, asked = "sensorfit build picosam3", ["check", "picosam3", "--converter", "3.18"]
    install_it = f"install converter {OLDER} (docs/check.md says how), then: "
    assert next_of(asked, NEWEST, monkeypatch).endswith(f"Next: {install_it}{build} --converter {OLDER}")
    assert next_of(asked, OLDER, monkeypatch).endswith(f"FITS. Next: {build} --converter {OLDER}")
    assert next_of(asked, "", monkeypatch).endswith(f"FITS. Next: {build} --converter {OLDER}")
    assert next_of(["check", "picosam3"], OLDER, monkeypatch).endswith(f"FITS. Next: {build}")


@pytest.mark.parametrize("command", ["check", "fix"])
def test_every_next_command_asks_the_same_version(
    command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    model = model_of("agraph (float[1,3,64,64] x) => (float[1,3,64,64] y) { y = Elu (x) }")
    onnx.save(model, tmp_path / "wave.onnx")
    said = next_of([command, "wave.onnx", "--converter", "3.18"], "", monkeypatch)
    assert "Next: sensorfit " in said and said.endswith(f" --converter {OLDER}")
