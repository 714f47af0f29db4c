"""What doctor says of a machine, and the exit code that goes with it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from sensorfit.api import load_target
from sensorfit.cli.commands import group
from sensorfit.doctor import examine as module
from sensorfit.doctor.model import Check
from sensorfit.runtime.scratch import PREFIX


def found(name: str) -> Check:
    return next(check for check in module.examine(load_target()).checks if check.name == name)


def test_a_python_that_the_converter_has_no_release_for_stops_a_build(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert found("Python").state == "ok"
    monkeypatch.setattr(module.sys, "version_info", (3, 14, 0))
    assert found("Python").state == "missing" and "3.12" in found("Python").fix


def test_without_java_the_command_that_installs_it_is_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    check = found("Java")
    assert (check.state, check.fix) == ("missing", "sudo apt install openjdk-17-jre-headless")


def test_a_package_of_another_version_than_pinned_is_a_warning_with_the_command(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(
        module,
        "requires",
        lambda name: ['numpy<1; extra == "build"', "click>=8", 'nowhere>=1; extra == "build"'],
    )
    numpy, absent = found("numpy"), found("nowhere")
    assert numpy.state == "warning" and numpy.fix == 'pip install "numpy<1"'
    assert absent.state == "missing" and 'pip install "sensorfit[build]"' in absent.fix
    assert "click" not in [check.name for check in module.examine(load_target()).checks]


def test_a_converter_without_facts_is_a_warning(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "tool", lambda name: Path("/usr/bin") / name)
    monkeypatch.setattr(module, "installed_version", lambda: "9.9.9")
    check = found("imxconv-pt")
    assert check.state == "warning" and "9.9.9" in check.found and "imx500-converter[pt]==3" in check.fix


def test_another_version_than_the_one_installed_is_not_what_a_build_judges_by(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "tool", lambda name: Path("/usr/bin") / name)
    monkeypatch.setattr(module, "installed_version", lambda: "3.19.2")

    def said(asked: str) -> str:
        checks = module.examine(load_target("imx500", asked)).checks
        return next(c.found for c in checks if c.name == "imxconv-pt")

    assert said("3.19.2") == "3.19.2, its facts are known"
    assert said("3.14.3").endswith("a build judges as it does, not as 3.14.3")


def test_the_place_without_room_has_its_own_remedy(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    free = {Path.cwd(): 2**20, module.place(): 2**40}
    monkeypatch.setattr(
        module.shutil, "disk_usage", lambda place: type("Usage", (), {"free": free[Path(place)]})
    )
    assert "-o" in found("disk").fix and "TMPDIR" not in found("disk").fix


def test_little_disk_and_memory_are_warnings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module.shutil, "disk_usage", lambda place: type("Usage", (), {"free": 2**29}))
    monkeypatch.setattr(module, "available_memory", lambda: 2**29)
    assert found("disk").state == found("memory").state == "warning"
    assert "0.5 GiB" in found("disk").found and "--calib-limit" in found("memory").fix


def test_directories_of_killed_builds_are_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    assert found("temporary directories").state == "ok"
    (tmp_path / f"{PREFIX}build-0").mkdir()
    check = found("temporary directories")
    assert check.state == "warning" and check.fix == f"rm -r {tmp_path / f'{PREFIX}build-0'}"


@pytest.mark.parametrize(("java", "code"), [(True, 0), (False, 3)])
def test_the_exit_code_says_whether_a_build_could_run(
    java: bool, code: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_packages", lambda: iter(()))
    monkeypatch.setattr(module, "tool", lambda name: Path("/usr/bin") / name)
    monkeypatch.setattr(
        module, "_java", lambda: Check("Java", "ok" if java else "missing", "", "" if java else "install it")
    )
    answer = CliRunner().invoke(group, ["doctor", "--format", "json"])
    assert answer.exit_code == code and json.loads(answer.stdout)["can_build"] is java
    shown = CliRunner().invoke(group, ["doctor"])
    assert shown.exit_code == code and ("→ install it" in shown.stdout) is not java


@pytest.mark.parametrize(
    ("converter", "fix"), [("3.14.3", "pip uninstall imx500-converter"), ("", "pip install")]
)
def test_an_onnx_that_no_command_works_with_stops_a_build(
    converter: str, fix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "installed_version", lambda: converter)
    monkeypatch.setattr(module, "_packages", lambda: iter(()))
    monkeypatch.setattr(module, "version", lambda name: "1.15.0")
    check = found("onnx")
    assert check.state == "missing" and "1.15.0" in check.found and check.fix.startswith(fix)


def test_a_current_directory_that_was_removed_is_one_sentence(tmp_path: Path) -> None:
    script = f"import os, shutil; os.chdir({str(tmp_path)!r}); shutil.rmtree({str(tmp_path)!r}); from sensorfit.cli import main; main()"
    done = subprocess.run([sys.executable, "-c", script, "doctor"], capture_output=True, text=True)
    assert done.returncode == 2
    assert done.stderr.strip() == "sensorfit: the current directory has been removed: change into another"
