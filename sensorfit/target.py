"""A device and the facts about it: one folder below ``rules/`` each, found by its name.

    rules/NAME/target.toml      the device's numbers
    rules/NAME/operators.toml   and the others: what its converter does, memory, latency

Whatever depends on a device takes a ``Target``; only the command line and the Python API know a default.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

from .errors import ConfigError

NUMBERS: Final = "target"
"""The file of facts that makes a folder a target."""
DEFAULT: Final = "imx500"
"""What the command line and the Python API take where nobody says otherwise."""


@dataclass(frozen=True)
class Target:
    """A device as its converter and its maker's documents describe it; bytes, hertz, milliseconds."""

    name: str
    """The folder of its facts."""
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

    @property
    def title(self) -> str:
        """As a sentence names it: ``IMX500``."""
        return self.name.upper()


def target_names() -> tuple[str, ...]:
    """The targets there are facts of, in alphabetical order."""
    return tuple(sorted(file.parent.name for file in _rules().glob(f"*/{NUMBERS}.toml")))


def read_facts(name: str, target: Target) -> Mapping[str, Any]:
    """The table of facts ``rules/<target>/<name>.toml``."""
    return _table(name, target.name)


@cache
def load_target(name: str) -> Target:
    """The target called ``name``; ConfigError when there is none."""
    if not (name.isidentifier() and (_rules() / name / f"{NUMBERS}.toml").is_file()):
        raise ConfigError(f"there is no target '{name}': choose from {', '.join(target_names())}")
    facts = _table(NUMBERS, name)
    return Target(
        name=name,
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


def _table(name: str, folder: str) -> Mapping[str, Any]:
    from . import toml  # here: who only reads a report needs the type alone

    return toml.table(_rules() / folder / f"{name}.toml")


@cache
def _rules() -> Path:
    found = find_spec(f"{__package__}.rules")
    assert found is not None and found.origin is not None
    return Path(found.origin).parent
