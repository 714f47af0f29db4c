"""A run's state on disk: written whole or not at all, and enough to go on as if nothing had happened.

last.pt    networks, optimizer, step, settings
model.pt   the state dict alone, under the authors' key names: the averaged weights where there are any
"""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any, Final

import torch

from ..errors import InputError
from ..runtime.files import write_bytes
from .recipe import Settings

LAST: Final = "last.pt"
MODEL: Final = "model.pt"
FREE: Final = ("epochs", "steps")
"""Settings that may differ when a run goes on: the rest of it is made longer or shorter (one-cycle falls faster)."""


def save(path: Path, content: Any) -> None:
    """``torch.save`` in one step."""
    buffer = io.BytesIO()
    torch.save(content, buffer)
    write_bytes(path, buffer.getvalue())


def load(directory: Path, settings: Settings) -> dict[str, Any] | None:
    """The state in ``directory``, None where there is none; InputError where other settings made it."""
    path = directory / LAST
    if not path.is_file():
        return None
    try:
        state: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
        made = {**Settings(settings.network).to_dict(), **state["settings"]}  # older runs lack newer settings
    except Exception as error:
        raise InputError(
            f"{path}: cannot be read ({type(error).__name__}); remove it to begin anew"
        ) from error
    now = settings.to_dict()
    differ = [k for k in now if made.get(k) != now[k] and k not in FREE]
    if differ:
        said = ", ".join(f"{k} {made.get(k)}" for k in differ)
        raise InputError(f"{path}: was made with {said}; give the same, or another --output")
    return state
