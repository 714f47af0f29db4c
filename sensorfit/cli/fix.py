"""``sensorfit fix``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from . import complete, options
from .waiting import waiting

PATH = click.Path(path_type=Path)


def cut_at(ctx: click.Context, parameter: click.Parameter, value: str | None) -> tuple[str, ...] | None:
    """None where it is not given, no tensor where none is named."""
    return None if value is None else tuple(v.strip() for v in value.split(",") if v.strip())


# fmt: off
@click.command(name="fix")
@click.argument("model", required=False, shell_complete=complete.model)
@click.option("-o", "--output", type=PATH, metavar="FILE", help="File to write.  [default: MODEL.fixed.onnx]")
@click.option("--approximate", is_flag=True, help="Also rewrites that are equal only up to a stated bound.")
@click.option("--cut", is_flag=False, flag_value="", metavar="[TENSOR,...]", callback=cut_at, help="Leave what lies behind these tensors, or behind what stays refused, to the host: host.onnx beside FILE.")
@click.option("--only", multiple=True, callback=options.listed, metavar="REWRITES", help="Only these, by id, name, or the rule that they answer.")
@click.option("--skip", multiple=True, callback=options.listed, metavar="REWRITES", help="Leave these out.")
@click.option("--split-heads/--no-split-heads", default=True, show_default=True, help="Take 4-D products apart by head in the file; MCT does it on the way otherwise.")
@click.option("--explain", is_flag=True, help="Show for each rewrite the other ways that were known, with their figures.")
@click.option("--list", "list_", is_flag=True, help="List the rewrites and exit.")
@click.option("--format", "format_", type=click.Choice(["console", "json"]), default="console", show_default=True, help="Output format.")
@options.target
@options.converter
@options.input_shape
@click.pass_context
def command(ctx: click.Context, model: str | None, output: Path | None, explain: bool, list_: bool, format_: str, target: str | None, converter: str | None, **more: Any) -> None:
    """Rewrite what the converter refuses in MODEL, exactly where that is possible, and prove it.

    \b
    Examples:
      sensorfit fix model.onnx -o fixed.onnx
      sensorfit fix model.onnx --skip ResizeAsProducts --explain
      sensorfit fix model.onnx --format json
      sensorfit fix detector.onnx -o fixed.onnx --cut

    Exit codes: 0 no operator is refused in the result; 1 some are, listed with the way out; 2 unusable input or usage; 3 a
    proof failed, or sensorfit itself: nothing is written then.
    """
    from ..gate.config import target_for
    from ..render.fix import listing, print_fixed
    from ..render.pipe import reader_may_leave
    from ..render.screen import console_for
    from ..report.json_text import dumps
    from ..rewrite.declare import rewrites
    from ..rewrite.fix import fix
    from ..runtime.held import sigterm_exits

    if list_:
        click.echo(listing(rewrites()), nl=False)
        return
    if model is None:
        raise click.UsageError("Missing argument 'MODEL'.", ctx)
    device = target_for(target, [model], converter)
    sigterm_exits()  # without the directory beside the output
    with waiting("fix", model):
        made = fix(model, output or Path(f"{Path(model).stem}.fixed.onnx"), device, explain=explain, **more)
    with reader_may_leave():
        if format_ == "json":
            click.echo(dumps(made.to_dict()))
        else:
            print_fixed(made, console_for(sys.stdout), device)
    ctx.exit(made.exit_code)
