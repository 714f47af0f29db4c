"""A build's stages in the terminal: a spinner and a clock for the one running, a tick and its time after."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator, Mapping

from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn

from ..pipeline.history import remaining
from ..pipeline.stages import Stage, Stages


class ShownStages(Stages):
    """Stages that a rich progress display follows."""

    def __init__(self, display: Progress, expected: Mapping[str, float]) -> None:
        super().__init__()
        self._expected = expected
        self._display = display
        self._task: TaskID | None = None

    def started(self, name: str) -> None:
        """Show the stage as running."""
        left = remaining(self._expected, name)
        step = f"about {left:.0f} s to the end" if name in self._expected else ""
        self._task = self._display.add_task(name, total=1, step=step)

    def step(self, text: str) -> None:
        """Show what the stage is at."""
        if self._task is not None:
            self._display.update(self._task, step=text)

    def finished(self, stage: Stage) -> None:
        """Tick the stage off."""
        if self._display.disable:  # no terminal: a line a stage, as it ends
            self._display.console.print(f"{stage.seconds:7.1f} s  {stage.name}", markup=False)
        elif self._task is not None:
            self._display.update(self._task, completed=1)


@contextlib.contextmanager
def progress(console: Console, expected: Mapping[str, float]) -> Iterator[Stages]:
    """Stages shown on ``console`` with the time left by what they are ``expected`` to take; it keeps its stream while tools have theirs redirected."""
    console.file = sys.stderr if console.stderr else sys.stdout
    display = Progress(
        SpinnerColumn(finished_text="[green]✓[/]"),
        TextColumn("{task.description}"),
        TimeElapsedColumn(),
        TextColumn("[dim]{task.fields[step]}"),
        console=console,
        redirect_stdout=False,
        redirect_stderr=False,
        disable=not console.is_terminal,
    )
    with display:
        yield ShownStages(display, expected)
