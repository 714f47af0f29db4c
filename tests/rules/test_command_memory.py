"""Commands of dilated depthwise convolutions: what the converter packaged, what it wrote, and what it had no room for."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from onnx import numpy_helper

from sensorfit.api import load_target
from sensorfit.convert.commands import command_bytes
from sensorfit.graph.load import load
from sensorfit.rules.command_memory import commands_of
from sensorfit.verify.engine import verify
from sensorfit.verify.facts import operators

from ..rewrite.harness import rewritten
from ..verify.text import found, model

PACKAGED = [(6, 1280, 3), (12, 640, 3), (7, 1280, 3), (12, 960, 3), (12, 1280, 3), (6, 1280, 5)]
"""(dilation, channels, kernel) on 8x8 that the converter packaged; 2,048 channels with dilation 12 it did not."""
WRITTEN = {
    (4, 256, 8): 43580,
    (4, 512, 8): 75840,
    (7, 64, 8): 50960,
    (7, 256, 8): 123444,
    (7, 512, 8): 220124,
    (4, 256, 16): 43576,
    (8, 256, 16): 158392,
    (8, 64, 32): 64040,
}
"""Bytes of commands in the packages of (dilation, channels, side of the map), 3x3, a 1x1 convolution before it."""
STEM = 7300
"""Of these the input's, the output's and the 1x1 convolution's: with dilation 1 there are 8,120 in all."""


def depthwise(d: int, channels: int, side: int = 8, kernel: int = 3) -> str:
    pad = d * (kernel // 2)
    return (
        f"(float[1,3,{side},{side}] x) => (float[1,{channels},{side},{side}] y) "
        f"<float[{channels},3,1,1] stem, float[{channels},1,{kernel},{kernel}] w> {{ a = Conv (x, stem) "
        f"y = Conv <group = {channels}, dilations = [{d}, {d}], pads = [{pad}, {pad}, {pad}, {pad}]> (a, w) }}"
    )


def pyramid(*dilations: int, channels: int = 1280) -> str:
    """An atrous pyramid: a depthwise convolution for each dilation, of one map of 8x8, added."""
    weights = "".join(f", float[{channels},1,3,3] w{d}" for d in dilations)
    steps = " ".join(
        f"a{d} = Conv <group = {channels}, dilations = [{d}, {d}], pads = [{d}, {d}, {d}, {d}]> (a, w{d})"
        for d in dilations
    )
    sums = f"y = Sum ({', '.join(f'a{d}' for d in dilations)})"
    return (
        f"(float[1,3,8,8] x) => (float[1,{channels},8,8] y) <float[{channels},3,1,1] stem{weights}> "
        f"{{ a = Conv (x, stem) {steps} {sums} }}"
    )


def commands(text: str) -> float:
    graph = load(model(text), "example")
    facts = operators(load_target())["Conv"]["commands"]
    return sum(commands_of(graph, node, facts) for node in graph.nodes)


@pytest.mark.parametrize(("d", "channels", "side"), WRITTEN)
def test_commands_are_counted_as_they_are_written(d: int, channels: int, side: int) -> None:
    assert commands(depthwise(d, channels, side)) + STEM == pytest.approx(
        WRITTEN[d, channels, side], rel=0.04
    )


@pytest.mark.parametrize(("d", "channels", "kernel"), PACKAGED)
def test_what_is_packaged_is_not_refused(d: int, channels: int, kernel: int) -> None:
    assert not found(depthwise(d, channels, kernel=kernel), "SF133")


def test_what_has_no_room_is_refused_where_it_is() -> None:
    (issue,) = found(depthwise(12, 2048), "SF133")
    assert issue.node == "Conv_1" and issue.converter_code == "CBE" and "sensorfit fix" in issue.fix
    (issue,) = found(depthwise(7, 2048), "SF133")
    assert "sensorfit fix" not in issue.fix  # every tap reads the map


def test_several_that_have_room_one_by_one_are_refused_together() -> None:
    assert not found(pyramid(6), "SF133")
    assert [f.node for f in found(pyramid(1, 4, 6, 7), "SF133")] == ["Conv_2", "Conv_3", "Conv_4"]


def test_a_pyramid_past_the_map_is_refused_and_fixed(tmp_path: Path) -> None:
    """As of a DeepLabV3+ at 128x128: nothing but the taps in the middle reads the map."""
    assert len(found(pyramid(12, 24, 36), "SF133")) == 3
    after = rewritten(pyramid(12, 24, 36), tmp_path).after
    assert not any(
        d > 1 for n in after.graph.node for a in n.attribute if a.name == "dilations" for d in a.ints
    )
    assert not [f for f in verify(load(after, "fixed"), load_target(), "converter") if f.refused]


@pytest.mark.toolchain
def test_the_converter_still_writes_as_many(tmp_path: Path) -> None:
    from sensorfit.convert.toolchain import convert
    from tools.probes.quantized import export  # torch

    proto = model(depthwise(7, 64))
    rng = np.random.default_rng(0)
    for tensor in proto.graph.initializer:
        values = rng.standard_normal(tuple(tensor.dims)).astype(np.float32)
        tensor.CopyFrom(numpy_helper.from_array(values, tensor.name))
    file = export("dilated", proto, tmp_path)
    assert isinstance(file, Path)
    assert convert(file, tmp_path / "out", tmp_path / "log", input_persistency=False).complaint is None
    assert command_bytes(tmp_path / "out" / "packerOut.zip") == WRITTEN[7, 64, 8]
