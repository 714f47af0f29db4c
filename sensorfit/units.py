"""Quantities as people write them: ``"6 MiB"``, ``"15 ms"``, ``"330 M"``; and back."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from .errors import ConfigError

BYTE: Final = 8
"""Bits."""
BYTES: Final = {
    "b": 1, "kb": 10**3, "mb": 10**6, "gb": 10**9, "kib": 2**10, "mib": 2**20, "gib": 2**30,
}  # fmt: skip
MILLISECONDS: Final = {"us": 1e-3, "µs": 1e-3, "ms": 1.0, "s": 1e3}
COUNTS: Final = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9, "b": 10**9}

_QUANTITY: Final = re.compile(r"\s*([0-9][0-9_,]*(?:\.[0-9]+)?(?:[eE][+-]?[0-9]{1,2})?)\s*([A-Za-zµ]*)\s*")


def bytes_of(value: object, where: str) -> int:
    """``6 MiB``, ``500 kB`` or a whole number of bytes."""
    if isinstance(value, int) and not isinstance(value, bool):
        return _not_negative(value, where)
    return round(_parsed(value, BYTES, where, 'a size such as "6 MiB" or "500 kB"'))


def milliseconds_of(value: object, where: str) -> float:
    """``15 ms`` or ``0.02 s``; a bare number has no meaning and is refused."""
    return _parsed(value, MILLISECONDS, where, 'a time such as "15 ms"')


def count_of(value: object, where: str) -> int:
    """``330 M``, ``1.4 G`` or a whole number."""
    if isinstance(value, int) and not isinstance(value, bool):
        return _not_negative(value, where)
    return round(_parsed(value, COUNTS, where, 'a number such as "330 M"'))


def _not_negative(value: int, where: str) -> int:
    if value < 0:
        raise ConfigError(f"{where} is negative ({value})")
    return value


def _parsed(value: object, units: dict[str, float] | dict[str, int], where: str, example: str) -> float:
    match = _QUANTITY.fullmatch(value) if isinstance(value, str) else None
    unit = units.get(match[2].lower()) if match else None
    if match is None or unit is None:
        raise ConfigError(f"{where} is {value!r}; write {example}")
    return float(match[1].replace("_", "").replace(",", "")) * unit


def show_bytes(value: int) -> str:
    """``6,291,456 B (6.00 MiB)``; below 1 KiB the number alone."""
    for unit, size in (("MiB", 2**20), ("KiB", 2**10)):
        if abs(value) >= size:
            return f"{value:,} B ({value / size:,.2f} {unit})"
    return f"{value:,} B"


def show_shape(shape: Sequence[int | None]) -> str:
    """``1x3x64x64``, a dimension that is not known as ``?``; ``scalar`` for none."""
    return "x".join("?" if d is None else str(d) for d in shape) or "scalar"


def show_count(value: int) -> str:
    """``330.16 M``."""
    for unit, size in (("G", 10**9), ("M", 10**6), ("k", 10**3)):
        if abs(value) >= size:
            return f"{value / size:,.2f} {unit}"
    return str(value)
