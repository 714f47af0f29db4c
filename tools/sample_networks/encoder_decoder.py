"""Segmentation by an encoder and a decoder with skips."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from .blocks import Mobile, Unit


class UNet(nn.Module):
    """Encoder of max pools, decoder of resizes or transposed convolutions, skips concatenated or added."""

    def __init__(
        self, w: Sequence[int], up: str = "nearest", join: str = "cat", classes: int = 2, k: int = 3
    ) -> None:
        super().__init__()
        self.join = join
        self.downs = nn.ModuleList(
            [nn.Sequential(Unit(i, o, k), Unit(o, o, k)) for i, o in zip((3, *w[:-1]), w, strict=True)]
        )
        self.pool, ups, sides = nn.MaxPool2d(2), [], []
        for i, o in zip(w[:0:-1], w[-2::-1], strict=True):
            if up == "convt":
                ups.append(nn.ConvTranspose2d(i, o, 2, 2))
            else:
                ups.append(nn.Sequential(nn.Upsample(scale_factor=2, mode=up), Unit(i, o, 1)))
            sides.append(nn.Sequential(Unit(o * (2 if join == "cat" else 1), o, k), Unit(o, o, k)))
        self.ups, self.sides, self.out = nn.ModuleList(ups), nn.ModuleList(sides), nn.Conv2d(w[0], classes, 1)

    def forward(self, x: Tensor) -> Tensor:
        skips = []
        for index, down in enumerate(self.downs):
            x = down(x if not index else self.pool(x))
            skips.append(x)
        for up, side, skip in zip(self.ups, self.sides, skips[-2::-1], strict=True):
            x = up(x)
            x = side(torch.cat((x, skip), 1) if self.join == "cat" else x + skip)
        return self.out(x)


class Hourglass(nn.Module):
    """Bottleneck residuals down and up again, each level's skip through a residual of its own, added."""

    class Residual(nn.Module):
        """Normalisation and activation before each convolution."""

        def __init__(self, i: int, o: int) -> None:
            super().__init__()
            h = o // 2
            self.body = nn.Sequential(
                nn.BatchNorm2d(i), nn.ReLU(), nn.Conv2d(i, h, 1), nn.BatchNorm2d(h), nn.ReLU(),
                nn.Conv2d(h, h, 3, padding=1), nn.BatchNorm2d(h), nn.ReLU(), nn.Conv2d(h, o, 1))  # fmt: skip
            self.side = nn.Conv2d(i, o, 1) if i != o else nn.Identity()

        def forward(self, x: Tensor) -> Tensor:
            return self.body(x) + self.side(x)

    def __init__(self, c: int = 64, depth: int = 3, joints: int = 16) -> None:
        super().__init__()
        r = Hourglass.Residual
        self.stem = nn.Sequential(Unit(3, c // 2, 7, 2), r(c // 2, c), nn.MaxPool2d(2))
        self.skips = nn.ModuleList([r(c, c) for _ in range(depth)])
        self.lows = nn.ModuleList([r(c, c) for _ in range(depth)])
        self.backs = nn.ModuleList([r(c, c) for _ in range(depth)])
        self.middle, self.pool = r(c, c), nn.MaxPool2d(2)
        self.out = nn.Sequential(r(c, c), Unit(c, c), nn.Conv2d(c, joints, 1))

    def level(self, x: Tensor, index: int) -> Tensor:
        """One level and all below it."""
        if index == len(self.skips):
            return self.middle(x)
        low = self.backs[index](self.level(self.lows[index](self.pool(x)), index + 1))
        return self.skips[index](x) + F.interpolate(low, scale_factor=2.0, mode="nearest")

    def forward(self, x: Tensor) -> Tensor:
        return self.out(self.level(self.stem(x), 0))


class MobileUNet(nn.Module):
    """A MobileNet-like encoder with a U-Net decoder back to half or full size."""

    def __init__(
        self,
        w: Sequence[int],
        d: Sequence[int],
        classes: int = 3,
        act: type[nn.Module] = nn.ReLU6,
        up: str = "nearest",
    ) -> None:
        super().__init__()
        self.body = Mobile(w, (2, 2, 3, 1), 6, act=act)
        sides = (*w[3:0:-1], 0)
        self.blocks = nn.ModuleList(
            [nn.Sequential(Unit(i + s, o, 3, act=act), Unit(o, o, 3, act=act))
             for i, s, o in zip((w[4], *d[:-1]), sides, d, strict=True)])  # fmt: skip
        self.up = nn.Upsample(scale_factor=2, mode=up)
        self.out = nn.Conv2d(d[-1], classes, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        maps = self.body(x)
        y = maps[-1]
        for block, skip in zip(self.blocks, (*maps[-2::-1], None), strict=True):
            y = self.up(y)
            y = block(y if skip is None else torch.cat((y, skip), 1))
        return self.out(y)


class LinkNet(nn.Module):
    """ResNet-like encoder; decoder of 1x1, transposed 4x4 or 2x2 and 1x1, with the encoder's maps added."""

    class Basic(nn.Module):
        """Two 3x3 and a shortcut that strides with them."""

        def __init__(self, i: int, o: int, s: int) -> None:
            super().__init__()
            self.a, self.b = Unit(i, o, 3, s), Unit(o, o, 3, act=None)
            self.side = Unit(i, o, 1, s, act=None) if s > 1 or i != o else nn.Identity()

        def forward(self, x: Tensor) -> Tensor:
            return F.relu(self.b(self.a(x)) + self.side(x))

    def __init__(self, w: Sequence[int] = (24, 40, 72, 128), classes: int = 12, k: int = 2) -> None:
        super().__init__()
        b = LinkNet.Basic
        self.stem = nn.Sequential(Unit(3, w[0], 7, 2), nn.MaxPool2d(3, 2, 1))
        self.downs = nn.ModuleList(
            [
                nn.Sequential(b(i, o, s), b(o, o, 1))
                for i, o, s in zip((w[0], *w), w, (1, 2, 2, 2), strict=False)
            ]
        )
        self.ups = nn.ModuleList(
            [nn.Sequential(Unit(i, i // 4), nn.ConvTranspose2d(i // 4, i // 4, k, 2, (k - 2) // 2), nn.ReLU(),
                           Unit(i // 4, o)) for i, o in zip(w[:0:-1], w[-2::-1], strict=True)])  # fmt: skip
        self.out = nn.Sequential(Unit(w[0], w[0] // 2, 3), nn.ConvTranspose2d(w[0] // 2, classes, 2, 2))

    def forward(self, x: Tensor) -> Tensor:
        y, maps = self.stem(x), []
        for down in self.downs:
            y = down(y)
            maps.append(y)
        for up, skip in zip(self.ups, maps[-2::-1], strict=True):
            y = up(y) + skip
        return self.out(y)


class Enet(nn.Module):
    """Bottlenecks with asymmetric, dilated and plain kernels, a stem of convolution beside pooling."""

    class Neck(nn.Module):
        """1x1, a kernel, 1x1, added."""

        def __init__(self, c: int, kind: str, d: int = 1) -> None:
            super().__init__()
            h = c // 4
            inner = {
                "plain": [nn.Conv2d(h, h, 3, padding=d, dilation=d, bias=False)],
                "long": [
                    nn.Conv2d(h, h, (5, 1), padding=(2, 0), bias=False),
                    nn.Conv2d(h, h, (1, 5), padding=(0, 2), bias=False),
                ],
            }[kind]
            self.body = nn.Sequential(Unit(c, h), *inner, nn.BatchNorm2d(h), nn.ReLU(), Unit(h, c, act=None))

        def forward(self, x: Tensor) -> Tensor:
            return F.relu(x + self.body(x))

    def __init__(self, w: Sequence[int] = (16, 64, 128), classes: int = 12) -> None:
        super().__init__()
        n = Enet.Neck
        self.stem, self.pool = nn.Conv2d(3, w[0] - 3, 3, 2, 1), nn.MaxPool2d(2)
        self.a = nn.Sequential(Unit(w[0], w[1], 2, 2), n(w[1], "plain"), n(w[1], "plain"))
        self.b = nn.Sequential(
            Unit(w[1], w[2], 2, 2),
            n(w[2], "plain"),
            n(w[2], "plain", 2),
            n(w[2], "long"),
            n(w[2], "plain", 4),
        )
        self.up = nn.Sequential(nn.ConvTranspose2d(w[2], w[1], 2, 2), nn.ReLU(), n(w[1], "plain"))
        self.out = nn.Sequential(
            nn.ConvTranspose2d(w[1], w[0], 2, 2), nn.ReLU(), n(w[0], "plain"), nn.Conv2d(w[0], classes, 1)
        )

    def forward(self, x: Tensor) -> Tensor:
        y = F.relu(torch.cat((self.stem(x), self.pool(x)), 1))
        return self.out(self.up(self.b(self.a(y))))
