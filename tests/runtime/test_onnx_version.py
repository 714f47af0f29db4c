"""The onnx that a converter of 3.16 or older brings stops every command with one sentence."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import tomli
from packaging.requirements import Requirement

from sensorfit.runtime.onnx_version import MEND, OLDEST, complaint
from tests.conftest import ROOT


@pytest.mark.parametrize("found", ["1.17.0", "1.18.0rc1", "2.0", "unknown"])
def test_a_new_onnx_is_nothing_to_complain_about(found: str) -> None:
    assert complaint(found) == ""


@pytest.mark.parametrize("found", ["1.15.0", "1.16.2"])
def test_an_old_onnx_is_named_with_what_mends_it(found: str) -> None:
    said = complaint(found)
    assert f"onnx {found} is installed" in said and "1.17 or newer" in said
    assert MEND in said and "environment of its own" in said


def test_the_oldest_is_what_the_package_asks_for() -> None:
    project = tomli.loads((ROOT / "pyproject.toml").read_text())["project"]
    onnx = next(r for r in map(Requirement, project["dependencies"]) if r.name == "onnx" and not r.marker)
    newest_refused = f"{OLDEST[0]}.{OLDEST[1] - 1}.9"
    assert onnx.specifier.contains(".".join(map(str, OLDEST))) and not onnx.specifier.contains(newest_refused)


@pytest.mark.parametrize("command", ["check", "build"])
def test_a_command_ends_in_the_sentence_and_exit_3(command: str, tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(
        "import onnx\nonnx.__version__ = '1.15.0'\ndel onnx.TensorProto.INT4\n"
    )
    answer = subprocess.run(
        [sys.executable, "-m", "sensorfit", command, "picosam3"],
        env={"PYTHONPATH": f"{tmp_path}:{ROOT}", "PATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert answer.returncode == 3, answer.stderr
    assert answer.stderr.startswith("sensorfit: onnx 1.15.0 is installed and sensorfit needs 1.17 or newer:")
    assert answer.stderr.count("\n") == 1
