"""Operators of integers: shifts, bitwise, convolutions and products of quantized numbers."""

from __future__ import annotations

import numpy as np
from onnx import TensorProto as T

from ..graphs import Probes

P = Probes()
one = P.one

one(
    "bs",
    lambda n: n.out(
        n.op("BitShift", n.op("Cast", n.x, to=T.UINT8), n.const(1, "uint8"), direction="LEFT"), dtype=T.UINT8
    ),
)
for o in "BitwiseAnd BitwiseOr BitwiseXor".split():
    one(
        o,
        lambda n: n.out(
            n.op(o, n.data((1, 3, 8, 8), T.INT32), n.data((1, 3, 8, 8), T.INT32)),
            dtype=T.INT32,
            shape=(1, 3, 8, 8),
        ),
        opset=18,
    )
one(
    "BitwiseNot2",
    lambda n: n.out(n.op("BitwiseNot", "input"), dtype=T.INT32),
    opset=18,
    head=False,
    dtype=T.INT32,
)
one(
    "BitShift2",
    lambda n: n.out(n.op("BitShift", "input", "input", direction="LEFT"), dtype=T.UINT8),
    head=False,
    dtype=T.UINT8,
)
one(
    "convint",
    lambda n: n.out(n.op("ConvInteger", "input", n.const(np.ones((4, 3, 3, 3)), "uint8")), dtype=T.INT32),
    head=False,
    dtype=T.UINT8,
)
one(
    "mmint",
    lambda n: n.out(n.op("MatMulInteger", "input", n.const(np.ones((32, 4)), "uint8")), dtype=T.INT32),
    head=False,
    dtype=T.UINT8,
)
one(
    "qmm",
    lambda n: n.out(
        n.op(
            "QLinearMatMul",
            "input",
            n.const(0.1),
            n.const(0, "uint8"),
            n.const(np.ones((32, 4)), "uint8"),
            n.const(0.1),
            n.const(0, "uint8"),
            n.const(0.1),
            n.const(0, "uint8"),
        ),
        dtype=T.UINT8,
    ),
    head=False,
    dtype=T.UINT8,
)
