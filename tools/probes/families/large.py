"""Large kernels, strides, windows, products, scales, ranks."""

from __future__ import annotations

import numpy as np

from ..graphs import Probes

P = Probes(head=False)
one = P.one


# dynamic matmul limits: (1,M,K)x(1,K,N)
for M, K, N in [
    (2, 2, 4095),
    (2, 2, 4096),
    (2, 4095, 2),
    (2, 4096, 2),
    (4095, 2, 2),
    (4096, 2, 2),
    (20000, 2, 2),
    (2, 2, 20000),
    (4095, 4095, 2),
    (2, 4096, 4096),
]:

    def f(n, M=M, K=K, N=N):
        a = n.reshape(n.op("Slice", "input", n.ints(0), n.ints(M * K), n.ints(1)), 1, M, K)
        b = n.reshape(n.op("Tanh", n.op("Slice", "input", n.ints(0), n.ints(K * N), n.ints(1))), 1, K, N)
        return n.out(n.op("MatMul", a, b))

    one(f"mmlim_{M}_{K}_{N}", f, shape=(1, max(M * K, K * N) + 5))
# fc limits
for r, K, N in [(2, 40000, 2), (2, 2, 40000), (4, 5000, 2), (4, 2, 5000), (4, 2, 40000)]:
    one(
        f"fclim_r{r}_{K}_{N}",
        lambda n: n.op("MatMul", "input", n.const(np.zeros((K, N)))),
        shape=(1, K) if r == 2 else (1, 2, 2, K),
    )
one(
    "gemm_40000",
    lambda n: n.op("Gemm", "input", n.const(np.zeros((2, 40000))), n.const(np.zeros(40000))),
    shape=(1, 2),
)
# resize
for m, h, s in [
    ("linear", 4093, 2),
    ("linear", 4094, 2),
    ("nearest", 4094, 2),
    ("nearest", 20000, 2),
    ("linear", 4094, 1),
    ("linear", 4094, 0.5),
    ("linear", 20000, 0.5),
    ("nearest", 20000, 0.5),
    ("linear", 4093, 3),
]:
    a = dict(mode=m)
    if m == "nearest":
        a.update(coordinate_transformation_mode="asymmetric", nearest_mode="floor")
    one(
        f"rzlim_{m}_{h}_{s}",
        lambda n: n.op("Resize", "input", "", n.const([1, 1, s, 1]), **a),
        shape=(1, 1, h, 2),
    )
    one(
        f"rzlimw_{m}_{h}_{s}",
        lambda n: n.op("Resize", "input", "", n.const([1, 1, 1, s]), **a),
        shape=(1, 1, 2, h),
    )
one(
    "rzlim_h_wup",
    lambda n: n.op("Resize", "input", "", n.const([1, 1, 1, 2]), mode="linear"),
    shape=(1, 1, 4094, 2),
)
one(
    "rzlim_updown",
    lambda n: n.op("Resize", "input", "", n.const([1, 1, 0.5, 2]), mode="linear"),
    shape=(1, 1, 4094, 2),
)
one(
    "rzlim_size",
    lambda n: n.op("Resize", "input", "", "", n.ints(1, 1, 5000, 2), mode="linear"),
    shape=(1, 1, 4094, 2),
)
for s in (64, 100, 255, 256, 512):
    one(
        f"rzscale_{s}",
        lambda n: n.op("Resize", "input", "", n.const([1, 1, s, s]), mode="linear"),
        shape=(1, 1, 2, 2),
    )
    one(
        f"rznscale_{s}",
        lambda n: n.op(
            "Resize",
            "input",
            "",
            n.const([1, 1, s, s]),
            mode="nearest",
            coordinate_transformation_mode="asymmetric",
            nearest_mode="floor",
        ),
        shape=(1, 1, 2, 2),
    )
    one(
        f"rzdown_{s}",
        lambda n: n.op("Resize", "input", "", n.const([1, 1, 1 / s, 1 / s]), mode="linear"),
        shape=(1, 1, 1024, 1024),
    )
# conv sizes
for k in (64, 127, 128, 129, 255, 256, 257, 512):
    one(f"convk_{k}", lambda n: n.conv("input", 1, 1, k), shape=(1, 1, 600, 600))
    one(f"convs_{k}", lambda n: n.conv("input", 1, 1, 3, strides=[k, k]), shape=(1, 1, 1200, 1200))
    one(f"convd_{k}", lambda n: n.conv("input", 1, 1, 2, dilations=[k, k]), shape=(1, 1, 1200, 1200))
    one(f"convp_{k}", lambda n: n.conv("input", 1, 1, k + 1, pads=[k] * 4), shape=(1, 1, 64, 64))
    one(f"dwk_{k}", lambda n: n.conv("input", 2, 2, k, group=2), shape=(1, 2, 600, 600))
    for op in ("MaxPool", "AveragePool"):
        one(f"{op}k_{k}", lambda n: n.op(op, "input", kernel_shape=[k, k]), shape=(1, 1, 600, 600))
        one(
            f"{op}s_{k}",
            lambda n: n.op(op, "input", kernel_shape=[2, 2], strides=[k, k]),
            shape=(1, 1, 1200, 1200),
        )
        one(
            f"{op}p_{k}",
            lambda n: n.op(op, "input", kernel_shape=[k + 1, k + 1], pads=[k] * 4),
            shape=(1, 1, 64, 64),
        )
    one(f"ctk_{k}", lambda n: n.op("ConvTranspose", "input", n.noise(1, 1, k, k)), shape=(1, 1, 4, 4))
    one(
        f"cts_{k}",
        lambda n: n.op("ConvTranspose", "input", n.noise(1, 1, k, k), strides=[k, k]),
        shape=(1, 1, 4, 4),
    )
    one(
        f"padbig_{k}",
        lambda n: n.op("Pad", "input", n.ints(0, k * 40, k, k, 0, 0, k, k)),
        shape=(1, 1, 4, 4),
    )
for k in (4096, 5000, 40000):
    one(
        f"convcin_{k}",
        lambda n: n.op("Conv", "input", n.const(np.zeros((1, k, 1, 1)))),
        shape=(1, k, 2, 2),
    )
    one(
        f"convcout_{k}",
        lambda n: n.op("Conv", "input", n.const(np.zeros((k, 1, 1, 1)))),
        shape=(1, 1, 2, 2),
    )
    one(
        f"dwc_{k}",
        lambda n: n.op("Conv", "input", n.const(np.zeros((k, 1, 1, 1))), group=k),
        shape=(1, k, 2, 2),
    )
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
one("outs_40", lambda n: n.out(*[n.conv("input", 3, 2) for _ in range(40)]))
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
for r in (7, 8):
    one(f"rank{r}", lambda n: n.op("Relu", "input"), shape=(1,) + (2,) * (r - 1))
    one(
        f"rank{r}tr",
        lambda n: n.op("Transpose", "input", perm=[0, *range(r - 1, 0, -1)]),
        shape=(1,) + (2,) * (r - 1),
    )
    one(f"rank{r}add", lambda n: n.op("Add", "input", n.const(1.0)), shape=(1,) + (2,) * (r - 1))
    one(f"rank{r}mean", lambda n: n.op("ReduceMean", "input", axes=[3]), shape=(1,) + (2,) * (r - 1))
    one(f"rank{r}sm", lambda n: n.op("Softmax", "input"), shape=(1,) + (2,) * (r - 1))
    one(f"rank{r}cat", lambda n: n.op("Concat", "input", "input", axis=4), shape=(1,) + (2,) * (r - 1))
