"""A page to standard output or a file."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..errors import ConfigError
from .model import Page

if TYPE_CHECKING:
    from rich.console import Console

PAGE_WIDTH = 120
"""Columns of a page written to a file."""


def show(page: Page, form: str, output: str | None) -> None:
    """Write ``page`` in ``form`` (console, markdown, json) to the file ``output``, or to standard output."""
    if form == "console":
        from rich.console import Console

        from .console import print_page

        if output is None:
            print_page(page, Console(highlight=False))
            return
        write(output, recorded(lambda console: print_page(page, console), PAGE_WIDTH))
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


def recorded(print_on: Callable[[Console], None], width: int) -> str:
    """What ``print_on`` writes to a console of ``width`` columns, as plain text."""
    from rich.console import Console

    text = io.StringIO()
    print_on(Console(file=text, highlight=False, width=width, color_system=None))
    return text.getvalue()


def write(output: str, text: str) -> None:
    """Write a file at once; ConfigError where that is not possible."""
    try:
        Path(output).write_text(text, encoding="utf-8")
    except OSError as error:
        raise ConfigError(f"{output}: cannot be written ({error.strerror})") from error
