"""Dilations that the back end does not package: larger than the map, or of too many depthwise channels."""

from __future__ import annotations

import numpy as np
import onnx
import pytest
from onnx import numpy_helper

from ..verify.text import found, model


def dilated(d: int, group: int = 1, kernel: int = 3) -> str:
    """64 channels of 8x8, or as many as groups, the input's 3 brought there by a 1x1 convolution."""
    c = max(64, group)
    pad = d * (kernel // 2)
    return (
        f"(float[1,3,8,8] x) => (float[1,{c},8,8] y) <float[{c},3,1,1] stem, float[{c},{c // group},{kernel},{kernel}] w> "
        f"{{ a = Conv (x, stem) y = Conv <group = {group}, dilations = [{d}, {d}], pads = [{pad}, {pad}, {pad}, {pad}]> (a, w) }}"
    )


PACKAGED = [(1, 1280), (6, 1280), (5, 1600), (4, 2048), (7, 960), (10, 800), (12, 640), (12, 64)]
STOPPED = [(7, 1120), (7, 1152), (7, 1280), (9, 960), (12, 960), (12, 1280)]
"""(dilation, depthwise channels) on 8x8, as the converter answered: imx500-converter 3.19.2.

(7, 1120) lies at the edge: it was stopped a dozen times on one machine and packaged once on another.
"""


@pytest.mark.parametrize("d", [9, 12, 36])
def test_a_dilation_past_the_map_is_refused(d: int) -> None:
    (issue,) = found(dilated(d), "SF132")
    assert issue.converter_code == "CBE" and f"no dilation ({d}) larger than the map (8)" in issue.reason


@pytest.mark.parametrize(("d", "group", "kernel"), [(8, 1, 3), *((d, group, 3) for d, group in PACKAGED)])
def test_what_is_packaged_is_not(d: int, group: int, kernel: int) -> None:
    assert not found(dilated(d, group, kernel), "SF132")


@pytest.mark.parametrize(("d", "group"), STOPPED)
def test_many_depthwise_channels_with_a_wide_dilation_are_refused(d: int, group: int) -> None:
    (issue,) = found(dilated(d, group), "SF132")
    assert issue.converter_code == "CBE" and f"{group:,} channels with dilation {d}" in issue.reason
    assert ("sensorfit fix" in issue.fix) == (d > 8)  # only then are there taps that read nothing but padding


def test_a_larger_kernel_takes_less() -> None:
    """5x5 on 8x8, as the converter answered: 640 channels with 6 and 1,280 with 4 are packaged, 1,280 with 6 is not."""
    assert found(dilated(6, 1280, 5), "SF132")
    assert not found(dilated(4, 1280, 5), "SF132") and not found(dilated(6, 640, 5), "SF132")


@pytest.mark.toolchain
@pytest.mark.parametrize(
    ("d", "group", "kernel"), [(12, 1, 3), (8, 1, 3), (12, 64, 3), (12, 1, 1), (12, 1280, 3)]
)
def test_the_converter_says_so(d: int, group: int, kernel: int) -> None:
    from tools.probes.packaged import PACKAGED, said  # torch

    proto: onnx.ModelProto = model(dilated(d, group, kernel))
    rng = np.random.default_rng(0)
    for tensor in proto.graph.initializer:
        tensor.CopyFrom(
            numpy_helper.from_array(rng.standard_normal(tuple(tensor.dims)).astype(np.float32), tensor.name)
        )
    answer = said("dilated", proto)
    assert answer == PACKAGED or str(answer).startswith("CBE")
    assert (answer == PACKAGED) == (not found(dilated(d, group, kernel), "SF132"))
