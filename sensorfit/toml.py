"""TOML by the package ``tomli``: the standard library's ``tomllib`` compiled, which takes a quarter of the time."""

from functools import cache
from pathlib import Path
from typing import Any

import tomli as tomllib

__all__ = ["table", "tomllib"]


@cache
def table(file: Path) -> dict[str, Any]:
    """What a TOML file of the package holds, parsed once: TOML is slow to read, and many ask.

    By its path: ``importlib.resources`` imports what archives need, which takes longer than a small table.
    """
    return tomllib.loads(file.read_text(encoding="utf-8"))
