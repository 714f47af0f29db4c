"""A device and the facts about it: one folder below ``rules/`` each, found by its name.

    rules/NAME/target.toml      the device's numbers
    rules/NAME/operators.toml   and the others: what its converter does, memory, latency
    rules/NAME/versions.toml    where older versions of the converter differ from these, each from the next newer

Whatever depends on a device takes a ``Target``; only the command line and the Python API know a default.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

from .errors import ConfigError

NUMBERS: Final = "target"
"""The file of facts that makes a folder a target."""
VERSIONS: Final = "versions"
DEFAULT: Final = "imx500"
"""What the command line and the Python API take where nobody says otherwise."""


@dataclass(frozen=True)
class Target:
    """A device as its converter and its maker's documents describe it; bytes, hertz, milliseconds."""

    name: str
    """The folder of its facts."""
    converter: str
    """Its converter with the version that is judged by: ``imx500-converter 3.19.2``."""
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

    @property
    def option(self) -> str:
        """What a command takes to be about this device and this version of its converter; "" for the default one and the newest."""
        device = "" if self.name == DEFAULT else f" --target {self.name}"
        return device if self.newest else f"{device} --converter {self.converter_version}"

    @property
    def newest(self) -> bool:
        """Whether this is the newest version of the converter that there are facts of."""
        return self.converter_version == _newest(self.name)

    @property
    def converter_version(self) -> str:
        """``3.19.2``."""
        return self.converter.rpartition(" ")[2]


def target_names() -> tuple[str, ...]:
    """The targets there are facts of, in alphabetical order."""
    return tuple(sorted(file.parent.name for file in _rules().glob(f"*/{NUMBERS}.toml")))


def read_facts(name: str, target: Target) -> Mapping[str, Any]:
    """The table of facts ``rules/<target>/<name>.toml``, as it holds for the target's version of the converter."""
    return _facts(name, target.name, target.converter_version)


def converter_versions(name: str) -> tuple[str, ...]:
    """The versions of the target's converter that there are facts of, newest first."""
    _known(name)
    return (_newest(name), *(version["name"] for version in _older(name)))


@cache
def load_target(name: str, converter: str = "") -> Target:
    """The target called ``name`` with the ``converter`` of this version (3.18, 3.18.2), the newest known when empty.

    ConfigError when there is none of either.
    """
    _known(name)
    facts = _facts(NUMBERS, name, _version(name, converter) if converter else _newest(name))
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


def _known(name: str) -> None:
    if not (name.isidentifier() and (_rules() / name / f"{NUMBERS}.toml").is_file()):
        raise ConfigError(f"there is no target '{name}': choose from {', '.join(target_names())}")


def _version(name: str, wanted: str) -> str:
    """The newest known version that ``wanted`` means."""
    known = converter_versions(name)
    for version in known:
        if f"{version}.".startswith(f"{wanted}."):
            return version
    raise ConfigError(f"there are no facts of converter version '{wanted}': choose from {', '.join(known)}")


def _newest(name: str) -> str:
    return str(_table(NUMBERS, name)["converter"]).rpartition(" ")[2]


def _older(name: str) -> Sequence[Mapping[str, Any]]:
    """What differs in each older version, newest first."""
    if not (_rules() / name / f"{VERSIONS}.toml").is_file():
        return ()
    found: Sequence[Mapping[str, Any]] = _table(VERSIONS, name)["version"]
    return found


def _facts(name: str, folder: str, version: str) -> Mapping[str, Any]:
    return _table(name, folder) if version == _newest(folder) else _as_of(version, name, folder)


@cache
def _as_of(version: str, name: str, folder: str) -> Mapping[str, Any]:
    table = _table(name, folder)
    for older in _older(folder):
        table = _over(older.get(name, {}), table)
        if older["name"] == version:
            break
    return table


def _over(changes: Mapping[str, Any], table: Mapping[str, Any]) -> Mapping[str, Any]:
    """``table`` with ``changes``, table by table."""
    return {
        **table,
        **{
            key: _over(value, table.get(key, {})) if isinstance(value, Mapping) else value
            for key, value in changes.items()
        },
    }


def _table(name: str, folder: str) -> Mapping[str, Any]:
    from . import toml  # here: who only reads a report needs the type alone

    return toml.table(_rules() / folder / f"{name}.toml")


@cache
def _rules() -> Path:
    found = find_spec(f"{__package__}.rules")
    assert found is not None and found.origin is not None
    return Path(found.origin).parent
