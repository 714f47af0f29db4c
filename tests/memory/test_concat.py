"""In which blocks a concatenation lies: those that most of its operands are made for, of as many those of the first.

Asked of imx500-converter 3.19.2 with --model-insight on 24x11: each operand that a Transform stands before, and whether
one stands behind. a: 64 channels of a 3x3 convolution (blocks), q, r: 12 channels (planes), s: a cut of 36 channels.
"""

from __future__ import annotations

import pytest

from sensorfit.api import load_target
from sensorfit.graph.load import load
from sensorfit.graph.lower import lower
from sensorfit.memory.layout import load_memory_facts
from sensorfit.memory.steps import device_steps

from .test_advice import weighted

PADDED = "Conv <pads = [1, 1, 1, 1]>"
TEXT = """agraph (float[1,3,24,11] x) => (float[1,32,24,11] y) <int64[2] halves = {{36, 36}}> {{
    t = {conv} (x, stem) a = {conv} (t, wa) b = {conv} (t, wb) q = {conv} (t, wq) r = {conv} (t, wr)
    w = {conv} (t, ww) s, u = Split <axis = 1> (w, halves) c = Concat <axis = 1> ({operands}) y = {conv} (c, wy)
}}"""
CHANNELS = {"a": 64, "b": 33, "q": 12, "r": 12, "s": 36}


@pytest.mark.parametrize(
    ("operands", "laid", "behind"),
    [
        ("q a", "q a", True), ("a q", "q", False), ("a q r", "a q r", True), ("q a b", "q", False), ("a b q r", "q r", False),
        ("q r a", "q r a", True), ("s a", "s", False), ("s q a", "s q", False), ("q s a", "q s", False),
    ],
)  # fmt: skip
def test_the_operands_are_laid_as_the_converter_lists(operands: str, laid: str, behind: bool) -> None:
    names = operands.split()
    kernels = {"stem": 64, "wa": 64, "wb": 33, "wq": 12, "wr": 12, "ww": 72, "wy": 32}
    inputs = {"stem": 3, "wy": sum(CHANNELS[n] for n in names)}
    shapes = {name: (outputs, inputs.get(name, 64), 3, 3) for name, outputs in kernels.items()}
    model = weighted(TEXT.format(conv=PADDED, operands=", ".join(names)), **shapes)
    program = device_steps(lower(load(model, "net")), load_memory_facts(load_target()))
    (joined,) = [step for step in program.operations if step.op == "Concat"]
    (read,) = [step.reads[0] for step in program.operations if step.op == "Conv" and "y" in step.writes]
    tensors = [program.buffers[buffer].tensor for buffer in joined.reads if "#" in buffer]
    assert (tensors, read not in joined.writes) == (laid.split(), behind)


def test_sums_of_sums_are_looked_at_once_each() -> None:
    """Forty in a row, each of its own twice: 2^40 ways lead back to the convolution."""
    sums = "".join(f"r{i} = Sigmoid (t{i}) t{i + 1} = Mul (t{i}, r{i}) " for i in range(40))
    text = f"""agraph (float[1,3,24,11] x) => (float[1,76,24,11] c) {{
        a = {PADDED} (x, wa) t0 = {PADDED} (x, wq) {sums} c = Concat <axis = 1> (t40, a)
    }}"""
    model = weighted(text, wa=(64, 3, 3, 3), wq=(12, 3, 3, 3))
    program = device_steps(lower(load(model, "net")), load_memory_facts(load_target()))
    (joined,) = [step for step in program.operations if step.op == "Concat"]
    assert len([buffer for buffer in joined.reads if "#" in buffer]) == 2
