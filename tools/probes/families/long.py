"""Every operator on axes of 20000."""

from __future__ import annotations

import numpy as np
from onnx import TensorProto as T

from ..graphs import Probes

P = Probes(head=False)
one = P.one


B = 20000
for tag, s in dict(
    c=(1, B, 1, 2),
    h=(1, 2, B, 2),
    w=(1, 2, 2, B),
    r2=(1, B),
    r3a=(1, B, 2),
    r3b=(1, 2, B),
    r5=(1, 2, 2, 2, B),
).items():
    c = s[1]

    def add(op, fn):
        one(f"big_{op}_{tag}", fn, shape=s)

    add("Relu", lambda n: n.relu("input"))
    add("Add", lambda n: n.op("Add", "input", "input"))
    add("GroupNorm", lambda n: n.op("InstanceNormalization", "input", n.noise(c), n.noise(c))) if len(
        s
    ) > 2 else None
    add("LN", lambda n: n.op("LayerNormalization", "input", n.noise(s[-1])))
    add("BN", lambda n: n.op("BatchNormalization", "input", *[n.const(np.ones(c))] * 4))
    for ax in range(1, len(s)):
        add(f"Softmax{ax}", lambda n: n.op("Softmax", "input", axis=ax))
        add(f"Mean{ax}", lambda n: n.op("ReduceMean", "input", axes=[ax]))
        add(f"Sum{ax}", lambda n: n.op("ReduceSum", "input", n.ints(ax)))
        add(f"Max{ax}", lambda n: n.op("ReduceMax", "input", axes=[ax]))
        add(f"L2{ax}", lambda n: n.op("ReduceL2", "input", axes=[ax]))
        add(f"TopK{ax}", lambda n: n.op("TopK", "input", n.ints(1), axis=ax, outputs=2)[0])
        add(f"ArgMax{ax}", lambda n: n.out(n.op("ArgMax", "input", axis=ax), dtype=T.INT64))
    add("Slice", lambda n: n.op("Slice", "input", n.ints(0), n.ints(1), n.ints(1)))
    add("Concat", lambda n: n.op("Concat", "input", "input", axis=1))
    add("Transp", lambda n: n.op("Transpose", "input", perm=[0, *range(len(s) - 1, 0, -1)]))
    add("Gather", lambda n: n.op("Gather", "input", n.ints(0), axis=1))
    add("Pad", lambda n: n.op("Pad", "input", n.ints(*([0] * len(s) + [0] * (len(s) - 1) + [1]))))
    if len(s) == 4:
        add("GAP", lambda n: n.gap("input"))
        add("AP", lambda n: n.op("AveragePool", "input", kernel_shape=[1, 1]))
        add("MP", lambda n: n.op("MaxPool", "input", kernel_shape=[1, 1]))
        if c < 100:
            add("Conv", lambda n: n.conv("input", c, 2, 1))
        else:
            add("Conv", lambda n: n.conv("input", c, 1, 1))
        add("Resize", lambda n: n.op("Resize", "input", "", n.const([1, 1, 2, 2]), mode="linear"))
        add("CT", lambda n: n.op("ConvTranspose", "input", n.noise(c, 1, 1, 1)))
        add("MM", lambda n: n.op("MatMul", "input", n.noise(s[-1], 2)))
    if len(s) == 2:
        add("Gemm", lambda n: n.op("Gemm", "input", n.noise(s[-1], 2)))
    if len(s) == 3:
        add("MMd", lambda n: n.op("MatMul", "input", n.op("Transpose", "input", perm=[0, 2, 1]))) if s[
            1
        ] < 100 else None
one(
    "gn_16384",
    lambda n: n.out(
        n.op("GroupNormalization", "input", n.noise(4), n.noise(4), num_groups=4), shape=(1, 16384, 1, 1)
    ),
    shape=(1, 16384, 1, 1),
    opset=18,
)
one(
    "gn_16383",
    lambda n: n.out(
        n.op("GroupNormalization", "input", n.noise(3), n.noise(3), num_groups=3), shape=(1, 16383, 1, 1)
    ),
    shape=(1, 16383, 1, 1),
    opset=18,
)
one(
    "gn_w16384",
    lambda n: n.out(
        n.op("GroupNormalization", "input", n.noise(2), n.noise(2), num_groups=2), shape=(1, 2, 1, 16384)
    ),
    shape=(1, 2, 1, 16384),
    opset=18,
)
one(
    "in_hw",
    lambda n: n.op("InstanceNormalization", "input", n.noise(2), n.noise(2)),
    shape=(1, 2, 200, 200),
)
one("ln_16383", lambda n: n.op("LayerNormalization", "input", n.noise(16383)), shape=(1, 16383))
one("ln_16384", lambda n: n.op("LayerNormalization", "input", n.noise(16384)), shape=(1, 16384))
one("conv_bigin", lambda n: n.conv("input", 3, 4, 3), shape=(1, 3, 2000, 2000))
