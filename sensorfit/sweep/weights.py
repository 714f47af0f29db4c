"""Weights for a drawn network: random from a seed, the signal keeping its size from layer to layer."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Final
from zlib import crc32

import numpy as np

if TYPE_CHECKING:
    from .sketch import Fill

NEAR: Final = 0.05
"""How far normalizations and biases are from doing nothing."""


def at_random(seed: int) -> Fill:
    """He's weights for kernels, normalizations near the identity; a tensor's values depend on its name and the seed."""

    def fill(name: str, shape: tuple[int, ...]) -> np.ndarray:
        random = np.random.default_rng([seed, crc32(name.encode())])
        if len(shape) > 1:
            values = random.normal(0, (2 / prod(shape[1:])) ** 0.5, shape)
        elif name.endswith((".weight", ".running_var")):
            values = random.uniform(1 - NEAR, 1 + NEAR, shape)
        else:
            values = random.normal(0, NEAR, shape)
        return values.astype(np.float32)

    return fill
