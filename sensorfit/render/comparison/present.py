"""A comparison to standard output, a file, a plot."""

from __future__ import annotations

from ...comparison.model import Table
from ..screen import WIDTH, deliver, print_or_write
from .columns import whole_width
from .formats import print_table, to_csv, to_json, to_markdown

TABLE_WIDTH = 240
"""Columns of a table written to a file, where it needs no more."""


def show(result: Table, form: str, output: str | None, plot_file: str | None) -> None:
    """Draw ``plot_file`` first, so that nothing is printed when it cannot be, then write the table."""
    if plot_file is not None:
        from .plot import plot

        plot(result, plot_file)
    if form == "html":
        from .page import render

        deliver(render(result), output)
    elif form == "console":
        needed = whole_width(result.rows)  # a file and a pipe lose no column
        print_or_write(
            lambda console: print_table(result, console),
            output,
            max(TABLE_WIDTH, needed),
            max(WIDTH, needed),
        )
    else:
        deliver({"markdown": to_markdown, "csv": to_csv, "json": to_json}[form](result), output)
