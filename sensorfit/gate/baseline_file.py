"""A baseline read back: somebody may have edited, merged or made it, so every field is held to what it is.

    {"schema_version": "1.0", "tool": {...}, "models": {"net.onnx": {
        "sha256": "...", "profile": "converter", "converter": "imx500-converter 3.19.2", "verdict": "fits",
        "figures": {"total_bytes": 3843296, "dsp_ms": 5.11, "macs": 330160000, "parameters": 1371418},
        "findings": [{"rule": "SF119", "severity": "error", "node": "...", "op": "...", "reason": "...", "shape": "...", "message": "..."}]}}}

Keys that are not known are left alone: a later version may write more.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from ..errors import ConfigError
from ..report.change import Entry
from ..report.report import VERDICTS
from ..runtime.files import read_text, shown
from ..verify.finding import SEVERITIES

SCHEMA_VERSION: Final = "1.0"
REMEDY: Final = "make it again with --write-baseline"
MAX_FIGURE: Final = 2**63

_Field = tuple[Callable[[Any], bool], str, bool]
"""What a value must be, in words, whether it must be there."""


def _string(value: Any) -> bool:
    return isinstance(value, str)


def _figure(value: Any) -> bool:
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return number and 0 <= value < MAX_FIGURE  # neither NaN nor infinity is


_TEXT: Final[_Field] = (_string, "a string", False)
_ENTRY: Final[Mapping[str, _Field]] = {
    "verdict": (lambda v: v in VERDICTS, f"one of {', '.join(VERDICTS)}", True),
    "figures": (lambda v: isinstance(v, dict), "an object", True),
    "findings": (lambda v: isinstance(v, list), "a list", True),
    "sha256": _TEXT,
    "profile": _TEXT,
    "converter": _TEXT,
}
_FINDING: Final[Mapping[str, _Field]] = {
    "rule": (_string, "a string", True),
    "severity": (lambda v: v in SEVERITIES, f"one of {', '.join(SEVERITIES)}", True),
    **dict.fromkeys(("node", "op", "reason", "shape", "message"), _TEXT),
}


def read(path: Path) -> dict[str, Entry]:
    """The recorded models by key; ConfigError names the field when the file is missing or not a baseline."""
    text = read_text(path, REMEDY)
    try:
        content = json.loads(text, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise ConfigError(f"{shown(path)}: is not JSON ({error}); {REMEDY}") from None
    where = f"{shown(path)}: "
    if not isinstance(content, dict) or not isinstance(content.get("models"), dict):
        raise ConfigError(f"{where}is not a baseline of sensorfit: it has no object 'models'; {REMEDY}")
    if str(content.get("schema_version", "")).split(".")[0] != SCHEMA_VERSION.split(".")[0]:
        raise ConfigError(f"{where}was written by another version of sensorfit; {REMEDY}")
    models: dict[str, Entry] = content["models"]
    for name, entry in models.items():
        place = f"{where}models.{name[:100]}"
        _object(entry, _ENTRY, place)
        for key, value in entry["figures"].items():
            if not _figure(value):
                raise _wrong(f"{place}.figures.{key[:100]}", value, "a number from 0 up")
        for index, finding in enumerate(entry["findings"]):
            _object(finding, _FINDING, f"{place}.findings[{index}]")
    return models


def _object(value: Any, fields: Mapping[str, _Field], where: str) -> None:
    if not isinstance(value, dict):
        raise _wrong(where, value, "an object")
    for key, (holds, words, needed) in fields.items():
        if key not in value:
            if needed:
                raise ConfigError(f"{where} has no '{key}'; {REMEDY}")
        elif not holds(value[key]):
            raise _wrong(f"{where}.{key}", value[key], words)


def _wrong(where: str, value: Any, wanted: str) -> ConfigError:
    text = json.dumps(value)
    return ConfigError(f"{where} is {text[:60]}{'…' if len(text) > 60 else ''}, not {wanted}; {REMEDY}")


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is no number")
