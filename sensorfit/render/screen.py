"""Where text for people goes: a terminal, a pipe, a file; lines end without blanks in the latter two."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TextIO, cast

from ..runtime.files import write_text
from .said import say

if TYPE_CHECKING:
    from rich.console import Console

WIDTH: Final = 160
"""Columns where there is neither a terminal nor COLUMNS to ask: a log viewer wraps by itself."""
_TRAILING: Final = re.compile(r"[ \t]+(?=\n)")


def console_for(file: TextIO, width: int | None = None, unasked: int = WIDTH) -> Console:
    """A rich console on ``file``: colour only on a terminal and without NO_COLOR (rich sees to that).

    Elsewhere it has ``width`` columns, else those of COLUMNS, else ``unasked``.
    """
    from rich.console import Console

    if file.isatty():
        return Console(file=file, highlight=False, emoji=False)
    columns = os.environ.get("COLUMNS", "")
    asked = int(columns) if columns.isascii() and columns.isdigit() else 0
    return Console(
        file=cast(TextIO, _Trimmed(file)),
        highlight=False,
        emoji=False,
        no_color=True,
        width=width or asked or unasked,
    )


class _Trimmed:
    """A text file that gets no blanks at the end of a line; rich fills tables and wrapped lines with them."""

    def __init__(self, file: TextIO) -> None:
        self._file = file

    def write(self, text: str) -> int:
        self._file.write(_TRAILING.sub("", text))
        return len(text)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)


def recorded(print_on: Callable[[Console], None], width: int | None = None) -> str:
    """What ``print_on`` writes to a console that is no terminal."""
    text = StringIO()
    print_on(console_for(text, width))
    return text.getvalue()


def deliver(text: str, output: str | None) -> None:
    """``text`` to the file ``output``, which is said on standard error, or to standard output."""
    if output is None:
        sys.stdout.write(text)
    else:
        write_text(Path(output), text)
        say(f"wrote {output}")


def print_or_write(
    print_on: Callable[[Console], None], output: str | None, width: int, unasked: int = WIDTH
) -> None:
    """What ``print_on`` writes: to standard output (a pipe is ``unasked`` wide), or ``width`` columns wide to the file ``output``."""
    if output is None:
        print_on(console_for(sys.stdout, unasked=unasked))
    else:
        deliver(recorded(print_on, width), output)
