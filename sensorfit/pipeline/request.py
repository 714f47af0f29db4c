"""What is asked of a build: the options, by what they are about."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from math import isfinite
from pathlib import Path
from typing import Any, Final

from ..convert.toolchain import TIME_LIMIT_S
from ..errors import ConfigError, ModelError
from ..models.registry import find, nothing_called
from ..quantize.calibration import LIMIT, SYNTHETIC, look_for
from ..quantize.options import FIT, Quantization
from . import bundle

MAX_SEED: Final = 2**32 - 1


@dataclass(frozen=True)
class Calibration:
    """Which images the ranges are read from."""

    calib: Path | None = None
    boxes: Path | None = None
    calib_limit: int = LIMIT
    synthetic_images: int = SYNTHETIC

    def check(self) -> None:
        """InputError for a value that no build can use."""
        look_for(self.calib, self.boxes)
        if self.calib_limit < 1:
            raise ConfigError(f"--calib-limit {self.calib_limit}: at least 1")
        if self.synthetic_images < 1:
            raise ConfigError(f"--synthetic-images {self.synthetic_images}: at least 1")


@dataclass(frozen=True)
class Deploy:
    """What goes to the Raspberry Pi beside the network."""

    labels: Path | None = None


@dataclass(frozen=True)
class Request:
    """One build; ``mean`` None takes the model's own normalisation, () none."""

    model: str
    directory: Path
    target: str
    converter: str = ""
    weights: Path | None = None
    mean: tuple[float, ...] | None = None
    std: tuple[float, ...] | None = None
    size: tuple[int, int] | None = None
    """Height and width."""
    seed: int = 0
    input_persistency: bool = True
    time_limit: float = TIME_LIMIT_S
    overwrite: bool = False
    force: bool = False
    """Go on where the network is predicted not to fit."""
    fix: bool = False
    """Rewrite what the converter refuses before anything else; of a file alone."""
    debug_quantization: bool = False
    calibration: Calibration = field(default_factory=Calibration)
    quantization: Quantization = field(default_factory=Quantization)
    deploy: Deploy = field(default_factory=Deploy)

    def check(self) -> None:
        """What can be refused before the heavy tools are imported."""
        bundle.check_place(self.directory, self.overwrite)
        if not 0 <= self.seed <= MAX_SEED:
            raise ConfigError(f"--seed {self.seed}: choose from 0 to {MAX_SEED}")
        if not self.time_limit > 0:  # nor is NaN
            raise ConfigError(f"--time-limit {self.time_limit:g}: seconds, above 0")
        if self.mean and not self.std:
            raise ConfigError("--mean needs --std: one value a channel each")
        if self.std and not self.mean:
            raise ConfigError("--std needs --mean: one value a channel each")
        if not all(map(isfinite, (*(self.mean or ()), *(self.std or ())))):
            raise ConfigError("--mean and --std: numbers, neither infinite nor NaN")
        self.calibration.check()
        self.quantization.check()
        if not Path(self.model).exists() and find(self.model) is None:
            raise ModelError(nothing_called(self.model, buildable=True))


GROUPS: Final = {"calibration": Calibration, "quantization": Quantization, "deploy": Deploy}


def request_of(model: str, directory: Path, target: str, converter: str, options: dict[str, Any]) -> Request:
    """The request that these options, as the command line names them, make; TypeError for one that there is not."""
    rest = dict(options)
    groups = {
        name: kind(**{f.name: rest.pop(f.name) for f in fields(kind) if f.name in rest})
        for name, kind in GROUPS.items()
    }
    return Request(model, directory, target, converter, **rest, **groups)


__all__ = ["FIT", "Calibration", "Deploy", "Quantization", "Request", "request_of"]
