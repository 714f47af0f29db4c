"""The teacher that ``--teacher`` names: a cache of logits, or a checkpoint that the training loop runs itself."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ..errors import InputError


def open_teacher(path: Path | None) -> Any | None:
    """The cache in ``path``; None for no teacher and for a checkpoint."""
    if path is None:
        return None
    if path.is_file() and path.suffix == ".pt":
        return None
    if not path.is_dir():
        raise InputError(
            f"--teacher {path}: is neither a cache that `sensorfit teach` made nor a checkpoint FILE.pt"
        )
    from .store import TeacherCache

    return TeacherCache(path)
