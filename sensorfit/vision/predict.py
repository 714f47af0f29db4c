"""A model, whatever it comes as, as a function from crops to logits.

FILE.onnx    float, or INT8 as `sensorfit build` leaves it: takes RGB in [0, 1], normalised inside the graph unless
             told otherwise
DIR          a build's folder: its INT8 graph
FILE.pt      a checkpoint, run by torch
picosam3     a built-in network with the weights that ship
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from ..errors import InputError, ToolchainError
from ..models.registry import find, nothing_called
from ..runtime.extra import first_line, need
from .geometry import SIZE

BATCH: Final = 32


@dataclass(frozen=True)
class Predictor:
    """A model as a function: (N, S, S, 3) uint8 RGB to (N, S, S) float32 logits."""

    run: Callable[[np.ndarray], np.ndarray]
    size: int = SIZE
    """S that it takes, pixels."""

    def __call__(self, crops: np.ndarray) -> np.ndarray:
        """The logits of ``crops``."""
        return self.run(crops)

    def timed(self, crops: np.ndarray) -> tuple[np.ndarray, float]:
        """The logits of ``crops``, and the seconds that they took."""
        began = time.monotonic()
        return self.run(crops), time.monotonic() - began


def predictor(
    model: str,
    mean: Sequence[float] = (),
    std: Sequence[float] = (),
    threads: int = 0,
    each: Callable[[int], None] = lambda done: None,
) -> Predictor:
    """The model called ``model``; ``mean`` and ``std`` normalise before an ONNX graph that does not itself."""
    if (graph := graph_of(model)) is not None:
        return _onnx(graph, mean, std, threads or (os.cpu_count() or 1), each)
    path = Path(model)
    if path.suffix.lower() in (".pt", ".pth"):
        return _checkpoint(path, None, each)
    entry = find(model)
    if entry is None:
        raise InputError(nothing_called(model))
    if entry.weights is None:
        raise InputError(
            f"{model}: no trained weights ship with it; name a checkpoint FILE.pt or an ONNX file"
        )
    return _checkpoint(entry.weights, entry.name, each)


def graph_of(model: str) -> Path | None:
    """The ONNX file that ``model`` is, or that the build's folder holds; None for a checkpoint and a built-in name."""
    path = Path(model)
    if path.is_dir():
        found = sorted(path.glob("*.onnx"), key=lambda p: ("int8" not in p.name.lower(), p))
        if not found:
            raise InputError(f"{model}: holds no ONNX graph; name a build's folder or a file")
        path = found[0]
    return path if path.suffix.lower() == ".onnx" else None


def _onnx(
    path: Path, mean: Sequence[float], std: Sequence[float], threads: int, each: Callable[[int], None]
) -> Predictor:
    from ..quantize.native import session

    if not path.is_file():
        raise InputError(f"{path}: there is no such file")
    try:
        graph = session(path, threads)
    except ToolchainError:
        raise
    except Exception as error:
        raise InputError(f"{path}: onnxruntime cannot load it ({first_line(error)})") from error
    entry = graph.get_inputs()[0]
    size = _side(entry.shape, path)
    step = 1 if isinstance(entry.shape[0], int) else BATCH
    middle = np.asarray(mean or (0, 0, 0), np.float32).reshape(3, 1, 1)
    spread = np.asarray(std or (1, 1, 1), np.float32).reshape(3, 1, 1)

    def run(crops: np.ndarray) -> np.ndarray:
        if crops.shape[1] != size:
            raise InputError(
                f"{path}: takes {size}x{size} pixels, the crops have {crops.shape[1]}x{crops.shape[2]}"
            )
        parts = []
        for start in range(0, len(crops), step):
            part = crops[start : start + step].transpose(0, 3, 1, 2).astype(np.float32) / 255
            try:
                logits = graph.run(None, {entry.name: (part - middle) / spread})[0]
            except Exception as error:
                raise ToolchainError(
                    f"{path.name}: onnxruntime cannot run it ({first_line(error)})"
                ) from error
            if logits.ndim != 4 or logits.shape[1] != 1:
                raise InputError(f"{path}: its output is {logits.shape}, not one map of logits a crop")
            parts.append(logits[:, 0])
            each(len(part))
        return np.concatenate(parts)

    return Predictor(run, size)


def _side(shape: Sequence[int | str | None], path: Path) -> int:
    """Height and width of an ONNX graph's image; the networks' own where they are open."""
    sides = [side if isinstance(side, int) else SIZE for side in shape[2:]]
    if len(shape) != 4 or shape[1] != 3 or sides[0] != sides[1]:
        said = "x".join(map(str, shape))
        raise InputError(
            f"{path}: its first input is {said}, not 1x3 and a square: it does not segment crops"
        )
    return sides[0]


def _checkpoint(path: Path, name: str | None, each: Callable[[int], None]) -> Predictor:
    torch: Any = need("torch")
    from .networks import Normaliser, load_network

    module = load_network(path, name)[1]
    normalise = Normaliser()

    def run(crops: np.ndarray) -> np.ndarray:
        parts = []
        with torch.no_grad():
            for start in range(0, len(crops), BATCH):
                image = torch.from_numpy(crops[start : start + BATCH].transpose(0, 3, 1, 2).copy())
                parts.append(module(normalise(image)).numpy()[:, 0])
                each(len(image))
        return np.concatenate(parts)

    return Predictor(run)
