"""``DIR.log``: what is left of a build that failed, the sentence and all that the tools said."""

from __future__ import annotations

import traceback
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from ..errors import ConfigError, InputError, MissingDependency
from ..runtime.files import write_text
from .stages import Stage

HEADER = "sensorfit build: log of a build that failed\n"


def keep(error: Exception, directory: Path, printed: Iterable[Path], done: Iterable[Stage]) -> Path | None:
    """Write the log of the build of ``directory`` that ended in ``error``; None where no tool has run and none is needed.

    ``printed`` are the files that tools wrote their output to, some of them perhaps not there.
    """
    said = [p.read_text(encoding="utf-8", errors="replace") for p in printed if p.is_file()]
    if not any(said) and isinstance(error, (InputError, MissingDependency)):
        return None
    stages = "".join(f"{stage.seconds:7.1f} s  {stage.name}\n" for stage in done)
    trace = "".join(traceback.format_exception(error))
    text = f"{HEADER}\n{stages}failed: {error}\n\n{''.join(said) or '(the tools printed nothing)'}\n\n{trace}"
    for log in (_beside(directory), directory.with_name(f"{directory.name}.sensorfit.log")):
        if _ours(log) or not (log.exists() or log.is_symlink()):
            with suppress(ConfigError):  # the build's own error says more
                write_text(log, text)
                return log
    return None


def remove(directory: Path) -> None:
    """Remove the log of an earlier attempt."""
    if _ours(_beside(directory)):
        _beside(directory).unlink()


def _beside(directory: Path) -> Path:
    return directory.with_name(f"{directory.name}.log")


def _ours(log: Path) -> bool:
    if log.is_symlink() or not log.is_file():
        return False
    with log.open(encoding="utf-8", errors="replace") as file:
        return file.read(len(HEADER)) == HEADER
