"""What a training run is: its settings, and the learning rate at a step.

The defaults are the recipe's: AdamW 3e-4, warmed up linearly over 1,000 steps and constant then, batch 64, one
epoch, 5 % held out, no augmentation.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any, Final

FINAL: Final = 1e-3
"""Share of the peak at which one-cycle ends; a twentieth is where it begins."""
WARM: Final = 0.1
"""Share of one-cycle spent rising."""


@dataclass(frozen=True)
class Settings:
    """Everything that decides the weights, but the data."""

    network: str
    batch: int = 64
    """Of all processes together."""
    epochs: float = 1.0
    steps: int | None = None
    """In place of epochs."""
    lr: float = 3e-4
    weight_decay: float = 0.01
    schedule: str = "warmup"
    """``warmup`` (then constant) or ``onecycle``."""
    warmup: int = 1000
    ema: float = 0.0
    """Decay of the averaged weights that are kept and validated; 0 for none."""
    flip: float = 0.0
    colour: float = 0.0
    jitter: float = 0.0
    clip: float = 0.0
    """Largest norm of the gradient; 0 for no bound."""
    held_out: float = 0.05
    protocol: str = "picosam"
    seed: int = 0
    teacher: str = ""
    weights: str = ""
    """The checkpoint it begins with; random weights from ``seed`` where there is none."""

    def to_dict(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self)


def learning_rate(settings: Settings, step: int, progress: float) -> float:
    """At ``step``; ``progress`` is the share of the run that is done, 0 to 1."""
    if settings.schedule == "onecycle":
        if progress < WARM:
            return settings.lr * (0.05 + 0.95 * progress / WARM)
        fallen = (1 + math.cos(math.pi * (progress - WARM) / (1 - WARM))) / 2
        return settings.lr * (FINAL + (1 - FINAL) * fallen)
    return settings.lr * min(1.0, (step + 1) / max(settings.warmup, 1))
