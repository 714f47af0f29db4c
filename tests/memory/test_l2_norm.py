"""F.normalize of tokens, as SwiftFormer-XS has it, and of heads, as Restormer: --model-insight of imx500-converter 3.19.2 lists these bytes."""

from __future__ import annotations

from sensorfit.api import load_target
from sensorfit.graph.load import load
from sensorfit.graph.lower import lower
from sensorfit.memory.layout import load_memory_facts
from sensorfit.memory.steps import device_steps

from .test_advice import weighted

TEXT = """agraph (float[1,3,28,28] x) => (float[1,784,56] y)
<int64[3] tokens = {1, 56, 784}, int64[3] wide = {1, 784, 56}, float least = {0.0001}> {
    a = Conv (x, w) b = Reshape (a, tokens) c = Transpose <perm = [0, 2, 1]> (b)
    n = ReduceL2 <axes = [2], keepdims = 1> (c) m = Clip (n, least) e = Expand (m, wide) y = Div (c, e)
}"""


def test_a_norm_is_taken_of_a_copy_of_16_bits_and_spread_as_it_lies() -> None:
    program = device_steps(
        lower(load(weighted(TEXT, w=(56, 3, 1, 1)), "net")), load_memory_facts(load_target())
    )
    at = next(i for i, step in enumerate(program.operations) if step.op == "ReduceL2")
    cast, laid, norm, back = program.operations[at - 2 : at + 2]
    sizes = [program.buffers[step.writes[0]].bytes for step in (cast, laid, norm, back)]
    assert [cast.op, laid.op, back.op] == ["Cast", "Transform", "Cast"]
    assert sizes == [100_352, 87_808, 1_568, 800]
    spread = next(step for step in program.operations if step.op == "Expand")
    assert program.buffers[spread.writes[0]].bytes == 44_800


HEADS = """agraph (float[1,3,32,32] x) => (float[1,2,8,1024] y)
<int64[4] heads = {1, 2, 8, 1024}, float least = {0.0001}> {
    a = Conv (x, w) b = Reshape (a, heads)
    n = ReduceL2 <axes = [3], keepdims = 1> (b) m = Clip (n, least) e = Expand (m, heads) y = Div (b, e)
}"""


def test_blocks_never_lie_along_the_axis_whose_norm_is_taken() -> None:
    """Eight rows filled to a block, though whole rows of 1,024 would take half as much."""
    program = device_steps(
        lower(load(weighted(HEADS, w=(16, 3, 1, 1)), "net")), load_memory_facts(load_target())
    )
    at = next(i for i, step in enumerate(program.operations) if step.op == "ReduceL2")
    written = [program.buffers[step.writes[0]].bytes for step in program.operations[at - 2 : at + 4]]
    assert written == [32_768, 65_536, 64, 64, 64, 65_536]
