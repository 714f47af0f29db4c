"""Shared helpers: graphs from ONNX text, the repository's root, a copy of it; what makes every run alike."""

from __future__ import annotations

import shutil
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import onnx
import onnx.parser
import pytest
from hypothesis import settings

from sensorfit.graph.ir import Graph
from sensorfit.graph.load import load

pytest_plugins = ("tests.made_reports",)
ROOT = Path(__file__).resolve().parent.parent
SLOW = ("toolchain", "packaging", "reference", "heavy")
"""Marks of tests that take up to minutes."""

settings.register_profile("steady", deadline=None, derandomize=True, database=None)
settings.load_profile("steady")


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """A file that is slow as a whole is not even imported where ``-m`` leaves such tests out: torch takes seconds."""
    out = [f"pytestmark = pytest.mark.{mark}\n" for mark in SLOW if f"not {mark}" in config.option.markexpr]
    if out and collection_path.suffix == ".py":
        text = collection_path.read_text(encoding="utf-8")
        return True if any(line in text for line in out) else None
    return None


@pytest.hookimpl(trylast=True)  # when -m has chosen
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Parallel workers begin with the files of most slow tests: one begun last would be waited for by all."""
    if hasattr(config, "workerinput"):
        slow = Counter(i.path for i in items if any(i.get_closest_marker(mark) for mark in SLOW))
        items.sort(key=lambda item: -slow[item.path])


def pytest_collection_finish(session: pytest.Session) -> None:
    """A file that imports torch as it is read costs the fast suite ten seconds a worker, whichever of its tests then run."""
    if all(f"not {mark}" in session.config.option.markexpr for mark in SLOW) and "torch" in sys.modules:
        raise pytest.UsageError(
            "a test file imports torch: mark it heavy as a whole, or import inside the test"
        )


@pytest.fixture(scope="session", autouse=True)
def _no_terminal() -> Iterator[None]:
    """Outputs as wide as where nobody says a width, whoever runs the tests; parallel workers come with COLUMNS=80."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("COLUMNS", "LINES", "NO_COLOR", "FORCE_COLOR"):
            patch.delenv(name, raising=False)
        yield


@pytest.fixture(scope="session")
def root() -> Path:
    """The repository's root."""
    return ROOT


@pytest.fixture(scope="session")
def graph_of() -> Callable[[str], Graph]:
    """A canonical graph from ONNX text (the body of an opset-17 model)."""

    def parse(text: str, opset: int = 17) -> Graph:
        return load(model_of(text, opset))

    return parse


def copy_of_the_repository(to: Path) -> Path:
    """``to``, filled without caches and products. Two builds in one tree would write the same files."""
    unwanted = (
        ".git",
        ".venv",
        "build",
        "dist",
        "demo",
        "*.egg-info",
        "__pycache__",
        ".*_cache",
        ".hypothesis",
    )
    shutil.copytree(ROOT, to, ignore=shutil.ignore_patterns(*unwanted))
    return to


def model_of(text: str, opset: int = 17) -> onnx.ModelProto:
    """A ModelProto from ONNX text."""
    header = (
        f'<ir_version: 8, opset_import: ["" : {opset}, "mct_quantizers" : 1], producer_name: "pytorch">\n'
    )
    return onnx.parser.parse_model(header + text)


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Debian's Chromium, driven by Playwright, whose own browsers are not downloaded."""
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip("chromium is not installed")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as running:
        yield running.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
