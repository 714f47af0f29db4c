"""The wheel, installed in an empty environment, checks a model without torch, MCT or the converter."""

from __future__ import annotations

import json
import os
import shutil
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


def interpreter(version: str) -> Path:
    """A Python of ``version`` that runs, from PATH or pyenv; without one the test is skipped, in CI it fails."""
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    found = [
        sys.executable,
        shutil.which(f"python{version}") or "",
        *map(str, pyenv.glob(f"{version}*/bin/python")),
    ]
    code = "import sys, ensurepip, venv; print('.'.join(map(str, sys.version_info[:2])))"
    for candidate in filter(None, found):  # a shim of pyenv may be there and run nothing
        done = subprocess.run([candidate, "-c", code], capture_output=True, text=True)
        if done.returncode == 0 and done.stdout.strip() == version:
            return Path(candidate)
    missing = f"Python {version} is not installed: the light package is not tried with it"
    if os.environ.get("CI"):
        pytest.fail(missing)
    pytest.skip(missing)


LIGHT = ("graph/test_inference.py", "verify/test_corpus.py")
"""Shapes, and the front end's recorded answers; left out is what only onnx's own checker decides: that of 1.23 refuses GroupNormalization-18, which 1.17's takes."""
LIGHT_TOOLS = ("pytest", "pytest-timeout", "pytest-xdist", "hypothesis", "jsonschema", "pyyaml")


@pytest.mark.parametrize(("version", "resolution"), [("3.10", "lowest-direct"), ("3.13", "highest")])
def test_the_light_package_answers_the_same_with(
    version: str, resolution: str, root: Path, wheel: Path, tmp_path: Path
) -> None:
    """The lowest and the newest versions of all it requires: reports equal to ours, and its own tests."""
    subprocess.run(
        [str(interpreter(version)), "-m", "venv", "--without-pip", str(tmp_path / "env")], check=True
    )
    python = tmp_path / "env" / "bin" / "python"
    install = [sys.executable, "-m", "uv", "pip", "install", "-q", "--python", str(python)]
    for what in (
        ["--resolution", resolution, "-r", str(root / "pyproject.toml")],
        ["--no-deps", str(wheel)],
        list(LIGHT_TOOLS),
    ):
        subprocess.run([*install, *what], check=True, capture_output=True)
    for model in ("picosam3", "tinysam"):
        done = run(python.parent, tmp_path, "check", model, "--format", "json")
        there, here = json.loads(done.stdout), json.loads(json.dumps(to_dict(sensorfit.check(model))))
        assert {key: there[key] for key in here} == here
    tree = copy_of_the_repository(tmp_path / "tree")
    shutil.rmtree(tree / "sensorfit")  # so that what the wheel installed is tried
    command = [
        str(python),
        "-m",
        "pytest",
        "-q",
        "-n",
        "2",
        "--dist",
        "loadfile",
        "-p",
        "no:cacheprovider",
        "--deselect",
        "tests/verify/test_corpus.py::test_every_probe_is_valid_onnx",
    ]
    chosen = ["-m", "not toolchain and not packaging and not reference", *(f"tests/{name}" for name in LIGHT)]
    env = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "PYTEST", "COV"))}
    tried = subprocess.run([*command, *chosen], cwd=tree, env=env, capture_output=True, text=True)
    assert tried.returncode == 0, tried.stdout[-5000:]


@pytest.mark.parametrize("version", ["3.13"])
def test_a_python_too_new_for_the_converter_is_said(version: str, wheel: Path, tmp_path: Path) -> None:
    subprocess.run(
        [str(interpreter(version)), "-m", "venv", "--without-pip", str(tmp_path / "env")], check=True
    )
    python = tmp_path / "env" / "bin" / "python"
    install = [sys.executable, "-m", "uv", "pip", "install", "-q", "--python", str(python), f"{wheel}[build]"]
    subprocess.run(install, check=True, capture_output=True)
    done = run(python.parent, tmp_path, "build", "picosam3", "-o", "out")
    assert done.returncode == 3 and "Traceback" not in done.stderr
    assert (
        f"in an environment with Python 3.10 to 3.12 (imx500-converter has no release for {version})"
        in done.stderr
    )


def test_the_light_install_has_no_torch_and_says_what_build_needs(installed: Path, tmp_path: Path) -> None:
    done = run(installed, tmp_path, "build", "picosam3", "--int8", "-o", "out")
    assert done.returncode == 3
    assert "sensorfit[build]" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "out").exists()
