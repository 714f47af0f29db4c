"""Small networks in the style of well-known families, untrained, for memory probes.

``build(name)`` gives a torch module; every one takes an image whose sides are
multiples of 32 and returns maps or logits without post-processing, as the
sensor would run them. None is a copy of a published definition: what counts is
the shapes and the wiring (splits, concatenations, pyramids, heads).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F


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
    "inverted_silu": lambda: Classifier(Mobile((20, 28, 44, 92, 200), (1, 3, 2, 2), 4, False, nn.SiLU), 200, 100),
}  # fmt: skip


def build(name: str) -> nn.Module:
    """An untrained sample network, in inference mode."""
    return SAMPLES[name]().eval()
