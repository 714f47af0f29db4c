"""An answer as a notebook shows it: a table, everything in it escaped; no script, and no colour of its own."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from typing import Final

LEFT: Final = 'style="text-align:left"'
"""Notebooks put cells at the right."""


def in_one_line(text: str) -> str:
    """``text`` with what no terminal prints made visible: names are a stranger's."""
    return "".join(c if c.isprintable() else "�" for c in text)


def html_table(caption: str, rows: Iterable[Sequence[str]], head: Sequence[str] = ()) -> str:
    """``rows`` below ``head``, the first cell of each its name."""
    top = "".join(f"<th {LEFT}>{_text(cell)}</th>" for cell in head)
    body = "".join(
        f"<tr><th {LEFT}>{_text(name)}</th>"
        + "".join(f"<td {LEFT}>{_text(cell)}</td>" for cell in cells)
        + "</tr>"
        for name, *cells in rows
    )
    return f"<table><caption>{_text(caption)}</caption>{f'<tr>{top}</tr>' if top else ''}{body}</table>"


def _text(text: str) -> str:
    return escape(in_one_line(text))
