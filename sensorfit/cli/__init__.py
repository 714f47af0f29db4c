"""The ``sensorfit`` command. This module is what every run waits for, so it imports nothing by itself."""

from __future__ import annotations

import atexit
import gc
import os
import sys
from contextlib import suppress
from io import TextIOWrapper
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from .commands import group

LIGHT: Final = frozenset({"check", "explain", "compare", "diff"})
"""Commands that read graphs without computing."""
COLLECTS_LESS: Final = frozenset({"check", "fix"})
"""Commands that hold what they make until they end: looking for cycles among it took ``fix`` a sixth of its time."""

__all__ = ["group", "main"]


def main() -> None:
    """Entry point: the command, with whatever was closed or interrupts it."""
    _open_what_is_closed()
    _import_nothing_from_here()
    try:
        _main()
    except KeyboardInterrupt:  # before click is there to see it
        print("sensorfit: interrupted", file=sys.stderr)
        sys.exit(130)


def _open_what_is_closed() -> None:
    """Standard streams that the caller closed lead nowhere; else the next file or pipe would take their number.

    What a stream's encoding lacks becomes a question mark: a middle dot must not end a report in ASCII.
    """
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: SIM115, PTH123
        elif mode == "w" and isinstance(stream := getattr(sys, name), TextIOWrapper):
            stream.reconfigure(errors="replace")


def _import_nothing_from_here() -> None:
    """Take the working directory from where Python looks for modules: a repository that is checked may hold an onnx.py.

    It is there with ``python -m`` and with an empty entry in PYTHONPATH. A checkout of sensorfit keeps its own.
    """
    own = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))  # noqa: PTH100, PTH120
    with suppress(OSError):
        here = os.path.realpath(os.getcwd())  # noqa: PTH109
        if here != os.path.realpath(own):
            sys.path[:] = [place for place in sys.path if os.path.realpath(place) != here]


def _main() -> None:
    """The child that will check begins first: it imports onnx while click reads the command line."""
    if LIGHT.intersection(sys.argv[1:2]):
        from ..runtime.lazy_imports import defer_unread_modules

        defer_unread_modules()
    if COLLECTS_LESS.intersection(sys.argv[1:2]):
        from ..runtime.worker import COLLECT_EVERY

        gc.set_threshold(COLLECT_EVERY)
        # or Python looks for cycles among all that the end of the process frees anyway
        atexit.register(gc.freeze)
    if sys.argv[1:2] == ["check"] and not {"-h", "--help"}.intersection(sys.argv):
        from ..gate.job import judge, ready
        from ..runtime.worker import prefork

        with prefork(judge, ready):
            _run()
    else:
        _run()


def _run() -> None:
    from .commands import run

    run()


def __getattr__(name: str) -> Any:
    if name == "group":
        from .commands import group

        return group
    raise AttributeError(f"module 'sensorfit.cli' has no attribute '{name}'")
