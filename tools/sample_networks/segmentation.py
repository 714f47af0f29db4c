"""Segmentation by context at low resolution: pyramids, branches of two resolutions."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from .blocks import Mobile, Unit
from .encoder_decoder import LinkNet


class DeepLab(nn.Module):
    """Atrous pyramid over stride-16 features, and a decoder that joins those at stride 4."""

    def __init__(
        self,
        w: Sequence[int] = (16, 24, 32, 64, 96),
        c: int = 96,
        low: int = 24,
        classes: int = 21,
        image: bool = False,
    ) -> None:
        super().__init__()
        self.body = Mobile(w, (2, 2, 2, 1))
        self.arms = nn.ModuleList([Unit(w[3], c), *(self.atrous(w[3], c, d) for d in (2, 4, 6))])
        self.pool = (
            nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Conv2d(w[3], c, 1), nn.ReLU()) if image else None
        )
        self.join, self.low = Unit(c * (5 if image else 4), c), Unit(w[1], low)
        self.out = nn.Sequential(Unit(c + low, c, 3), nn.Conv2d(c, classes, 1))

    @staticmethod
    def atrous(i: int, o: int, d: int) -> nn.Module:
        return nn.Sequential(
            nn.Conv2d(i, o, 3, padding=d, dilation=d, bias=False), nn.BatchNorm2d(o), nn.ReLU()
        )

    def forward(self, x: Tensor) -> Tensor:
        low, _, high, _ = self.body(x)
        arms = [arm(high) for arm in self.arms]
        if self.pool is not None:
            arms.append(
                F.interpolate(self.pool(high), size=high.shape[-2:], mode="bilinear", align_corners=False)
            )
        y = F.interpolate(
            self.join(torch.cat(arms, 1)), scale_factor=4.0, mode="bilinear", align_corners=False
        )
        return self.out(torch.cat((y, self.low(low)), 1))


class Pyramid(nn.Module):
    """MobileNet-like backbone and a sum of upsampled 1x1 projections (panoptic style), or an LR-ASPP head."""

    def __init__(self, w: Sequence[int], c: int, head: str, classes: int = 19) -> None:
        super().__init__()
        self.body, self.head = Mobile(w, (1, 2, 2, 1), 4, se=True, act=nn.Hardswish), head
        self.sides = nn.ModuleList([nn.Conv2d(i, c, 1) for i in w[1:]])
        self.gate = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Conv2d(w[4], c, 1, bias=False), nn.Sigmoid())
        self.out = nn.Conv2d(c, classes, 1)

    def forward(self, x: Tensor) -> Tensor:
        maps = self.body(x)
        if self.head == "lraspp":
            y = F.relu(self.sides[3](maps[3])) * self.gate(maps[3])
            y = F.interpolate(y, scale_factor=4.0, mode="bilinear", align_corners=False)
            return self.out(y + self.sides[1](maps[1]))
        y = self.sides[3](maps[3])
        for index in (2, 1, 0):
            y = F.interpolate(y, scale_factor=2.0, mode="bilinear", align_corners=False) + self.sides[index](
                maps[index]
            )
        return self.out(F.relu(y))


class BiSeNet(nn.Module):
    """A shallow path of wide maps beside a deep one whose levels are gated by their own means, then joined."""

    def __init__(self, w: Sequence[int] = (16, 32, 64, 128, 192), c: int = 64, classes: int = 19) -> None:
        super().__init__()
        self.detail = nn.Sequential(
            Unit(3, w[1], 7, 2), Unit(w[1], w[1], 3, 2), Unit(w[1], w[2], 3, 2), Unit(w[2], c)
        )
        self.body = Mobile(w, (1, 2, 2, 1), 4, act=nn.ReLU)
        self.sides = nn.ModuleList([Unit(i, c, 3) for i in w[3:]])
        self.gates = nn.ModuleList(
            [nn.Sequential(nn.AdaptiveAvgPool2d(1), Unit(c, c, act=nn.Sigmoid)) for _ in range(2)]
        )
        self.top = nn.Sequential(nn.AdaptiveAvgPool2d(1), Unit(w[4], c))
        self.join = Unit(2 * c, c)
        self.refine = nn.Sequential(
            nn.AdaptiveAvgPool2d(1), nn.Conv2d(c, c // 4, 1), nn.ReLU(), nn.Conv2d(c // 4, c, 1), nn.Sigmoid()
        )
        self.out = nn.Sequential(Unit(c, c, 3), nn.Conv2d(c, classes, 1))

    def forward(self, x: Tensor) -> Tensor:
        detail = self.detail(x)
        _, _, c4, c5 = self.body(x)
        a5 = self.sides[1](c5)
        a5 = a5 * self.gates[1](a5) + self.top(c5)
        a4 = self.sides[0](c4)
        a4 = a4 * self.gates[0](a4) + F.interpolate(a5, scale_factor=2.0, mode="nearest")
        y = self.join(torch.cat((detail, F.interpolate(a4, scale_factor=2.0, mode="nearest")), 1))
        return self.out(y + y * self.refine(y))


class Esp(nn.Module):
    """One 1x1 reduction, parallel dilated 3x3 of it, their running sums concatenated (as in ESPNet)."""

    def __init__(self, i: int, o: int, s: int = 1, dilations: Sequence[int] = (1, 2, 4, 8)) -> None:
        super().__init__()
        n = o // (len(dilations) + 1)
        first = o - n * (len(dilations) - 1)
        self.reduce = nn.Conv2d(i, n, 3 if s > 1 else 1, s, 1 if s > 1 else 0, bias=False)
        self.arms = nn.ModuleList(
            [
                nn.Conv2d(n, first if k == 0 else n, 3, padding=d, dilation=d, bias=False)
                for k, d in enumerate(dilations)
            ]
        )
        self.norm, self.act = nn.BatchNorm2d(o), nn.ReLU()
        self.shortcut = s == 1 and i == o

    def forward(self, x: Tensor) -> Tensor:
        y = self.reduce(x)
        parts = [arm(y) for arm in self.arms]
        sums = [parts[0], parts[1]]
        for part in parts[2:]:
            sums.append(sums[-1] + part)
        y = self.norm(torch.cat(sums, 1))
        return self.act(x + y if self.shortcut else y)


class EspNet(nn.Module):
    """Reductions and dilated pyramids; a decoder of transposed convolutions."""

    def __init__(
        self, w: Sequence[int] = (16, 60, 120), n: Sequence[int] = (2, 3), classes: int = 20
    ) -> None:
        super().__init__()
        self.stem = Unit(3, w[0], 3, 2)
        self.a = nn.Sequential(Esp(w[0], w[1], 2), *[Esp(w[1], w[1]) for _ in range(n[0])])
        self.b = nn.Sequential(Esp(w[1], w[2], 2), *[Esp(w[2], w[2]) for _ in range(n[1])])
        self.high = nn.Sequential(
            nn.Conv2d(w[2], classes, 1), nn.ConvTranspose2d(classes, classes, 2, 2), nn.ReLU()
        )
        self.mid = nn.Conv2d(w[1], classes, 1)
        self.up = nn.Sequential(
            Unit(2 * classes, classes, 3), nn.ConvTranspose2d(classes, classes, 2, 2), nn.ReLU()
        )
        self.out = nn.ConvTranspose2d(classes + w[0], classes, 2, 2)

    def forward(self, x: Tensor) -> Tensor:
        s = self.stem(x)
        a = self.a(s)
        y = torch.cat((self.high(self.b(a)), self.mid(a)), 1)
        return self.out(torch.cat((self.up(y), s), 1))


class Psp(nn.Module):
    """Pooled to several grids, resized back and concatenated, over stride-8 features."""

    def __init__(self, w: Sequence[int] = (16, 24, 48, 96), grid: int = 16, classes: int = 8) -> None:
        super().__init__()
        self.body = nn.Sequential(
            *[Unit(i, o, 3, 2) for i, o in zip((3, *w[:2]), w[:3], strict=True)], Unit(w[2], w[3], 3)
        )
        self.arms = nn.ModuleList(
            [nn.Sequential(nn.AvgPool2d(grid // n), Unit(w[3], w[3] // 4), nn.Upsample(scale_factor=grid // n, mode="bilinear"))
             for n in (2, 4, 8)])  # fmt: skip
        self.out = nn.Sequential(Unit(w[3] + 3 * (w[3] // 4), w[3], 3), nn.Conv2d(w[3], classes, 1))

    def forward(self, x: Tensor) -> Tensor:
        y = self.body(x)
        return self.out(torch.cat((y, *(arm(y) for arm in self.arms)), 1))


class DualPath(nn.Module):
    """Two resolutions that exchange sums, as in DDRNet or HRNet, then a pooled context."""

    def __init__(self, c: int = 32, classes: int = 19) -> None:
        super().__init__()
        b = LinkNet.Basic
        self.stem = nn.Sequential(Unit(3, c, 3, 2), Unit(c, c, 3, 2), b(c, c, 1), b(c, 2 * c, 2))
        self.low = nn.ModuleList([b(2 * c, 4 * c, 2), b(4 * c, 8 * c, 2)])
        self.high = nn.ModuleList([b(2 * c, 2 * c, 1), b(2 * c, 2 * c, 1)])
        self.raise_ = nn.ModuleList([Unit(4 * c, 2 * c, act=None), Unit(8 * c, 2 * c, act=None)])
        self.lower = Unit(2 * c, 4 * c, 3, 2, act=None)
        self.context = nn.Sequential(nn.AvgPool2d(2), Unit(8 * c, 2 * c))
        self.mix, self.last = Unit(8 * c, 2 * c), Unit(2 * c, 2 * c, 3)
        self.out = nn.Sequential(Unit(2 * c, c, 3), nn.Conv2d(c, classes, 1))

    def forward(self, x: Tensor) -> Tensor:
        x = self.stem(x)
        low, high = self.low[0](x), self.high[0](x)
        high, low = (
            high + F.interpolate(self.raise_[0](low), scale_factor=2.0, mode="bilinear", align_corners=False),
            F.relu(low + self.lower(high)),
        )
        low, high = self.low[1](low), self.high[1](F.relu(high))
        high = high + F.interpolate(
            self.raise_[1](low), scale_factor=4.0, mode="bilinear", align_corners=False
        )
        wide = self.mix(low) + F.interpolate(self.context(low), scale_factor=2.0, mode="nearest")
        y = high + F.interpolate(self.last(wide), scale_factor=4.0, mode="bilinear", align_corners=False)
        return self.out(F.relu(y))
