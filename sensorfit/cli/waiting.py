"""A clock for a person who waits: a bar by what the same command took last time, from its second second on."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Iterator
from threading import Event, Thread
from typing import Final

PATIENCE_S: Final = 1.0
"""Nobody needs a clock for less."""
BEAT_S: Final = 0.1


@contextlib.contextmanager
def waiting(work: str, model: str) -> Iterator[None]:
    """Shown on standard error where that is a terminal, until the block ends; then nothing of it is left there.

    ``work``, a verb, with ``model`` is what its time is remembered under.
    """
    if not sys.stderr.isatty():
        yield
        return
    over, start = Event(), time.monotonic()
    clock = Thread(target=_show, args=(work, model, start, over), daemon=True)
    clock.start()
    try:
        yield
    finally:
        over.set()
        clock.join()
    took = time.monotonic() - start
    if took >= PATIENCE_S:
        from ..pipeline.history import remember
        from ..pipeline.stages import Stage

        remember(f"{work} {model}", [Stage(work, took)], latest=False)


def _show(work: str, model: str, start: float, over: Event) -> None:
    if over.wait(PATIENCE_S):
        return
    from rich.console import Console
    from rich.markup import escape
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    from ..pipeline.history import expected
    from ..render.escape import terminal

    last = expected(f"{work} {model}", latest=False).get(work)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TimeElapsedColumn(),
        TextColumn("[dim]{task.fields[said]}"),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        said = f"{last:.0f} s last time" if last else ""
        task = bar.add_task(escape(f"{work} {terminal(model)}"), total=last, said=said)
        while not over.wait(BEAT_S):
            bar.update(task, completed=min(time.monotonic() - start, last or 0.0))
