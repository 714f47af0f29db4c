"""``sensorfit models``."""

from __future__ import annotations

import click

from . import complete


@click.command(name="models")
@click.argument("words", nargs=-1, metavar="[NAME]...", shell_complete=complete.built_in)
def command(words: tuple[str, ...]) -> None:
    """List the built-in models, or those whose names begin with NAME, their parts among them.

    A name stands wherever a command takes a MODEL. Those marked "build" can be built;
    of the others only the graph is there.

    \b
    Examples:
      sensorfit models
      sensorfit models tinysam
      sensorfit check tinysam/decoder
    """
    from ..errors import ConfigError
    from ..models.registry import every_name, find, names, nothing_called
    from ..render.escape import terminal

    shown = [n for n in every_name() if n.startswith(tuple(w.lower() for w in words))] if words else names()
    for word in words:
        if not any(n.startswith(word.lower()) for n in shown):
            raise ConfigError(nothing_called(terminal(word)))
    width = max(map(len, shown))
    for name in shown:
        entry = find(name)
        if entry is not None:
            size = "" if "/" in name else "x".join(map(str, (1, *entry.input_shape)))
            how = "build" if entry.buildable else ""
            click.echo(f"{name:{width}}  {size:15}  {how:5}  {entry.title}".rstrip())
