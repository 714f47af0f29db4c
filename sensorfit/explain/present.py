"""A page to standard output or a file."""

from __future__ import annotations

import json
from pathlib import Path

import click

from ..errors import ConfigError
from .model import Page


def show(page: Page, form: str, output: str | None) -> None:
    """Write ``page`` in ``form`` (console, markdown, json) to the file ``output``, or to standard output."""
    if form == "console":
        from rich.console import Console

        from .console import print_page

        if output is None:
            print_page(page, Console(highlight=False))
            return
        recorder = Console(record=True, highlight=False, width=120, file=None, quiet=True)
        print_page(page, recorder)
        write(output, recorder.export_text())
        return
    if form == "markdown":
        from .markdown import render

        text = render(page)
    else:
        from .json import to_dict

        text = json.dumps(to_dict(page), indent=2, ensure_ascii=False) + "\n"
    if output is None:
        click.echo(text, nl=False)
    else:
        write(output, text)


def write(output: str, text: str) -> None:
    """Write a file at once; ConfigError where that is not possible."""
    try:
        Path(output).write_text(text, encoding="utf-8")
    except OSError as error:
        raise ConfigError(f"{output}: cannot be written ({error.strerror})") from error
