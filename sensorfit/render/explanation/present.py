"""A page to standard output or a file."""

from __future__ import annotations

from ...explanation.model import Page
from ...report.json_text import dumps
from ..screen import deliver, print_or_write

PAGE_WIDTH = 120
"""Columns of a page written to a file."""


def show(page: Page, form: str, output: str | None, verbose: bool = False) -> None:
    """Write ``page`` in ``form`` (console, markdown, html, json) to the file ``output``, or to standard output; ``verbose`` names every node."""
    if form == "console":
        if verbose:
            from .console import print_page as print_all

            print_or_write(lambda console: print_all(page, console, verbose), output, PAGE_WIDTH)
            return
        from .page import print_page

        print_or_write(lambda console: print_page(page, console), output, PAGE_WIDTH)
    elif form == "markdown":
        from .markdown import render

        deliver(render(page, verbose), output)
    elif form == "html":
        from .html import render as whole

        deliver(whole(page), output)
    else:
        from .json import to_dict

        deliver(dumps(to_dict(page)) + "\n", output)
