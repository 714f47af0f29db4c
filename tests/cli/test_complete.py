"""The shell is offered built-in names and files for a MODEL, rules, devices and versions; every word has an answer."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.shell_completion import ShellComplete

from sensorfit.cli import group
from sensorfit.cli.commands import COMMANDS


def offered(line: str) -> list[str]:
    """What completes the last word of ``line``: words, and ``<file>`` or ``<dir>`` where the shell lists its own."""
    *before, typed = line.split(" ")
    found = ShellComplete(group, {}, "sensorfit", "_SENSORFIT_COMPLETE").get_completions(before, typed)
    return [item.value if item.type == "plain" else f"<{item.type}>" for item in found]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("pilot.onnx", "with space.onnx", "pi.txt"):
        (tmp_path / name).touch()
    (tmp_path / "pictures").mkdir()


@pytest.mark.parametrize("command", ["check", "explain", "build", "fix", "compare", "diff old", "evaluate"])
def test_a_model_is_a_built_in_name_or_a_file(command: str) -> None:
    assert offered(f"{command} pi") == ["picosam2", "picosam3", "pictures/", "pilot.onnx"]
    assert "picosam3" in offered(f"{command} ") and "pilot.onnx" in offered(f"{command} ")
    assert offered(f"{command} folder/x") == ["<file>"]
    assert "tinysam/decoder" in offered(f"{command} tinysam/")


def test_rules_devices_versions_and_networks_have_their_words() -> None:
    assert offered("rules SF20") == ["SF201", "SF202"]
    assert offered("check --ignore SF201,sf20") == ["SF201,SF201", "SF201,SF202"]
    assert offered("check --target ") == ["imx500"]
    assert offered("check --target imx500 --converter 3.18") == ["3.18.2"]
    assert offered("train pico") == ["picosam3", "picosam2"]
    assert offered("models edgesam/d") == ["edgesam/decoder", "edgesam/decoder@96"]


def commands() -> Iterator[tuple[str, click.Command]]:
    context = click.Context(group)
    for name in COMMANDS:
        command = group.get_command(context, name)
        assert command is not None
        inner = command.commands if isinstance(command, click.Group) else {}
        yield from ((f"{name} {key}", each) for key, each in inner.items())
        yield name, command


def test_whatever_names_a_file_or_a_folder_is_completed() -> None:
    for name, command in commands():
        for parameter in command.params:
            named = parameter.metavar or (
                str(parameter.name) if isinstance(parameter, click.Argument) else ""
            )
            if not re.search(r"\b(file|dir|directory|model|old|new|image|log)\b", named.lower()):
                continue
            found = parameter.shell_complete(click.Context(command), "zzz/y")
            assert [item.type for item in found] in (["file"], ["dir"]), (name, parameter.name)
