"""A map of one channel times one of many: in the layout in which both and their product take the least."""

from __future__ import annotations

import pytest

import sensorfit
from sensorfit.graph.load import load
from sensorfit.graph.lower import lower
from sensorfit.memory.layout import Layout, load_memory_facts
from sensorfit.memory.model import MANY_HEADS
from sensorfit.memory.steps import device_steps
from sensorfit.target import DEFAULT, load_target

from ..verify.text import model
from .test_advice import weighted

GATED = """agraph (float[1,3,{side},{side}] x) => (float[1,8,{half},{half}] y) <int64[1] b = {{0}}, int64[1] e = {{1}}, int64[1] c = {{1}}> {{
    a = Conv <kernel_shape = [3, 3], strides = [2, 2], pads = [1, 1, 1, 1]> (x, stem) r = Relu (a)
    s = Conv (r, gates) t = Sigmoid (s) u = Slice (t, b, e, c) m = Mul (u, r) n = Add (m, r) y = Conv (n, head)
}}"""


@pytest.mark.parametrize(
    ("side", "layout", "size"), [(32, Layout.BLOCKS, 8_192), (64, Layout.PLANES, 32_768)]
)
def test_a_gate_of_one_channel_is_multiplied_where_all_take_least(
    side: int, layout: Layout, size: int
) -> None:
    """The listing of imx500-converter 3.19.2: a Transform of the gate to 8 KiB and blocks at 16x16, none at 32x32."""
    text = GATED.format(side=side, half=side // 2)
    made = weighted(text, stem=(32, 3, 3, 3), gates=(9, 32, 1, 1), head=(8, 32, 1, 1))
    program = device_steps(lower(load(made, "gated")), load_memory_facts(load_target(DEFAULT)))
    (product,) = (op for op in program.operations if op.op == "Mul")
    made = program.buffers[product.writes[0]]
    assert (made.layout, made.bytes) == (layout, size)


def test_of_too_many_heads_the_memory_is_not_known_and_not_counted_for_a_minute() -> None:
    """A KBNet's kernel for each of 16,384 cells: check ended without an answer, out of memory."""
    report = sensorfit.check(
        model(
            "(float[1,4096,2,8] x, float[1,4096,8,2] k) => (float[1,4096,2,2] y) { a = Relu (x) y = MatMul (a, k) }"
        )
    )
    assert report.memory.missing == (MANY_HEADS,)
