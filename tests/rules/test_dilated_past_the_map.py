"""A dilation larger than the map: the back end takes it of depthwise kernels of few channels alone."""

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


@pytest.mark.parametrize(("d", "group"), [(9, 1), (12, 1), (36, 1), (12, 1280)])
def test_a_dilation_past_the_map_is_refused(d: int, group: int) -> None:
    (issue,) = found(dilated(d, group), "SF132")
    assert issue.converter_code == "CBE" and f"no dilation ({d}) larger than the map (8)" in issue.reason


@pytest.mark.parametrize(("d", "group", "kernel"), [(8, 1, 3), (12, 64, 3), (12, 256, 3), (1, 1280, 3)])
def test_one_within_it_and_of_few_depthwise_kernels_is_not(d: int, group: int, kernel: int) -> None:
    assert not found(dilated(d, group, kernel), "SF132")


def test_many_depthwise_channels_with_a_wide_dilation_are_not_called_packaged() -> None:
    """Asked once: 1,280 channels with dilation 7 on 8x8 end the back end, with dilation 1 they do not; 960 with 2 neither."""
    (issue,) = found(dilated(7, 1280), "SF132")
    assert issue.converter_code == "CBE" and "1,280 channels with dilation 7" in issue.reason
    assert not found(dilated(2, 960), "SF132")


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
