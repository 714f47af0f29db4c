"""A larger U-Net to learn from where no SAM can be had: residual blocks, 32 million parameters at width 64, 8 at 32.

RGB, normalised, (N, 3, H, W) to mask logits (N, 1, H, W); H and W multiples of 16.
"""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional as F

DEPTH = 5
DEEPEST = 8
"""Channels stop growing at DEEPEST times the width."""


class Residual(nn.Module):
    """Two 3x3 convolutions with BN beside a 1x1; (N, in, H, W) to (N, out, H / stride, W / stride)."""

    def __init__(self, channels_in: int, channels_out: int, stride: int = 1) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(channels_in, channels_out, 3, stride, 1, bias=False),
            nn.BatchNorm2d(channels_out),
            nn.ReLU(inplace=True),
            nn.Conv2d(channels_out, channels_out, 3, 1, 1, bias=False),
            nn.BatchNorm2d(channels_out),
        )
        same = channels_in == channels_out and stride == 1
        self.beside: nn.Module = (
            nn.Identity()
            if same
            else nn.Sequential(
                nn.Conv2d(channels_in, channels_out, 1, stride, bias=False), nn.BatchNorm2d(channels_out)
            )
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """The sum, rectified."""
        return F.relu(self.body(x) + self.beside(x))


class UNetTeacher(nn.Module):
    """Five levels, two residual blocks each on the way down, one on the way up."""

    def __init__(self, width: int) -> None:
        super().__init__()
        widths = [min(width * 2**i, width * DEEPEST) for i in range(DEPTH)]
        self.stem = nn.Sequential(
            nn.Conv2d(3, widths[0] // 2, 3, 1, 1, bias=False),
            nn.BatchNorm2d(widths[0] // 2),
            nn.ReLU(inplace=True),
        )
        ins = [widths[0] // 2, *widths[:-1]]
        self.down = nn.ModuleList(
            nn.Sequential(Residual(i, o, 1 if n == 0 else 2), Residual(o, o))
            for n, (i, o) in enumerate(zip(ins, widths, strict=True))
        )
        self.up = nn.ModuleList(
            Residual(widths[n + 1] + widths[n], widths[n]) for n in reversed(range(DEPTH - 1))
        )
        self.head = nn.Conv2d(widths[0], 1, 1)

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        """Mask logits; above zero is the object."""
        skips = []
        x = self.stem(image)
        for level in self.down:
            x = level(x)
            skips.append(x)
        for level, skip in zip(self.up, reversed(skips[:-1]), strict=True):
            x = level(torch.cat([F.interpolate(x, scale_factor=2.0, mode="nearest"), skip], 1))
        return self.head(x)
