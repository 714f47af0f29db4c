"""Input normalisation inside the graph: the sensor delivers RGB, the network expects (RGB - mean) / std.

    y = x * (1 / std) + (-mean / std)        per channel: one Mul, one Add

It stands before the first convolution and is not folded into it: that
convolution pads with zeros after the normalisation, so folding would change
the borders.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import nn

from ..errors import ConfigError


class Normalise(nn.Module):
    """``network`` behind a per-channel Mul and Add; input (N, C, H, W), RGB in [0, 1]."""

    scale: torch.Tensor
    shift: torch.Tensor

    def __init__(self, network: nn.Module, mean: Sequence[float], std: Sequence[float]) -> None:
        super().__init__()
        self.network = network
        # In double, then rounded once: equals (x - mean) / std to float accuracy.
        scale = 1 / torch.tensor(list(std), dtype=torch.float64)
        shift = -torch.tensor(list(mean), dtype=torch.float64) * scale
        self.register_buffer("scale", scale.float().reshape(1, -1, 1, 1))
        self.register_buffer("shift", shift.float().reshape(1, -1, 1, 1))

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        """The network's output for the normalised image."""
        return self.network(image * self.scale + self.shift)


def normalised(network: nn.Module, mean: Sequence[float], std: Sequence[float], channels: int) -> nn.Module:
    """``network`` itself when ``mean`` is empty, else behind its normalisation; ConfigError for a wrong count."""
    if not mean:
        return network
    if len(mean) != channels or len(std) != channels:
        raise ConfigError(
            f"--mean has {len(mean)} and --std {len(std)} values, the input has {channels} channels: give one a channel, or --mean none"
        )
    if any(not 0 < s < float("inf") for s in std):
        raise ConfigError(f"--std {', '.join(map(str, std))}: every value is above zero")
    return Normalise(network, mean, std).eval()
