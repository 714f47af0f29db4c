"""Options that several commands share, and how values are read."""

from __future__ import annotations

from typing import Final

import click

from ..errors import ConfigError
from . import complete

PROFILES: Final = click.Choice(["converter", "picosam"])

# fmt: off
profile = click.option("--profile", type=PROFILES, default="converter", show_default=True, help="Whose rules decide.")
input_persistency = click.option("--input-persistency/--no-input-persistency", default=True, show_default=True, help="Count the input tensor kept in memory, as the converter does by default.")
target = click.option("--target", metavar="NAME", shell_complete=complete.device, help="Device to judge for.  [default: the configuration's, else imx500]")
converter = click.option("--converter", metavar="VERSION", shell_complete=complete.version, help="Judge as this version of the converter does, 3.18 for example.  [default: the configuration's, else the newest known]")
output = click.option("--output", type=click.Path(dir_okay=False), metavar="FILE", help="Write to FILE instead of standard output.")
# fmt: on


def shapes(
    ctx: click.Context, parameter: click.Parameter, values: tuple[str, ...]
) -> dict[str, tuple[int, ...]]:
    """``NAME=1x3x96x96`` or ``1x3x96x96`` (the first input) into a mapping."""
    found: dict[str, tuple[int, ...]] = {}
    for value in values:
        name, _, shape = value.rpartition("=")
        try:
            found[name] = tuple(int(d) for d in shape.lower().replace(",", "x").split("x"))
        except ValueError:
            raise ConfigError(
                f"--input-shape {value}: write the shape as 1x3x96x96, or NAME=1x3x96x96"
            ) from None
        if any(d < 1 for d in found[name]):
            raise ConfigError(f"--input-shape {value}: every dimension is at least 1")
    return found


input_shape = click.option("--input-shape", "input_shapes", multiple=True, callback=shapes, metavar="[NAME=]1x3x96x96", help="Give an input this shape.")  # fmt: skip


def listed(ctx: click.Context, parameter: click.Parameter, values: tuple[str, ...]) -> tuple[str, ...]:
    """``SF201,SF4`` and repeated options into one tuple."""
    return tuple(rule.strip() for value in values for rule in value.split(",") if rule.strip())


def channel_values(
    ctx: click.Context, parameter: click.Parameter, text: str | None
) -> tuple[float, ...] | None:
    """``0.485,0.456,0.406`` into a tuple, ``none`` into (), an absent option into None."""
    if text is None or text.strip().lower() == "none":
        return None if text is None else ()
    try:
        return tuple(float(part) for part in text.replace(",", " ").split())
    except ValueError:
        raise ConfigError(
            f"--{parameter.name} {text}: write one number a channel, as 0.485,0.456,0.406, or none"
        ) from None


def size(ctx: click.Context, parameter: click.Parameter, text: str | None) -> tuple[int, int] | None:
    """``96`` or ``96x128`` into height and width."""
    if text is None:
        return None
    sides = text.lower().split("x")
    try:
        found = [int(side) for side in sides]
    except ValueError:
        found = []
    if len(found) not in (1, 2) or any(side < 1 for side in found):
        raise ConfigError(f"--size {text}: write 96 for a square or HEIGHTxWIDTH, as 96x128")
    return found[0], found[-1]


def bytes_or_fit(ctx: click.Context, parameter: click.Parameter, text: str | None) -> int | str | None:
    """``7000000`` or ``7_000_000`` into a number, ``fit`` as it is."""
    if text is None or text == "fit":
        return text
    try:
        return int(text.replace(",", ""))
    except ValueError:
        raise ConfigError(f"--weights-budget {text}: give bytes, as 7000000, or fit") from None
