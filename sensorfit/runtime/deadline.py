"""The time that checking one model may take. Light, for the process that only waits for the answer."""

from __future__ import annotations

import math
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from ..errors import ModelError

MAX_SECONDS: Final = 120.0
"""Wall-clock time to check one model."""


class _Expired(BaseException):
    """Not an Exception: code that survives failures of foreign functions must not survive this."""


def time_left() -> float:
    """Seconds until the deadline that the process stands under; infinite where there is none."""
    left = signal.getitimer(signal.ITIMER_REAL)[0] if hasattr(signal, "getitimer") else 0.0
    return left or math.inf


@contextmanager
def deadline(name: str, seconds: float = MAX_SECONDS) -> Iterator[None]:
    """ModelError when the block takes longer than ``seconds``.

    A timer signal, so only in the main thread of a POSIX process; elsewhere
    the bounds of ``graph.limits`` are what bounds the time.
    """
    if threading.current_thread() is not threading.main_thread() or not hasattr(signal, "setitimer"):
        yield
        return

    def expired(*_: Any) -> None:
        raise _Expired

    before = signal.signal(signal.SIGALRM, expired)
    remaining, _ = signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    except _Expired:
        raise ModelError(
            f"{name}: checking takes longer than {seconds:g} s; make the graph smaller"
        ) from None
    finally:
        signal.setitimer(signal.ITIMER_REAL, remaining)
        signal.signal(signal.SIGALRM, before)
