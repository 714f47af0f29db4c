"""A comparison to standard output, a file, a plot."""

from __future__ import annotations

import click

from ..explain.present import recorded, write
from .model import Table
from .render import print_table, to_csv, to_json, to_markdown

TABLE_WIDTH = 240
"""Columns of a table written to a file."""


def show(result: Table, form: str, output: str | None, plot_file: str | None) -> None:
    """Draw ``plot_file`` first, so that nothing is printed when it cannot be, then write the table."""
    if plot_file is not None:
        from .plot import plot

        plot(result, plot_file)
    if form == "console":
        from rich.console import Console

        if output is None:
            print_table(result, Console(highlight=False))
            return
        write(output, recorded(lambda console: print_table(result, console), TABLE_WIDTH))
        return
    text = {"markdown": to_markdown, "csv": to_csv, "json": to_json}[form](result)
    if output is None:
        click.echo(text, nl=False)
    else:
        write(output, text)
