"""A MobileNetV2-style encoder (inverted residuals) with a light decoder that goes back to the input's size."""

from __future__ import annotations

from ..sketch import INPUT, Sketch
from .option import SIZE, UPSAMPLING, Family, Option, halved, scaled, sides

WIDTHS = (16, 24, 32, 64, 96)
"""Channels of the stages at 1/2, 1/4, 1/8, 1/16 and 1/32."""

OPTIONS = {
    "size": SIZE,
    "width": Option(1.0, "times every stage's channels", 0.05, 8),
    "divisor": Option(8, "a scaled number of channels is a multiple of this", 1, 64),
    "stem": Option(16, "channels of the first convolution, at half the input's size", 1, 512),
    "stages": Option(4, "stages, the first at 1/2 and each later one at half the one before", 2, len(WIDTHS)),
    **{f"stage{i}": Option(c, f"channels of stage {i}", 1, 2048) for i, c in enumerate(WIDTHS, 1)},
    "depth": Option(2, "blocks a stage", 1, 8),
    "expansion": Option(4, "how many times wider a block is inside", 1, 10),
    "kernel": Option(3, "side of the depthwise kernels", choices=(3, 5, 7)),
    "attention": Option("none", "squeeze and excitation inside a block", choices=("none", "squeeze")),
    "activation": Option("Relu6", "inside a block", choices=("Relu", "Relu6", "HardSwish")),
    "decoder": Option(32, "channels on the way up", 1, 512),
    "upsampling": Option("bilinear", "how the decoder enlarges", choices=UPSAMPLING),
    "output": Option("full", "the output's size: the input's or half of it", choices=("full", "half")),
    "classes": Option(1, "channels of the output", 1, 256),
}


def draw(
    size: int | str, width: float, divisor: int, stem: int, stages: int, depth: int, expansion: int, kernel: int,
    attention: str, activation: str, decoder: int, upsampling: str, output: str, classes: int, **channels: int,
) -> Sketch:  # fmt: skip
    """A network of the family; ValueError where the size does not halve as often as there are stages."""
    height, wide = sides(size)
    halved(height, wide, stages)
    s = Sketch("mobilenet", 3, height, wide)
    x = s.conv("stem", INPUT, scaled(stem, width, divisor), 3, 2)
    x = s.act("stem_act", s.norm("stem_norm", x), activation)
    skips = []
    for i in range(1, stages + 1):
        out = scaled(channels[f"stage{i}"], width, divisor)
        for block in range(depth):
            stride = 2 if i > 1 and not block else 1
            x = _inverted(s, f"stage{i}.{block}", x, out, stride, expansion, kernel, attention, activation)
        skips.append(x)
    x = s.conv("neck", x, decoder, 1, bias=True)
    for i in range(stages - 1, 0, -1):
        x = _enlarged(s, f"up{i}.enlarge", x, upsampling)
        x = s.add(f"up{i}.sum", x, s.conv(f"up{i}.skip", skips[i - 1], decoder, 1, bias=True))
        x = s.conv(f"up{i}.depthwise", x, decoder, 3, groups=decoder)
        x = s.conv(f"up{i}.pointwise", s.act(f"up{i}.act1", s.norm(f"up{i}.norm1", x)), decoder, 1)
        x = s.act(f"up{i}.act2", s.norm(f"up{i}.norm2", x))
    if output == "full":
        x = _enlarged(s, "full.enlarge", x, upsampling)
    s.output(s.conv("head", x, classes, 1, bias=True))
    return s


def _inverted(
    s: Sketch,
    name: str,
    x: str,
    out: int,
    stride: int,
    expansion: int,
    kernel: int,
    attention: str,
    activation: str,
) -> str:
    """1x1 wider, depthwise, 1x1 narrower; summed with its input where the shape stays."""
    source, channels = x, s.shape(x)[0]
    wide = channels * expansion
    if expansion > 1:
        x = s.act(f"{name}.act1", s.norm(f"{name}.norm1", s.conv(f"{name}.expand", x, wide, 1)), activation)
    x = s.conv(f"{name}.depthwise", x, wide, kernel, stride, groups=wide)
    x = s.act(f"{name}.act2", s.norm(f"{name}.norm2", x), activation)
    if attention == "squeeze":
        narrow = max(8, wide // 4)
        gate = s.conv(f"{name}.squeeze", s.average(f"{name}.pool", x), narrow, 1, bias=True)
        gate = s.conv(f"{name}.excite", s.act(f"{name}.act3", gate), wide, 1, bias=True)
        x = s.mul(f"{name}.gate", x, s.act(f"{name}.sigmoid", gate, "Sigmoid"))
    x = s.norm(f"{name}.norm3", s.conv(f"{name}.project", x, out, 1))
    return s.add(f"{name}.sum", x, source) if stride == 1 and channels == out else x


def _enlarged(s: Sketch, name: str, x: str, upsampling: str) -> str:
    if upsampling == "transposed":
        return s.transposed(name, x, s.shape(x)[0])
    return s.resize(name, x, 2, upsampling)


FAMILY = Family("mobilenet", "MobileNetV2-style encoder with a light decoder", OPTIONS, draw)
