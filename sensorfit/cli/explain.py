"""``sensorfit explain``."""

from __future__ import annotations

from pathlib import Path

import click

from . import complete, options
from .waiting import waiting

FORMATS = ("console", "markdown", "html", "json")


# fmt: off
@click.command(name="explain")
@click.argument("model", shell_complete=complete.model)
@click.option("--format", "form", type=click.Choice(FORMATS), help="Output format.  [default: that of the file's name, else console]")
@options.output
@options.target
@options.converter
@options.profile
@options.input_persistency
@options.input_shape
@click.option("-v", "--verbose", is_flag=True, help="All of it, with every node of every group.")
def command(model: str, form: str | None, output: str | None, target: str | None, converter: str | None, profile: str, input_persistency: bool, input_shapes: dict[str, tuple[int, ...]], verbose: bool) -> None:
    """Say why MODEL fits the sensor or not, on one page of a terminal; a file has all of it.

    MODEL is a file or a built-in name; `tinysam` covers its encoder and its
    decoder, `tinysam/decoder` one of them.

    \b
    Examples:
      sensorfit explain tinysam
      sensorfit explain model.onnx --output why.html
      sensorfit explain model.onnx --output why.md
      sensorfit explain model.onnx --input-shape 1x3x96x96 --verbose

    Exit codes: 0 it fits or the answer is unknown; 1 it does not fit; 2
    unusable input; 3 sensorfit itself failed.
    """
    from ..explanation import explain
    from ..gate.config import target_for
    from ..render.explanation import present
    from ..render.outputs import form_of
    from ..render.pipe import reader_may_leave
    from ..runtime.files import check_output
    from ..runtime.isolated import isolated

    form = form_of(form, output, FORMATS)
    if output is not None:
        check_output(Path(output), [model])
    device = target_for(target, [model], converter)
    with waiting("explain", model):
        page = isolated(model, lambda: explain(model, device, profile, input_persistency, input_shapes))
    with reader_may_leave():
        present.show(page, form, output, verbose)
    raise click.exceptions.Exit(1 if page.verdict == "does_not_fit" else 0)
