"""PicoSAM2: a depthwise-separable U-Net that segments the object in a centred ROI.

arXiv 2506.18807. 1,262,818 parameters, 323.05 M convolution MACs at 96x96.
Submodules are named as in the authors' checkpoints.
"""

from __future__ import annotations

import torch
from torch import nn

from .blocks import down, stage, up

ENCODER = (48, 96, 160, 256)
BOTTLENECK = 320
DECODER = (192, 128, 80, 40)


class PicoSAM2(nn.Module):
    """RGB, normalised, (N, 3, H, W) to mask logits (N, 1, H, W); H and W multiples of 16."""

    def __init__(self, in_channels: int = 3) -> None:
        super().__init__()
        self._encoder(in_channels)
        self.bottleneck = self._bottleneck()
        self._decoder()
        self._head()

    def _encoder(self, in_channels: int) -> None:
        widths = (in_channels, *ENCODER)
        for i in range(1, 5):
            self.add_module(f"encoder_stage{i}", stage(widths[i - 1], widths[i]))
            self.add_module(f"down{i}", down(widths[i]))

    def _bottleneck(self) -> nn.Sequential:
        return stage(ENCODER[-1], BOTTLENECK)

    def _decoder(self) -> None:
        widths = (BOTTLENECK, *DECODER)
        for i in range(1, 5):
            self.add_module(f"up{i}", up(widths[i - 1], widths[i]))
            level = 5 - i
            self.add_module(f"skip_conv{level}", nn.Conv2d(ENCODER[level - 1], widths[i], 1))

    def _head(self) -> None:
        self.output_head = nn.Conv2d(DECODER[-1], 1, 1)

    def features(self, image: torch.Tensor) -> torch.Tensor:
        """The decoder's output, (N, 40, H, W)."""
        skips: list[torch.Tensor] = []
        x = image
        for i in range(1, 5):
            x = self.get_submodule(f"encoder_stage{i}")(x)
            skips.append(x)
            x = self.get_submodule(f"down{i}")(x)
        x = self.bottleneck(x)
        for i in range(1, 5):
            level = 5 - i
            x = self.get_submodule(f"up{i}")(x) + self.get_submodule(f"skip_conv{level}")(skips[level - 1])
        return x

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        """Mask logits; above zero is the object."""
        return self.output_head(self.features(image))
