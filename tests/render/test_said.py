"""Sentences on standard error: whole words on a terminal, one line elsewhere."""

from __future__ import annotations

import io
import sys

import pytest

from sensorfit.render.said import say


class Screen(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(("stream", "lines"), [(io.StringIO, 1), (Screen, 2)])
def test_a_terminal_breaks_no_word_and_a_log_gets_one_line(
    stream: type[io.StringIO], lines: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    err = stream()
    monkeypatch.setattr(sys, "stderr", err)
    monkeypatch.setenv("COLUMNS", "40")
    say("the word that stands at the border stays whole")
    said = err.getvalue()
    assert said.startswith("sensorfit: the word")
    assert len(said.splitlines()) == lines
    assert " ".join(said.split()).endswith("stands at the border stays whole")


def test_what_a_model_brings_is_escaped(capsys: pytest.CaptureFixture[str]) -> None:
    say("\x1b[31mred")
    assert "\x1b" not in capsys.readouterr().err
