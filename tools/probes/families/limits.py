"""Both sides of the size limits."""

from __future__ import annotations

import numpy as np

from ..graphs import Probes

P = Probes(head=False)
one = P.one


def C(name, cin, cout, k, g, hw=40):
    one(
        name,
        lambda n: n.op(
            "Conv",
            "input",
            n.const(np.zeros((cout, cin // g, *k))),
            kernel_shape=list(k),
            group=None if g == 1 else g,
        ),
        shape=(1, cin, hw, hw),
    )


C("dwk12", 4, 4, (12, 12), 4)
C("dwk13", 4, 4, (13, 13), 4)
C("dwk13x1", 4, 4, (13, 1), 4)
C("dwk1x13", 4, 4, (1, 13), 4)
C("dwm_k13", 4, 8, (13, 13), 4)
C("grp_k13", 4, 4, (13, 13), 2)
C("grp48_k13", 4, 8, (13, 13), 2)
C("c1to1_k13", 1, 1, (13, 13), 1)
C("c1to8_k13", 1, 8, (13, 13), 1)
C("c1to8_k12", 1, 8, (12, 12), 1)
C("c3to1_k13", 3, 1, (13, 13), 1)
C("c3_k64", 3, 4, (64, 64), 1, 80)
C("c3_k130", 3, 4, (130, 130), 1, 140)
C("c3_k260", 3, 2, (260, 260), 1, 270)
C("c3_k300x1", 3, 2, (300, 1), 1, 310)
C("c16_k100", 16, 4, (100, 100), 1, 110)
one("gmax_300", lambda n: n.op("MaxPool", "input", kernel_shape=[300, 300]), shape=(1, 1, 300, 300))
one("gavg_300", lambda n: n.op("AveragePool", "input", kernel_shape=[300, 300]), shape=(1, 1, 300, 300))
one("avg_256x1", lambda n: n.op("AveragePool", "input", kernel_shape=[256, 1]), shape=(1, 1, 300, 300))
one("avg_255", lambda n: n.op("AveragePool", "input", kernel_shape=[255, 255]), shape=(1, 1, 300, 300))
one("max_256x255", lambda n: n.op("MaxPool", "input", kernel_shape=[256, 255]), shape=(1, 1, 300, 300))
one("max_600x100", lambda n: n.op("MaxPool", "input", kernel_shape=[600, 100]), shape=(1, 1, 700, 200))
for k in (32767, 32768):
    one(f"sml_{k}", lambda n: n.op("Softmax", "input"), shape=(1, k))
    one(f"sml1_{k}", lambda n: n.op("Softmax", "input", axis=1), shape=(1, k, 2))
    one(f"sml2o_{k}", lambda n: n.op("Softmax", "input", axis=2), shape=(1, k, 2))
for k in (32700, 32701):
    one(f"fci_{k}", lambda n: n.op("MatMul", "input", n.const(np.zeros((k, 2)))), shape=(1, k))
    one(f"gmi_{k}", lambda n: n.op("Gemm", "input", n.const(np.zeros((k, 2)))), shape=(1, k))
for k in (8192, 8193):
    one(f"fco_{k}", lambda n: n.op("MatMul", "input", n.const(np.zeros((2, k)))), shape=(1, 2))
    one(f"gmo_{k}", lambda n: n.op("Gemm", "input", n.const(np.zeros((2, k)))), shape=(1, 2))
one(
    "fc4_40000",
    lambda n: n.op("MatMul", "input", n.const(np.zeros((40000, 2)))),
    shape=(1, 1, 1, 40000),
)
K = 70000
for op in ("ReduceMean", "ReduceSum", "ReduceMax"):
    one(f"{op}70k", lambda n: n.op(op, "input", n.ints(1)), shape=(1, K, 2), opset=18)
one("l2_70k", lambda n: n.op("ReduceL2", "input", n.ints(1)), shape=(1, K, 2), opset=18)
one("topk70k", lambda n: n.op("TopK", "input", n.ints(5), outputs=2)[0], shape=(1, K))
one("gap70k", lambda n: n.gap("input"), shape=(1, 1, K, 2))
one("add70k", lambda n: n.op("Add", "input", "input"), shape=(1, K))
one("cat70k", lambda n: n.op("Concat", "input", "input", axis=1), shape=(1, K))
one("bn70k", lambda n: n.op("BatchNormalization", "input", *[n.const(np.ones(K))] * 4), shape=(1, K))
one("conv70k", lambda n: n.op("Conv", "input", n.const(np.zeros((2, 2, 1, 1)))), shape=(1, 2, K, 1))
one("tr70k", lambda n: n.op("Transpose", "input", perm=[0, 2, 1]), shape=(1, K, 3))
one("gelu70k", lambda n: n.op("Gelu", "input", approximate="none"), shape=(1, K), opset=20)
one(
    "in_16384_1d",
    lambda n: n.op("InstanceNormalization", "input", n.noise(16384), n.noise(16384)),
    shape=(1, 16384, 2),
)
one(
    "in_16383",
    lambda n: n.op("InstanceNormalization", "input", n.noise(16383), n.noise(16383)),
    shape=(1, 16383, 2),
)
one(
    "mmw_4096",
    lambda n: n.op("MatMul", n.reshape("input", 1, 4096, 4), n.reshape(n.op("Tanh", "input"), 1, 4, 4096)),
    shape=(1, 16384),
)
