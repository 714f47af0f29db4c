"""Directories for the time of a command; what a killed command left is removed at the next start.

A directory is locked while its command lives, and the kernel takes the lock
away however that ends. So an unlocked one is nobody's.
"""

from __future__ import annotations

import atexit
import os
import shutil
import string
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

try:
    import fcntl
except ImportError:  # not POSIX: nothing tells a directory in use from one left behind
    fcntl = None  # type: ignore[assignment]

PREFIX: Final = ".sensorfit-scratch-"
"""Of every directory of ours where the system keeps temporary files: what is removed there must be nothing that a person called so."""
USUAL: Final = ("/tmp", "/var/tmp")
TRIES: Final = 3 if fcntl else 1
_FLAGS: Final = os.O_RDONLY | getattr(os, "O_DIRECTORY", 0) | getattr(os, "O_NOFOLLOW", 0)


def place() -> Path:
    """Where these directories are made: where the system keeps temporary files, or another such place when that has a blank
    in its path, at which the converter stops."""
    usual = Path(tempfile.gettempdir())
    if not set(str(usual)) & set(string.whitespace):
        return usual
    others = (Path(name) for name in USUAL if os.access(name, os.W_OK | os.X_OK))
    return next(others, usual)


@contextmanager
def scratch_directory(purpose: str) -> Iterator[Path]:
    """A directory of its own, removed in the end; those that killed commands left are removed first."""
    parent = place()
    with locked_directory(parent, f"{PREFIX}{purpose}-", PREFIX) as directory:
        yield directory


@contextmanager
def locked_directory(parent: Path, prefix: str, sweep: str) -> Iterator[Path]:
    """A new directory ``prefix``... in ``parent``, removed in the end where it is still there, and first those called
    ``sweep``... that killed commands left. OSError when ``parent`` cannot take it."""
    for left in abandoned(parent, sweep):
        shutil.rmtree(left, ignore_errors=True)
    handle, directory = None, parent / prefix

    def remove() -> None:
        if directory.name != prefix:
            shutil.rmtree(directory, ignore_errors=True)

    atexit.register(remove)  # for an interrupt on the way into the caller's block
    try:
        for _ in range(TRIES):
            directory = parent / f"{prefix}{os.urandom(4).hex()}"
            directory.mkdir(mode=0o700)
            handle = _lock(directory)
            if handle is not None and directory.exists():
                break  # else another start has taken it for abandoned, or nothing can be locked here
        yield directory
    finally:
        remove()
        atexit.unregister(remove)
        if handle is not None:
            os.close(handle)


def abandoned(parent: Path, prefix: str) -> Iterator[Path]:
    """Directories of this user in ``parent`` whose name begins with ``prefix`` and that nobody holds."""
    if fcntl is None:
        return
    with suppress(OSError), os.scandir(parent) as entries:
        for entry in entries:
            if not entry.name.startswith(prefix) or not entry.is_dir(follow_symlinks=False):
                continue
            if entry.stat(follow_symlinks=False).st_uid != os.getuid():
                continue
            handle = _lock(Path(entry.path))
            if handle is not None:
                yield Path(entry.path)
                os.close(handle)


def held(parent: Path, prefix: str) -> bool:
    """Whether a command that runs holds a directory in ``parent`` whose name begins with ``prefix``."""
    if fcntl is None:
        return False
    with suppress(OSError), os.scandir(parent) as entries:
        return any(
            _is_held(Path(entry.path))
            for entry in entries
            if entry.name.startswith(prefix) and entry.is_dir(follow_symlinks=False)
        )
    return False


def _is_held(directory: Path) -> bool:
    """Not where nothing can be locked at all, on some network file systems."""
    handle = None
    try:
        handle = os.open(directory, _FLAGS)
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    finally:
        if handle is not None:
            os.close(handle)
    return False


def _lock(directory: Path) -> int | None:
    """A handle that holds ``directory``; None where somebody does, or nothing can."""
    if fcntl is None:
        return None
    try:
        handle = os.open(directory, _FLAGS)
    except OSError:
        return None
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(handle)
        return None
    return handle
