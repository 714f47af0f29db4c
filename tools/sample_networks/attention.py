"""Attention over the positions of a map."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from .blocks import Unit


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
