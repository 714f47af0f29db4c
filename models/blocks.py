"""The two blocks PicoSAM2 and PicoSAM3 are made of, with the authors' checkpoint keys."""

from __future__ import annotations

from torch import nn


def stage(channels_in: int, channels_out: int) -> nn.Sequential:
    """3x3 depthwise, BN, ReLU, 1x1, BN, ReLU; (N, in, H, W) to (N, out, H, W)."""
    return nn.Sequential(
        nn.Conv2d(channels_in, channels_in, 3, padding=1, groups=channels_in, bias=False),
        nn.BatchNorm2d(channels_in),
        nn.ReLU(),
        nn.Conv2d(channels_in, channels_out, 1, bias=False),
        nn.BatchNorm2d(channels_out),
        nn.ReLU(),
    )


def down(channels: int) -> nn.Conv2d:
    """Stride-2 3x3 full convolution without bias; halves height and width."""
    return nn.Conv2d(channels, channels, 3, stride=2, padding=1, bias=False)


def up(channels_in: int, channels_out: int) -> nn.Sequential:
    """Nearest x2 upsampling, then a stage."""
    return nn.Sequential(nn.Upsample(scale_factor=2, mode="nearest"), stage(channels_in, channels_out))
