"""A person who waits for more than a second is told so, and how long it took last time; a pipe is told nothing."""

from __future__ import annotations

import contextlib
import io
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from sensorfit.cli import group, waiting
from sensorfit.pipeline.history import expected, remember
from sensorfit.pipeline.stages import Stage


class Screen(io.StringIO):
    """A terminal that keeps what it was sent."""

    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(waiting, "PATIENCE_S", 0.05)


def shown(monkeypatch: pytest.MonkeyPatch, seconds: float) -> str:
    monkeypatch.setattr(sys, "stderr", screen := Screen())
    with waiting.waiting("fix", "[wide].onnx"):
        time.sleep(seconds)
    return screen.getvalue()


def test_the_second_run_says_what_the_first_took(monkeypatch: pytest.MonkeyPatch) -> None:
    remember("another.onnx", [Stage("quantize", 90.0)])
    first = shown(monkeypatch, 1.0)
    assert "fix [wide].onnx" in first and "last time" not in first
    assert "1 s last time" in shown(monkeypatch, 1.0)
    assert expected("new.onnx") == {"quantize": 90.0}, "a build is expected to take what builds took"


def test_what_is_over_at_once_shows_and_keeps_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waiting, "PATIENCE_S", 60.0)
    assert shown(monkeypatch, 0.0) == ""
    assert expected("fix [wide].onnx", latest=False) == {}


def test_an_error_passes_and_is_no_time_to_expect(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", Screen())
    with pytest.raises(ValueError, match="wrong"), waiting.waiting("fix", "a.onnx"):
        time.sleep(0.1)
        raise ValueError("wrong")
    assert expected("fix a.onnx", latest=False) == {}


def test_a_pipe_is_told_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    with waiting.waiting("fix", "a.onnx"):
        time.sleep(0.1)
    assert capsys.readouterr().err == "" and expected("fix a.onnx", latest=False) == {}


def test_a_check_of_one_model_has_the_clock_and_one_of_several_counts_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seen: list[tuple[str, str]] = []

    @contextlib.contextmanager
    def clock(work: str, name: str) -> Iterator[None]:
        seen.append((work, name))
        yield

    monkeypatch.setattr("sensorfit.cli.check.waiting", clock)
    for models in (["picosam3"], ["picosam3", "picosam2"]):
        assert CliRunner().invoke(group, ["check", *models]).exit_code == 0
    assert seen == [("check", "picosam3")]
