"""Detectors and pose estimators: a body, a pyramid, heads."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from .blocks import Mobile, Sppf, Unit


class Yolo(nn.Module):
    """Backbone, path aggregation neck and decoupled heads at strides 8, 16 and 32."""

    def __init__(self, w: Sequence[int], depth: Sequence[int], block: Callable[..., nn.Module], act: type[nn.Module],
                 box: int = 64, classes: int = 80) -> None:  # fmt: skip
        super().__init__()
        self.stem = Unit(3, w[0], 3, 2, act=act)
        self.downs = nn.ModuleList([Unit(w[i], w[i + 1], 3, 2, act=act) for i in range(4)])
        self.stages = nn.ModuleList([block(w[i + 1], w[i + 1], depth[i], True, act) for i in range(4)])
        self.sppf, self.up = Sppf(w[4], act), nn.Upsample(scale_factor=2, mode="nearest")
        self.t4, self.t3 = block(w[4] + w[3], w[3], 1, False, act), block(w[3] + w[2], w[2], 1, False, act)
        self.d3, self.d4 = Unit(w[2], w[2], 3, 2, act=act), Unit(w[3], w[3], 3, 2, act=act)
        self.b4, self.b5 = block(w[3] + w[2], w[3], 1, False, act), block(w[4] + w[3], w[4], 1, False, act)
        inner = max(w[2], box, min(classes, 100))
        self.boxes = nn.ModuleList([self.head(c, max(16, w[2] // 4, box), box, act) for c in w[2:]])
        self.names = nn.ModuleList([self.head(c, inner, classes, act) for c in w[2:]])

    @staticmethod
    def head(i: int, c: int, o: int, act: type[nn.Module]) -> nn.Module:
        return nn.Sequential(Unit(i, c, 3, act=act), Unit(c, c, 3, act=act), nn.Conv2d(c, o, 1))

    def forward(self, x: Tensor) -> tuple[Tensor, ...]:
        x, levels = self.stem(x), []
        for down, stage in zip(self.downs, self.stages, strict=True):
            x = stage(down(x))
            levels.append(x)
        c3, c4, c5 = levels[1], levels[2], self.sppf(levels[3])
        p4 = self.t4(torch.cat((self.up(c5), c4), 1))
        p3 = self.t3(torch.cat((self.up(p4), c3), 1))
        n4 = self.b4(torch.cat((self.d3(p3), p4), 1))
        n5 = self.b5(torch.cat((self.d4(n4), c5), 1))
        maps = (p3, n4, n5)
        return (*(h(m) for h, m in zip(self.boxes, maps, strict=True)),
                *(h(m) for h, m in zip(self.names, maps, strict=True)))  # fmt: skip


class SsdLite(nn.Module):
    """MobileNetV2-like backbone, feature pyramid of depthwise separable convolutions, shared-width heads."""

    def __init__(
        self, w: Sequence[int] = (16, 24, 32, 96, 160), fpn: int = 128, anchors: int = 6, classes: int = 21
    ) -> None:
        super().__init__()
        self.body = Mobile(w)
        self.lateral = nn.ModuleList([nn.Conv2d(c, fpn, 1) for c in w[2:]])
        self.smooth = nn.ModuleList([self.separable(fpn, fpn) for _ in w[2:]])
        self.extra = nn.ModuleList([self.separable(fpn, fpn, 2) for _ in range(2)])
        self.box = nn.ModuleList(
            [nn.Sequential(self.separable(fpn, fpn), nn.Conv2d(fpn, anchors * 4, 1)) for _ in range(5)]
        )
        self.label = nn.ModuleList(
            [nn.Sequential(self.separable(fpn, fpn), nn.Conv2d(fpn, anchors * classes, 1)) for _ in range(5)]
        )

    @staticmethod
    def separable(i: int, o: int, s: int = 1) -> nn.Module:
        return nn.Sequential(Unit(i, i, 3, s, i, act=nn.ReLU6), Unit(i, o, act=nn.ReLU6))

    def forward(self, x: Tensor) -> tuple[Tensor, ...]:
        levels = [lateral(c) for lateral, c in zip(self.lateral, self.body(x)[1:], strict=True)]
        for index in (1, 0):
            levels[index] = levels[index] + F.interpolate(levels[index + 1], scale_factor=2.0, mode="nearest")
        levels = [smooth(p) for smooth, p in zip(self.smooth, levels, strict=True)]
        for extra in self.extra:
            levels.append(extra(levels[-1]))
        return (*(h(p) for h, p in zip(self.box, levels, strict=True)),
                *(h(p) for h, p in zip(self.label, levels, strict=True)))  # fmt: skip


class Ghost(nn.Module):
    """Half of the channels by a 1x1 convolution, half by a depthwise one of those."""

    def __init__(self, i: int, o: int) -> None:
        super().__init__()
        self.a = Unit(i, o // 2)
        self.b = Unit(o // 2, o // 2, 3, 1, o // 2)

    def forward(self, x: Tensor) -> Tensor:
        y = self.a(x)
        return torch.cat((y, self.b(y)), 1)


class NanoDet(nn.Module):
    """MobileNet-like backbone, pyramid of ghost blocks, one joint head a level."""

    def __init__(self, w: Sequence[int] = (16, 24, 48, 96, 192), c: int = 96, out: int = 112) -> None:
        super().__init__()
        self.body = Mobile(w, (1, 3, 4, 2), 2, act=nn.ReLU)
        self.reduce = nn.ModuleList([Unit(i, c) for i in w[2:]])
        self.top = nn.ModuleList([Ghost(2 * c, c) for _ in range(2)])
        self.down = nn.ModuleList([nn.Sequential(Unit(c, c, 5, 2, c), Unit(c, c)) for _ in range(2)])
        self.bottom = nn.ModuleList([Ghost(2 * c, c) for _ in range(2)])
        self.heads = nn.ModuleList(
            [
                nn.Sequential(
                    Unit(c, c, 5, 1, c), Unit(c, c), Unit(c, c, 5, 1, c), Unit(c, c), nn.Conv2d(c, out, 1)
                )
                for _ in range(3)
            ]
        )

    def forward(self, x: Tensor) -> tuple[Tensor, ...]:
        p3, p4, p5 = (r(f) for r, f in zip(self.reduce, self.body(x)[1:], strict=True))
        p4 = self.top[0](torch.cat((F.interpolate(p5, scale_factor=2.0, mode="nearest"), p4), 1))
        p3 = self.top[1](torch.cat((F.interpolate(p4, scale_factor=2.0, mode="nearest"), p3), 1))
        p4 = self.bottom[0](torch.cat((self.down[0](p3), p4), 1))
        p5 = self.bottom[1](torch.cat((self.down[1](p4), p5), 1))
        return tuple(h(p) for h, p in zip(self.heads, (p3, p4, p5), strict=True))


class PoseNet(nn.Module):
    """MobileNetV1-like body of stride 16 and four maps read from it."""

    def __init__(self, w: Sequence[int] = (16, 32, 64, 128, 256)) -> None:
        super().__init__()
        layers: list[nn.Module] = [Unit(3, w[0], 3, 2, act=nn.ReLU6)]
        for i, o, s in zip((w[0], *w[1:], w[4]), (*w[1:], w[4], w[4]), (2, 2, 2, 1, 1), strict=False):
            layers += [Unit(i, i, 3, s, i, act=nn.ReLU6), Unit(i, o, act=nn.ReLU6)]
        self.body = nn.Sequential(*layers)
        self.heads = nn.ModuleList([nn.Conv2d(w[4], o, 1) for o in (17, 34, 32, 32)])

    def forward(self, x: Tensor) -> tuple[Tensor, ...]:
        y = self.body(x)
        return tuple(head(y) for head in self.heads)
