"""Operators and forms met after the first round: tables, integers, GroupNormalization, computed weights."""

from __future__ import annotations

import numpy as np
from onnx import TensorProto as T

from ..graphs import Probes

P = Probes()
one = P.one
S = (1, 16, 32, 32)


def best(n):
    return n.op("ArgMax", n.op("ReduceMean", n.x, axes=[2, 3], keepdims=0), axis=1, keepdims=0)


one("ga_table1", lambda n: n.op("Gather", n.noise(16), best(n)))
one("ga_table2", lambda n: n.op("Gather", n.noise(16, 4), best(n)))
one(
    "ga_table1_ax",
    lambda n: n.op("Gather", n.noise(20), n.op("ArgMax", n.x, axis=1, keepdims=0), axis=0),
)


def siam(n):
    w = n.noise(8, 16, 1, 1)
    y = n.relu(n.conv(n.data((1, 3, 32, 32)), 3, 16, 3, pads=[1, 1, 1, 1]))
    return n.out(n.op("Conv", n.x, w), n.op("Conv", y, w))


one("siamese", siam)
for g, sh in ((4, None), (1, None), (16, None), (4, (1, 16, 1024)), (4, (1, 16, 4, 8, 32)), (4, (1, 16384))):
    one(
        f"gnorm_{g}_{sh and len(sh)}",
        lambda n: n.out(
            n.op(
                "GroupNormalization",
                n.x if sh is None else n.reshape(n.x, *sh),
                n.noise(g),
                n.noise(g),
                num_groups=g,
            ),
            shape=sh or S,
        ),
        opset=18,
    )
one(
    "in_r2b",
    lambda n: n.op("InstanceNormalization", n.reshape(n.x, 1, 16, 1, 1024), n.noise(16), n.noise(16)),
)
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
    "ccp",
    lambda n: n.out(n.op("CenterCropPad", n.x, n.ints(16, 16), axes=[2, 3]), shape=(1, 16, 16, 16)),
    opset=18,
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
one(
    "nms2",
    lambda n: n.out(
        n.op(
            "NonMaxSuppression",
            n.reshape(n.op("Slice", n.x, n.ints(0), n.ints(1), n.ints(1)), 1, 256, 4),
            n.reshape(
                n.op("Slice", n.reshape(n.x, 1, 1, 16384), n.ints(0), n.ints(256), n.ints(2)), 1, 1, 256
            ),
            n.const([3], "int64"),
        ),
        dtype=T.INT64,
        shape=(3, 3),
    ),
)
one("rnu", lambda n: n.op("Add", n.x, n.op("RandomUniformLike", n.x)))
one("rn", lambda n: n.op("Add", n.x, n.op("RandomNormal", shape=list(S))))
one("ru", lambda n: n.op("Add", n.x, n.op("RandomUniform", shape=list(S))))
one("multinom", lambda n: n.out(n.op("Multinomial", n.vector(), sample_size=3), dtype=T.INT32))
one(
    "scatter_el_add",
    lambda n: n.op("ScatterElements", n.x, n.const(np.zeros(S), "int64"), n.x, axis=1, reduction="add"),
)
one(
    "stft",
    lambda n: n.out(
        n.op("STFT", n.reshape(n.x, 1, 16384, 1), n.const(128, "int64"), n.noise(256)), shape=(1, 127, 129, 2)
    ),
)
one("eyel", lambda n: n.out(n.op("EyeLike", n.reshape(n.x, 1, 16384)), shape=(1, 16384)))
one("conste", lambda n: n.tail(n.op("Add", n.x, n.op("Erf", n.noise(1, 16, 1, 1)))))
one("constr", lambda n: n.tail(n.op("Add", n.x, n.op("Round", n.noise(1, 16, 1, 1)))))
one(
    "constw",
    lambda n: n.tail(
        n.op(
            "Add",
            n.x,
            n.op(
                "Where",
                n.op("Greater", n.noise(1, 16, 1, 1), n.const(0.0)),
                n.noise(1, 16, 1, 1),
                n.const(0.0),
            ),
        )
    ),
)
one(
    "sizefold",
    lambda n: n.tail(
        n.op(
            "Reshape",
            n.x,
            n.op(
                "Concat",
                n.ints(1, 16, 32),
                n.op("Unsqueeze", n.op("Div", n.op("Size", n.x), n.const(512, "int64")), n.ints(0)),
                axis=0,
            ),
        )
    ),
)
one("optional", lambda n: n.out(n.op("OptionalGetElement", n.op("Optional", n.x)), shape=S))
one(
    "ml_scaler",
    lambda n: n.out(
        n.op("Scaler", n.vector(), domain="ai.onnx.ml", offset=[0.0], scale=[1.0]), shape=(1, 16)
    ),
)
one("nll", lambda n: n.out(n.op("SoftmaxCrossEntropyLoss", n.vector(), n.const([1], "int64")), shape=()))
one("celu_o20", lambda n: n.op("Celu", n.x), opset=20)
one("isnan20", lambda n: n.out(n.op("IsNaN", n.x), dtype=T.BOOL), opset=20)
one(
    "cl_gelu",
    lambda n: n.out(n.op("Gelu", n.x, domain="com.microsoft", approximate="none"), shape=S),
    opset=20,
)
one(
    "cl_msln",
    lambda n: n.out(
        n.op("LayerNormalization", n.x, n.noise(32), n.noise(32), domain="com.microsoft", axis=-1), shape=S
    ),
)
one("constnode_list", lambda n: n.tail(n.op("Add", n.x, n.op("Constant", value_floats=[1.0] * 32))))
one(
    "dynw_relu",
    lambda n: n.op("Conv", n.x, n.relu(n.op("Slice", n.x, n.ints(0, 0), n.ints(3, 3), n.ints(2, 3)))),
)
one("dynw_gap", lambda n: n.op("Conv", n.x, n.gap(n.x)))
one(
    "dynw_reshape",
    lambda n: n.op(
        "Conv", n.x, n.reshape(n.op("Slice", n.x, n.ints(0), n.ints(16), n.ints(1)), 1, 16, 32, 32)
    ),
)
one("dynw_dw", lambda n: n.op("Conv", n.x, n.reshape(n.gap(n.x), 16, 1, 1, 1), group=16))
