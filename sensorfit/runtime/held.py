"""How SIGTERM ends a command that tidies up, and signals held back while foreign code calls Python back: an exception out of a handler there ends the process by abort().

onnxruntime ─► a quantizer's Python function ─► SIGTERM's handler ─► SystemExit ─► abort, and nothing is tidied up
"""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

SIGNALS: Final = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def signals_held() -> Iterator[None]:
    """Handle SIGINT and SIGTERM after the block; at once where no Python function handles them, and outside the main thread,
    which handles them elsewhere."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    came: list[int] = []
    before = {sign: handler for sign in SIGNALS if callable(handler := signal.getsignal(sign))}
    for sign in before:
        signal.signal(sign, lambda number, frame: came.append(number))
    try:
        yield
    finally:
        for sign, handler in before.items():
            signal.signal(sign, handler)
        for number in dict.fromkeys(came):
            signal.raise_signal(number)


def sigterm_exits() -> None:
    """Leave on SIGTERM as on Ctrl-C, tidying up: a CI runner that gives up sends it."""
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
