"""``sensorfit diff``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from . import complete, options
from .waiting import waiting

FORMATS = ("console", "markdown", "html", "json")


# fmt: off
@click.command(name="diff")
@click.argument("old", shell_complete=complete.model)
@click.argument("new", shell_complete=complete.model)
@click.option("--format", "format_", type=click.Choice(FORMATS), help="Output format.  [default: that of the file's name, else console]")
@options.output
@options.target
@options.converter
@options.profile
@options.input_persistency
@click.option("--input-shape", "input_shapes", multiple=True, callback=options.shapes, metavar="[NAME=]1x3x96x96", help="Give an input of both this shape.")
@click.option("--exit-code", is_flag=True, help="Exit 1 when NEW is worse: verdict, memory, MACs, latency, parameters or a new error.")
@click.option("-v", "--verbose", is_flag=True, help="List every node and layer.")
@click.pass_context
def command(ctx: click.Context, old: str, new: str, format_: str | None, output: str | None, target: str | None, converter: str | None, profile: str, input_persistency: bool, input_shapes: dict[str, tuple[int, ...]], exit_code: bool, verbose: bool) -> None:
    """Show what changed from OLD to NEW in operators, memory, MACs and latency.

    \b
    Examples:
      sensorfit diff old.onnx new.onnx
      sensorfit diff picosam2 picosam3 --format markdown
      sensorfit diff old.onnx new.onnx --output diff.html
      sensorfit diff main.onnx branch.onnx --exit-code
    """
    from ..difference import diff
    from ..gate.config import target_for
    from ..render.difference import print_diff, render_markdown
    from ..render.outputs import form_of
    from ..render.pipe import reader_may_leave
    from ..render.screen import WIDTH, deliver, print_or_write
    from ..report.json_text import dumps
    from ..runtime.deadline import MAX_SECONDS
    from ..runtime.files import check_output
    from ..runtime.isolated import isolated

    form = form_of(format_, output, FORMATS)
    if output is not None:
        check_output(Path(output), [old, new])
    device = target_for(target, [old, new], converter)
    alike: dict[str, Any] = {"profile": profile, "input_persistency": input_persistency, "input_shapes": input_shapes}
    both = f"{old}, {new}"
    with waiting("diff", both):
        found = isolated(both, lambda: diff(old, new, device, **alike), 2 * MAX_SECONDS)
    with reader_may_leave():
        if form == "json":
            deliver(dumps(found.to_dict()) + "\n", output)
        elif form == "markdown":
            deliver(render_markdown(found), output)
        elif form == "html":
            from ..render.difference_page import render

            deliver(render(found), output)
        else:
            print_or_write(lambda console: print_diff(found, console, verbose=verbose), output, WIDTH)
    ctx.exit(int(exit_code and found.worse))
