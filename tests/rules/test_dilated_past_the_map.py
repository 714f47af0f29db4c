"""Dilations larger than the map, which the back end packages of depthwise convolutions only, and of many channels with more stack only."""

from __future__ import annotations

import numpy as np
import onnx
import pytest
from onnx import numpy_helper

from sensorfit.convert import java

from ..verify.text import found, model


def dilated(d: int, group: int = 1, kernel: int = 3) -> str:
    """64 channels of 8x8, or as many as groups, the input's 3 brought there by a 1x1 convolution."""
    c = max(64, group)
    pad = d * (kernel // 2)
    return (
        f"(float[1,3,8,8] x) => (float[1,{c},8,8] y) <float[{c},3,1,1] stem, float[{c},{c // group},{kernel},{kernel}] w> "
        f"{{ a = Conv (x, stem) y = Conv <group = {group}, dilations = [{d}, {d}], pads = [{pad}, {pad}, {pad}, {pad}]> (a, w) }}"
    )


@pytest.mark.parametrize("d", [9, 12, 36])
def test_a_dilation_past_the_map_is_refused(d: int) -> None:
    (issue,) = found(dilated(d), "SF132")
    assert issue.converter_code == "CBE" and f"no dilation ({d}) larger than the map (8)" in issue.reason


@pytest.mark.parametrize(("d", "group", "kernel"), [(8, 1, 3), (12, 64, 3), (12, 1280, 3)])
def test_what_is_packaged_is_not(d: int, group: int, kernel: int) -> None:
    assert not found(dilated(d, group, kernel), "SF132")


def answer(d: int, group: int, kernel: int) -> str | None:
    """The converter's."""
    from tools.probes.packaged import said  # torch

    proto: onnx.ModelProto = model(dilated(d, group, kernel))
    rng = np.random.default_rng(0)
    for tensor in proto.graph.initializer:
        tensor.CopyFrom(
            numpy_helper.from_array(rng.standard_normal(tuple(tensor.dims)).astype(np.float32), tensor.name)
        )
    return said("dilated", proto)


@pytest.mark.toolchain
@pytest.mark.parametrize(("d", "group", "kernel"), [(12, 1, 3), (8, 1, 3), (12, 128, 3), (12, 1, 1)])
def test_the_converter_says_so(d: int, group: int, kernel: int) -> None:
    refused = bool(found(dilated(d, group, kernel), "SF132"))
    assert str(answer(d, group, kernel)).startswith("CBE" if refused else "packaged")


@pytest.mark.toolchain
def test_what_the_converter_stops_on_is_its_stack(monkeypatch: pytest.MonkeyPatch) -> None:
    """128 channels, packaged above, need more than 1 MB, as 1,280 need more than the 32 that it gives itself."""
    monkeypatch.setattr(java, "STACK", "1m")
    assert str(answer(12, 128, 3)).startswith("CBE")
