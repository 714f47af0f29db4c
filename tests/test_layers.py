"""Data goes one way: nothing imports what lies above it, renderers compute nothing, and no imports go in a circle."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from .conftest import ROOT

CIRCLES = """
import grimp, json, networkx
graph = grimp.build_graph("sensorfit", exclude_type_checking_imports=True)
imports = networkx.DiGraph([(m, i) for m in graph.modules for i in graph.find_modules_directly_imported_by(m)])
assert "sensorfit.rules.memory" in imports and "sensorfit.models.registry" in imports
print(json.dumps([sorted(found) for found in networkx.strongly_connected_components(imports) if len(found) > 1]))
"""


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """A folder in which the package lies as it is installed: rules and models inside it."""
    place = tmp_path_factory.mktemp("installed") / "sensorfit"
    for part, inside in (("sensorfit", ""), ("rules", "rules"), ("models", "models")):
        ignored = shutil.ignore_patterns("__pycache__", "graphs")
        shutil.copytree(ROOT / part, place / inside, ignore=ignored)
    return {**os.environ, "PYTHONPATH": str(place.parent)}


def test_nothing_imports_what_lies_above_it(environment: dict[str, str], tmp_path: Path) -> None:
    command = [
        Path(sys.executable).with_name("lint-imports"),
        "--config",
        ROOT / "pyproject.toml",
        "--no-cache",
    ]
    done = subprocess.run(command, env=environment, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
    assert "0 broken" in done.stdout and " kept" in done.stdout


def test_no_imports_go_in_a_circle(environment: dict[str, str], tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", CIRCLES],
        env=environment,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(done.stdout) == []
