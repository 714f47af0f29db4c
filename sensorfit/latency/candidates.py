"""Small networks of which a calibration kit is chosen: each spends most of its time on one kind of work.

A stem brings three channels to what is measured; then the same layer comes
again and again, so that what comes once, stem and transfer, weighs little.
Weights are random: time does not depend on them.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import numpy as np
import onnx
from onnx import helper, numpy_helper

from ..graph.strip import METADATA_KEY
from ..models.net import Net
from ..models.registry import find

NEAR = 0.05
"""Deviation of biases, and of what scales from 1."""
PICOSAM = ("picosam2", "picosam3")
"""In every kit: the networks that users ask about, built-in."""


class Candidate(NamedTuple):
    """A network of the kit: what it is for, in a few words, and how it is made (without weights)."""

    name: str
    about: str
    make: Callable[[], onnx.ModelProto]


def _stem(name: str, channels: int, size: int, shrink: int = 1) -> Net:
    """``channels`` x ``size`` x ``size`` from an image ``shrink`` times as large."""
    net = Net(name, 3, size * shrink, size * shrink)
    return net.conv(channels, max(1, shrink), shrink)


def _repeated(
    channels: int, size: int, shrink: int, times: int, layer: Callable[[Net], object]
) -> Callable[[str], Net]:
    def make(name: str) -> Net:
        net = _stem(name, channels, size, shrink)
        for _ in range(times):
            layer(net)
        return net

    return make


def _transposed(kernel: int) -> Callable[[Net], object]:
    def layer(net: Net) -> None:
        c, h, w = net.shape
        net.node(
            "ConvTranspose", [net.here, net.weight(c, c, kernel, kernel), net.weight(c)],
            (c, 2 * h + kernel - 2, 2 * w + kernel - 2), kernel_shape=[kernel, kernel], strides=[2, 2],
        ).act("Relu").pool()  # fmt: skip

    return layer


def _resized(factor: int, mode: str) -> Callable[[Net], object]:
    """As torch exports it, which is the form that the converter takes."""
    how = (
        {"nearest_mode": "floor", "coordinate_transformation_mode": "asymmetric"} if mode == "nearest" else {}
    )

    def layer(net: Net) -> None:
        c, h, w = net.shape
        scales = net.constant([1.0, 1.0, factor, factor])
        net.node("Resize", [net.here, "", scales], (c, factor * h, factor * w), mode=mode, **how)
        net.pool(factor, factor)

    return layer


def _added(net: Net) -> None:
    before = net.here
    net.node("Sigmoid", [before], net.shape)
    net.add(before)


def _joined(net: Net) -> None:
    c, h, w = net.shape
    before = net.here
    other = net.act("Relu").here
    net.node("Concat", [before, other], (2 * c, h, w), axis=1).conv(c, 1)


def _shuffled(net: Net) -> Net:
    c, h, w = net.shape
    there = net.constant([1, 2, c // 2, h, w], onnx.TensorProto.INT64)
    back = net.constant([1, c, h, w], onnx.TensorProto.INT64)
    net.node("Reshape", [net.here, there], (2, c // 2, h, w))
    net.node("Transpose", [net.here], (c // 2, 2, h, w), perm=[0, 2, 1, 3, 4])
    return net.node("Reshape", [net.here, back], (c, h, w))


def _mobile(net: Net) -> None:
    start, c = net.here, net.shape[0]
    net.conv(4 * c, 1).depthwise().conv(c, 1, act="").add(start)


def _dense_layers(name: str) -> Net:
    net = _stem(name, 64, 8, 8).flatten().dense(1024, "Relu")
    return net.dense(1024, "Relu").dense(1024, "Relu").dense(64)


def _softmax(net: Net) -> None:
    net.node("Softmax", [net.here], net.shape, axis=1)


def candidates() -> tuple[Candidate, ...]:
    """Every network there is to choose from, PicoSAM2 and 3 first."""
    found = [
        Candidate(name, f"{name.replace('picosam', 'PicoSAM')} itself", partial(_built_in, name))
        for name in PICOSAM
    ]

    def add(name: str, about: str, make: Callable[[str], Net]) -> None:
        found.append(Candidate(name, about, lambda: make(name).model()))

    for kernel, channels, size, shrink, times in (
        (3, 32, 64, 1, 8), (3, 128, 32, 2, 6), (3, 256, 16, 4, 6), (5, 64, 32, 2, 6), (7, 32, 32, 2, 6),
    ):  # fmt: skip
        add(
            f"dense{kernel}_{channels}x{size}", f"{times} {kernel}x{kernel} on {channels}x{size}x{size}",
            _repeated(channels, size, shrink, times, lambda net, k=kernel: net.conv(net.shape[0], k)),  # type: ignore[misc]
        )  # fmt: skip
    add("layers_dense", "40 3x3 on 32x8x8: what a layer costs", _repeated(32, 8, 8, 40, lambda n: n.conv(32)))
    add(
        "layers_pointwise",
        "60 1x1 on 32x8x8: what a layer costs",
        _repeated(32, 8, 8, 60, lambda n: n.conv(32, 1)),
    )
    for channels, size, shrink, times, why in (
        (32, 128, 1, 12, "bound by memory"), (64, 64, 1, 12, "bound by memory"), (128, 64, 1, 10, "bound by memory"),
        (512, 16, 4, 6, "bound by arithmetic"), (768, 16, 4, 4, "bound by arithmetic"), (512, 8, 8, 10, "bound by arithmetic"),
        (1024, 4, 16, 3, "bound by its weights"),
    ):  # fmt: skip
        add(
            f"pointwise_{channels}x{size}", f"{times} 1x1 on {channels}x{size}x{size}, {why}",
            _repeated(channels, size, shrink, times, lambda n: n.conv(n.shape[0], 1)),
        )  # fmt: skip
    for kernel, channels, size, shrink, times in (
        (3, 64, 64, 1, 12), (3, 128, 64, 1, 8), (3, 256, 16, 4, 16), (5, 128, 32, 2, 10), (5, 64, 64, 1, 8), (7, 128, 32, 2, 8),
    ):  # fmt: skip
        add(
            f"depthwise{kernel}_{channels}x{size}", f"{times} depthwise {kernel}x{kernel} on {channels}x{size}x{size}",
            _repeated(channels, size, shrink, times, lambda net, k=kernel: net.depthwise(k)),  # type: ignore[misc]
        )  # fmt: skip
    for kernel, channels, size in ((2, 64, 32), (4, 64, 32), (2, 128, 16), (4, 32, 48)):
        add(
            f"transposed{kernel}_{channels}x{size}", f"6 transposed {kernel}x{kernel} on {channels}x{size}x{size}, pooled back",
            _repeated(channels, size, 2, 6, _transposed(kernel)),
        )  # fmt: skip
    for channels, size, times in ((64, 64, 8), (128, 32, 8)):
        add(
            f"grouped3_{channels}x{size}", f"{times} 3x3 in groups of 8 on {channels}x{size}x{size}",
            _repeated(channels, size, 64 // size, times, lambda n: n.conv(n.shape[0], 3, groups=n.shape[0] // 8)),
        )  # fmt: skip
    for mode, word in (("nearest", "nearest"), ("linear", "bilinear")):
        for factor, size, times in ((2, 48, 8), (4, 24, 6), (8, 12, 6)):
            add(
                f"{word}{factor}_64x{size}", f"{times} {word} resizes by {factor} on 64x{size}x{size}, pooled back",
                _repeated(64, size, max(2, 96 // size), times, _resized(factor, mode)),
            )  # fmt: skip
    add("pooling3_64x64", "10 MaxPool 3x3, stride 1", _repeated(64, 64, 1, 10, lambda n: n.pool(3, 1)))
    add(
        "pooling2_64x128",
        "1x1 and MaxPool 2x2, four times",
        _repeated(64, 128, 1, 4, lambda n: n.pool().conv(64, 1)),
    )
    for channels, size, times in ((64, 64, 10), (128, 32, 12), (32, 128, 8)):
        add(f"elementwise_{channels}x{size}", f"{times} Sigmoid and Add on {channels}x{size}x{size}", _repeated(channels, size, max(1, 64 // size), times, _added))  # fmt: skip
    add("concat_64x64", "8 Concat and 1x1 on 64x64x64", _repeated(64, 64, 1, 8, _joined))
    add("concat_128x32", "8 Concat and 1x1 on 128x32x32", _repeated(128, 32, 2, 8, _joined))
    for channels, size, times in ((64, 64, 6), (128, 32, 8)):
        add(f"layout_{channels}x{size}", f"{times} channel shuffles and 1x1 on {channels}x{size}x{size}", _repeated(channels, size, 64 // size, times, lambda n: _shuffled(n).conv(n.shape[0], 1)))  # fmt: skip
    add(
        "layout_32x64",
        "8 channel shuffles and MaxPool on 32x64x64",
        _repeated(32, 64, 1, 8, lambda n: _shuffled(n).pool(3, 1)),
    )
    add("softmax_64x64", "6 Softmax over channels on 64x64x64", _repeated(64, 64, 1, 6, _softmax))
    add("fully_connected", "4096 to 1024 and two of 1024: bound by their weights", _dense_layers)
    add("mobile_32x64", "4 inverted residuals on 32x64x64", _repeated(32, 64, 1, 4, _mobile))
    add("mobile_64x32", "6 inverted residuals on 64x32x32", _repeated(64, 32, 2, 6, _mobile))
    return tuple(found)


def _built_in(name: str) -> onnx.ModelProto:
    entry = find(name)
    assert entry is not None, name
    return onnx.load(entry.graph)


def filled(model: onnx.ModelProto, seed: int = 0) -> onnx.ModelProto:
    """``model`` with random weights in place of those that it is without: kernels He-normal, a BatchNormalization near
    the identity, biases small."""
    rng = np.random.default_rng(seed)
    made = onnx.ModelProto()
    made.CopyFrom(model)
    near_one = {
        name
        for n in made.graph.node
        if n.op_type == "BatchNormalization"
        for name in (n.input[1], n.input[4])
    }
    for tensor in made.graph.initializer:
        if tensor.raw_data or tensor.float_data or tensor.int64_data or tensor.int32_data or not tensor.dims:
            continue
        shape = tuple(tensor.dims)
        scale = np.sqrt(2 / max(1, int(np.prod(shape[1:])))) if len(shape) > 1 else NEAR
        values = rng.normal(0, scale, shape)
        if tensor.name in near_one:
            values = 1 + np.clip(values, -2 * NEAR, 2 * NEAR)
        tensor.CopyFrom(numpy_helper.from_array(values.astype(np.float32), tensor.name))
    helper.set_model_props(made, {p.key: p.value for p in model.metadata_props if p.key != METADATA_KEY})
    return made
