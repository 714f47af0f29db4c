"""What the README shows is what the commands print."""

from __future__ import annotations

import re

import pytest
from click.testing import CliRunner

from sensorfit.cli import group

from .conftest import ROOT

BLOCK = re.compile(r"^    \$ sensorfit (.+)\n((?:    (?!\$).*\n)+)", re.MULTILINE)
SHOWN = [(command, text) for command, text in BLOCK.findall((ROOT / "README.md").read_text(encoding="utf-8"))]


@pytest.mark.parametrize(("command", "shown"), SHOWN, ids=[command for command, _ in SHOWN])
def test_the_readme_shows_what_a_command_prints(command: str, shown: str) -> None:
    """Line by line, but for \"...\" and the length of a bar, which follows the screen's width."""
    printed = CliRunner().invoke(group, command.split(), catch_exceptions=False).stdout
    plain = [_squeezed(line) for line in printed.splitlines()]
    for line in shown.splitlines():
        wanted = _squeezed(line.partition("...")[0])
        assert any(found.startswith(wanted) for found in plain), line


def _squeezed(line: str) -> str:
    return " ".join(re.sub("━+", "━", line).split())


def test_the_readme_shows_commands() -> None:
    assert len(SHOWN) >= 2
