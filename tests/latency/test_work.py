"""What a layer asks of the hardware: padding, kinds, bytes."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from sensorfit.graph.ir import Graph
from sensorfit.latency.work import Work, pad, tensor_bytes, works
from sensorfit.models.net import Net

Device = Callable[[Net], Graph]
SIMD = 32


def only(graph: Graph) -> Work:
    (work,) = works(graph, SIMD)
    return work


@pytest.mark.parametrize(("channels", "padded"), [(1, 32), (32, 32), (33, 64), (64, 64)])
def test_channels_are_padded_to_the_simd_width(channels: int, padded: int) -> None:
    assert pad(channels, SIMD) == padded


def test_a_dense_layer_pads_both_channel_counts(device: Device) -> None:
    work = only(device(Net("g", 3, 8, 8).conv(33, act="")))
    assert (work.kind, work.macs, work.array) == ("dense", 33 * 3 * 9 * 64, 64 * 32 * 9 * 64)
    assert work.weights == 64 * 32 * 9
    assert work.bytes == (32 + 64) * 64
    assert work.channels == (3, 33)


def test_a_depthwise_layer_has_one_filter_a_channel(device: Device) -> None:
    work = only(device(Net("g", 40, 8, 8).depthwise(act="")))
    assert (work.kind, work.array, work.weights) == ("depthwise", 64 * 9 * 64, 64 * 9)


@pytest.mark.parametrize(("groups", "pairs"), [(2, 2 * 32 * 32), (8, 2 * 32 * 32), (1, 64 * 64)])
def test_narrow_groups_share_a_block_with_zeros_between_them(device: Device, groups: int, pairs: int) -> None:
    work = only(device(Net("g", 64, 8, 8).conv(64, groups=groups, act="")))
    assert work.kind == ("grouped" if groups > 1 else "dense")
    assert work.array == pairs * 9 * 64


def test_a_fused_activation_costs_nothing_and_another_is_a_layer(device: Device) -> None:
    assert [w.kind for w in works(device(Net("g", 4, 8, 8).conv(4)), SIMD)] == ["dense"]
    assert [w.kind for w in works(device(Net("g", 4, 8, 8).conv(4, act="Sigmoid")), SIMD)] == [
        "dense",
        "elementwise",
    ]


def test_the_classes_of_work(device: Device) -> None:
    net = Net("g", 8, 8, 8).conv(16, 1, act="").pool().resize(8, 8).resize(16, 16, "linear")
    net.node("Concat", [net.here, net.here], (32, 16, 16), axis=1).average()
    net.node("Softmax", [net.here], net.shape, axis=1).flatten().dense(4)
    kinds = [w.kind for w in works(device(net), SIMD)]
    assert kinds == [
        "pointwise", "pooling", "resample", "interpolate", "movement", "pooling", "normalization", "fully_connected",
    ]  # fmt: skip  # and Flatten is none


@pytest.mark.parametrize(
    ("shape", "windowed", "expected"),
    [
        ((1, 3, 8, 8), True, 32 * 64),
        ((1, 3, 8, 8), False, 3 * 8 * 32),
        ((1, 3, 7, 32), False, 3 * 7 * 32),
        ((1, 49, 33), True, 64 * 33),
        ((1, 49, 33), False, 49 * 64),
        ((1, 4, 4, 4, 3), True, 32 * 4 * 4 * 3),
        ((1, 10), True, 32),
        ((), True, 32),
        ((1, 0, 4, 4), True, 0),
    ],
)
def test_bytes_of_a_tensor(shape: tuple[int, ...], windowed: bool, expected: int) -> None:
    assert tensor_bytes(shape, SIMD, windowed) == expected
