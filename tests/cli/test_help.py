"""The help texts: every option says what it does."""

from __future__ import annotations

from collections.abc import Iterator

import click

from sensorfit.cli import group


def options(command: click.Command, path: str = "sensorfit") -> Iterator[tuple[str, click.Option]]:
    yield from ((path, p) for p in command.params if isinstance(p, click.Option) and not p.hidden)
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            found = command.get_command(context, name)
            assert found is not None
            yield from options(found, f"{path} {name}")


def test_every_option_of_every_command_has_a_help_text() -> None:
    silent = [f"{path} {option.opts[0]}" for path, option in options(group) if not option.help]
    assert silent == []
