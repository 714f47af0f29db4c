"""A product and a sum with constants for each channel are one step, except where the scale is zeros, as ConvNeXt-V2's is before
training: --model-insight of imx500-converter 3.19.2 lists a Mul and an Add of 128 B then,
and otherwise one BatchNorm of 160 B a block of channels."""

from __future__ import annotations

import numpy as np
from onnx import numpy_helper

from sensorfit.api import load_target
from sensorfit.graph.load import load
from sensorfit.graph.lower import lower
from sensorfit.memory.layout import load_memory_facts
from sensorfit.memory.steps import device_steps
from sensorfit.memory.weights import model_weight_bytes

from .test_advice import weighted

TEXT = """agraph (float[1,3,16,16] x) => (float[1,48,16,16] y) {
    a = Conv (x, w) b = Mul (a, scale) y = Add (b, shift)
}"""


SIZES = {"w": (48, 3, 1, 1), "shift": (1, 48, 1, 1)}


def counted(scale: float) -> tuple[list[str], int]:
    """The steps that scale and shift, and the bytes of all weights."""
    made = weighted(TEXT, **SIZES)
    made.graph.initializer.append(numpy_helper.from_array(np.full((1, 48, 1, 1), scale, np.float32), "scale"))
    graph, facts = lower(load(made, "scaled")), load_memory_facts(load_target())
    steps = [step.op for step in device_steps(graph, facts).operations]
    return [op for op in steps if op in ("Mul", "Add")], model_weight_bytes(graph, facts)[0]


def test_a_scale_of_zeros_is_a_step_of_its_own() -> None:
    together, one = counted(0.5)
    apart, two = counted(0.0)
    assert (together, apart) == (["Add"], ["Mul", "Add"])
    assert two - one == 2 * (96 + 32) - 2 * 160  # a constant and its step each, and two blocks of both
