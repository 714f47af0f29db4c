"""The device's numbers, read from ``rules/imx500/target.toml``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from .errors import ConfigError

TARGETS = ("imx500",)


def read_facts(name: str, target: str = "imx500") -> Mapping[str, Any]:
    """The table of facts ``rules/<target>/<name>.toml``."""
    from . import rules, toml  # here: who only reads a report needs the type alone

    return toml.table(Path(rules.__file__).parent / target / f"{name}.toml")


@dataclass(frozen=True)
class Target:
    """An IMX500 as the converter and Sony's documents describe it; bytes, hertz, milliseconds."""

    name: str
    converter: str
    budget_bytes: int
    reserved_bytes: int
    mac_units: int
    clock_hz: int
    input_channels: int
    min_input: tuple[int, int]
    max_input: tuple[int, int]
    readout_3mp_ms: float
    readout_12mp_ms: float


@cache
def load_target(name: str = "imx500") -> Target:
    """The target called ``name``; ConfigError when there is none."""
    if name not in TARGETS:
        raise ConfigError(f"there is no target '{name}': choose from {', '.join(TARGETS)}")
    facts = read_facts("target", name)
    return Target(
        name=facts["name"],
        converter=facts["converter"],
        budget_bytes=facts["memory"]["budget_bytes"],
        reserved_bytes=facts["memory"]["reserved_bytes"],
        mac_units=facts["compute"]["mac_units"],
        clock_hz=facts["compute"]["clock_hz"],
        input_channels=facts["input"]["channels"],
        min_input=tuple(facts["input"]["min_size"]),
        max_input=tuple(facts["input"]["max_size"]),
        readout_3mp_ms=facts["sensor"]["readout_3mp_ms"],
        readout_12mp_ms=facts["sensor"]["readout_12mp_ms"],
    )
