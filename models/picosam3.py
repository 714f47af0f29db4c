"""PicoSAM3: PicoSAM2 with a dilated bottleneck, channel attention and a refinement head.

arXiv 2603.11917. 1,371,418 parameters, 330.16 M convolution MACs at 96x96. Submodules
are named as in the authors' checkpoints.
"""

from __future__ import annotations

import torch
from torch import nn

from .blocks import stage
from .picosam2 import BOTTLENECK, DECODER, ENCODER, PicoSAM2


class ChannelAttention(nn.Module):
    """Gates channels by global average pooling, a 1x1 convolution and a sigmoid; shape kept."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.conv1x1 = nn.Conv2d(channels, channels, 1, bias=False)
        self.sigmoid = nn.Sigmoid()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """``x`` times its gate."""
        return x * self.sigmoid(self.conv1x1(self.pool(x)))


class PicoSAM3(PicoSAM2):
    """RGB, normalised, (N, 3, H, W) to mask logits (N, 1, H, W); H and W multiples of 16."""

    def _bottleneck(self) -> nn.Sequential:
        return nn.Sequential(
            stage(ENCODER[-1], BOTTLENECK),
            nn.Conv2d(BOTTLENECK, BOTTLENECK, 3, padding=2, dilation=2, groups=BOTTLENECK, bias=False),
            nn.BatchNorm2d(BOTTLENECK),
            nn.ReLU(),
            nn.Conv2d(BOTTLENECK, BOTTLENECK, 1, bias=False),
            nn.BatchNorm2d(BOTTLENECK),
            nn.ReLU(),
        )

    def _head(self) -> None:
        channels = DECODER[-1]
        self.eca = ChannelAttention(channels)
        self.refine = nn.Sequential(
            nn.Conv2d(channels, channels, 3, padding=1, groups=channels, bias=False),
            nn.BatchNorm2d(channels),
            nn.ReLU(),
            nn.Conv2d(channels, 1, 1),
        )

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        """Mask logits; above zero is the object."""
        return self.refine(self.eca(self.features(image)))
