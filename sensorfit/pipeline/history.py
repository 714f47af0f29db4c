"""How long what was done last took on this machine, a build's stages above all: what tells the next about how long it will take.

A small JSON file in the user's cache. Where it cannot be read or written, there is no estimate and no complaint.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Final

from ..errors import ConfigError
from ..runtime.files import write_text
from .stages import Stage

KEPT: Final = 32
"""Networks remembered, the latest."""
LATEST: Final = ""
"""The key of the latest build, whatever its network: for one that has not been built here."""


def cache_directory() -> Path:
    """Where this system keeps a user's caches."""
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local") / "sensorfit"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "sensorfit"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "sensorfit"


def expected(model: str, latest: bool = True) -> Mapping[str, float]:
    """Seconds of each stage when ``model`` was last built here, else (with ``latest``) of the latest build; empty without one."""
    found = _read()
    return found.get(model) or (found.get(LATEST) if latest else None) or {}


def remember(model: str, done: Iterable[Stage], latest: bool = True) -> None:
    """Keep what the stages of this build took; with ``latest``, as those of the latest build, too."""
    took = {stage.name: stage.seconds for stage in done}
    found = _read()
    newest = took if latest else found.get(LATEST, {})
    kept = [(name, seconds) for name, seconds in found.items() if name not in (model, LATEST)][-KEPT:]
    with suppress(OSError, ConfigError, RuntimeError):
        place = _file()
        place.parent.mkdir(parents=True, exist_ok=True)
        write_text(place, json.dumps({**dict(kept), model: took, LATEST: newest}))


def remaining(expected: Mapping[str, float], now: str) -> float:
    """Seconds that the stage ``now`` and those after it are expected to take; 0 where nothing is known. What would have come
    before, and did not, does not come any more."""
    names = list(expected)
    return sum(list(expected.values())[names.index(now) :]) if now in expected else 0


def _file() -> Path:
    return cache_directory() / "stages.json"


def _read() -> dict[str, dict[str, float]]:
    try:
        value = json.loads(_file().read_text(encoding="utf-8"))
        return {
            str(model): {str(name): float(seconds) for name, seconds in took.items() if float(seconds) >= 0}
            for model, took in value.items()
        }
    except (OSError, ValueError, TypeError, AttributeError, RuntimeError, RecursionError):
        return {}
