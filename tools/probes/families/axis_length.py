"""Every operator on long axes: 4,096 to 70,000 elements."""

from __future__ import annotations

import numpy as np
from onnx import TensorProto as T

from ..graphs import Probes

P = Probes(head=False)
one = P.one

for k in (64, 127, 128, 129, 255, 256, 257, 512):
    one(
        f"padbig_{k}",
        lambda n: n.op("Pad", "input", n.ints(0, k * 40, k, k, 0, 0, k, k)),
        shape=(1, 1, 4, 4),
    )
for k in (4096, 5000, 40000):
    one(f"topk_{k}", lambda n: n.op("TopK", "input", n.ints(k), outputs=2)[0], shape=(1, 50000))
    one(f"gapc_{k}", lambda n: n.gap("input"), shape=(1, k, 2, 2))
    one(f"gaphw_{k}", lambda n: n.gap("input"), shape=(1, 1, k, 2))
    one(f"tr_{k}", lambda n: n.op("Transpose", "input", perm=[0, 2, 1]), shape=(1, k, 3))
    one(f"cat_{k}", lambda n: n.op("Concat", "input", "input", axis=3), shape=(1, 1, 1, k))
    one(
        f"gel_{k}",
        lambda n: n.op("GatherElements", "input", n.const(np.zeros((1, k)), "int64"), axis=1),
        shape=(1, k),
    )
    one(
        f"gaidx_{k}",
        lambda n: n.op("Gather", "input", n.const(np.zeros(k), "int64"), axis=1),
        shape=(1, 4),
    )
    one(f"sm_{k}", lambda n: n.op("Softmax", "input"), shape=(1, k))
    one(f"exp_{k}", lambda n: n.op("Expand", "input", n.ints(1, 4, k)), shape=(1, 4, 1))
    one(
        f"sl_{k}",
        lambda n: n.op("Slice", "input", n.ints(0), n.ints(k), n.ints(1), n.ints(7)),
        shape=(1, k + 3),
    )
    one(
        f"sp_{k}", lambda n: n.out(*n.op("Split", "input", n.ints(1, k - 1), axis=1, outputs=2)), shape=(1, k)
    )
    one(f"div_{k}", lambda n: n.op("Div", "input", n.op("Exp", "input")), shape=(1, k))
    one(f"mean2_{k}", lambda n: n.op("ReduceMean", "input", axes=[2, 3]), shape=(1, 2, k, 2))
    one(
        f"gel_dyn_{k}",
        lambda n: n.op("GatherElements", "input", n.op("TopK", "input", n.ints(3), outputs=2)[1], axis=1),
        shape=(1, k),
    )
one("cat_100", lambda n: n.op("Concat", *["input"] * 100, axis=1))
one("cat_300", lambda n: n.op("Concat", *["input"] * 300, axis=1))
one("split_100", lambda n: n.out(*n.op("Split", "input", axis=1, outputs=100)), shape=(1, 100, 4, 4))
one(
    "slstep_100",
    lambda n: n.op("Slice", "input", n.ints(0), n.ints(999), n.ints(1), n.ints(100)),
    shape=(1, 999),
)
one(
    "slstep_500",
    lambda n: n.op("Slice", "input", n.ints(0), n.ints(999), n.ints(1), n.ints(500)),
    shape=(1, 999),
)
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
for k in (32767, 32768):
    one(f"sml_{k}", lambda n: n.op("Softmax", "input"), shape=(1, k))
    one(f"sml1_{k}", lambda n: n.op("Softmax", "input", axis=1), shape=(1, k, 2))
    one(f"sml2o_{k}", lambda n: n.op("Softmax", "input", axis=2), shape=(1, k, 2))
K = 70000
for op in ("ReduceMean", "ReduceSum", "ReduceMax"):
    one(f"{op}70k", lambda n: n.op(op, "input", n.ints(1)), shape=(1, K, 2), opset=18)
one("l2_70k", lambda n: n.op("ReduceL2", "input", n.ints(1)), shape=(1, K, 2), opset=18)
one("topk70k", lambda n: n.op("TopK", "input", n.ints(5), outputs=2)[0], shape=(1, K))
one("gap70k", lambda n: n.gap("input"), shape=(1, 1, K, 2))
one("add70k", lambda n: n.op("Add", "input", "input"), shape=(1, K))
one("cat70k", lambda n: n.op("Concat", "input", "input", axis=1), shape=(1, K))
one("bn70k", lambda n: n.op("BatchNormalization", "input", *[n.const(np.ones(K))] * 4), shape=(1, K))
one("tr70k", lambda n: n.op("Transpose", "input", perm=[0, 2, 1]), shape=(1, K, 3))
one("gelu70k", lambda n: n.op("Gelu", "input", approximate="none"), shape=(1, K), opset=20)
