"""Each model judged in a process of its own kind: what crashes, hangs or swells there ends there.

The ONNX library is C++ and meets files that strangers made. So the command
line's judging happens in child processes that take one job after the other
over a pipe; a child that dies or overruns its time costs one model a sentence
and is replaced. Children have a bound on memory. (``sensorfit.check`` in
Python stays in the caller's process.)

    parent   head_start ─► read the command ─► in_children: meanwhile ─► wait, show
    child      └─► ready ───────────────────────► work ─► answer

Importing is most of a small model's check, and two processes import at the
same time: what only a child needs belongs into ``ready``, what only the
parent needs into ``meanwhile``.
"""

from __future__ import annotations

import gc
import multiprocessing
import signal
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Any, Final, TypeVar

MAX_MEMORY_BYTES: Final = 4 * 2**30
"""Address space a child may take beyond what it starts with; a 2 GiB file is mapped into it."""
GRACE_SECONDS: Final = 5.0
"""A child stops itself at its deadline; one that cannot is killed this much later."""
AVAILABLE: Final = sys.platform == "linux"
"""Elsewhere forking is not safe, or there is none; a child would have to import everything anew."""

COLLECT_EVERY: Final = 100_000
"""New objects before a process looks for cycles. Python's own 700 costs a sixth of a check: importing and judging make
many objects, keep nearly all and leave next to no cycles."""

Task = TypeVar("Task")
Answer = TypeVar("Answer")


def _nothing() -> None:
    """What is called where nothing is asked for; spawning pickles it, so no lambda."""


class _Child:
    def __init__(self, process: BaseProcess, pipe: Connection) -> None:
        self.process, self.pipe = process, pipe
        self.index = -1
        self.deadline = 0.0


@contextmanager
def head_start(work: Callable[[Any], Any], ready: Callable[[], None]) -> Iterator[None]:
    """A child for the ``in_children`` inside that asks for the same ``work``, begun before its tasks are known."""
    if AVAILABLE:
        _begun[work] = _start(_context(), work, ready)
    try:
        yield
    finally:
        if work in _begun:  # nobody came to ask
            _stop(_begun.pop(work))


_begun: dict[Callable[[Any], Any], _Child] = {}


def in_children(
    tasks: Sequence[Task],
    work: Callable[[Task], Answer],
    workers: int,
    seconds: float,
    lost: Callable[[Task, str], Answer],
    ready: Callable[[], None] = _nothing,
    meanwhile: Callable[[], None] = _nothing,
) -> Iterator[Answer]:
    """``work(task)`` of each task, in order, from ``workers`` children.

    ``lost(task, why)`` is the answer for a task whose child died or took
    longer than ``seconds``. An exception of ``work`` is raised here. Each child
    calls ``ready`` before its first task; the parent calls ``meanwhile`` once,
    while the children have their first tasks.
    """
    context = _context()
    children = [
        _begun.pop(work) if work in _begun else _start(context, work, ready)
        for _ in range(min(workers, len(tasks)))
    ]
    answers: dict[int, Answer] = {}
    waiting = list(reversed(range(len(tasks))))
    shown = 0
    try:
        for child in children:
            _give(child, tasks, waiting, seconds)
        meanwhile()
        while shown < len(tasks):
            busy = [c for c in children if c.index >= 0]
            soonest = min(c.deadline for c in busy)
            spoke = wait([c.pipe for c in busy], timeout=max(0.0, soonest - time.monotonic()))
            for child in busy:
                overdue = time.monotonic() >= child.deadline
                if child.pipe not in spoke and not overdue:
                    continue
                answers[child.index], alive = _take(
                    child, tasks[child.index], lost, child.pipe in spoke, seconds
                )
                if not alive:
                    children[children.index(child)] = child = _start(context, work, ready)
                _give(child, tasks, waiting, seconds)
            while shown in answers:
                yield answers.pop(shown)
                shown += 1
    finally:
        for child in children:
            _stop(child)


def _context() -> Any:
    return multiprocessing.get_context("fork" if AVAILABLE else "spawn")


def _start(context: Any, work: Callable[[Any], Any], ready: Callable[[], None]) -> _Child:
    ours, theirs = context.Pipe()
    process = context.Process(target=_serve, args=(theirs, work, ready), daemon=True)
    process.start()
    theirs.close()
    return _Child(process, ours)


def _give(child: _Child, tasks: Sequence[Any], waiting: list[int], seconds: float) -> None:
    child.index = waiting.pop() if waiting else -1
    if child.index >= 0:
        child.deadline = time.monotonic() + seconds + GRACE_SECONDS
        with suppress(BrokenPipeError, ConnectionResetError):  # it died; taking its answer will show that
            child.pipe.send(tasks[child.index])


def _take(
    child: _Child, task: Any, lost: Callable[[Any, str], Any], ready: bool, seconds: float
) -> tuple[Any, bool]:
    """(the answer, whether the child lives on)."""
    if not ready:
        _stop(child)
        return lost(task, f"checking takes longer than {seconds:g} s"), False
    try:
        good, answer = child.pipe.recv()
    except (EOFError, OSError):
        child.process.join()
        code = child.process.exitcode or 0
        cause = f"signal {signal.Signals(-code).name}" if code < 0 else f"exit {code}"
        _stop(child)
        return lost(task, f"the process that checked it died ({cause})"), False
    if not good:
        raise answer
    return answer, True


def _stop(child: _Child) -> None:
    child.pipe.close()
    if child.process.is_alive():
        child.process.kill()
    child.process.join()


def _serve(pipe: Connection, work: Callable[[Any], Any], ready: Callable[[], None]) -> None:
    """A child's life: take a task, answer, until the pipe closes."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides when it is over
    gc.set_threshold(COLLECT_EVERY)
    gc.disable()
    with suppress(Exception):  # work will meet it again, and its answer says so
        ready()
    gc.freeze()  # what was imported stays: the collector need never look through it
    gc.enable()
    _bound_memory()
    while True:
        try:
            task = pipe.recv()
        except EOFError:
            return
        try:
            answer = (True, work(task))
        except Exception as error:
            answer = (False, error)
        try:
            pipe.send(answer)
        except Exception as error:  # an exception that does not pickle
            pipe.send((False, RuntimeError(f"{type(error).__name__}: {error}; {answer[1]!r:.500}")))


def _bound_memory() -> None:
    if not AVAILABLE:
        return
    import resource
    from pathlib import Path

    used = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0]) * resource.getpagesize()
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    bound = used + MAX_MEMORY_BYTES
    if hard == resource.RLIM_INFINITY or bound < hard:
        resource.setrlimit(resource.RLIMIT_AS, (bound, hard))
