"""A user's KPI logs: pairs of DNN and DSP runtime in milliseconds, one frame a line.

    JSON lines   {"dnn_ms": 1.53, "dsp_ms": 0.08, "model": "net.onnx"}
                 {"kpi": [1.53, 0.08]}                      picamera2's pair, as it is
                 {"hw_inference": "1.53 ms, 0.08 ms"}       the same, printed
    CSV          a header with dnn_ms and dsp_ms; model optional

``dnn_runtime`` and ``dsp_runtime`` are understood as well, other fields are
ignored, ``model`` is relative to the log. Lines without a measurement are an
error: a log that is half something else was not meant.
"""

from __future__ import annotations

import csv
import json
import math
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from ..errors import ConfigError
from ..runtime.files import read_text

DNN = ("dnn_ms", "dnn_runtime")
DSP = ("dsp_ms", "dsp_runtime")
PRINTED = re.compile(r"\s*([0-9.]+)\s*ms\s*,\s*([0-9.]+)\s*ms\s*")
MAX_BYTES = 256 * 2**20
"""Larger than any log of KPI pairs; protects the memory."""


@dataclass(frozen=True)
class Log:
    """The frames of one network."""

    model: Path
    path: Path
    dsp_ms: tuple[float, ...]

    @property
    def ms(self) -> float:
        """Median DSP runtime."""
        return median(self.dsp_ms)


def read_logs(paths: Sequence[Path], models: Sequence[Path] = ()) -> tuple[Log, ...]:
    """One ``Log`` a network and file.

    ``models`` pair with ``paths`` in order; a single one belongs to every log
    whose lines name none. ConfigError for a log that cannot be used.
    """
    if len(models) > 1 and len(models) != len(paths):
        raise ConfigError(
            f"{len(paths)} logs and {len(models)} times --model: give one for each log, in the same order, or one for all"
        )
    found = []
    for index, path in enumerate(paths):
        given = models[index] if len(models) > 1 else models[0] if models else None
        frames: dict[Path, list[float]] = {}
        for place, record in _records(path):
            model = path.parent / str(record["model"]) if record.get("model") else given
            if model is None:
                raise ConfigError(f"{place}: names no model; add --model MODEL.onnx, or a 'model' field")
            frames.setdefault(model, []).append(_dsp(record, place))
        if not frames:
            raise ConfigError(f"{path}: holds no frames; record at least one KPI pair, better a hundred")
        found += [Log(model, path, tuple(values)) for model, values in frames.items()]
    return tuple(found)


def _records(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    text = read_text(path, "pass a KPI log as JSON lines or CSV", MAX_BYTES)
    lines = text.splitlines()
    first = next((line for line in lines if line.strip()), "")
    return _json_lines(path, lines) if first.lstrip().startswith("{") else _csv(path, lines)


def _json_lines(path: Path, lines: Iterable[str]) -> Iterator[tuple[str, dict[str, Any]]]:
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        place = f"{path}, line {number}"
        try:
            record = json.loads(line)
        except (ValueError, RecursionError):
            raise ConfigError(f"{place}: is not a JSON object; the log may be truncated") from None
        if not isinstance(record, dict):
            raise ConfigError(f"{place}: is not a JSON object; write one object a frame")
        yield place, record


def _csv(path: Path, lines: list[str]) -> Iterator[tuple[str, dict[str, Any]]]:
    rows = csv.DictReader(lines, skipinitialspace=True)
    names = [name.strip().lower() for name in rows.fieldnames or () if name]
    if not any(name in names for name in DSP):
        raise ConfigError(f"{path}: neither JSON lines nor CSV with the columns dnn_ms and dsp_ms")
    rows.fieldnames = names
    for row in rows:
        yield f"{path}, line {rows.line_num}", {k: v for k, v in row.items() if k}


def _dsp(record: dict[str, Any], place: str) -> float:
    dnn, dsp = _pair(record, place)
    if not (math.isfinite(dsp) and dsp > 0):
        raise ConfigError(f"{place}: a DSP runtime of {dsp:g} ms is no measurement")
    if dnn is not None and dsp > dnn:
        raise ConfigError(
            f"{place}: the DSP runtime ({dsp:g} ms) exceeds the DNN runtime ({dnn:g} ms), which contains it; are they swapped?"
        )
    return dsp


def _pair(record: dict[str, Any], place: str) -> tuple[float | None, float]:
    try:
        if "kpi" in record:
            dnn, dsp = record["kpi"]
            return float(dnn), float(dsp)
        if "hw_inference" in record:
            printed = PRINTED.fullmatch(record["hw_inference"])
            if printed is None:
                raise ValueError
            return float(printed[1]), float(printed[2])
        dsp = next(record[name] for name in DSP if record.get(name) not in (None, ""))
        dnn = next((record[name] for name in DNN if record.get(name) not in (None, "")), None)
        return None if dnn is None else float(dnn), float(dsp)
    except StopIteration:
        raise ConfigError(
            f"{place}: holds no DSP runtime; see 'sensorfit calibrate --help' for the fields"
        ) from None
    except (TypeError, ValueError):
        raise ConfigError(f"{place}: its runtimes are not a pair of numbers in milliseconds") from None
