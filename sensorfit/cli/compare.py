"""``sensorfit compare``."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from . import complete, options
from .waiting import several, waiting

if TYPE_CHECKING:
    from ..comparison import Row

FORMATS = ("console", "markdown", "html", "csv", "json")


# fmt: off
@click.command(name="compare")
@click.argument("models", nargs=-1, metavar="[MODEL]...", shell_complete=complete.model)
@click.option("--format", "form", type=click.Choice(FORMATS), help="Output format.  [default: that of the file's name, else console]")
@options.output
@click.option("--plot", "plot_file", metavar="FILE", shell_complete=complete.file, help="Draw mIoU against total SRAM, as .svg, .png or .pdf (extra 'plot').")
@options.target
@options.converter
@options.input_persistency
def command(models: tuple[str, ...], form: str | None, output: str | None, plot_file: str | None, target: str | None, converter: str | None, input_persistency: bool) -> None:
    """Compare MODELs in one table: files, directories, globs, built-in names
    and parts of one.

    Without any: every built-in model, and those known from published figures
    alone.

    \b
    Examples:
      sensorfit compare
      sensorfit compare tinysam edgesam picosam3 my_model.onnx
      sensorfit compare --format markdown --plot miou.svg
      sensorfit compare --output table.html

    Exit codes: 0 done; 2 unusable input; 3 an extra is missing.
    """
    from ..comparison import compare
    from ..gate.config import target_for
    from ..gate.find_models import find_models
    from ..render.comparison import present
    from ..render.outputs import form_of
    from ..runtime.files import check_output

    form = form_of(form, output, FORMATS)
    wanted = find_models(models) if models else ()
    for file, text in ((output, True), (plot_file, False)):
        if file is not None:
            check_output(Path(file), wanted, text=text)
    table = compare(target_for(target, wanted, converter), wanted, input_persistency, _each)
    present.show(table, form, output, plot_file)


def _each(models: Sequence[str], row: Callable[[str], Row]) -> Iterator[Row]:
    """The rows from a child process, with a clock: all built-in models take a quarter of a minute."""
    from ..runtime.isolated import isolated_each

    if not models:
        return
    with waiting("compare", several(models), len(models) if len(models) > 1 else 0) as count:
        for each in isolated_each(models, row):
            count.advance()
            yield each
