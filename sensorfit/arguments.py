"""Arguments of the Python API, held to what they can be: whatever else comes in is one sentence, not a traceback."""

from __future__ import annotations

import operator
import os
from collections.abc import Iterable, Mapping
from itertools import islice
from pathlib import Path
from typing import Any, Final

import onnx

from .errors import ConfigError, ModelError

MAX_RANK: Final = 64
WIDTHS: Final = (8, 4, 2)
"""Bits of the weights that MCT chooses from."""
_WAYS_OUT: Final = {
    "bytes": "parse it with onnx.load_model_from_string first",
    "GraphProto": "wrap it with onnx.helper.make_model first",
    "Module": "export it with torch.onnx.export first",
}
"""What to do with what is nearly a model, by the name of its type or of a base."""


def model_argument(model: Any, *, protos: bool = True) -> str | Path | onnx.ModelProto:
    """``model`` where it is a path, a name, or with ``protos`` a ModelProto; else ModelError."""
    if isinstance(model, onnx.ModelProto):
        if not protos:
            raise ModelError("this takes a path or a built-in name; save the ModelProto with onnx.save first")
        if not model.HasField("graph") or not (model.ir_version or model.opset_import):
            raise ModelError("the ModelProto is empty: it has no graph or no opset")
        return model
    path = _path(model)
    if path is None:
        kinds = [kind.__name__ for kind in type(model).__mro__]
        way = next((f"; {_WAYS_OUT[kind]}" for kind in kinds if kind in _WAYS_OUT), "")
        allowed = "a path, a built-in name or an onnx.ModelProto" if protos else "a path or a built-in name"
        raise ModelError(f"a model is {allowed}, not of type {kinds[0]}{way}")
    if not str(path).strip():
        raise ModelError("the model's name is empty; give a path or a built-in name")
    try:
        Path(path).exists()
    except (OSError, ValueError) as error:
        raise ModelError(f"{str(path)[:100]}…: no file can have that name ({error.strerror if isinstance(error, OSError) else error})") from None  # fmt: skip
    return path


def models_argument(models: Any) -> list[str | Path]:
    """``models`` where it is a list of paths and names; else ModelError or ConfigError."""
    if isinstance(models, (str, bytes, os.PathLike, Mapping, onnx.ModelProto)) or not isinstance(
        models, Iterable
    ):
        raise ConfigError(
            f"models is of type {type(models).__name__}; give a list of paths and built-in names"
        )
    return [model_argument(model, protos=False) for model in models]


def shapes_argument(shapes: Any) -> dict[str, tuple[int, ...]]:
    """``input_shapes`` where it maps names of inputs to dimensions from 1 up; else ConfigError."""
    if shapes is None:
        return {}
    example = 'write {"image": (1, 3, 96, 96)}, "" meaning the first input'
    if not isinstance(shapes, Mapping):
        raise ConfigError(f"input_shapes is of type {type(shapes).__name__}; {example}")
    found: dict[str, tuple[int, ...]] = {}
    for name, shape in shapes.items():
        if not isinstance(name, str):
            raise ConfigError(f"input_shapes names an input by {name!r:.100}; {example}")
        if isinstance(shape, (str, bytes, Mapping)) or not isinstance(shape, Iterable):
            raise ConfigError(f"input_shapes[{name[:100]!r}] is {shape!r:.100}; {example}")
        given = [*islice(shape, MAX_RANK + 1)]
        if len(given) > MAX_RANK:
            raise ConfigError(f"input_shapes[{name[:100]!r}] has more than {MAX_RANK} dimensions; {example}")
        found[name] = tuple(_dimension(value, name, example) for value in given)
    return found


def calibration_argument(calibration: Any) -> Any:
    """``calibration`` where it is a file's name or what was read from one; else ConfigError."""
    path = _path(calibration)
    if path is not None and str(path).strip():
        return path
    if calibration is None or type(calibration).__name__ == "Calibration":
        return calibration
    raise ConfigError(
        f"calibration is {calibration!r:.100}; give the file that `sensorfit calibrate` wrote, or nothing"
    )


def choice_argument(value: Any, choices: Iterable[str], what: str) -> str:
    """``value`` where it is one of ``choices``; else ConfigError."""
    allowed = [*choices]
    if not isinstance(value, str) or value not in allowed:
        raise ConfigError(f"there is no {what} {value!r:.100}: choose from {', '.join(allowed)}")
    return value


def width_argument(value: Any) -> int:
    """``value`` where MCT quantizes weights to so many bits; else ConfigError."""
    if isinstance(value, bool) or value not in WIDTHS:
        raise ConfigError(f"weight_bits is {value!r:.100}: choose from {', '.join(map(str, WIDTHS))}")
    return int(value)


def _path(value: Any) -> str | Path | None:
    if isinstance(value, str):
        return value
    if not isinstance(value, os.PathLike):
        return None
    try:
        text = os.fspath(value)
    except TypeError:
        return None
    return Path(text) if isinstance(text, str) else None


def _dimension(value: Any, name: str, example: str) -> int:
    try:
        size = operator.index(value)
    except TypeError:
        size = 0
    if isinstance(value, bool) or size < 1:
        raise ConfigError(
            f"input_shapes[{name[:100]!r}] holds {value!r:.100}, which is no dimension: whole numbers from 1 up; {example}"
        )
    return size
