"""What a kit's ``measure.py`` wrote: read, refused in a sentence where it cannot be used, and merged with other people's.

log ─► networks (median DSP runtime each) ─┐
log ─► networks ───────────────────────────┴─► merged: the median sensor's, those that disagree left out
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import exp, isfinite, log
from pathlib import Path
from statistics import median
from typing import Any

from ..errors import ConfigError
from ..runtime.files import read_text
from ..target import Target
from .calibrate import Measured
from .calibration import shipped
from .cycles import total
from .kit import known_networks
from .templates.measure import KIND, SCHEMA
from .work import works

FEWEST_FRAMES = 30
UNSTEADY = 0.05
"""DSP runtime is the same frame by frame; quartiles further apart than this are of something else."""
OFF = 20.0
"""Times the estimate, all networks together, beyond which the unit must be wrong."""
DISAGREES = 0.05
"""Of the logarithm: a sensor this far from the others, over all its networks, is left out."""
RESOLUTION_MS = 0.001
"""The camera counts microseconds."""


@dataclass(frozen=True)
class KitLog:
    """One person's measurements: milliseconds of DSP runtime by network."""

    path: Path
    ms: Mapping[str, float]
    frames: Mapping[str, int]
    skipped: tuple[str, ...]
    """Networks that could not be measured there."""


@dataclass(frozen=True)
class Merged:
    """Several people's logs as one, and what was done about those that disagree, in sentences."""

    measured: tuple[Measured, ...]
    notes: tuple[str, ...]


def is_kit_log(path: Path) -> bool:
    """Whether the file says that it is a kit's log; whether it is a good one ``read_kit_log`` finds out."""
    text = read_text(path, "pass the log that a kit's measure.py wrote, or KPI pairs with --model")
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return False
    return isinstance(found, dict) and ("networks" in found or found.get("kind") == KIND)


def read_kit_log(path: Path, target: Target) -> KitLog:
    """The log in ``path``; ConfigError with the reason where it is of no use."""
    log_ = json.loads(read_text(path))
    if log_.get("kind") != KIND:
        raise ConfigError(
            f"{path}: is a {log_.get('kind') or 'file without a kind'}, not a log; pass the kit-log.json that the kit's measure.py wrote on the Pi"
        )
    if log_.get("schema") != SCHEMA:
        raise ConfigError(
            f"{path}: was written by another version's kit (schema {log_.get('schema')}); make a kit anew with: sensorfit calibrate kit DIR"
        )
    if log_.get("target") != target.name:
        raise ConfigError(f"{path}: was measured for {log_.get('target')!r}, not for {target.name}")
    known = known_networks(target)
    ms: dict[str, float] = {}
    frames: dict[str, int] = {}
    skipped = []
    if not isinstance(log_.get("networks"), list) or not all(isinstance(n, dict) for n in log_["networks"]):
        raise ConfigError(
            f"{path}: holds no list of networks; it was not written by measure.py, or is damaged"
        )
    for entry in log_["networks"]:
        name = str(entry.get("name"))
        if entry.get("error"):
            skipped.append(f"{name} ({entry['error']})")
            continue
        place = f"{path}, {name}"
        if name in ms:
            raise ConfigError(f"{place}: is there twice; keep one")
        if name not in known or known[name][1] != entry.get("fingerprint"):
            raise ConfigError(
                f"{place}: is not a network that this sensorfit makes (fingerprint {entry.get('fingerprint')}); fit with the version that made the kit ({log_.get('sensorfit')})"
            )
        if not entry.get("package_sha256"):
            raise ConfigError(
                f"{place}: names no package_sha256, so what ran in the sensor is not known; measure again with the kit's measure.py"
            )
        dsp = _dsp(entry, place)
        ms[name], frames[name] = median(dsp), len(dsp)
    if not ms:
        raise ConfigError(
            f"{path}: no network was measured{': ' + skipped[0] if skipped else ''}; run measure.py on the Pi first"
        )
    _same_unit(path, ms, known, target)
    return KitLog(path, ms, frames, tuple(skipped))


def _dsp(entry: Mapping[str, Any], place: str) -> list[float]:
    """DSP runtimes of one network, in milliseconds."""
    if entry.get("unit") != "ms":
        raise ConfigError(
            f"{place}: its unit is {entry.get('unit')!r}; picamera2's get_kpi_info gives milliseconds, and so must the log"
        )
    try:
        pairs = [(float(dnn), float(dsp)) for dnn, dsp in entry["kpi"]]
    except (KeyError, TypeError, ValueError):
        raise ConfigError(f"{place}: its kpi is not a list of pairs of DNN and DSP runtime") from None
    if len(pairs) < FEWEST_FRAMES:
        raise ConfigError(f"{place}: {len(pairs)} frames are too few; measure at least {FEWEST_FRAMES}")
    if not all(isfinite(dnn) and isfinite(dsp) and dsp > 0 for dnn, dsp in pairs):
        raise ConfigError(f"{place}: a DSP runtime is no positive number; the frame was no measurement")
    if sum(dsp > dnn for dnn, dsp in pairs) > len(pairs) / 10:
        raise ConfigError(
            f"{place}: DSP runtimes exceed the DNN runtimes, which contain them; are the pairs swapped?"
        )
    dsp = sorted(dsp for _, dsp in pairs)
    low, high = dsp[len(dsp) // 4], dsp[3 * len(dsp) // 4]
    if high - low > UNSTEADY * median(dsp) + 2 * RESOLUTION_MS:
        raise ConfigError(
            f"{place}: its DSP runtime is not steady ({low:g} to {high:g} ms in half of the frames): more than one network may have run; measure it again"
        )
    return dsp


def _same_unit(path: Path, ms: Mapping[str, float], known: Mapping[str, Any], target: Target) -> None:
    constants = shipped(target).constants
    off = median(value / _estimated(known[name][2], constants, target) for name, value in ms.items())
    if not 1 / OFF < off < OFF:
        raise ConfigError(
            f"{path}: its runtimes are {off:.2g} times the estimates; they do not look like milliseconds of this device"
        )


def _estimated(graph: Any, constants: Any, target: Target) -> float:
    return total(works(graph, constants.simd), constants) / target.clock_hz * 1e3


def merge(logs: Sequence[KitLog], target: Target) -> Merged:
    """One measurement a network: the median of the sensors that agree. ConfigError where two disagree and none decides."""
    notes = [f"{one.path.name}: not measured: {', '.join(one.skipped)}" for one in logs if one.skipped]
    names = [*dict.fromkeys(name for one in logs for name in one.ms)]
    middle = {n: median(log(one.ms[n]) for one in logs if n in one.ms) for n in names}
    bias = [median(log(one.ms[n]) - middle[n] for n in one.ms) for one in logs]
    kept = list(logs)
    if len(logs) == 2 and abs(bias[0] - bias[1]) > DISAGREES:
        raise ConfigError(
            f"{logs[0].path} and {logs[1].path} disagree by {exp(abs(bias[0] - bias[1])) - 1:.0%} over all networks; "
            "a third sensor's log decides, or fit with the one you trust"
        )
    if len(logs) > 2:
        kept = [one for one, off in zip(logs, bias, strict=True) if abs(off) <= DISAGREES]
        notes += [
            f"{one.path.name}: left out, its runtimes are {exp(off) - 1:+.0%} from the other sensors'"
            for one, off in zip(logs, bias, strict=True)
            if abs(off) > DISAGREES
        ]
        if len(kept) < 2:
            raise ConfigError(
                f"no two of the {len(logs)} logs agree within {DISAGREES:.0%}; fit with the one you trust"
            )
    known = known_networks(target)
    found = []
    for name in names:
        values = [one.ms[name] for one in kept if name in one.ms]
        if not values:
            continue
        frames = sum(one.frames[name] for one in kept if name in one.ms)
        found.append(
            Measured(
                name=name,
                graph=known[name][2],
                ms=median(values),
                confidence="own",
                covers=f"DSP runtime, median of {frames} frames of {len(values)} sensor{'s' * (len(values) > 1)}",
                group=f"kit:{name}",
                source=", ".join(one.path.name for one in kept if name in one.ms),
                resolution=RESOLUTION_MS,
            )
        )
    return Merged(tuple(found), tuple(notes))
