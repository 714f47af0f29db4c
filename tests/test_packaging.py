"""The wheel, installed in an empty environment, checks a model without torch, MCT or the converter."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

import sensorfit
from sensorfit.report.serialise import to_dict
from tests.conftest import copy_of_the_repository

pytestmark = pytest.mark.packaging


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this tree."""
    out = tmp_path_factory.mktemp("wheel")
    source = copy_of_the_repository(out / "source")
    subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--outdir", str(out), str(source)],
        check=True,
        capture_output=True,
    )
    (found,) = out.glob("*.whl")
    return found


@pytest.fixture(scope="module")
def installed(root: Path, wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty environment with the wheel and what it alone requires; its bin folder."""
    home = tmp_path_factory.mktemp("env")
    venv.create(home, with_pip=True)
    python = home / "bin" / "python"
    command = [str(python), "-m", "pip", "install", "-q", "-c", str(root / "constraints.txt"), str(wheel)]
    subprocess.run(command, check=True, capture_output=True)
    return python.parent


def run(installed: Path, folder: Path, *args: str) -> subprocess.CompletedProcess[str]:
    env = {k: v for k, v in os.environ.items() if not k.startswith("PYTHON")}
    return subprocess.run(
        [str(installed / "sensorfit"), *args], cwd=folder, env=env, capture_output=True, text=True
    )


def test_rules_and_models_ship_inside_the_wheel(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    for needed in ("sensorfit/py.typed", "sensorfit/rules/imx500/target.toml", "sensorfit/rules/imx500/operators.toml",
                   "sensorfit/models/graphs/picosam3.onnx", "sensorfit/models/published.toml", "sensorfit/report/schema.json"):  # fmt: skip
        assert needed in names
    assert not [n for n in names if n.startswith(("tests/", "rules/", "models/"))]


def test_every_python_file_of_the_packages_is_in_the_wheel(root: Path, wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    for folder, prefix in (
        ("sensorfit", "sensorfit"),
        ("rules", "sensorfit/rules"),
        ("models", "sensorfit/models"),
    ):
        for file in (root / folder).rglob("*.py"):
            assert f"{prefix}/{file.relative_to(root / folder).as_posix()}" in names


def test_check_answers_in_an_empty_environment(installed: Path, tmp_path: Path) -> None:
    done = run(installed, tmp_path, "check", "picosam3", "--format", "json")
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert report["verdict"] == "fits"
    assert report["model"]["parameters"] == 1371418


def test_the_lowest_versions_allowed_give_the_same_answers(root: Path, wheel: Path, tmp_path: Path) -> None:
    venv.create(tmp_path / "env")
    install = [
        sys.executable,
        "-m",
        "uv",
        "pip",
        "install",
        "-q",
        "--python",
        str(tmp_path / "env/bin/python"),
    ]
    subprocess.run(
        [*install, "--resolution", "lowest-direct", "-r", str(root / "pyproject.toml")],
        check=True,
        capture_output=True,
    )
    subprocess.run([*install, "--no-deps", str(wheel)], check=True, capture_output=True)
    for model in ("picosam3", "tinysam"):
        done = run(tmp_path / "env/bin", tmp_path, "check", model, "--format", "json")
        there, here = json.loads(done.stdout), json.loads(json.dumps(to_dict(sensorfit.check(model))))
        assert {key: there[key] for key in here} == here


def test_the_light_install_has_no_torch_and_says_what_build_needs(installed: Path, tmp_path: Path) -> None:
    done = run(installed, tmp_path, "build", "picosam3", "--int8", "-o", "out")
    assert done.returncode == 3
    assert "sensorfit[build]" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "out").exists()
