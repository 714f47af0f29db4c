"""``sensorfit compare``."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

import click

from . import options


# fmt: off
@click.command(name="compare")
@click.argument("models", nargs=-1, metavar="[MODEL]...")
@click.option("--format", "form", type=click.Choice(["console", "markdown", "csv", "json"]), default="console", show_default=True, help="Output format.")
@options.output
@click.option("--plot", "plot_file", metavar="FILE", help="Draw mIoU against total SRAM, as .svg, .png or .pdf (extra 'plot').")
@options.target
@options.input_persistency
def command(models: tuple[str, ...], form: str, output: str | None, plot_file: str | None, target: str | None, input_persistency: bool) -> None:
    """Compare MODELs in one table: files, directories, globs, built-in names
    and parts of one.

    Without any: every built-in model, and those known from published figures
    alone.

    \b
    Examples:
      sensorfit compare
      sensorfit compare tinysam edgesam picosam3 my_model.onnx
      sensorfit compare --format markdown --plot miou.svg

    Exit codes: 0; 2 unusable input; 3 an extra is missing.
    """
    from ..comparison import compare
    from ..gate.config import target_for
    from ..gate.expand import expand
    from ..render.comparison import present
    from ..runtime.files import check_output

    wanted = expand(models) if models else ()
    for file, text in ((output, True), (plot_file, False)):
        if file is not None:
            check_output(Path(file), wanted, text=text)
    table = compare(target_for(target, wanted), wanted, input_persistency, _followed)
    present.show(table, form, output, plot_file)


def _followed(models: Sequence[str | Path]) -> Iterable[str | Path]:
    """``models`` with a bar on standard error, on a terminal only: all of them take a quarter of a minute."""
    from rich.console import Console
    from rich.progress import track

    on_terminal = len(models) > 1 and sys.stderr.isatty()
    return track(models, "checking", console=Console(stderr=True), transient=True, disable=not on_terminal)
