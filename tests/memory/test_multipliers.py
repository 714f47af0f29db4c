"""A depthwise convolution with several outputs a channel, as the converter runs it."""

from __future__ import annotations

from sensorfit.api import check
from sensorfit.report.report import Report
from tests.verify.text import model

NETWORK = """(float[1,3,32,32] x) => (float[1,{channels},32,32] y) <float[32,3,3,3] w, float[{channels},1,3,3] k> {{
   a = Conv <kernel_shape = [3, 3], pads = [1, 1, 1, 1]> (x, w)
   b = Conv <kernel_shape = [3, 3], pads = [1, 1, 1, 1], group = 32> (a, k)
   y = {activation} (b)
}}
"""


def judged(channels: int, activation: str = "Relu") -> Report:
    """The report of a network whose depthwise convolution makes ``channels`` of 32, with its layers."""
    return check(model(NETWORK.format(channels=channels, activation=activation)), layers=True)


def test_each_output_a_channel_is_a_step_and_one_more_joins_them() -> None:
    """The converter lists them as _dm0, _dm1, _dm2 and _dmc (probe mul_c32m3)."""
    report = judged(96)
    assert report.memory.complete
    steps = [step.node for step in report.memory.steps]
    depthwise = [step for step in steps if step.endswith(("/dm:0", "/dm:1", "/dm:2"))]
    (joined,) = [step for step in steps if step.endswith("/dm:c")]
    assert len(depthwise) == 3
    assert all(steps.index(step) < steps.index(joined) for step in depthwise)


def test_one_output_a_channel_stays_one_step() -> None:
    assert not [step.node for step in judged(32).memory.steps if "/dm:" in step.node]


def test_the_parts_count_as_the_layer_they_are_of() -> None:
    one, two = judged(32), judged(64)
    assert two.layers[1].weights_bytes == 2 * one.layers[1].weights_bytes
    assert two.layers[1].activation_bytes == 64 * 32 * 32


def test_each_part_has_the_activation_and_its_table() -> None:
    """As the converter lists them: Conv2D_Swish _dm0 to _dm3, 1,088 B each (e19)."""
    one, two = judged(32, "Sigmoid"), judged(64, "Sigmoid")
    assert one.layers[2].weights_bytes > 512
    assert two.layers[2].weights_bytes == 2 * one.layers[2].weights_bytes
