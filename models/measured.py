"""The networks that somebody timed on a sensor, rebuilt as weightless ONNX graphs.

    python -m sensorfit.models.measured        writes models/graphs/measured/*.onnx

Each builder is the published architecture, layer by layer; its docstring says
whose. Shapes are what counts, so no initializer carries data. The latency
model is fitted on these graphs, through the same load, lower and estimate as a
user's file; ``rules/imx500/measurements.toml`` has the times.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import onnx

from .net import Net

DIRECTORY = Path(__file__).parent / "graphs" / "measured"


def baseline(kernel: int = 3) -> onnx.ModelProto:
    """MLonMCU ``baseline`` and ``improved`` (the same layers); ``baseline_5x5`` with 5x5 kernels. CIFAR-10."""
    net = Net("baseline" if kernel == 3 else f"baseline_{kernel}x{kernel}", 3, 32, 32)
    for channels in (32, 32, 64):
        net.conv(channels, kernel).pool()
    return net.flatten().dense(10).model()


def deeper() -> onnx.ModelProto:
    """MLonMCU ``deeper``."""
    net = Net("deeper", 3, 32, 32).conv(32).pool().conv(32).pool().conv(64).conv(64).pool().conv(128)
    return net.average().flatten().dense(10).model()


def mininet() -> onnx.ModelProto:
    """MLonMCU ``mininet``."""
    net = (
        Net("mininet", 3, 32, 32).conv(32).pool().conv(64).conv(64).pool().conv(64).conv(128).pool().conv(128)
    )
    return net.average().flatten().dense(10).model()


def nascifarnet() -> onnx.ModelProto:
    """MLonMCU ``nascifarnet``."""
    net = Net("nascifarnet", 3, 32, 32).conv(64).conv(32, 1).conv(64).pool().conv(32).conv(64, 1).pool()
    net.conv(128).conv(128, 1).pool().conv(64).conv(128).pool().conv(128, 1)
    return net.flatten().dense(10).model()


def ressimplenet() -> onnx.ModelProto:
    """MLonMCU ``ressimplenet``: the residual sums and strided poolings of ai8x's CIFAR network."""
    net = Net("ressimplenet", 3, 32, 32).conv(16)
    skip = net.conv(20).here
    net.conv(20).add(skip).conv(20).pool()
    skip = net.conv(20).here
    net.conv(20).add(skip).conv(44).pool()
    skip = net.conv(48).here
    net.conv(48).add(skip).pool().conv(96).pool().conv(512, 1).conv(128, 1)
    c, _, _ = net.shape
    net.node("ReduceMax", [net.here], (c, 1, 1), axes=[2, 3], keepdims=1).conv(128)
    return net.flatten().dense(10).model()


def mobilenet_v1(size: int = 224) -> onnx.ModelProto:
    """MobileNetV1 1.0 (arXiv 1704.04861, table 1)."""
    net = Net("mobilenet_v1", 3, size, size).conv(32, stride=2)
    blocks = [
        (64, 1),
        (128, 2),
        (128, 1),
        (256, 2),
        (256, 1),
        (512, 2),
        *[(512, 1)] * 5,
        (1024, 2),
        (1024, 1),
    ]
    for channels, stride in blocks:
        net.depthwise(stride=stride).conv(channels, 1)
    return net.average().flatten().dense(1000).model()


def _bottleneck(
    net: Net, expanded: int, out: int, stride: int, act: str, pads: Sequence[int] | None = None
) -> None:
    """Inverted residual: 1x1 to ``expanded``, depthwise, linear 1x1 to ``out``."""
    start, channels = net.here, net.shape[0]
    if expanded != channels:
        net.conv(expanded, 1, act=act)
    net.depthwise(stride=stride, act=act, pads=pads).conv(out, 1, act="")
    if stride == 1 and channels == out:
        net.add(start)


def tinytracker() -> onnx.ModelProto:
    """TinyTracker (arXiv 2307.07813): 1x1 convolution, MobileNetV3-Small minimalistic, two dense layers.

    Keras pads (0, 1) at stride 2 where the input size is not given, so the last
    stage is 3x3; with that and the coordinate grid's two extra channels, MACs
    and parameters are the published 11.8 M and 455 k.
    """
    pads = (0, 0, 1, 1)
    net = Net("tinytracker", 5, 112, 112).conv(3, 1, act="").conv(16, stride=2, pads=pads)
    blocks = [
        (16, 16, 2), (72, 24, 2), (88, 24, 1), (96, 40, 2), (240, 40, 1), (240, 40, 1),
        (120, 48, 1), (144, 48, 1), (288, 96, 2), (576, 96, 1), (576, 96, 1),
    ]  # fmt: skip
    for expanded, out, stride in blocks:
        _bottleneck(net, expanded, out, stride, "Relu", pads if stride == 2 else None)
    net.conv(576, 1).conv(2, 1, act="").flatten().dense(128, "Relu").dense(2, "Tanh")
    return net.model()


def ssd_mobilenet_v2_fpnlite(
    size: int = 320, classes: int = 90, depth: int = 128, anchors: int = 6
) -> onnx.ModelProto:
    """SSD-MobileNetV2-FPNLite 320x320 as the TF2 Detection zoo configures it: up to the scores.

    Five levels (3 to 7), separable convolutions, four layers in one tower shared
    by both heads and all levels. On-chip box decoding and non-maximum
    suppression are not part of this graph.
    """
    act = "Relu6"
    net = Net("ssd_mobilenet_v2_fpnlite", 3, size, size).conv(32, stride=2, act=act)
    net.depthwise(act=act).conv(16, 1, act="")
    taps: list[str] = []
    for factor, out, repeats, stride in [
        (6, 24, 2, 2),
        (6, 32, 3, 2),
        (6, 64, 4, 2),
        (6, 96, 3, 1),
        (6, 160, 3, 2),
        (6, 320, 1, 1),
    ]:
        for i in range(repeats):
            _bottleneck(net, net.shape[0] * factor, out, stride if i == 0 else 1, act)
        if out in (32, 96):
            taps.append(net.here)
    taps.append(net.conv(1280, 1, act=act).here)
    c3, c4, c5 = (net.at(t).conv(depth, 1, act="").here for t in taps)
    p5 = c5
    side = net.at(c4).shape[1]
    p4 = net.at(p5).resize(side, side).add(c4).here
    side = net.at(c3).shape[1]
    p3 = net.at(p4).resize(side, side).add(c3).here
    levels = [_separable(net.at(p), depth, act).here for p in (p3, p4)] + [p5]
    for _ in range(2):
        levels.append(_separable(net.at(levels[-1]), depth, act, stride=2).here)
    for level in levels:
        net.at(level)
        for _ in range(4):
            _separable(net, depth, act)
        tower = net.here
        _separable(net, anchors * 4, "").output()
        _separable(net.at(tower), anchors * (classes + 1), "").node("Sigmoid", [net.here], net.shape).output()
    return net.model()


def _separable(net: Net, out: int, act: str, stride: int = 1) -> Net:
    """Depthwise 3x3 without activation, then 1x1."""
    return net.depthwise(stride=stride, act="").conv(out, 1, act=act)


def lraspp_mobilenet_v3_small(size: int = 224, classes: int = 21, full: bool = True) -> onnx.ModelProto:
    """LR-ASPP on MobileNetV3-Small (arXiv 1905.02244; torchvision's dilated form); cut at 1/8 unless ``full``."""
    net = Net(f"lraspp_mobilenet_v3_small_{'full' if full else 'cut'}", 3, size, size).conv(
        16, stride=2, act="HardSwish"
    )
    blocks = [
        (3, 16, 16, True, "Relu", 2), (3, 72, 24, False, "Relu", 2), (3, 88, 24, False, "Relu", 1),
        (5, 96, 40, True, "HardSwish", 2), (5, 240, 40, True, "HardSwish", 1), (5, 240, 40, True, "HardSwish", 1),
        (5, 120, 48, True, "HardSwish", 1), (5, 144, 48, True, "HardSwish", 1),
        (5, 288, 96, True, "HardSwish", 1), (5, 576, 96, True, "HardSwish", 1), (5, 576, 96, True, "HardSwish", 1),
    ]  # fmt: skip
    low = ""
    for kernel, expanded, out, squeeze, act, stride in blocks:
        start, channels = net.here, net.shape[0]
        if expanded != channels:
            net.conv(expanded, 1, act=act)
        net.depthwise(kernel, stride, act)
        if squeeze:
            _squeeze(net, _divisible(expanded // 4))
        net.conv(out, 1, act="")
        if stride == 1 and channels == out:
            net.add(start)
        if out == 24:
            low = net.here
    high = net.conv(576, 1, act="HardSwish").here
    scale = net.average().conv(128, 1, act="Sigmoid").here
    net.at(high).conv(128, 1)
    net.node("Mul", [net.here, scale], net.shape)
    side = net.shapes[low][1]
    top = net.resize(side, side, "linear").conv(classes, 1, act="").here
    net.at(low).conv(classes, 1, act="").add(top)
    if full:
        net.resize(size, size, "linear")
    return net.model()


def deeplab_v3_plus(size: int = 320, classes: int = 21) -> onnx.ModelProto:
    """The zoo's DeepLabV3+ on MobileNetV2, output stride 8, as the converter tutorial's source has it.

    For MobileNetV2 that is the image-pooling and the 1x1 branch only, no decoder
    (github.com/bonlime/keras-deeplab-v3-plus). Dilations change no count and are
    left out.
    """
    act = "Relu6"
    net = Net("deeplab_v3_plus", 3, size, size).conv(32, stride=2, act=act)
    net.depthwise(act=act).conv(16, 1, act="")
    for out, repeats, stride in [(24, 2, 2), (32, 3, 2), (64, 4, 1), (96, 3, 1), (160, 3, 1), (320, 1, 1)]:
        for i in range(repeats):
            _bottleneck(net, net.shape[0] * 6, out, stride if i == 0 else 1, act)
    features, side = net.here, net.shape[1]
    pooled = net.average().conv(256, 1).resize(side, side, "linear").here
    point = net.at(features).conv(256, 1).here
    net.node("Concat", [pooled, point], (512, side, side), axis=1).conv(256, 1).conv(classes, 1, act="")
    return net.resize(size, size, "linear").model()


def efficientdet_lite0(
    size: int = 320, classes: int = 90, width: int = 64, anchors: int = 9
) -> onnx.ModelProto:
    """EfficientDet-Lite0 (arXiv 1911.09070, Lite form: ReLU6, no squeeze-and-excitation, plain sums), up to the scores."""
    act = "Relu6"
    net = (
        Net("efficientdet_lite0", 3, size, size)
        .conv(32, stride=2, act=act)
        .depthwise(act=act)
        .conv(16, 1, act="")
    )
    taps = []
    for kernel, out, repeats, stride in [
        (3, 24, 2, 2),
        (5, 40, 2, 2),
        (3, 80, 3, 2),
        (5, 112, 3, 1),
        (5, 192, 4, 2),
        (3, 320, 1, 1),
    ]:
        for i in range(repeats):
            start, channels = net.here, net.shape[0]
            net.conv(6 * channels, 1, act=act).depthwise(kernel, stride if i == 0 else 1, act).conv(
                out, 1, act=""
            )
            if i > 0:
                net.add(start)
        if out in (40, 112, 320):
            taps.append(net.here)
    level6 = net.at(taps[-1]).conv(width, 1, act="").pool(3, 2).here
    given = [*taps, level6, net.at(level6).pool(3, 2).here]
    for _ in range(3):
        given = _bifpn(net, given, width, act)
    for level in given:
        for out in (anchors * classes, anchors * 4):
            net.at(level)
            for _ in range(3):
                _separable(net, width, act)
            _separable(net, out, "").output()
    return net.model()


def _bifpn(net: Net, given: Sequence[str], width: int, act: str) -> list[str]:
    """One bidirectional feature pyramid cell over levels 3 to 7; 1x1 where a level's width is another."""

    def level(tensor: str) -> str:
        return tensor if net.shapes[tensor][0] == width else net.at(tensor).conv(width, 1, act="").here

    def fuse(*tensors: str) -> str:
        net.at(tensors[0])
        for other in tensors[1:]:
            net.add(other)
        return _separable(net.act(act), width, "").here

    inner, top = {}, level(given[-1])
    for i in range(len(given) - 2, -1, -1):
        here = level(given[i])
        inner[i] = top = fuse(here, net.at(top).resize(net.shapes[here][1], net.shapes[here][2]).here)
    outputs = [inner[0]]
    for i in range(1, len(given)):
        down = net.at(outputs[-1]).pool(3, 2).here
        outputs.append(fuse(level(given[i]), *([inner[i]] if i in inner else []), down))
    return outputs


def _squeeze(net: Net, reduced: int) -> None:
    """Squeeze-and-excitation."""
    gated, channels = net.here, net.shape[0]
    gate = net.average().conv(reduced, 1).conv(channels, 1, act="HardSigmoid").here
    net.at(gated)
    net.node("Mul", [gated, gate], net.shape)


def _divisible(value: int, by: int = 8) -> int:
    rounded = max(by, (value + by // 2) // by * by)
    return rounded + by if rounded < 0.9 * value else rounded


BUILDERS: dict[str, Callable[[], onnx.ModelProto]] = {
    "baseline": baseline,
    "baseline_5x5": lambda: baseline(5),
    "deeper": deeper,
    "mininet": mininet,
    "nascifarnet": nascifarnet,
    "ressimplenet": ressimplenet,
    "mobilenet_v1": mobilenet_v1,
    "tinytracker": tinytracker,
    "ssd_mobilenet_v2_fpnlite": ssd_mobilenet_v2_fpnlite,
    "lraspp_mobilenet_v3_small_full": lraspp_mobilenet_v3_small,
    "lraspp_mobilenet_v3_small_cut": lambda: lraspp_mobilenet_v3_small(full=False),
    "deeplab_v3_plus": deeplab_v3_plus,
    "efficientdet_lite0": efficientdet_lite0,
}


def main() -> None:
    """Write every graph to ``DIRECTORY``."""
    DIRECTORY.mkdir(parents=True, exist_ok=True)
    for name, build in BUILDERS.items():
        onnx.save(build(), DIRECTORY / f"{name}.onnx")


if __name__ == "__main__":
    main()
