"""PicoSAM2 and PicoSAM3 as one family: a depthwise-separable U-Net with sums for skips.

At its defaults it is PicoSAM3; with ``dilation = 0``, ``attention = "none"`` and ``head = "plain"``, PicoSAM2.
"""

from __future__ import annotations

from ..sketch import INPUT, Sketch
from .option import SIZE, UPSAMPLING, Family, Option, halved, scaled, sides

# As sensorfit.models.picosam2 has them, which imports torch; a test holds both graphs equal.
ENCODER = (48, 96, 160, 256)
BOTTLENECK = 320
DECODER = (192, 128, 80, 40)

OPTIONS = {
    "size": SIZE,
    "width": Option(1.0, "times every stage's channels", 0.05, 8),
    "divisor": Option(8, "a scaled number of channels is a multiple of this", 1, 64),
    **{
        f"encoder{i}": Option(c, f"channels of stage {i} on the way down", 1, 2048)
        for i, c in enumerate(ENCODER, 1)
    },
    "bottleneck": Option(BOTTLENECK, "channels between", 1, 2048),
    **{
        f"decoder{i}": Option(c, f"channels of stage {i} on the way up", 1, 2048)
        for i, c in enumerate(DECODER, 1)
    },
    "depth": Option(1, "depthwise-separable blocks a stage on the way down", 1, 8),
    "decoder_depth": Option(1, "and on the way up", 1, 8),
    "kernel": Option(3, "side of the depthwise kernels on the way down", choices=(1, 3, 5, 7, 9)),
    "decoder_kernel": Option(3, "and on the way up", choices=(1, 3, 5, 7, 9)),
    "dilation": Option(2, "of the bottleneck's second block; 0 leaves that block out", 0, 8),
    "upsampling": Option("nearest", "how the decoder enlarges", choices=UPSAMPLING),
    "attention": Option("channel", "before the head", choices=("none", "channel")),
    "head": Option("refine", "a 1x1 convolution, or a depthwise 3x3 before it", choices=("plain", "refine")),
}


def draw(
    size: int | str, width: float, divisor: int, depth: int, decoder_depth: int, kernel: int, decoder_kernel: int,
    dilation: int, upsampling: str, attention: str, head: str, bottleneck: int, **channels: int,
) -> Sketch:  # fmt: skip
    """A network of the family; ValueError where the size does not halve four times."""
    height, wide = sides(size)
    halved(height, wide, len(ENCODER))
    encoder = [scaled(channels[f"encoder{i}"], width, divisor) for i in range(1, 5)]
    decoder = [scaled(channels[f"decoder{i}"], width, divisor) for i in range(1, 5)]
    s = Sketch("picosam", 3, height, wide)
    x, skips = INPUT, []
    for i, out in enumerate(encoder, 1):
        x = _stage(s, f"encoder_stage{i}", x, out, depth, kernel)
        skips.append(x)
        x = s.conv(f"down{i}", x, out, 3, 2)
    x = _stage(s, "bottleneck.0", x, scaled(bottleneck, width, divisor), 1, kernel)
    if dilation:
        x = _separable(s, "bottleneck.1", x, s.shape(x)[0], 3, dilation)
    for i, out in enumerate(decoder, 1):
        level = 5 - i
        x = _enlarged(s, f"up{i}.0", x, upsampling)
        x = _stage(s, f"up{i}.1", x, out, decoder_depth, decoder_kernel)
        x = s.add(f"sum{i}", x, s.conv(f"skip_conv{level}", skips[level - 1], out, 1, bias=True))
    if attention == "channel":
        gate = s.conv("eca.conv1x1", s.average("eca.pool", x), decoder[-1], 1)
        x = s.mul("eca.mul", x, s.act("eca.sigmoid", gate, "Sigmoid"))
    if head == "refine":
        x = s.conv("refine.0", x, decoder[-1], 3, groups=decoder[-1])
        x = s.act("refine.2", s.norm("refine.1", x))
    s.output(s.conv("refine.3" if head == "refine" else "output_head", x, 1, 1, bias=True))
    return s


def _stage(s: Sketch, name: str, x: str, out: int, depth: int, kernel: int) -> str:
    for block in range(depth):
        x = _separable(s, f"{name}.{block}", x, out, kernel)
    return x


def _separable(s: Sketch, name: str, x: str, out: int, kernel: int, dilation: int = 1) -> str:
    """Depthwise, BN, ReLU, 1x1, BN, ReLU."""
    channels = s.shape(x)[0]
    x = s.conv(f"{name}.0", x, channels, kernel, dilation=dilation, groups=channels)
    x = s.act(f"{name}.2", s.norm(f"{name}.1", x))
    x = s.conv(f"{name}.3", x, out, 1)
    return s.act(f"{name}.5", s.norm(f"{name}.4", x))


def _enlarged(s: Sketch, name: str, x: str, upsampling: str) -> str:
    if upsampling == "transposed":
        return s.transposed(name, x, s.shape(x)[0])
    return s.resize(name, x, 2, upsampling)


FAMILY = Family("picosam", "PicoSAM2 and 3: depthwise-separable U-Net, skips summed", OPTIONS, draw)
