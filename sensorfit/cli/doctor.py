"""``sensorfit doctor``."""

from __future__ import annotations

import sys

import click

from .options import converter, target


# fmt: off
@click.command(name="doctor")
@click.option("--format", "form", type=click.Choice(["console", "json"]), default="console", show_default=True, help="Output format.")
@target
@converter
@click.pass_context
def command(ctx: click.Context, form: str, target: str | None, converter: str | None) -> None:
    """Say whether a build can run here: Python, Java, Sony's tools and their versions, disk, memory.

    Each line that is not well comes with the command that mends it. Exit code 3 when a build could not run.

    \b
    Examples:
      sensorfit doctor
      sensorfit doctor --format json
    """
    from ..doctor.examine import examine
    from ..gate.config import target_for

    found = examine(target_for(target, [], converter))
    if form == "json":
        from ..report.json_text import dumps

        click.echo(dumps(found.to_dict()))
    else:
        from ..render.doctor import print_diagnosis
        from ..render.screen import console_for

        print_diagnosis(found, console_for(sys.stdout))
    ctx.exit(found.exit_code)
