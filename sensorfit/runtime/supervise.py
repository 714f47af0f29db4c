"""Run a command that must not outlive the process that asked for it, nor leave a process behind.

    python -I -S supervise.py LIFELINE COMMAND...

    sensorfit ──lifeline──► supervisor ─► COMMAND ─► Java ...

The lifeline is a pipe that only sensorfit writes to, and never does: however
sensorfit ends, SIGKILL included, the pipe ends too, and the supervisor ends all
that it and COMMAND started. On Linux that is every descendant, whoever its
parent has become; elsewhere the process group. So too when COMMAND ends first.
A program of its own, and light: the process that asks may be large, and have
threads.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Sequence
from contextlib import suppress

GRACE_S = 3.0
"""Between asking processes to stop and killing them."""
NOT_STARTED = 125
"""Exit code when COMMAND cannot be started; the reason is printed."""
_PR_SET_PDEATHSIG, _PR_SET_CHILD_SUBREAPER = 1, 36


def main(arguments: Sequence[str]) -> int:
    """The exit code of COMMAND; it ends by the signal that COMMAND ended by."""
    lifeline, command = int(arguments[0]), list(arguments[1:])
    _unbind_memory()
    _prctl(_PR_SET_CHILD_SUBREAPER, 1)
    child = os.fork()
    if not child:
        _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        os.close(lifeline)
        try:
            os.execvp(command[0], command)
        except OSError as error:
            print(f"{command[0]} cannot be started ({error.strerror or error})", flush=True)
        os._exit(NOT_STARTED)
    signal.signal(signal.SIGTERM, lambda *_: _end_all())
    threading.Thread(target=_wait_for_the_end, args=(lifeline,), daemon=True).start()
    status = None
    while status is None:
        ended, said = os.wait()
        status = os.waitstatus_to_exitcode(said) if ended == child else None
    _end_all(status)
    return 1


def _wait_for_the_end(lifeline: int) -> None:
    while os.read(lifeline, 1):
        pass
    _end_all()


def _end_all(status: int = 1) -> None:
    """End every descendant, then this process as ``status`` says."""
    until = time.monotonic() + GRACE_S
    sign = signal.SIGTERM
    while living := _descendants():
        if time.monotonic() > until:
            sign = signal.SIGKILL
        for pid in living:
            with suppress(ProcessLookupError, PermissionError):
                os.kill(pid, sign)
        time.sleep(0.02)
    sys.stdout.flush()
    if status < 0:
        signal.signal(-status, signal.SIG_DFL) if -status not in (signal.SIGKILL, signal.SIGSTOP) else None
        os.kill(os.getpid(), -status)
    os._exit(status & 0xFF)


def _descendants() -> list[int]:
    """The living ones, by the kernel's table of processes; elsewhere than on Linux none are known, the group is ended."""
    if not os.path.isdir("/proc/self"):  # noqa: PTH112
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(0, signal.SIGTERM)
        return []
    parents: dict[int, int] = {}
    for name in os.listdir("/proc"):  # noqa: PTH208
        with suppress(OSError, ValueError, IndexError):
            with open(f"/proc/{int(name)}/stat", "rb") as file:  # noqa: PTH123
                state, parent = file.read().rpartition(b")")[2].split()[:2]
            if state != b"Z":
                parents[int(name)] = int(parent)
    found = {os.getpid()}
    while more := {pid for pid, parent in parents.items() if parent in found} - found:
        found |= more
    return sorted(found - {os.getpid()})


def _prctl(option: int, value: int) -> None:
    with suppress(ImportError, OSError, AttributeError):  # not Linux, or a Python without ctypes
        import ctypes

        ctypes.CDLL(None).prctl(option, value)


def _unbind_memory() -> None:
    """Lift the bound on memory that a judging process has and hands on: Java reserves more address space than that."""
    with suppress(ImportError, OSError, ValueError):
        import resource

        _, hard = resource.getrlimit(resource.RLIMIT_AS)
        resource.setrlimit(resource.RLIMIT_AS, (hard, hard))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
