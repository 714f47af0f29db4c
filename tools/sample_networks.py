"""Small networks in the style of well-known families, untrained, for memory probes.

``build(name)`` gives a torch module; every one takes an image whose sides are
multiples of 32 and returns maps or logits without post-processing, as the
sensor would run them. None is a copy of a published definition: what counts is
the shapes and the wiring (splits, concatenations, pyramids, heads).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
import torchvision
from torch import Tensor, nn
from torch.nn import functional as F

from sensorfit.models.picosam2 import PicoSAM2
from sensorfit.models.picosam3 import PicoSAM3


class Unit(nn.Sequential):
    """Convolution, batch normalisation, activation."""

    def __init__(
        self, i: int, o: int, k: int = 1, s: int = 1, g: int = 1, act: type[nn.Module] | None = nn.ReLU
    ) -> None:
        layers: list[nn.Module] = [nn.Conv2d(i, o, k, s, k // 2, groups=g, bias=False), nn.BatchNorm2d(o)]
        super().__init__(*layers, *([act()] if act else []))


class Bottleneck(nn.Module):
    """Two 3x3 convolutions with a shortcut."""

    def __init__(self, c: int, shortcut: bool, act: type[nn.Module], hidden: float = 1.0) -> None:
        super().__init__()
        self.a, self.b = Unit(c, int(c * hidden), 3, act=act), Unit(int(c * hidden), c, 3, act=act)
        self.shortcut = shortcut

    def forward(self, x: Tensor) -> Tensor:
        y = self.b(self.a(x))
        return x + y if self.shortcut else y


class Csp(nn.Module):
    """Cross-stage partial block: split, bottlenecks one after the other, all concatenated (as in YOLOv8's C2f)."""

    def __init__(self, i: int, o: int, n: int, shortcut: bool, act: type[nn.Module]) -> None:
        super().__init__()
        self.a, self.z = Unit(i, o, act=act), Unit(o // 2 * (2 + n), o, act=act)
        self.blocks = nn.ModuleList([Bottleneck(o // 2, shortcut, act) for _ in range(n)])

    def forward(self, x: Tensor) -> Tensor:
        first, second = self.a(x).chunk(2, 1)
        parts = [first, second]
        for block in self.blocks:
            parts.append(block(parts[-1]))
        return self.z(torch.cat(parts, 1))


class Csp3(nn.Module):
    """Two branches, one with bottlenecks, concatenated (as in YOLOv5's C3)."""

    def __init__(self, i: int, o: int, n: int, shortcut: bool, act: type[nn.Module]) -> None:
        super().__init__()
        self.a, self.b, self.z = Unit(i, o // 2, act=act), Unit(i, o // 2, act=act), Unit(o, o, act=act)
        self.blocks = nn.Sequential(*[Bottleneck(o // 2, shortcut, act) for _ in range(n)])

    def forward(self, x: Tensor) -> Tensor:
        return self.z(torch.cat((self.blocks(self.a(x)), self.b(x)), 1))


class Sppf(nn.Module):
    """Three max pools of 5x5 one after the other, concatenated."""

    def __init__(self, c: int, act: type[nn.Module]) -> None:
        super().__init__()
        self.a, self.z, self.pool = Unit(c, c // 2, act=act), Unit(c * 2, c, act=act), nn.MaxPool2d(5, 1, 2)

    def forward(self, x: Tensor) -> Tensor:
        parts = [self.a(x)]
        for _ in range(3):
            parts.append(self.pool(parts[-1]))
        return self.z(torch.cat(parts, 1))


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


class Inverted(nn.Module):
    """Inverted residual: expand, depthwise, project; optionally squeeze and excitation."""

    def __init__(
        self, i: int, o: int, s: int, t: float, k: int = 3, se: bool = False, act: type[nn.Module] = nn.ReLU6
    ) -> None:
        super().__init__()
        h = int(i * t)
        self.expand = Unit(i, h, act=act) if h != i else nn.Identity()
        self.dw, self.project = Unit(h, h, k, s, h, act=act), Unit(h, o, act=None)
        self.se = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Conv2d(h, max(8, h // 4), 1), nn.ReLU(),
                                nn.Conv2d(max(8, h // 4), h, 1), nn.Hardsigmoid()) if se else None  # fmt: skip
        self.shortcut = s == 1 and i == o

    def forward(self, x: Tensor) -> Tensor:
        y = self.dw(self.expand(x))
        if self.se is not None:
            y = y * self.se(y)
        y = self.project(y)
        return x + y if self.shortcut else y


class Mobile(nn.Module):
    """A MobileNetV2-like backbone: features at strides 4, 8, 16 and 32."""

    def __init__(self, w: Sequence[int], n: Sequence[int] = (2, 2, 3, 2), t: float = 6, se: bool = False,
                 act: type[nn.Module] = nn.ReLU6) -> None:  # fmt: skip
        super().__init__()
        self.stem, stages, i = Unit(3, w[0], 3, 2, act=act), [], w[0]
        for o, repeat in zip(w[1:], n, strict=True):
            layers = []
            for index in range(repeat):
                layers.append(Inverted(i, o, 1 if index else 2, t, se=se, act=act))
                i = o
            stages.append(nn.Sequential(*layers))
        self.stages = nn.ModuleList(stages)

    def forward(self, x: Tensor) -> list[Tensor]:
        x, found = self.stem(x), []
        for stage in self.stages:
            x = stage(x)
            found.append(x)
        return found


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


class Classifier(nn.Module):
    """A backbone's last map, pooled, to class scores."""

    def __init__(self, body: nn.Module, c: int, classes: int = 10) -> None:
        super().__init__()
        self.body, self.out = body, nn.Linear(c, classes)

    def forward(self, x: Tensor) -> Tensor:
        found = self.body(x)
        last = found[-1] if isinstance(found, list) else found
        return self.out(last.mean((2, 3)))


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


class Attention(nn.Module):
    """LeViT's attention over the positions of a map, with a learned bias; sizes fixed, so that it can be traced."""

    def __init__(self, made: nn.Module, down: bool) -> None:
        super().__init__()
        self.keys, self.values, self.heads = made.key_dim, made.val_dim, made.num_heads
        self.rows, self.columns = (-(-v // made.stride) for v in made.resolution) if down else made.resolution
        self.project, self.out = (made.kv if down else made.qkv), made.proj
        self.queries = made.q if down else None
        self.register_buffer("scale", torch.full((1, self.heads, 1, 1), made.key_dim**-0.5))
        self.register_buffer(
            "bias", torch.rand(1, *made.attention_biases[:, made.attention_bias_idxs].shape) - 0.5
        )

    def forward(self, x: Tensor) -> Tensor:
        sizes = [self.keys] * (1 if self.queries else 2) + [self.values]
        parts = self.project(x).flatten(2).reshape(1, self.heads, sum(sizes), -1).split(sizes, 2)
        q = self.queries(x).reshape(1, self.heads, self.keys, -1) if self.queries else parts[0]
        scores = torch.matmul(q.transpose(2, 3), parts[-2]) * self.scale + self.bias
        y = torch.matmul(parts[-1], F.softmax(scores, -1).transpose(2, 3))
        return self.out(y.reshape(1, self.heads * self.values, self.rows, self.columns))


def levit(name: str) -> nn.Module:
    """A LeViT of convolutions from timm, its attentions of fixed size."""
    import timm
    from timm.models import levit as source

    module = timm.create_model(name, pretrained=False)
    for layer in list(module.modules()):
        for label, child in layer.named_children():
            if isinstance(child, source.Attention | source.AttentionDownsample):
                setattr(layer, label, Attention(child, isinstance(child, source.AttentionDownsample)))
    return module


class Psa(nn.Module):
    """A bottleneck with attention beside what passes (as in YOLO11's C2PSA)."""

    def __init__(self, c: int, heads: int, rows: int, columns: int, act: type[nn.Module] = nn.SiLU) -> None:
        super().__init__()
        h = c // 2
        self.heads, self.keys, self.values = heads, h // heads // 2, h // heads
        self.n, self.shape = rows * columns, (1, h, rows, columns)
        self.a, self.z = Unit(c, c, act=act), Unit(c, c, act=act)
        self.qkv = Unit(h, 2 * h, act=None)
        self.place, self.out = Unit(h, h, 3, 1, h, act=None), Unit(h, h, act=None)
        self.feed = nn.Sequential(Unit(h, 2 * h, act=act), Unit(2 * h, h, act=None))
        self.register_buffer("scale", torch.full((1, heads, 1, 1), self.keys**-0.5))

    def attend(self, x: Tensor) -> Tensor:
        """Every position from all others."""
        parts = self.qkv(x).reshape(1, self.heads, 2 * self.keys + self.values, self.n)
        q, k, v = parts.split([self.keys, self.keys, self.values], 2)
        weights = F.softmax(torch.matmul(q.transpose(2, 3), k) * self.scale, -1)
        y = torch.matmul(v, weights.transpose(2, 3)).reshape(self.shape)
        return self.out(y + self.place(v.reshape(self.shape)))

    def forward(self, x: Tensor) -> Tensor:
        a, b = self.a(x).chunk(2, 1)
        b = b + self.attend(b)
        b = b + self.feed(b)
        return self.z(torch.cat((a, b), 1))


class PsaNet(nn.Module):
    """A small backbone, attention at its end, one map out."""

    def __init__(self, w: Sequence[int], rows: int, columns: int, out: int = 20) -> None:
        super().__init__()
        self.body = nn.Sequential(
            *[Unit(i, o, 3, 2, act=nn.SiLU) for i, o in zip((3, *w[:-1]), w, strict=True)]
        )
        self.psa, self.out = Psa(w[-1], 2, rows, columns), nn.Conv2d(w[-1], out, 1)

    def forward(self, x: Tensor) -> Tensor:
        return self.out(self.psa(self.body(x)))


class OneConstant(nn.Module):
    """Two sums with the same constant, which has a value for every element."""

    def __init__(self, rows: int = 20, columns: int = 49) -> None:
        super().__init__()
        self.a, self.b = nn.Conv2d(3, 40, 3, padding=1), nn.Conv2d(40, 40, 3, padding=1)
        self.c = nn.Conv2d(40, 32, 1)
        self.register_buffer("bias", torch.rand(1, 40, rows, columns) - 0.5)

    def forward(self, x: Tensor) -> Tensor:
        return self.c(self.b(self.a(x) + self.bias) + self.bias)


def floored(module: nn.Module) -> nn.Module:
    """``module`` with its pools rounding sizes down: the device takes no other."""
    for layer in module.modules():
        if isinstance(layer, nn.MaxPool2d | nn.AvgPool2d):
            layer.ceil_mode = False
    return module


def published(name: str) -> nn.Module:
    """An untrained classifier of torchvision."""
    return floored(torchvision.models.get_model(name, weights=None))


SAMPLES: dict[str, Callable[[], nn.Module]] = {
    "yolo8n": lambda: Yolo((16, 32, 64, 128, 256), (1, 2, 2, 1), Csp, nn.SiLU),
    "yolo5n": lambda: Yolo((16, 32, 64, 128, 256), (1, 2, 3, 1), Csp3, nn.SiLU, box=16),
    "yolo_relu": lambda: Yolo((12, 24, 40, 72, 120), (1, 1, 2, 1), Csp, nn.ReLU, box=4, classes=3),
    "yolo_leaky": lambda: Yolo((8, 16, 32, 48, 80), (1, 1, 1, 1), Csp3, lambda: nn.LeakyReLU(0.1), box=5, classes=20),
    "ssdlite": SsdLite,
    "ssdlite_narrow": lambda: SsdLite((8, 16, 24, 48, 96), 48, 3, 4),
    "deeplab": DeepLab,
    "deeplab_image": lambda: DeepLab((16, 24, 40, 80, 112), 64, 16, 5, True),
    "nanodet": NanoDet,
    "unet_33": lambda: UNet((33, 48, 96, 160)),
    "unet_convt": lambda: UNet((16, 32, 64, 128, 256), "convt"),
    "unet_add": lambda: UNet((24, 40, 72, 136), "bilinear", "add", 1),
    "unet_near_add": lambda: UNet((12, 20, 36, 68, 100), "nearest", "add", 3, 5),
    "unet_thin": lambda: UNet((8, 8, 16, 16, 32, 32), "nearest", "cat", 1),
    "pyramid": lambda: Pyramid((16, 24, 40, 96, 120), 64, "sum"),
    "lraspp": lambda: Pyramid((16, 24, 48, 80, 160), 128, "lraspp"),
    "inverted_se": lambda: Classifier(Mobile((24, 33, 48, 96, 144), (2, 2, 2, 2), 3, True, nn.Hardswish), 144),
    "bisenet": BiSeNet,
    "espnet": EspNet,
    "hourglass": Hourglass,
    "mobile_unet": lambda: MobileUNet((16, 24, 32, 64, 96), (96, 64, 32, 16)),
    "linknet": LinkNet,
    "psp": Psp,
    "enet": Enet,
    "dual": DualPath,
    "posenet": PoseNet,
    "unet_7": lambda: UNet((7, 15, 31, 63), "bilinear", "cat", 7),
    "picosam2": PicoSAM2,
    "picosam3": PicoSAM3,
    "levit_128s": lambda: levit("levit_conv_128s"),
    "psa_160x192": lambda: PsaNet((16, 32, 64, 128), 10, 12),
    "one_constant_20x49": OneConstant,
    "squeezenet1_0": lambda: published("squeezenet1_0"),
    "inverted_silu": lambda: Classifier(Mobile((20, 28, 44, 92, 200), (1, 3, 2, 2), 4, False, nn.SiLU), 200, 100),
}  # fmt: skip


def build(name: str) -> nn.Module:
    """An untrained sample network, in inference mode."""
    return SAMPLES[name]().eval()
