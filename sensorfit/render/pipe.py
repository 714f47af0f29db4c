"""A reader of standard output that leaves early (``| head``): no error, and no other exit code."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def reader_may_leave() -> Iterator[None]:
    """Write to standard output inside; where its reader has gone, the rest goes nowhere."""
    try:
        yield
    except BrokenPipeError:
        _nowhere()
    except SystemExit as stop:  # rich makes one of a closed pipe
        if not isinstance(stop.__context__, BrokenPipeError):
            raise
    finally:
        try:
            sys.stdout.flush()
        except BrokenPipeError:
            _nowhere()
        except OSError:  # no room: what is left is lost, or Python would try again at the end
            _nowhere()
            raise


def _nowhere() -> None:
    """Point standard output at the null device, so that Python's own flush at the end succeeds."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)
