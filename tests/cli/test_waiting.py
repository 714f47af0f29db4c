"""A person who waits for more than a second is told so, and how long it took last time; a pipe is told nothing."""

from __future__ import annotations

import contextlib
import io
import re
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
    assert re.search(r"\d s last time", shown(monkeypatch, 1.0))
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


@pytest.mark.parametrize("command", ["check", "compare"])
def test_the_clock_counts_the_models_where_they_are_several(
    command: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[tuple[str, str, int]] = []
    counts: list[waiting.Count] = []

    @contextlib.contextmanager
    def clock(work: str, name: str, total: int = 0, key: str = "") -> Iterator[waiting.Count]:
        seen.append((work, name, total))
        counts.append(count := waiting.Count(total))
        yield count

    monkeypatch.setattr(f"sensorfit.cli.{command}.waiting", clock)
    for models in (["picosam3"], ["picosam3", "picosam2"]):
        assert CliRunner().invoke(group, [command, *models]).exit_code == 0
    assert seen == [(command, "picosam3", 0), (command, "picosam3 and 1 more", 2)]
    assert [count.done for count in counts] == [1, 2]


def test_the_clock_shows_the_count_and_the_whole_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waiting, "PATIENCE_S", 1.2)
    for _ in range(2):
        monkeypatch.setattr(sys, "stderr", screen := Screen())
        with waiting.waiting("check", "a.onnx and 1 more", 2, key="coarse") as count:
            count.advance()
            time.sleep(1.4)
    shown = screen.getvalue()
    assert re.search(r"1 of 2, \d s last time", shown) and "coarse" not in shown
    assert "0:00:01" in shown and "0:00:00" not in shown, "the first second counts, too"
