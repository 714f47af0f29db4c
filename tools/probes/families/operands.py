"""Empty and computed operands, several networks, long reductions."""

from __future__ import annotations

import numpy as np
from onnx import TensorProto as T

from ..graphs import Probes

P = Probes()
one = P.one

one("rank1_disc", lambda n: n.out(n.op("Relu", n.data((1,))), n.x))
one("rank1_b2", lambda n: n.op("Add", n.x, n.data((1,))), shape=(2, 3, 32, 32))
one("rank0_in", lambda n: n.op("Add", n.x, n.data(())))
one("rank1_in", lambda n: n.op("Add", n.x, n.data((32,))))
one("rank1_in1", lambda n: n.op("Add", n.x, n.data((1,))))
one("const_only", lambda n: n.op("Identity", n.const(np.ones((1, 3)))), head=False)
one("const_used_out", lambda n: n.out(n.op("Add", n.x, n.x), n.op("Relu", n.const(np.ones((1, 3))))))
one("twoparts_in1", lambda n: n.out(n.op("Relu", "input"), n.op("Sigmoid", "input")), head=False)
# empty optional inputs
one("e_ln", lambda n: n.op("LayerNormalization", n.x, n.noise(32), ""))
one("e_ct", lambda n: n.op("ConvTranspose", n.x, n.noise(16, 8, 2, 2), ""))
one("e_split", lambda n: n.out(*n.op("Split", n.x, "", outputs=2, axis=1)))
one("e_slice", lambda n: n.op("Slice", n.x, n.ints(0, 0, 0, 0), n.ints(1, 8, 8, 8), ""))
one("e_drop", lambda n: n.op("Dropout", n.x, ""))
one("e_rsum", lambda n: n.op("ReduceSum", n.x, ""))
one("e_sq", lambda n: n.op("Squeeze", n.x, ""))
one("e_drop2", lambda n: n.op("Dropout", n.x, "", n.const(False, "bool")))
one("e_rmean18", lambda n: n.op("ReduceMean", n.x, ""), opset=18)
one("e_rs", lambda n: n.op("Resize", n.x, "", n.const([1, 1, 2, 2]), "", mode="linear"))
one("e_slice5", lambda n: n.op("Slice", n.x, n.ints(0), n.ints(8), n.ints(1), ""))
# dynamic weights with batch-1
one(
    "dynw_act",
    lambda n: n.op(
        "Conv", n.x, n.op("Slice", n.x, n.ints(0, 0), n.ints(3, 3), n.ints(2, 3)), kernel_shape=[3, 3]
    ),
)
one("dynw_in", lambda n: n.op("Conv", n.x, n.data((1, 16, 3, 3))))
one("dynw_in2", lambda n: n.op("Conv", n.x, n.op("Relu", n.data((1, 16, 3, 3)))))
one(
    "dynb",
    lambda n: n.op("Conv", n.x, n.noise(1, 16, 3, 3), n.op("ReduceMean", n.x, axes=[0, 1, 2], keepdims=0)),
)
one(
    "dynct",
    lambda n: n.op(
        "ConvTranspose", n.conv(n.x, 16, 1), n.op("Slice", n.x, n.ints(0, 0), n.ints(2, 2), n.ints(2, 3))
    ),
)
one(
    "bn_dynp",
    lambda n: n.op("BatchNormalization", n.x, *[n.op("ReduceMean", n.x, axes=[0, 2, 3], keepdims=0)] * 4),
)
one(
    "bn_dyns",
    lambda n: n.op(
        "BatchNormalization",
        n.x,
        n.op("ReduceMean", n.x, axes=[0, 2, 3], keepdims=0),
        n.noise(16),
        n.noise(16),
        n.const(np.ones(16)),
    ),
)
one(
    "ln_dyn",
    lambda n: n.op(
        "LayerNormalization", n.x, n.op("ReduceMean", n.x, axes=[0, 1, 2], keepdims=0), n.noise(32)
    ),
)
one(
    "ln_dynb",
    lambda n: n.op(
        "LayerNormalization", n.x, n.noise(32), n.op("ReduceMean", n.x, axes=[0, 1, 2], keepdims=0)
    ),
)
one(
    "in_dyns",
    lambda n: n.op(
        "InstanceNormalization", n.x, n.op("ReduceMean", n.x, axes=[0, 2, 3], keepdims=0), n.noise(16)
    ),
)


def argmax_of(n, length):
    twice = n.op("Concat", n.ranked(2), n.ranked(2), axis=1)
    some = n.op("Slice", twice, n.ints(0), n.ints(length), n.ints(1))
    return n.out(n.op("ArgMax", some, axis=1), dtype=T.INT64)


for length in (16383, 16384, 16385, 16000):
    one(f"am{length}", lambda n: argmax_of(n, length))
