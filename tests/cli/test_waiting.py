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
from rich.console import Console

from sensorfit.cli import group, waiting
from sensorfit.cli.progress import progress
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


class Clock:
    """A clock that a test sets; its first answer, to the one who begins, is 0."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.asked = 0

    def __call__(self) -> float:
        self.asked += 1
        return self.seconds if self.asked > 1 else 0.0


def shown(
    monkeypatch: pytest.MonkeyPatch, seconds: float, until: str, total: int = 0, done: int = 0, key: str = ""
) -> str:
    """What a terminal is sent of work that takes ``seconds`` by its clock, at least up to where it says ``until``."""
    monkeypatch.setattr(sys, "stderr", screen := Screen())
    monkeypatch.setattr(waiting, "monotonic", Clock(seconds))
    with waiting.waiting("fix", "[wide].onnx", total, key) as count:
        count.advance(done)
        deadline = time.monotonic() + 30
        while until not in screen.getvalue() and time.monotonic() < deadline:
            time.sleep(0.01)
    assert until in screen.getvalue()
    return screen.getvalue()


def test_the_second_run_says_what_the_first_took(monkeypatch: pytest.MonkeyPatch) -> None:
    remember("another.onnx", [Stage("quantize", 90.0)])
    assert "last time" not in shown(monkeypatch, 73.0, "fix [wide].onnx")
    assert expected("fix [wide].onnx", latest=False) == {"fix": 73.0}
    assert "73 s last time" in shown(monkeypatch, 75.0, "last time")
    assert expected("fix [wide].onnx", latest=False) == {"fix": 75.0}
    assert expected("new.onnx") == {"quantize": 90.0}, "a build is expected to take what builds took"


def test_what_is_over_at_once_shows_and_keeps_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waiting, "PATIENCE_S", 60.0)
    assert shown(monkeypatch, 0.0, "") == ""
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
    remember("fix [wide].onnx coarse", [Stage("fix", 90.0)], latest=False)
    said = shown(monkeypatch, 65.0, "last time", total=2, done=1, key="coarse")
    assert "1 of 2, 90 s last time" in said and "coarse" not in said
    assert "0:01:05" in said and "0:00:00" not in said, "what passed before anything was shown counts, too"


def test_a_build_says_how_long_it_is_to_the_end_by_what_its_stages_took() -> None:
    console = Console(file=io.StringIO(), force_terminal=True, width=100)
    with progress(console, {"quantize": 60.0, "convert": 30.4}) as stages:
        console.file = screen = io.StringIO()
        display = stages._display  # type: ignore[attr-defined]
        for name, words in (
            ("quantize", "about 90 s to the end"),
            ("convert", "about 30 s to the end"),
            ("package", ""),
        ):
            with stages.stage(name):
                assert display.tasks[-1].fields["step"] == words
                display.refresh()
                assert words in screen.getvalue()
