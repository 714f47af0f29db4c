"""Files in and out: read within a bound, written whole or not at all, never over something else.

A repository that a stranger changed says where files lie: a baseline may be
``/dev/zero``, an output a link to a file of the user's.
"""

from __future__ import annotations

import codecs
import os
import stat
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from ..errors import ConfigError

MAX_TEXT_BYTES: Final = 64 * 2**20
"""A configuration, a baseline, a calibration file."""
_LOOKED_AT: Final = 64 * 2**10
"""Of a file that would be replaced."""
_STREAMS: Final = ("dev", "proc")
"""Below these directories lie streams and devices: /dev/stdout, /proc/self/fd/1."""


def read_text(path: Path, remedy: str = "", limit: int = MAX_TEXT_BYTES) -> str:
    """The UTF-8 text of a regular file of at most ``limit`` bytes; else ConfigError, which ends in ``remedy``."""
    end = f"; {remedy}" if remedy else ""
    try:
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
        with os.fdopen(handle, "rb") as file:
            status = os.fstat(handle)
            if not stat.S_ISREG(status.st_mode):
                raise ConfigError(f"{shown(path)}: is not a regular file{end}")
            data = file.read(limit + 1)
    except (OSError, ValueError) as error:
        raise ConfigError(f"{shown(path)}: cannot be read ({_reason(error)}){end}") from None
    if len(data) > limit:
        raise ConfigError(f"{shown(path)}: is larger than {limit >> 20} MiB{end}")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ConfigError(f"{shown(path)}: is not UTF-8 text{end}") from None


def check_output(path: Path, inputs: Iterable[str | Path] = (), *, text: bool = True) -> None:
    """ConfigError when ``path`` is no place for an output: one of ``inputs``, a link, or, for ``text``, a file of something else.

    To be asked before the work as well, which may take minutes.
    """
    if _is_stream(path):
        return
    try:
        if path.is_symlink() or _leads_out(path):
            raise ConfigError(
                f"{shown(path)}: is a link or lies behind one that leads out of this directory, and outputs follow no links; "
                "name the file itself"
            )
        if path.is_dir():
            raise ConfigError(f"{shown(path)}: is a directory; name a file in it")
        if not path.exists():
            return
        for read in inputs:
            if os.path.exists(read) and os.path.samefile(path, read):  # noqa: PTH110, PTH121
                raise ConfigError(f"{shown(path)}: is read as well, and would be lost; write to another file")
        if text and path.is_file() and not _holds_text(path):
            raise ConfigError(
                f"{shown(path)}: holds something else than text, so it is not replaced; write to another file"
            )
    except (OSError, ValueError, RuntimeError) as error:
        raise ConfigError(f"{shown(path)}: cannot be written ({_reason(error)})") from None


def write_text(path: Path, text: str) -> None:
    """Write ``text`` to ``path`` in one step, a file there keeping its mode; ConfigError when that cannot be."""
    check_output(path)
    _write(path, text.encode())


def write_bytes(path: Path, data: bytes) -> None:
    """As ``write_text``, for what is no text: a drawing."""
    check_output(path, text=False)
    _write(path, data)


def _write(path: Path, data: bytes) -> None:
    import tempfile  # here: it imports much, and a check waits for what reads its configuration

    try:
        if _is_stream(path) or (path.exists() and not path.is_file()):  # a pipe: nothing to replace
            with path.open("ab") as stream:
                stream.write(data)
            return
        mode = stat.S_IMODE(path.stat().st_mode) if path.exists() else 0o666 & ~umask()
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name[:100]}.")
        temporary = Path(name)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
            temporary.chmod(mode)
            temporary.replace(path)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
    except (OSError, ValueError) as error:
        raise ConfigError(f"{shown(path)}: cannot be written ({_reason(error)})") from None


def is_there(path: Path) -> bool:
    """Whether there is a file ``path``; ConfigError for a name that no file can have."""
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    except (OSError, ValueError) as error:
        raise ConfigError(f"{shown(path)}: cannot be read ({_reason(error)})") from None
    return True


def shown(path: object) -> str:
    """A path as a sentence names it: a long one's beginning."""
    text = str(path)
    return text if len(text) <= 300 else f"{text[:299]}…"


def _is_stream(path: Path) -> bool:
    parts = Path(os.path.abspath(path)).parts  # noqa: PTH100
    return len(parts) > 2 and parts[1] in _STREAMS and os.name == "posix"


def _leads_out(path: Path) -> bool:
    """Whether a directory below the working directory, as ``path`` is written, is a link that leads out of it."""
    here, place = Path.cwd(), Path(os.path.abspath(path)).parent  # noqa: PTH100
    if not place.is_relative_to(here):
        return False
    return not place.resolve().is_relative_to(here.resolve())


def _holds_text(path: Path) -> bool:
    with path.open("rb") as file:
        data = file.read(_LOOKED_AT)
    try:
        codecs.getincrementaldecoder("utf-8")().decode(data)
    except UnicodeDecodeError:
        return False
    return b"\0" not in data


def _reason(error: Exception) -> str:
    return str(getattr(error, "strerror", None) or error)


def umask() -> int:
    """The permission bits that this process leaves out of new files."""
    mask = os.umask(0)
    os.umask(mask)
    return mask
