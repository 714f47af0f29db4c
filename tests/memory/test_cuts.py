"""Cuts along columns: out of blocks or turned planes, each part out of a copy of its own."""

from __future__ import annotations

import pytest

import sensorfit
from sensorfit.api import load_target
from sensorfit.graph.load import load
from sensorfit.graph.lower import lower
from sensorfit.memory.layout import load_memory_facts
from sensorfit.memory.steps import device_steps

from .test_advice import weighted

GATED = """agraph (float[1,3,{side},{side}] x) => (float[1,4,{half},{half}] y)
<int64[3] s = {{{h}, {i}, {c}}}> {{
    e = Conv <kernel_shape = [3, 3], strides = [2, 2], pads = [1, 1, 1, 1]> (x, stem) r = Relu (e)
    t = Transpose <perm = [0, 2, 3, 1]> (r) m = MatMul (t, u) f = Add (m, v)
    g, i, k = Split <axis = -1> (f, s)
    kt = Transpose <perm = [0, 3, 1, 2]> (k) d = Conv <kernel_shape = [3, 3], pads = [1, 1, 1, 1], group = {c}> (kt, dw)
    db = Transpose <perm = [0, 2, 3, 1]> (d)
    sg = Sigmoid (g) a = Mul (g, sg) j = Concat <axis = -1> (i, db) p = Mul (a, j)
    q = MatMul (p, w) z = Add (q, t) o = Transpose <perm = [0, 3, 1, 2]> (z) y = Conv (o, head)
}}"""
"""A gated convolution of MambaOut's kind: channels last, one Linear cut into gate, identity and convolved part."""


@pytest.mark.parametrize(("side", "c", "h", "runtime"), [(80, 16, 48, 532_480), (64, 24, 64, 360_448)])
def test_a_split_of_the_last_axis_takes_what_the_converter_says(
    side: int, c: int, h: int, runtime: int
) -> None:
    """``runtime``: imx500-converter 3.19.2 of the torch module of the same layers, quantized by MCT 2.5.1."""
    text = GATED.format(side=side, half=side // 2, c=c, h=h, i=h - c)
    model = weighted(
        text, stem=(c, 3, 3, 3), u=(c, 2 * h), v=(2 * h,), dw=(c, 1, 3, 3), w=(h, c), head=(4, c, 1, 1)
    )
    assert sensorfit.check(model).memory.runtime_bytes == runtime


TOKENS = """agraph (float[1,3,64,64] x) => (float[1,4,32,32] y)
<int64[2] s = {48, 48}, int64[4] t = {1, 32, 1, 1024}, int64[4] m = {1, 32, 32, 32}> {
    e = Conv <kernel_shape = [3, 3], strides = [2, 2], pads = [1, 1, 1, 1]> (x, stem) f = Reshape (e, t)
    r = Transpose <perm = [0, 2, 3, 1]> (f) l = MatMul (r, u) g, i = Split <axis = -1> (l, s)
    n = Sigmoid (i) p = Mul (g, n) q = MatMul (p, w) z = Transpose <perm = [0, 3, 1, 2]> (q) o = Reshape (z, m) y = Conv (o, head)
}"""
HALVES = """agraph (float[1,3,40,64] x) => (float[1,16,20,32] y) <int64[2] s = {24, 24}> {
    e = Conv <kernel_shape = [3, 3], strides = [2, 2], pads = [1, 1, 1, 1]> (x, stem)
    t = Transpose <perm = [0, 2, 3, 1]> (e) g, i = Split <axis = -1> (t, s) p = Mul (g, i) q = MatMul (p, w)
    y = Transpose <perm = [0, 3, 1, 2]> (q)
}"""
ROWS = """agraph (float[1,3,64,64] x) => (float[1,64,16,32] y)
<int64[3] t = {1, 64, 1024}, int64[2] s = {512, 512}, int64[4] m = {1, 64, 16, 32}> {
    e = Conv <kernel_shape = [3, 3], strides = [2, 2], pads = [1, 1, 1, 1]> (x, stem) f = Reshape (e, t)
    g, i = Split <axis = -1> (f, s) p = Mul (g, i) y = Reshape (p, m)
}"""

STACKED = """agraph (float[1,3,64,64] x) => (float[1,4,32,32] y)
<int64[4] t = {1, 16, 1, 1024}, int64[5] f = {1, 1024, 3, 2, 8}, int64[3] s = {1, 1, 1}, int64[3] h = {2, 1024, 8}, int64[4] m = {1, 16, 32, 32}> {
    e = Conv <kernel_shape = [3, 3], strides = [2, 2], pads = [1, 1, 1, 1]> (x, stem) r = Reshape (e, t)
    a = Transpose <perm = [0, 2, 3, 1]> (r) l = MatMul (a, u) k = Reshape (l, f) b = Transpose <perm = [2, 0, 3, 1, 4]> (k)
    b0, b1, b2 = Split <axis = 0> (b, s) q0 = Reshape (b0, h) q1 = Reshape (b1, h) q2 = Reshape (b2, h)
    n = Sigmoid (q0) p = Mul (n, q1) z = Add (p, q2) o = Transpose <perm = [0, 2, 1]> (z) g = Reshape (o, m) y = Conv (g, head)
}"""
"""Queries, keys and values of two heads stacked, as attention has them: cut out of turned planes, a quarter of the planes (built with --fix)."""


@pytest.mark.parametrize(
    ("text", "weights", "runtime"),
    [
        (STACKED, {"stem": (16, 3, 3, 3), "u": (16, 48), "head": (4, 16, 1, 1)}, 114_688),
        (TOKENS, {"stem": (32, 3, 3, 3), "u": (32, 96), "w": (48, 32), "head": (4, 32, 1, 1)}, 245_760),
        (HALVES, {"stem": (48, 3, 3, 3), "w": (24, 16)}, 91_136),
        (ROWS, {"stem": (64, 3, 3, 3)}, 131_104),
    ],
    ids=["stacked heads", "tokens", "fewer rows than columns", "one plane"],
)
def test_cuts_are_made_out_of_turned_planes_where_these_take_less(
    text: str, weights: dict[str, tuple[int, ...]], runtime: int
) -> None:
    """imx500-converter 3.19.2 of the torch modules; blocks of the one plane alone are 2 to 3 MB."""
    model = weighted(text, **weights)
    assert sensorfit.check(model, input_persistency=False).memory.runtime_bytes == runtime


MIRRORED = """agraph (float[1,3,64,64] x) => (float[1,32,32,32] y)
<int64[1] n = {0}, int64[1] o = {1}, int64[1] s = {2}, int64[1] b = {62}, int64[1] c = {63}, int64[1] rows = {2}, int64[1] columns = {3}> {
    a = Conv <pads = [1, 1, 1, 1]> (x, stem) r = Relu (a)
    u = Slice (r, o, s, rows) d = Slice (r, b, c, rows) t = Concat <axis = 2> (u, r, d)
    e = Slice (t, o, s, columns) f = Slice (t, b, c, columns) m = Concat <axis = 3> (e, t, f)
    y = Conv <strides = [2, 2], pads = [0, 0, 0, 0]> (m, head)
}"""


def test_the_phases_of_a_stride_are_cut_out_of_turned_planes_as_they_lie() -> None:
    """Mirrored borders before a stride, as a style network has them once fixed (4 % too high before): --model-insight of
    imx500-converter 3.19.2 lists four cuts of the concatenation's own 101,376 B."""
    model = weighted(MIRRORED, stem=(16, 3, 3, 3), head=(32, 16, 3, 3))
    program = device_steps(lower(load(model, "mirrored")), load_memory_facts(load_target()))
    joined = next(step for step in program.operations if step.op == "Concat" and "m" in step.writes)
    readers = [step.op for step in program.operations if joined.writes[0] in step.reads]
    assert (readers, program.buffers[joined.writes[0]].bytes) == (["Slice"] * 4, 101_376)
