"""MatMul, Gemm, Cast, comparisons, quantizer nodes."""

from __future__ import annotations

import numpy as np
from onnx import TensorProto as T

from ..graphs import RANKED, Probes

P = Probes()
one = P.one


# a product with weights, second or first
for r, d in ((2, 16384), (3, 1024), (4, 32), (5, 32), (6, 32)):
    one(f"mm_c_r{r}", lambda n: n.op("MatMul", n.ranked(r), n.noise(d, 8)))
    one(f"mm_cf_r{r}", lambda n: n.op("MatMul", n.noise(8, RANKED[r][-2]), n.ranked(r)))
one("mm_c_3d", lambda n: n.op("MatMul", n.ranked(4), n.noise(1, 32, 8)))
one("mm_c_4d1", lambda n: n.op("MatMul", n.ranked(4), n.noise(1, 1, 32, 8)))
one("mm_c_4d16", lambda n: n.op("MatMul", n.ranked(4), n.noise(1, 16, 32, 8)))
one("mm_c3_3d", lambda n: n.op("MatMul", n.ranked(3), n.noise(1, 1024, 8)))
one("mm_c3_3d16", lambda n: n.op("MatMul", n.reshape(n.x, 1, 1, 16, 1024), n.noise(1, 16, 1024, 8)))
one("mm_cf_4d", lambda n: n.op("MatMul", n.noise(1, 16, 8, 32), n.ranked(4)))
one("mm_cf_3d", lambda n: n.op("MatMul", n.noise(1, 8, 16), n.ranked(3)))
one("mm_c_1d", lambda n: n.op("MatMul", n.ranked(4), n.noise(32)))
one("mm_c_1d_r2", lambda n: n.op("MatMul", n.vector(), n.noise(16)))
one("mm_cf_1d", lambda n: n.op("MatMul", n.noise(32), n.ranked(4)))
one("mm_cf_r2v", lambda n: n.op("MatMul", n.noise(8, 1), n.vector()))


# a product of two activations
def sg(n, x):
    return n.op("Sigmoid", x)


def tokens_of_32(n, x):
    """(1,32,32): the first tokens of ``x`` in rows of 32."""
    return n.op("Slice", n.reshape(x, 1, 512, 32), n.ints(0), n.ints(32), n.ints(1))


one("mm_d_2", lambda n: n.op("MatMul", n.vector(), n.op("Transpose", n.vector(), perm=[1, 0])))
for name, left, right in (
    ("3", (1, 128, 128), (1, 128, 128)),
    ("3b", (1, 16, 1024), (1, 1024, 16)),
    ("4", (1, 16, 32, 32), (1, 16, 32, 32)),
    ("4h1", (1, 1, 128, 128), (1, 1, 128, 128)),
    ("5", (1, 4, 4, 32, 32), (1, 4, 4, 32, 32)),
    ("6", (1, 2, 2, 4, 32, 32), (1, 2, 2, 4, 32, 32)),
):
    one("mm_d_" + name, lambda n: n.op("MatMul", n.reshape(n.x, *left), n.reshape(sg(n, n.x), *right)))
one("mm_d_43", lambda n: n.op("MatMul", n.reshape(n.x, 1, 16, 32, 32), tokens_of_32(n, sg(n, n.x))))
one("mm_d_34", lambda n: n.op("MatMul", tokens_of_32(n, n.x), n.x))
one(
    "mm_d_22",
    lambda n: n.op("MatMul", n.op("ReduceMean", n.x, axes=[1, 2, 3], keepdims=0), n.reshape(n.x, 1, 16384)),
)
one("mm_d_42", lambda n: n.op("MatMul", n.reshape(n.x, 1, 1, 16384, 1), n.vector()))
one("mm_self", lambda n: n.op("MatMul", n.reshape(n.x, 1, 128, 128), n.reshape(n.x, 1, 128, 128)))
one("mm_bc3", lambda n: n.op("MatMul", n.reshape(n.x, 1, 128, 128), n.data((1, 128, 8))))
one("mm_in2", lambda n: n.op("MatMul", n.vector(), n.data((16, 8))))


# Gemm
def GM(name, whole=False, w=(16, 10), b=(10,), bdyn=False, **a):
    def gemm(n):
        x = n.ranked(2) if whole else n.vector()
        weights = n.noise(*w)
        bias = [] if b is None else [n.data(b) if bdyn else n.noise(*b)]
        return n.op("Gemm", x, weights, *bias, **a)

    one("gm_" + name, gemm)


GM("plain")
GM("nob", b=None)
GM("tb", w=(10, 16), transB=1)
GM("tb0", transB=0)
GM("ta0", transA=0)
GM("alpha1", alpha=1.0)
GM("alpha2", alpha=2.0)
GM("beta1", beta=1.0)
GM("beta0", beta=0.0)
GM("beta05", beta=0.5)
GM("all", w=(10, 16), transB=1, transA=0, alpha=1.0, beta=1.0)
GM("bs", b=())
GM("b1", b=(1,))
GM("b1x10", b=(1, 10))
GM("b1x1", b=(1, 1))
GM("bdyn", b=(1, 10), bdyn=True)
GM("big", whole=True, w=(16384, 4))
GM("beta_nob", b=None, beta=0.5)
one(
    "gm_ta",
    lambda n: n.op("Gemm", n.noise(16, 8), n.op("Transpose", n.vector(), perm=[0, 1]), transB=1, transA=1),
)
one("gm_ta1", lambda n: n.op("Gemm", n.vector(), n.noise(1, 10), transA=1))
one("gm_constA", lambda n: n.op("Gemm", n.noise(1, 16), n.vector(), transB=1))
one("gm_dyn", lambda n: n.op("Gemm", n.vector(), n.op("Sigmoid", n.vector()), transB=1))
one("gm_emptyb", lambda n: n.op("Gemm", n.vector(), n.noise(16, 10), ""))
# 3D linear as torch: MatMul + Add
one("lin3d", lambda n: n.op("Add", n.noise(8), n.op("MatMul", n.tokens(), n.noise(16, 8))))
one(
    "lin4d",
    lambda n: n.op(
        "Add", n.noise(8), n.op("MatMul", n.op("Transpose", n.x, perm=[0, 2, 3, 1]), n.noise(16, 8))
    ),
)
# Cast
for d in "FLOAT FLOAT16 DOUBLE INT32 INT64 BOOL UINT8 INT8 BFLOAT16".split():
    one("cast_" + d, lambda n: n.out(n.op("Cast", n.x, to=getattr(T, d)), dtype=getattr(T, d)))
one("cast_i64i64", lambda n: n.out(n.op("Cast", n.op("ArgMax", n.x, axis=1), to=T.INT64), dtype=T.INT64))
one("cast_sat", lambda n: n.op("Cast", n.x, to=T.FLOAT, saturate=1), opset=19)
one("castlike_f", lambda n: n.op("CastLike", n.x, n.noise(1)))
# Where/compare consts
one("where_tt", lambda n: n.op("Where", n.op("Greater", n.x, n.const(0.5)), n.x, n.const(0.0)))
one("equal_c", lambda n: n.out(n.op("Equal", n.x, n.const(0.5)), dtype=T.BOOL))
one("equal_tt", lambda n: n.out(n.op("Equal", n.x, sg(n, n.x)), dtype=T.BOOL))
one("equal_cast", lambda n: n.op("Cast", n.op("Equal", n.x, n.const(0.5)), to=T.FLOAT))
one(
    "equal_int",
    lambda n: n.out(n.op("Equal", n.op("ArgMax", n.x, axis=1), n.const(3, "int64")), dtype=T.BOOL),
)
one("equal_sp", lambda n: n.out(n.op("Equal", n.x, n.gap(n.x)), dtype=T.BOOL))
one("equal_cfirst", lambda n: n.out(n.op("Equal", n.const(0.5), n.x), dtype=T.BOOL))


# quantizers of onnxruntime's kind
def qd(n, x):
    quantized = n.op("QuantizeLinear", x, n.const(0.1), n.const(0, "int8"))
    return n.op("DequantizeLinear", quantized, n.const(0.1), n.const(0, "int8"))


one("qdq_act", lambda n: qd(n, n.x))
one(
    "dq_w",
    lambda n: n.op(
        "Conv",
        n.x,
        n.op("DequantizeLinear", n.const(np.ones((8, 16, 1, 1)), "int8"), n.const(0.1), n.const(0, "int8")),
        kernel_shape=[1, 1],
    ),
)
one(
    "dq_wpc",
    lambda n: n.op(
        "Conv",
        n.x,
        n.op(
            "DequantizeLinear",
            n.const(np.ones((8, 16, 1, 1)), "int8"),
            n.const(np.ones(8)),
            n.const(np.zeros(8), "int8"),
            axis=0,
        ),
        kernel_shape=[1, 1],
    ),
)
one("fakeq_w", lambda n: n.op("Conv", n.x, qd(n, n.noise(8, 16, 1, 1)), kernel_shape=[1, 1]))
