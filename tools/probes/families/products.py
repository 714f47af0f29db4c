"""MatMul, Gemm, Cast, comparisons, control flow, quantizer nodes, patterns."""
# ruff: noqa
# mypy: ignore-errors

from __future__ import annotations

import math
import itertools

import numpy as np
import onnx
from onnx import TensorProto as T
from onnx import defs, helper

from ..graphs import Net

P: dict[str, onnx.ModelProto] = {}


def one(name, fn, **kw):
    n = Net(**kw)
    P[name] = fn(n)


RS = {
    1: (16384,),
    2: (1, 16384),
    3: (1, 16, 1024),
    4: (1, 16, 32, 32),
    5: (1, 16, 4, 8, 32),
    6: (1, 2, 8, 4, 8, 32),
}


def X(n, r):
    return n.x if r == 4 else n.reshape(n.x, *RS[r])


def tk(n, *s):
    return n.reshape(n.x, *s)


# MatMul const
for r, d in ((2, 16384), (3, 1024), (4, 32), (5, 32), (6, 32)):
    one(f"mm_c_r{r}", lambda n: n.out(n.op("MatMul", X(n, r), n.noise(d, 8))))
    one(f"mm_cf_r{r}", lambda n: n.out(n.op("MatMul", n.noise(8, RS[r][-2]), X(n, r))))
one("mm_c_3d", lambda n: n.out(n.op("MatMul", X(n, 4), n.noise(1, 32, 8))))
one("mm_c_4d1", lambda n: n.out(n.op("MatMul", X(n, 4), n.noise(1, 1, 32, 8))))
one("mm_c_4d16", lambda n: n.out(n.op("MatMul", X(n, 4), n.noise(1, 16, 32, 8))))
one("mm_c3_3d", lambda n: n.out(n.op("MatMul", X(n, 3), n.noise(1, 1024, 8))))
one("mm_c3_3d16", lambda n: n.out(n.op("MatMul", n.reshape(n.x, 1, 1, 16, 1024), n.noise(1, 16, 1024, 8)[:])))
one("mm_cf_4d", lambda n: n.out(n.op("MatMul", n.noise(1, 16, 8, 32), X(n, 4))))
one("mm_cf_3d", lambda n: n.out(n.op("MatMul", n.noise(1, 8, 16), X(n, 3))))
one("mm_c_1d", lambda n: n.out(n.op("MatMul", X(n, 4), n.noise(32))))
one("mm_c_1d_r2", lambda n: n.out(n.op("MatMul", n.vector(), n.noise(16))))
one("mm_cf_1d", lambda n: n.out(n.op("MatMul", n.noise(32), X(n, 4))))
one("mm_cf_r2v", lambda n: n.out(n.op("MatMul", n.noise(8, 1), n.vector())))


# dynamic-dynamic
def sg(n, x):
    return n.op("Sigmoid", x)


for nm, a, b in (
    ("2", (1, 16384), None),
    ("3", (1, 128, 128), (1, 128, 128)),
    ("3b", (1, 16, 1024), (1, 1024, 16)),
    ("4", (1, 16, 32, 32), (1, 16, 32, 32)),
    ("4h1", (1, 1, 128, 128), (1, 1, 128, 128)),
    ("5", (1, 4, 4, 32, 32), (1, 4, 4, 32, 32)),
    ("43", (1, 16, 32, 32), (1, 512, 32)),
    ("34", (1, 512, 32), (1, 16, 32, 32)),
    ("6", (1, 2, 2, 4, 32, 32), (1, 2, 2, 4, 32, 32)),
    ("4_2", (1, 16, 32, 32), (1, 1, 16, 1024)),
):
    if nm == "2":
        one("mm_d_2", lambda n: n.out(n.op("MatMul", n.vector(), n.op("Transpose", n.vector(), perm=[1, 0]))))
        continue
    if nm in ("43", "34"):
        one(
            "mm_d_" + nm,
            lambda n: (
                n.out(
                    n.op(
                        "MatMul",
                        n.reshape(n.x, *a),
                        n.op("Transpose", n.reshape(sg(n, n.x), *b), perm=[0, 2, 1])
                        if len(b) == 3 and nm == "43x"
                        else n.reshape(sg(n, n.x), 1, 512, 32)
                        if nm == "zz"
                        else n.op(
                            "Slice", n.reshape(sg(n, n.x), 1, 512, 32), n.ints(0), n.ints(32), n.ints(1)
                        ),
                    )
                )
                if nm == "43"
                else n.out(
                    n.op(
                        "MatMul",
                        n.op("Slice", n.reshape(n.x, 1, 512, 32), n.ints(0), n.ints(32), n.ints(1)),
                        n.x,
                    )
                )
            ),
        )
        continue
    if nm == "4_2":
        continue
    one("mm_d_" + nm, lambda n: n.out(n.op("MatMul", n.reshape(n.x, *a), n.reshape(sg(n, n.x), *b))))
one(
    "mm_d_22",
    lambda n: (
        n.out(
            n.op(
                "MatMul",
                n.vector(),
                n.op("Flatten", n.op("Slice", n.x, n.ints(0), n.ints(1), n.ints(1)), axis=3)
                if False
                else n.reshape(n.x, 1, 16384),
            )
        )
        if False
        else n.out(
            n.op("MatMul", n.op("ReduceMean", n.x, axes=[1, 2, 3], keepdims=0), n.reshape(n.x, 1, 16384))
        )
    ),
)
one("mm_d_42", lambda n: n.out(n.op("MatMul", n.reshape(n.x, 1, 1, 16384, 1), n.vector())))
one("mm_self", lambda n: n.out(n.op("MatMul", n.reshape(n.x, 1, 128, 128), n.reshape(n.x, 1, 128, 128))))
one("mm_bc3", lambda n: n.out(n.op("MatMul", n.reshape(n.x, 1, 128, 128), n.data((1, 128, 8)))))
one("mm_in2", lambda n: n.out(n.op("MatMul", n.vector(), n.data((16, 8)))))


# Gemm
def GM(name, x="v", w=(16, 10), b=(10,), bdyn=False, **a):
    def f(n):
        X = {"v": lambda: n.vector(), "t": lambda: n.reshape(n.x, 1, 16384)}[x]()
        ins = [X, n.noise(*w)] + ([n.data(b) if bdyn else n.noise(*b)] if b is not None else [])
        return n.out(n.op("Gemm", *ins, **a))

    one("gm_" + name, f)


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
GM("big", x="t", w=(16384, 4))
GM("beta_nob", b=None, beta=0.5)
one(
    "gm_ta",
    lambda n: n.out(
        n.op("Gemm", n.noise(16, 8), n.op("Transpose", n.vector(), perm=[0, 1]), transB=1, transA=1)
    ),
)
one("gm_ta1", lambda n: n.out(n.op("Gemm", n.vector(), n.noise(1, 10), transA=1)))
one("gm_constA", lambda n: n.out(n.op("Gemm", n.noise(1, 16), n.vector(), transB=1)))
one("gm_dyn", lambda n: n.out(n.op("Gemm", n.vector(), n.op("Sigmoid", n.vector()), transB=1)))
one("gm_emptyb", lambda n: n.out(n.op("Gemm", n.vector(), n.noise(16, 10), "")))
# 3D linear as torch: MatMul + Add
one("lin3d", lambda n: n.out(n.op("Add", n.noise(8), n.op("MatMul", n.tokens(), n.noise(16, 8)))))
one(
    "lin4d",
    lambda n: n.out(
        n.op("Add", n.noise(8), n.op("MatMul", n.op("Transpose", n.x, perm=[0, 2, 3, 1]), n.noise(16, 8)))
    ),
)
# Cast
for d in "FLOAT FLOAT16 DOUBLE INT32 INT64 BOOL UINT8 INT8 BFLOAT16".split():
    one("cast_" + d, lambda n: n.out(n.op("Cast", n.x, to=getattr(T, d)), dtype=getattr(T, d)))
one("cast_i64i64", lambda n: n.out(n.op("Cast", n.op("ArgMax", n.x, axis=1), to=T.INT64), dtype=T.INT64))
one("cast_sat", lambda n: n.out(n.op("Cast", n.x, to=T.FLOAT, saturate=1)), opset=19)
one("castlike_f", lambda n: n.out(n.op("CastLike", n.x, n.noise(1))))
# Where/compare consts
one("where_tt", lambda n: n.out(n.op("Where", n.op("Greater", n.x, n.const(0.5)), n.x, n.const(0.0))))
one("equal_c", lambda n: n.out(n.op("Equal", n.x, n.const(0.5)), dtype=T.BOOL))
one("equal_tt", lambda n: n.out(n.op("Equal", n.x, sg(n, n.x)), dtype=T.BOOL))
one("equal_cast", lambda n: n.out(n.op("Cast", n.op("Equal", n.x, n.const(0.5)), to=T.FLOAT)))
one(
    "equal_int",
    lambda n: n.out(n.op("Equal", n.op("ArgMax", n.x, axis=1), n.const(3, "int64")), dtype=T.BOOL),
)
one("equal_sp", lambda n: n.out(n.op("Equal", n.x, n.gap(n.x)), dtype=T.BOOL))
one("equal_cfirst", lambda n: n.out(n.op("Equal", n.const(0.5), n.x), dtype=T.BOOL))


# control flow
def body():
    return helper.make_graph(
        [helper.make_node("Relu", ["bx"], ["by"], name="bn")],
        "b",
        [],
        [helper.make_tensor_value_info("by", 1, [1, 16, 32, 32])],
    )


def IF(n, cond):
    g1 = helper.make_graph(
        [helper.make_node("Relu", [n.x], ["by1"], name="bn1")],
        "t",
        [],
        [helper.make_tensor_value_info("by1", 1, [1, 16, 32, 32])],
    )
    g2 = helper.make_graph(
        [helper.make_node("Sigmoid", [n.x], ["by2"], name="bn2")],
        "e",
        [],
        [helper.make_tensor_value_info("by2", 1, [1, 16, 32, 32])],
    )
    return n.op("If", cond, then_branch=g1, else_branch=g2)


one("if_const", lambda n: n.out(IF(n, n.const(True, "bool"))))
one("if_in", lambda n: n.out(IF(n, n.data((), T.BOOL))))
one(
    "if_dyn",
    lambda n: n.out(
        IF(n, n.op("Squeeze", n.op("Greater", n.op("ReduceMean", n.x), n.const(0.0)))), shape=(1, 16, 32, 32)
    ),
)


def LOOP(n):
    g = helper.make_graph(
        [
            helper.make_node("Identity", ["c"], ["co"], name="l0"),
            helper.make_node("Relu", ["a"], ["ao"], name="l1"),
        ],
        "lb",
        [
            helper.make_tensor_value_info("i", T.INT64, []),
            helper.make_tensor_value_info("c", T.BOOL, []),
            helper.make_tensor_value_info("a", 1, [1, 16, 32, 32]),
        ],
        [
            helper.make_tensor_value_info("co", T.BOOL, []),
            helper.make_tensor_value_info("ao", 1, [1, 16, 32, 32]),
        ],
    )
    return n.op("Loop", n.const(3, "int64"), n.const(True, "bool"), n.x, body=g)


one("loop", lambda n: n.out(LOOP(n), shape=(1, 16, 32, 32)))


def SCAN(n):
    g = helper.make_graph(
        [helper.make_node("Relu", ["e"], ["eo"], name="s1")],
        "sb",
        [helper.make_tensor_value_info("e", 1, [16, 32, 32])],
        [helper.make_tensor_value_info("eo", 1, [16, 32, 32])],
    )
    return n.op("Scan", n.x, body=g, num_scan_inputs=1)


one("scan", lambda n: n.out(SCAN(n), shape=(1, 16, 32, 32)))


# QDQ
def qd(n, x, dt="int8", s=0.1, z=0, shape=None):
    return n.op(
        "DequantizeLinear", n.op("QuantizeLinear", x, n.const(s), n.const(z, dt)), n.const(s), n.const(z, dt)
    )


one("qdq_act", lambda n: n.out(qd(n, n.x)))
one(
    "dq_w",
    lambda n: n.out(
        n.op(
            "Conv",
            n.x,
            n.op(
                "DequantizeLinear", n.const(np.ones((8, 16, 1, 1)), "int8"), n.const(0.1), n.const(0, "int8")
            ),
            kernel_shape=[1, 1],
        )
    ),
)
one(
    "dq_wpc",
    lambda n: n.out(
        n.op(
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
        )
    ),
)
one("fakeq_w", lambda n: n.out(n.op("Conv", n.x, qd(n, n.noise(8, 16, 1, 1)), kernel_shape=[1, 1])))


# patterns
def ln(n, x, axis, pow_=True, two=2.0, eps=1e-6, sub2=False, aff=None, div=True, n_mean="ReduceMean"):
    m = n.op("ReduceMean", x, axes=[axis], keepdims=1)
    d = n.op("Sub", x, m)
    sq = n.op("Pow", d, n.const(two)) if pow_ else n.op("Mul", d, d)
    v = n.op("Sqrt", n.op("Add", n.op("ReduceMean", sq, axes=[axis], keepdims=1), n.const(eps)))
    y = n.op("Div", d, v) if div else n.op("Mul", d, n.op("Reciprocal", v))
    if aff:
        y = n.op("Add", n.op("Mul", y, n.noise(*aff)), n.noise(*aff))
    return y


one("pln_c", lambda n: n.out(ln(n, n.x, 1, aff=(16, 1, 1))))
one("pln_last", lambda n: n.out(ln(n, n.x, -1, aff=(32,))))
one("pln_noaff", lambda n: n.out(ln(n, n.x, -1)))
one("pln_mul", lambda n: n.out(ln(n, n.x, -1, pow_=False)))
one("pln_recip", lambda n: n.out(ln(n, n.x, -1, div=False, aff=(32,))))
one("pln_h", lambda n: n.out(ln(n, n.x, 2, aff=(32, 1))))
one("pln_tok", lambda n: n.out(ln(n, n.tokens(), -1, aff=(16,))))


def gelu(n, x, v="div"):
    c = n.const
    if v == "div":
        e = n.op("Erf", n.op("Div", x, c(math.sqrt(2))))
    else:
        e = n.op("Erf", n.op("Mul", x, c(1 / math.sqrt(2))))
    a = n.op("Add", e, c(1.0))
    return (
        n.op("Mul", n.op("Mul", x, a), c(0.5)) if v != "mulhalf" else n.op("Mul", n.op("Mul", x, c(0.5)), a)
    )


for v in ("div", "mul", "mulhalf"):
    one("pgelu_" + v, lambda n: n.out(gelu(n, n.x, v)))


def gtanh(n, x, cube="pow"):
    c = n.const
    x3 = n.op("Pow", x, c(3.0)) if cube == "pow" else n.op("Mul", x, n.op("Mul", x, x))
    i = n.op("Mul", n.op("Add", x, n.op("Mul", x3, c(0.044715))), c(math.sqrt(2 / math.pi)))
    return n.op("Mul", n.op("Mul", x, c(0.5)), n.op("Add", n.op("Tanh", i), c(1.0)))


one("pgtanh_pow", lambda n: n.out(gtanh(n, n.x)))
one("pgtanh_mul", lambda n: n.out(gtanh(n, n.x, "mul")))
one("psilu", lambda n: n.out(n.op("Mul", n.x, sg(n, n.x))))
one("phswish", lambda n: n.out(n.op("Mul", n.x, n.op("HardSigmoid", n.x, alpha=1 / 6, beta=0.5))))
one(
    "phswish_clip",
    lambda n: n.out(
        n.op(
            "Div",
            n.op("Mul", n.x, n.op("Clip", n.op("Add", n.x, n.const(3.0)), n.const(0.0), n.const(6.0))),
            n.const(6.0),
        )
    ),
)
one("pmish", lambda n: n.out(n.op("Mul", n.x, n.op("Tanh", n.op("Softplus", n.x)))))
one("psoftplus", lambda n: n.out(n.op("Log", n.op("Add", n.op("Exp", n.x), n.const(1.0)))))
one(
    "prelu_decomp",
    lambda n: n.out(
        n.op("Add", n.op("Relu", n.x), n.op("Mul", n.op("Relu", n.op("Neg", n.x)), n.noise(16, 1, 1)))
    ),
)
one(
    "prmsnorm",
    lambda n: n.out(
        n.op(
            "Mul",
            n.op(
                "Div",
                n.x,
                n.op(
                    "Sqrt",
                    n.op("Add", n.op("ReduceMean", n.op("Pow", n.x, n.const(2.0)), axes=[-1]), n.const(1e-6)),
                ),
            ),
            n.noise(32),
        )
    ),
)
one(
    "pl2norm",
    lambda n: n.out(
        n.op(
            "Div",
            n.x,
            n.op(
                "Expand",
                n.op("Clip", n.op("ReduceL2", n.x, axes=[1], keepdims=1), n.const(1e-12)),
                n.op("Shape", n.x),
            ),
        )
    ),
)
one(
    "ppixshuf",
    lambda n: n.out(
        n.reshape(
            n.op("Transpose", n.reshape(n.x, 1, 4, 2, 2, 32, 32), perm=[0, 1, 4, 2, 5, 3]), 1, 4, 64, 64
        )
    ),
)
one(
    "pchshuf",
    lambda n: n.out(
        n.reshape(n.op("Transpose", n.reshape(n.x, 1, 4, 4, 32, 32), perm=[0, 2, 1, 3, 4]), 1, 16, 32, 32)
    ),
)
one(
    "pgn",
    lambda n: n.out(
        n.reshape(
            n.op(
                "InstanceNormalization", n.reshape(n.x, 0, 4, -1), n.const(np.ones(4)), n.const(np.zeros(4))
            ),
            1,
            16,
            32,
            32,
        )
    ),
)
one(
    "pgn1",
    lambda n: n.out(
        n.reshape(
            n.op(
                "InstanceNormalization", n.reshape(n.x, 1, 4, -1), n.const(np.ones(4)), n.const(np.zeros(4))
            ),
            1,
            16,
            32,
            32,
        )
    ),
)
one(
    "pgn_aff",
    lambda n: n.out(
        n.op(
            "Add",
            n.op(
                "Mul",
                n.op(
                    "Reshape",
                    n.op(
                        "InstanceNormalization",
                        n.reshape(n.x, 0, 4, -1),
                        n.const(np.ones(4)),
                        n.const(np.zeros(4)),
                    ),
                    n.op("Shape", n.x),
                ),
                n.noise(16, 1, 1),
            ),
            n.noise(16, 1, 1),
        )
    ),
)
one(
    "pwin",
    lambda n: n.out(
        n.reshape(n.op("Transpose", n.reshape(n.x, 1, 16, 4, 8, 4, 8), perm=[0, 2, 4, 3, 5, 1]), 16, 64, 16)
    ),
)
one(
    "pwin1",
    lambda n: n.out(
        n.reshape(n.op("Transpose", n.reshape(n.x, 1, 16, 4, 8, 4, 8), perm=[0, 2, 4, 3, 5, 1]), -1, 64, 16)
    ),
)
one(
    "pwin_keep",
    lambda n: n.out(
        n.reshape(n.op("Transpose", n.reshape(n.x, 1, 16, 4, 8, 4, 8), perm=[0, 2, 4, 3, 5, 1]), 1, 1024, 16)
    ),
)
one(
    "peca",
    lambda n: n.out(
        n.op(
            "Mul",
            n.x,
            n.op(
                "Sigmoid",
                n.op(
                    "Unsqueeze",
                    n.op(
                        "Transpose",
                        n.conv(
                            n.op("Transpose", n.op("Squeeze", n.gap(n.x), n.ints(3)), perm=[0, 2, 1]),
                            1,
                            1,
                            [3],
                            pads=[1, 1],
                            bias=False,
                        ),
                        perm=[0, 2, 1],
                    ),
                    n.ints(3),
                ),
            ),
        )
    ),
)
one("pcat_add", lambda n: n.out(n.op("Add", n.op("Concat", n.x, n.x, axis=1), n.const(1.0))))
one("pattn_einsum", lambda n: n.out(n.op("Einsum", n.tokens(), n.tokens(), equation="bnc,bmc->bnm")))
one("attn_1d", lambda n: n.out(n.op("Einsum", n.x, equation="bchw->bhwc")))
