"""Adding work never lowers the estimate."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sensorfit.api import load_target
from sensorfit.graph.load import load
from sensorfit.graph.lower import lower
from sensorfit.latency.estimate import estimate
from sensorfit.latency.model import LatencyReport
from sensorfit.models.net import Net

OPS = st.sampled_from(["conv3", "conv1", "depthwise", "sigmoid", "add", "pool", "up", "grouped"])
Layers = list[str]


def build(layers: Layers, width: int, size: int, kernel: int = 3) -> LatencyReport:
    """The estimate of a chain of ``layers`` with ``width`` channels at ``size`` x ``size``."""
    net = Net("g", 3, size, size).conv(width, kernel)
    for layer in layers:
        start = net.here
        if layer == "conv3":
            net.conv(width, kernel)
        elif layer == "conv1":
            net.conv(width, 1)
        elif layer == "depthwise":
            net.depthwise(kernel)
        elif layer == "grouped" and width % 4 == 0:
            net.conv(width, kernel, groups=4)
        elif layer == "sigmoid":
            net.act("Sigmoid")
        elif layer == "add":
            net.act("Sigmoid").add(start)
        elif layer == "pool" and net.shape[1] >= 4:
            net.pool()
        elif layer == "up" and net.shape[1] <= 64:
            net.resize(net.shape[1] * 2, net.shape[2] * 2)
    return estimate(lower(load(net.model())), load_target())


def no_less(more: LatencyReport, less: LatencyReport) -> None:
    assert more.macs >= less.macs
    assert more.cycles >= less.cycles
    assert more.dsp_ms_high >= less.dsp_ms_high - 1e-9
    assert more.dsp_ms_low >= less.dsp_ms_low - 1e-9


@settings(max_examples=25, deadline=None, derandomize=True)
@given(st.lists(OPS, max_size=5), st.integers(1, 40), st.integers(1, 40), st.sampled_from([8, 16, 24, 32]))
def test_more_channels(layers: Layers, width: int, extra: int, size: int) -> None:
    # Groups of 4 exist at every multiple of 4 only: compare like with like.
    width, wider = 4 * width, 4 * (width + extra)
    no_less(build(layers, wider, size), build(layers, width, size))


@settings(max_examples=25, deadline=None, derandomize=True)
@given(st.lists(OPS, max_size=5), st.integers(1, 70), st.integers(4, 12), st.integers(1, 8))
def test_a_larger_image(layers: Layers, width: int, size: int, extra: int) -> None:
    layers = [layer for layer in layers if layer != "up"]  # "up" stops at 64 and so depends on the size
    no_less(build(layers, width, 16 * size + 16 * extra), build(layers, width, 16 * size))


@settings(max_examples=25, deadline=None, derandomize=True)
@given(st.lists(OPS, max_size=4), OPS, st.integers(1, 70), st.sampled_from([8, 16, 32]))
def test_one_layer_more(layers: Layers, another: str, width: int, size: int) -> None:
    no_less(build([*layers, another], width, size), build(layers, width, size))


@settings(max_examples=15, deadline=None, derandomize=True)
@given(st.lists(OPS, max_size=4), st.integers(1, 70))
def test_a_larger_kernel(layers: Layers, width: int) -> None:
    for larger, smaller in pairwise((7, 5, 3, 1)):
        no_less(build(layers, width, 16, larger), build(layers, width, 16, smaller))


@pytest.mark.parametrize("channels", [32, 64, 96])
def test_fewer_groups_are_more_work(channels: int) -> None:
    def grouped(groups: int) -> Net:
        return Net("g", channels, 16, 16).conv(channels, groups=groups)

    counts: list[Callable[[], Net]] = [lambda g=g: grouped(g) for g in (channels, 4, 2, 1)]
    reports = [estimate(lower(load(build().model())), load_target()) for build in counts]
    for less, more in pairwise(reports):
        assert more.cycles >= less.cycles
