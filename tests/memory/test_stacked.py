"""Maps stacked along a new last axis and summed over it, as EfficientDet's pyramid has them (torch.stack(maps, -1).sum(-1)):
imx500-converter 3.19.2, quantized by MCT 2.5.1, by its memory report. In planes, as each was counted before, such a stack is
several times as large (557,056, 589,824 and 798,720 B)."""

from __future__ import annotations

import pytest

import sensorfit

from .test_advice import weighted


def stacked(channels: int, side: int, count: int) -> str:
    """``count`` convolutions of one map, stacked, summed, and a depthwise convolution behind."""
    maps = " ".join(
        f"b{i} = Conv <pads = [1, 1, 1, 1]> (r, w{i}) u{i} = Unsqueeze (b{i}, last)" for i in range(count)
    )
    shape = f"float[1,{channels},{side},{side}] y"
    return f"""agraph (float[1,3,{side},{side}] x) => ({shape}) <int64[1] last = {{-1}}> {{
        a = Conv <pads = [1, 1, 1, 1]> (x, stem) r = Relu (a) {maps}
        s = Concat <axis = -1> ({", ".join(f"u{i}" for i in range(count))}) t = ReduceSum <keepdims = 0> (s, last) v = Relu (t)
        y = Conv <pads = [1, 1, 1, 1], group = {channels}> (v, deep)
    }}"""


@pytest.mark.parametrize(
    ("channels", "side", "count", "runtime"),
    [(16, 32, 2, 133_120), (64, 16, 3, 98_304), (40, 24, 2, 122_880)],
)
def test_a_stack_lies_in_blocks_of_channels_or_of_rows(
    channels: int, side: int, count: int, runtime: int
) -> None:
    kernels = {f"w{i}": (channels, channels, 3, 3) for i in range(count)}
    model = weighted(
        stacked(channels, side, count), stem=(channels, 3, 3, 3), deep=(channels, 1, 3, 3), **kernels
    )
    assert sensorfit.check(model).memory.runtime_bytes == runtime
