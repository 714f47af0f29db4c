"""Cuts along columns: out of blocks, each part out of a copy of its own."""

from __future__ import annotations

import pytest

import sensorfit

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
