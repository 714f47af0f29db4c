"""What a sweep says while it runs, where nobody looks at a terminal."""

from __future__ import annotations

import time

import pytest

from sensorfit.cli import sweep


def test_the_total_counted_towards_is_called_an_upper_bound(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Conditions and constraints leave combinations out, and how many is known only at the end."""
    clock = [0.0]
    monkeypatch.setattr(time, "monotonic", lambda: clock[0])
    with sweep._shown() as progress:
        for clock[0], done, total in ((5.0, 50, 1200), (20.0, 200, 1200), (40.0, 400, None)):
            progress(done, total, done)  # within the first ten seconds nothing is said
    lines = capsys.readouterr().err.splitlines()
    assert lines == ["200 of at most 1,200 candidates, 10/s, at most 100 s left", "400 candidates"]
