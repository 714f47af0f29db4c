"""What several of the sample networks are made of."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn


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
