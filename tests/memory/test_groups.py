"""Which grouped convolutions run group by group; test_corpus.py holds the probes that told them apart."""

from __future__ import annotations

import pytest

from sensorfit.api import load_target
from sensorfit.memory.convolution import Convolution, one_group, runs_by_group, scratch_bytes, weight_bytes
from sensorfit.memory.layout import load_memory_facts

FACTS = load_memory_facts(load_target())


def grouped(groups: int, each: int) -> Convolution:
    """A 3x3 convolution of ``groups`` groups of ``each`` channels."""
    channels = groups * each
    return Convolution(channels, channels, groups, (3, 3), (1, 1), (1, 1), (1, 1, 1, 1), False, 8)


@pytest.mark.parametrize(
    ("groups", "each"),
    [(8, 16), (4, 16), (2, 32), (8, 24), (40, 8), (32, 4), (19, 8), (6, 2), (4, 3), (8, 3), (2, 5)],
)
def test_two_four_or_eight_inputs_or_groups_stay_one_step(groups: int, each: int) -> None:
    assert not runs_by_group(grouped(groups, each), FACTS)


@pytest.mark.parametrize(
    ("groups", "each"), [(24, 16), (16, 16), (3, 9), (6, 24), (3, 64), (32, 3), (6, 5), (6, 6), (6, 7)]
)
def test_other_groups_take_a_dense_kernel_each(groups: int, each: int) -> None:
    conv = grouped(groups, each)
    assert runs_by_group(conv, FACTS)
    assert weight_bytes(conv, FACTS) == groups * weight_bytes(one_group(conv), FACTS)


@pytest.mark.parametrize(
    ("kernel", "taps"),
    [
        ((3, 3), 16),
        ((1, 5), 36),
        ((7, 7), 64),
        ((9, 9), 144),
        ((12, 12), 144),
        ((1, 11), 144),
        ((10, 3), 144),
    ],
)
def test_a_depthwise_kernel_is_stored_in_a_square_of_4_6_8_or_12(kernel: tuple[int, int], taps: int) -> None:
    """imx500-converter 3.19.2 of these on 32 channels, its listing: 4,608 B for every kernel with a side of 9 to 12."""
    conv = grouped(32, 1)._replace(kernel=kernel)
    assert weight_bytes(conv, FACTS) == 32 * taps + 192
    assert weight_bytes(grouped(8, 4)._replace(kernel=kernel), FACTS) == 4 * 32 * taps + 192
    assert scratch_bytes(conv, FACTS) == taps // 4 * 1_024 + 32
