"""U-Net: two (or more) convolutions a level, max pooling down, skips joined on the way up."""

from __future__ import annotations

from ..sketch import INPUT, Sketch
from .option import SIZE, UPSAMPLING, Family, Option, halved, scaled, sides

OPTIONS = {
    "size": SIZE,
    "base": Option(16, "channels of the first level", 1, 512),
    "growth": Option(2.0, "how many times more each level has", 1, 4),
    "most": Option(512, "where the channels stop growing", 1, 2048),
    "levels": Option(4, "resolutions", 2, 7),
    "depth": Option(2, "convolutions a level", 1, 6),
    "kernel": Option(3, "their kernels' side", choices=(1, 3, 5, 7)),
    "convolution": Option("full", "or depthwise and 1x1", choices=("full", "separable")),
    "upsampling": Option("nearest", "how the decoder enlarges", choices=UPSAMPLING),
    "skip": Option("concat", "how a level joins the way up", choices=("concat", "add")),
    "activation": Option("Relu", "after each convolution", choices=("Relu", "Relu6", "HardSwish")),
    "classes": Option(1, "channels of the output", 1, 256),
}


def draw(
    size: int | str, base: int, growth: float, most: int, levels: int, depth: int, kernel: int, convolution: str,
    upsampling: str, skip: str, activation: str, classes: int,
) -> Sketch:  # fmt: skip
    """A network of the family; ValueError where the size does not halve as often as there are levels."""
    height, wide = sides(size)
    halved(height, wide, levels - 1)
    widths = [min(most, scaled(base, growth**i, 1)) for i in range(levels)]
    s = Sketch("unet", 3, height, wide)
    x, skips = INPUT, []
    for i, out in enumerate(widths):
        if i:
            skips.append(x)
            x = s.max_pool(f"pool{i}", x)
        x = _level(s, f"down{i + 1}", x, out, depth, kernel, convolution, activation)
    for i, out in reversed([*enumerate(widths[:-1])]):
        name = f"up{i + 1}"
        if upsampling == "transposed":
            x = s.transposed(f"{name}.enlarge", x, out)
        else:
            x = s.resize(f"{name}.enlarge", x, 2, upsampling)
        if skip == "add" and s.shape(x)[0] != out:
            x = s.conv(f"{name}.narrow", x, out, 1, bias=True)
        x = (s.add if skip == "add" else s.concat)(f"{name}.join", x, skips[i])
        x = _level(s, name, x, out, depth, kernel, convolution, activation)
    s.output(s.conv("head", x, classes, 1, bias=True))
    return s


def _level(
    s: Sketch, name: str, x: str, out: int, depth: int, kernel: int, convolution: str, activation: str
) -> str:
    for i in range(1, depth + 1):
        if convolution == "separable":
            channels = s.shape(x)[0]
            x = s.conv(f"{name}.depthwise{i}", x, channels, kernel, groups=channels)
            x = s.act(f"{name}.depthwise_act{i}", s.norm(f"{name}.depthwise_norm{i}", x), activation)
        x = s.conv(f"{name}.conv{i}", x, out, 1 if convolution == "separable" else kernel)
        x = s.act(f"{name}.act{i}", s.norm(f"{name}.norm{i}", x), activation)
    return x


FAMILY = Family("unet", "U-Net: convolutions, max pooling, skips joined or summed", OPTIONS, draw)
