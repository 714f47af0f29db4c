"""Something moved to the right, without blanks behind it."""

from __future__ import annotations

from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.padding import Padding
from rich.segment import Segment
from rich.text import Text


def indent(body: RenderableType, columns: int) -> RenderableType:
    """``body`` moved ``columns`` to the right."""
    return (
        _Inset(body, columns) if isinstance(body, Text) else Padding(body, (0, 0, 0, columns), expand=False)
    )


class _Inset:
    """Text, for which ``Padding`` would measure, fill and crop every line: half of what a report takes to show."""

    def __init__(self, text: Text, columns: int) -> None:
        self.text, self.columns = text, columns

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        for line in self.text.wrap(console, max(1, options.max_width - self.columns)):
            yield Segment(" " * self.columns)
            yield from line.render(console)
            yield Segment.line()
