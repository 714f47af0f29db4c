"""How MCT quantizes: what a build leaves to the user."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any, Final

from ..errors import ConfigError

FIT: Final = "fit"
"""The weights budget that leaves the network within the sensor's memory."""


@dataclass(frozen=True)
class Quantization:
    """MCT's settings; the defaults are 8 bits for all weights and activations."""

    shift_negative: bool = False
    """MCT's correction of activations with a small negative part. It adds an Add and, before a padded kernel, a Pad, at
    16 bits, which no float graph foretells."""
    bias_correction: bool = True
    """Biases moved by the mean error that quantized weights make."""
    z_threshold: float = math.inf
    """Activations further than this many standard deviations from their mean are left out of the ranges; inf for none."""
    weights_budget: int | str | None = None
    """Bytes of the weights on the device, or ``FIT``; weights of 8, 4 or 2 bits are then chosen layer by layer."""
    gptq: int = 0
    """Epochs of gradient-based rounding; 0 for none."""

    def check(self) -> None:
        """ConfigError for a value that no build can use."""
        if not self.z_threshold > 0:
            raise ConfigError(f"--z-threshold {self.z_threshold:g}: standard deviations, above 0")
        if self.gptq < 0:
            raise ConfigError(f"--gptq {self.gptq}: epochs, at least 0")
        if isinstance(self.weights_budget, str) and self.weights_budget != FIT:
            raise ConfigError(f"--weights-budget {self.weights_budget}: give bytes, or {FIT}")
        if isinstance(self.weights_budget, int) and self.weights_budget < 1:
            raise ConfigError(f"--weights-budget {self.weights_budget}: bytes, at least 1")

    def settings(self) -> tuple[str, ...]:
        """The settings that are meant to make the result more exact and are not the defaults, as the command line writes them."""
        said = {
            "--shift-negative": self.shift_negative,
            "--no-bias-correction": not self.bias_correction,
            f"--z-threshold {self.z_threshold:g}": not math.isinf(self.z_threshold),
            f"--gptq {self.gptq}": self.gptq > 0,
        }
        return tuple(option for option, given in said.items() if given)

    def by_default(self) -> Quantization:
        """The same weights' bits with the default settings."""
        return Quantization(weights_budget=self.weights_budget)

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {**asdict(self), "z_threshold": None if math.isinf(self.z_threshold) else self.z_threshold}
