"""What a family of networks is: its parameters with their defaults and bounds, and how a network of it is drawn."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from ..sketch import Sketch

Value = bool | int | float | str


class Option(NamedTuple):
    """A parameter of a family: what it may be, and what it is where the space does not say."""

    default: Value
    about: str
    low: float = 1
    high: float = 4096
    choices: Sequence[Value] = ()
    """The only values; () for any number from ``low`` to ``high``."""
    check: Callable[[Any], str] | None = None
    """What is wrong with a value otherwise allowed, "" for nothing."""

    def wrong(self, value: object) -> str:
        """Why ``value`` cannot be taken, "" where it can."""
        if self.choices:
            same = any(value == c and isinstance(value, bool) == isinstance(c, bool) for c in self.choices)
            return "" if same else f"choose from {', '.join(map(show, self.choices))}"
        if isinstance(self.default, str):
            return (
                (self.check(value) if self.check else "") if isinstance(value, (str, int)) else "write a text"
            )
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            return "write a number"
        if isinstance(self.default, int) and not isinstance(value, int):
            return "write a whole number"
        if not self.low <= value <= self.high:
            return f"choose from {self.low:g} to {self.high:g}"
        return self.check(value) if self.check else ""


class Family(NamedTuple):
    """A built-in family. ``draw`` takes every option by name; ValueError where they do not go together."""

    name: str
    about: str
    options: Mapping[str, Option]
    draw: Callable[..., Sketch]


def show(value: Value) -> str:
    """As TOML has it."""
    if isinstance(value, bool):
        return str(value).lower()
    return f'"{value}"' if isinstance(value, str) else f"{value:g}"


def sides(size: int | str) -> tuple[int, int]:
    """Height and width: ``96`` and ``"96"`` for a square, ``"96x128"``. ValueError for anything else."""
    if isinstance(size, int):
        return size, size
    parts = [int(part) for part in size.lower().split("x")]
    if len(parts) not in (1, 2) or min(parts) < 1:
        raise ValueError(f"size {size}")
    return parts[0], parts[-1]


def wrong_size(size: int | str) -> str:
    """Why ``size`` is none, "" where it is."""
    try:
        height, width = sides(size)
    except ValueError:
        return 'write 96 for a square or HEIGHTxWIDTH, as "96x128"'
    return "" if min(height, width) >= 8 and max(height, width) <= 4096 else "choose sides from 8 to 4096"


SIZE = Option("96", 'input height and width: 96, or "96x128"', check=wrong_size)
UPSAMPLING = ("nearest", "bilinear", "transposed")


def scaled(width: int, factor: float, divisor: int) -> int:
    """``width`` times ``factor``, to the nearest multiple of ``divisor``, at least one; as it is for a factor of 1."""
    if factor == 1:
        return width
    return max(divisor, int(width * factor / divisor + 0.5) * divisor)


def halved(height: int, width: int, times: int) -> None:
    """ValueError where a side does not halve ``times`` times."""
    if height % 2**times or width % 2**times:
        raise ValueError(f"{height}x{width} does not halve {times} times: sides are multiples of {2**times}")
