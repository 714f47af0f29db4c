"""``sensorfit check``."""

from __future__ import annotations

import click

from ..errors import ConfigError


def shapes(ctx: click.Context, parameter: click.Parameter, values: tuple[str, ...]) -> dict[str, tuple[int, ...]]:
    """``NAME=1x3x96x96`` or ``1x3x96x96`` (the first input) into a mapping."""
    found: dict[str, tuple[int, ...]] = {}
    for value in values:
        name, _, shape = value.rpartition("=")
        try:
            found[name] = tuple(int(d) for d in shape.lower().replace(",", "x").split("x"))
        except ValueError:
            raise ConfigError(f"--input-shape {value}: write the shape as 1x3x96x96, or NAME=1x3x96x96") from None
        if any(d < 1 for d in found[name]):
            raise ConfigError(f"--input-shape {value}: every dimension is at least 1")
    return found


@click.command(name="check")
@click.argument("model")
@click.option("--format", "format_", type=click.Choice(["console", "json"]), default="console", show_default=True)
@click.option("--profile", type=click.Choice(["converter", "picosam"]), default="converter", show_default=True, help="Whose word decides: the converter's or the PicoSAM papers' constraint set.")
@click.option("--input-persistency/--no-input-persistency", default=True, show_default=True, help="Count the input tensor kept in memory, as the converter does by default.")
@click.option("--input-shape", "input_shapes", multiple=True, callback=shapes, metavar="[NAME=]1x3x96x96", help="Give an input this shape.")
@click.option("--memory", is_flag=True, help="Show the memory plan step by step.")
@click.option("--confirm", is_flag=True, help="Ask the real converter as well (extra 'build').")
@click.option("--fail-on", type=click.Choice(["error", "warning", "info", "never"]), default="error", show_default=True, help="Exit 1 on a finding of this severity or above.")
@click.option("-v", "--verbose", is_flag=True, help="List every node of every finding.")
@click.pass_context
def command(ctx: click.Context, model: str, format_: str, profile: str, input_persistency: bool, input_shapes: dict[str, tuple[int, ...]], memory: bool, confirm: bool, fail_on: str, verbose: bool) -> None:
    """Check whether MODEL (a file or a built-in name) runs inside the sensor.

    \b
    Examples:
      sensorfit check model.onnx
      sensorfit check picosam3 --format json
      sensorfit check model.onnx --input-shape 1x3x128x128 --memory
    """
    from ..api import check

    report = check(model, profile=profile, input_persistency=input_persistency, input_shapes=input_shapes, confirm=confirm)
    if format_ == "json":
        from ..report.json import render

        click.echo(render([report], plan=memory))
    else:
        from rich.console import Console

        from ..report.console import print_report

        print_report(report, Console(highlight=False, soft_wrap=False), verbose=verbose, memory=memory)
    ctx.exit(report.exit_code(fail_on))
