"""Each model judged in a process of its own kind: what crashes, hangs or swells there ends there.

The ONNX library is C++ and meets files that strangers made. So the command
line's judging happens in child processes that take one job after the other
over a pipe; a child that dies or overruns its time costs one model a sentence
and is replaced. Children have a bound on memory. (``sensorfit.check`` in
Python stays in the caller's process.)

    parent   prefork ─► read the command ─► run_in_workers: meanwhile ─► wait, show
    child      └─► ready ───────────────────────► work ─────────► answer
    copy                                            └─► beside ─┘

Importing is most of a small model's check, and two processes import at the
same time: what only a child needs belongs into ``ready``, what only the
parent needs into ``meanwhile``. Of work in two halves that need nothing of
each other, one may run ``beside`` the child.

What that wins of a cold check (``benchmarks/check_cold.py --without PART``, wall clock of the fastest of 20, PicoSAM3
and TinySAM; with two processors to itself): the imports at the same time 17 and 14 %, head start and copy together 12
and 19 % (each alone 3 to 8 %, the copy 19 % for SAM ViT-H), all of it 25 and 43 %.
"""

from __future__ import annotations

import gc
import os
import pickle
import select
import signal
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any, BinaryIO, Final, TypeVar

MAX_MEMORY_BYTES: Final = 4 * 2**30
"""Address space a child may take beyond what it starts with; a 2 GiB file is mapped into it."""
MAX_DEPTH: Final = 10_000
"""Calls within calls in a child, whatever the program around it allows: without a bound the interpreter runs out of memory
in the middle of a call, and ends with an error of its own."""
GRACE_SECONDS: Final = 5.0
"""A child stops itself at its deadline; one that cannot is killed this much later."""
AVAILABLE: Final = sys.platform == "linux"
"""Elsewhere forking is not safe, or there is none."""

COLLECT_EVERY: Final = 100_000
"""New objects before a process looks for cycles. Python's own 700 costs a sixth of a check: importing and judging make
many objects, keep nearly all and leave next to no cycles."""

Task = TypeVar("Task")
Answer = TypeVar("Answer")
Aside = Callable[[Callable[[], Answer]], Callable[[], Answer]]
"""Begins some work; what it returns waits for the answer."""


class _Worker:
    """A forked process, the pipe that gives it tasks and the one that brings its answers.

    By hand: importing ``multiprocessing``, sockets and temporary files among it, takes longer than all that is
    imported before the fork besides.
    """

    def __init__(self, work: Callable[[Any], Any], ready: Callable[[], None]) -> None:
        _bury()
        self.index = -1
        self.deadline = 0.0
        self.exitcode: int | None = None
        asked, give = os.pipe()
        hear, told = os.pipe()
        for stream in (sys.stdout, sys.stderr):  # what is still to be written is the parent's
            if stream is not None:
                stream.flush()
        parent = os.getpid()
        self.pid = os.fork()
        if not self.pid:
            status = 1
            try:
                _end_with(parent)
                os.close(give)
                os.close(hear)
                _serve(os.fdopen(asked, "rb"), os.fdopen(told, "wb"), work, ready)
                status = 0
            finally:
                os._exit(status)
        os.close(asked)
        os.close(told)
        self.tasks, self.answers = os.fdopen(give, "wb"), os.fdopen(hear, "rb")

    def send(self, task: object) -> None:
        """Give it a task; where it has died, taking its answer will show that."""
        with suppress(BrokenPipeError):
            self.tasks.write(pickle.dumps(task))
            self.tasks.flush()

    def join(self) -> int:
        """Wait for its end: the exit code, negative for a signal."""
        if self.exitcode is None:
            try:
                self.exitcode = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
            except (
                ChildProcessError
            ):  # whoever began us ignores SIGCHLD, or forked us from the one it is a child of
                self.exitcode = 0
        return self.exitcode

    def release(self) -> None:
        """Let it end, as nothing is left to do. It is not waited for: to free what it held takes a while."""
        with suppress(BrokenPipeError):  # a task that it never read
            self.tasks.close()
        self.answers.close()
        if self.exitcode is None:
            _ended.append(self)

    def stop(self) -> None:
        """End it now, whatever it does."""
        if self.exitcode is None:
            os.kill(self.pid, signal.SIGKILL)
        self.release()


@contextmanager
def prefork(work: Callable[[Any], Any], ready: Callable[[], None]) -> Iterator[None]:
    """A child for the ``run_in_workers`` inside that asks for the same ``work``, begun before its tasks are known."""
    if AVAILABLE:
        _begun[work] = _Worker(work, ready)
    try:
        yield
    finally:
        if work in _begun:  # nobody came to ask
            _begun.pop(work).stop()
        _bury()


_begun: dict[Callable[[Any], Any], _Worker] = {}
_ended: list[_Worker] = []
"""Told to end and not yet waited for."""


def _bury() -> None:
    """Wait for those that were told to end; what they used counts as this process's from then on."""
    while _ended:
        _ended.pop().join()


def run_in_workers(
    tasks: Sequence[Task],
    work: Callable[[Task], Answer],
    workers: int,
    seconds: float,
    lost: Callable[[Task, str], Answer],
    ready: Callable[[], None] = lambda: None,
    meanwhile: Callable[[], None] = lambda: None,
) -> Iterator[Answer]:
    """``work(task)`` of each task, in order, from ``workers`` children.

    ``lost(task, why)`` is the answer for a task whose child died or took
    longer than ``seconds``. An exception of ``work`` is raised here. Each child
    calls ``ready`` before its first task; the parent calls ``meanwhile`` once,
    while the children have their first tasks.
    """
    children = [
        _begun.pop(work) if work in _begun else _Worker(work, ready) for _ in range(min(workers, len(tasks)))
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
            spoke = _spoke(busy, max(0.0, soonest - time.monotonic()))
            for child in busy:
                overdue = time.monotonic() >= child.deadline
                if child not in spoke and not overdue:
                    continue
                answers[child.index], alive = _take(child, tasks[child.index], lost, child in spoke, seconds)
                if not alive:
                    children[children.index(child)] = child = _Worker(work, ready)
                _give(child, tasks, waiting, seconds)
            while shown in answers:
                yield answers.pop(shown)
                shown += 1
    finally:
        for child in children:
            (child.stop if child.index >= 0 else child.release)()


def at_once(work: Callable[[], Answer]) -> Callable[[], Answer]:
    """``work`` done here, before this returns."""
    answer = work()
    return lambda: answer


def beside(work: Callable[[], Answer]) -> Callable[[], Answer]:
    """``work`` begun in a copy of this process, where there is a processor for it.

    What it returns waits for the answer, or raises the exception. A copy that dies without either is no loss: the
    work is done again here, and what ended the copy ends this process in sight of its parent.
    """
    if not AVAILABLE or len(os.sched_getaffinity(0)) < 2:
        return at_once(work)
    child = _Worker(lambda _: work(), lambda: None)
    child.send(None)

    def wait() -> Answer:
        try:
            good, answer = pickle.load(child.answers)
        except (EOFError, OSError, pickle.UnpicklingError):
            child.stop()
            return work()
        except BaseException:  # the deadline's
            child.stop()
            raise
        child.release()
        if not good:
            raise answer
        return answer

    return wait


def _end_with(parent: int) -> None:
    """Ask Linux to end this process when ``parent``, which began it, ends, however that comes."""
    with suppress(ImportError, OSError, AttributeError):  # a Python without ctypes
        import ctypes  # numpy does, too

        ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG
    if os.getppid() != parent:  # it ended before
        os._exit(1)


def _spoke(children: Sequence[_Worker], timeout: float) -> list[_Worker]:
    """Those that have answered, or ended, when one has or after ``timeout`` seconds."""
    poll = select.poll()
    for child in children:
        poll.register(child.answers, select.POLLIN)
    ready = {handle for handle, _ in poll.poll(timeout * 1e3)}
    return [child for child in children if child.answers.fileno() in ready]


def _give(child: _Worker, tasks: Sequence[Any], waiting: list[int], seconds: float) -> None:
    child.index = waiting.pop() if waiting else -1
    if child.index >= 0:
        child.deadline = time.monotonic() + seconds + GRACE_SECONDS
        child.send(tasks[child.index])


def _take(
    child: _Worker, task: Any, lost: Callable[[Any, str], Any], spoke: bool, seconds: float
) -> tuple[Any, bool]:
    """(the answer, whether the child lives on)."""
    if not spoke:
        child.stop()
        return lost(task, f"checking takes longer than {seconds:g} s"), False
    try:
        good, answer = pickle.load(child.answers)
    except (EOFError, OSError, pickle.UnpicklingError):
        code = child.join()
        cause = f"signal {signal.Signals(-code).name}" if code < 0 else f"exit {code}"
        child.stop()
        return lost(task, f"the process that checked it died ({cause})"), False
    if not good:
        raise answer
    return answer, True


def _serve(tasks: BinaryIO, answers: BinaryIO, work: Callable[[Any], Any], ready: Callable[[], None]) -> None:
    """A child's life: take a task, answer, until there are no more."""
    if sys.stdin is not None:  # the parent's; where it is closed, 0 may be a pipe of ours
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides when it is over
    gc.set_threshold(COLLECT_EVERY)
    gc.disable()
    with suppress(Exception):  # work will meet it again, and its answer says so
        ready()
    gc.freeze()  # what was imported stays: the collector need never look through it
    gc.enable()
    _bound_memory()
    sys.setrecursionlimit(min(sys.getrecursionlimit(), MAX_DEPTH))
    while True:
        try:
            task = pickle.load(tasks)
        except EOFError:
            return _bury()
        try:
            answer = (True, work(task))
        except Exception as error:
            answer = (False, _bare(error))
        try:
            said = pickle.dumps(answer)
        except Exception as error:  # an exception that does not pickle
            said = pickle.dumps((False, RuntimeError(f"{type(error).__name__}: {error}; {answer[1]!r:.500}")))
        answers.write(said)
        answers.flush()


def _bare(error: Exception) -> Exception:
    """Without where it came from: distributed teaches pickle to write tracebacks, and one of a deep stack is too deep for it."""
    error.__cause__ = error.__context__ = None
    return error.with_traceback(None)


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
