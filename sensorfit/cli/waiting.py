"""A clock for a person who waits: a bar by what the same command took last time, from its second second on."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator, Sequence
from threading import Event, Thread
from time import monotonic
from typing import Final

PATIENCE_S: Final = 1.0
"""Nobody needs a clock for less."""
BEAT_S: Final = 0.1


class Count:
    """How many of how many are done, where the work counts; the clock shows it."""

    def __init__(self, total: int = 0) -> None:
        self.total = total
        self.done = 0

    def advance(self, many: int = 1) -> None:
        """``many`` more are done."""
        self.done += many


@contextlib.contextmanager
def waiting(work: str, model: str, total: int = 0, key: str = "") -> Iterator[Count]:
    """Shown on standard error where that is a terminal, until the block ends; then nothing of it is left there.

    ``work``, a verb, with ``model`` is what its time is remembered under, and ``key`` where more than these decides it.
    The block counts what it does on the value, ``total`` of them where that is known beforehand.
    """
    count = Count(total)
    if not sys.stderr.isatty():
        yield count
        return
    name = f"{work} {model} {key}".rstrip()
    over, start = Event(), monotonic()
    clock = Thread(target=_show, args=(work, model, name, count, start, over), daemon=True)
    clock.start()
    try:
        yield count
    finally:
        over.set()
        clock.join()
    took = monotonic() - start
    if took >= PATIENCE_S:
        from ..pipeline.history import remember
        from ..pipeline.stages import Stage

        remember(name, [Stage(work, took)], latest=False)


def several(names: Sequence[str]) -> str:
    """What a clock calls ``names``."""
    return names[0] if len(names) == 1 else f"{names[0]} and {len(names) - 1} more"


def _said(count: Count, last: float | None) -> str:
    """``1 of 2, 90 s last time``: what is done, and what it took before, of which either may not be known."""
    counted = f"{count.done:,} of {count.total:,}" if count.total else ""
    return ", ".join(filter(None, (counted, f"{last:.0f} s last time" if last else "")))


def _show(work: str, model: str, name: str, count: Count, start: float, over: Event) -> None:
    if over.wait(PATIENCE_S):
        return
    from rich.console import Console
    from rich.markup import escape
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    from ..pipeline.history import expected
    from ..render.escape import terminal

    last = expected(name, latest=False).get(work)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TimeElapsedColumn(),
        TextColumn("[dim]{task.fields[said]}"),
    )
    bar = Progress(*columns, console=Console(stderr=True), transient=True, get_time=monotonic)
    task = bar.add_task(escape(f"{work} {terminal(model)}"), total=last, said="")
    bar.tasks[0].start_time = start  # what passed before there was anything to see
    with bar:
        while True:
            passed = monotonic() - start
            said = _said(count, last)
            total, done = (last, min(passed, last)) if last else (count.total or None, count.done)
            bar.update(task, total=total, completed=done, said=said)
            if over.wait(BEAT_S):
                return
