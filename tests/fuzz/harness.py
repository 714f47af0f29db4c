"""One broken model in a process of its own, so that a crash, a hang or an appetite is seen from outside."""

from __future__ import annotations

import os
import resource
import select
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from functools import cache
from io import StringIO
from pathlib import Path
from typing import Final

from .repository import case

SECONDS: Final = 20.0
"""Far above what a small model takes, far below the tool's own limit."""
MEMORY_BYTES: Final = 2 * 2**30
"""Address space a child may take beyond its parent's."""
FORMATS: Final = ("json", "sarif", "junit", "markdown", "github")


@cache
def _warm() -> None:
    """Import and cache in the parent what every child needs."""
    from .mutate import seeds

    for data in seeds():
        _check(data)


def problem(data: bytes, seconds: float = SECONDS) -> str | None:
    """What is wrong with how ``data`` is checked, None when it gets an answer or one sentence."""
    return _forked(lambda: _check(data), seconds)


def repository_problem(seed: int, seconds: float = SECONDS) -> str | None:
    """What is wrong with how the repository of ``seed`` is handled (``repository.case``), None when nothing is."""

    def run() -> str | None:
        with tempfile.TemporaryDirectory() as folder:
            try:
                return case(seed, Path(folder))
            finally:
                os.chdir("/")

    return _forked(run, seconds)


def _forked(work: Callable[[], str | None], seconds: float) -> str | None:
    """What ``work`` says in a process of its own, or what became of that."""
    _warm()
    read, write = os.pipe()
    sys.stdout.flush()
    child = os.fork()
    if child == 0:
        os.close(read)
        try:
            used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
            resource.setrlimit(resource.RLIMIT_AS, (used + MEMORY_BYTES, used + MEMORY_BYTES))
            os.environ["SENSORFIT_DEBUG"] = "1"  # an unexpected exception comes through
            os.write(write, (work() or "").encode(errors="replace")[:4000])
            os._exit(0)
        except BaseException as error:
            os.write(write, f"{type(error).__name__}: {error}".encode(errors="replace")[:4000])
            os._exit(1)
    os.close(write)
    deadline = time.monotonic() + seconds
    said = b""
    while True:
        ready, _, _ = select.select([read], [], [], max(0.0, deadline - time.monotonic()))
        if not ready:
            os.kill(child, signal.SIGKILL)
            break
        block = os.read(read, 65536)
        if not block:
            break
        said += block
    os.close(read)
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        number = os.WTERMSIG(status)
        return (
            f"no answer in {seconds:g} s"
            if number == signal.SIGKILL
            else f"died of {signal.Signals(number).name}"
        )
    return said.decode(errors="replace") or None


def _check(data: bytes) -> str | None:
    from sensorfit.gate.config import Policy
    from sensorfit.gate.run import Job, judge
    from sensorfit.render import show

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.onnx"
        path.write_bytes(data)
        put_beside(Path(folder))
        outcome = judge(Job(str(path), Policy()))
    if outcome.report is None:
        if outcome.exit_code != 2:
            return f"exit {outcome.exit_code}: {outcome.error}"
        if "needs too much" in outcome.error or "takes longer" in outcome.error:
            return outcome.error
    for format_ in FORMATS:
        text = show.text(format_, [outcome])
        if "\x1b" in text or "\u202e" in text:
            return f"{format_} prints control characters"
    for verbose in (False, True):
        buffer = StringIO()
        show.write_console([outcome], buffer, verbose=verbose)
        show.write_console([outcome] * 2, buffer, verbose=verbose)
        if "\x1b" in buffer.getvalue() or "\u202e" in buffer.getvalue():
            return "the console prints control characters"
    return None


def put_beside(folder: Path) -> None:
    """What ``structures.external`` says lies beside a model: a short file, one with a hole of 12 GiB, links, a pipe."""
    (folder / "deep").mkdir()
    for place in (folder, folder / "deep"):
        (place / "weights.bin").write_bytes(bytes(range(256)))
    with (folder / "long.bin").open("wb") as file:
        file.truncate(12 << 30)
    (folder / "link.bin").symlink_to("weights.bin")
    (folder / "away.bin").symlink_to("/etc/passwd")
    os.mkfifo(folder / "pipe.bin")
