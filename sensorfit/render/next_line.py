"""The next command, at the end of a screen."""

from __future__ import annotations

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from .escape import terminal


def print_next(console: Console, line: Text, command: str) -> None:
    """``line`` with the next command behind it, or on a line of its own: one that the terminal breaks can still be copied whole."""
    if not command:
        console.print(line)
        return
    text = Text(terminal(command), "bold")
    label = "" if line.plain.endswith(", then:") else " Next:"  # the command comes after what is done by hand
    if cell_len(line.plain) + cell_len(f"{label} ") + cell_len(text.plain) <= console.width:
        console.print(line.append(f"{label} ").append_text(text))
        return
    console.print(line.append(label))
    console.print(text, soft_wrap=True)
