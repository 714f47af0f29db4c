"""Inputs, outputs, element types, opsets."""

from __future__ import annotations

import numpy as np
import onnx
from onnx import TensorProto as T

from ..graphs import Probes

P = Probes()
one = P.one


def above(n, bound):
    return n.op("Greater", n.x, n.const(bound))


one("Not", lambda n: n.out(n.op("Not", above(n, 0.5)), dtype=T.BOOL))
one("And", lambda n: n.out(n.op("And", above(n, 0.5), above(n, 0.7)), dtype=T.BOOL))
for op in ("Equal", "Greater", "Less"):
    one(op, lambda n: n.out(n.op(op, n.x, n.op("Sigmoid", n.x)), dtype=T.BOOL))
for op in ("And", "Or", "Xor"):
    one(op + "_f", lambda n: n.tail(n.op("Cast", n.op(op, above(n, 0.5), above(n, 0.7)), to=T.FLOAT)))
one("IsNaN", lambda n: n.tail(n.op("Cast", n.op("IsNaN", n.x), to=T.FLOAT)))
one("IsInf", lambda n: n.tail(n.op("Cast", n.op("IsInf", n.x), to=T.FLOAT)))
one("Size", lambda n: n.out(n.op("Size", n.x), dtype=T.INT64))
one("Shape", lambda n: n.out(n.op("Shape", n.x), dtype=T.INT64))
one("mvn", lambda n: n.tail(n.op("MeanVarianceNormalization", n.x, axes=[0, 2, 3])))
one("mvn23", lambda n: n.tail(n.op("MeanVarianceNormalization", n.x, axes=[2, 3])))
one("bitnot", lambda n: n.out(n.op("BitwiseNot", n.data((1, 16, 32, 32), T.INT32)), dtype=T.INT32), opset=18)
one(
    "const_value",
    lambda n: n.tail(n.op("Add", n.x, n.op("Constant", value=onnx.numpy_helper.from_array(np.float32(2.0))))),
)
one("const_ints", lambda n: n.tail(n.op("Reshape", n.x, n.op("Constant", value_ints=[1, 16, 32, 32]))))
one(
    "cosshape",
    lambda n: n.tail(
        n.op(
            "Add",
            n.x,
            n.op(
                "ConstantOfShape",
                n.ints(1, 16, 32, 32),
                value=onnx.numpy_helper.from_array(np.array([2.0], "float32")),
            ),
        )
    ),
)
one("eye", lambda n: n.tail(n.op("MatMul", n.x, n.op("EyeLike", n.const(np.zeros((32, 32)))))))
one(
    "const_node_out",
    lambda n: n.out(n.op("Constant", value=onnx.numpy_helper.from_array(np.ones((1, 3), "float32"))), n.x),
)
one("ident_out", lambda n: n.op("Identity", n.x))
one("ident_in", lambda n: n.op("Identity", "input"), head=False)
one("unused_in", lambda n: (n.data((1, 3, 32, 32)), n.out(n.x))[1])
one("unused_const", lambda n: (n.const(np.ones(3)), n.out(n.x))[1])
one("two_in", lambda n: n.tail(n.op("Add", n.x, n.data((1, 16, 32, 32)))))
one("two_in_vec", lambda n: n.tail(n.op("Mul", n.x, n.data((1, 16, 1, 1)))))
one("two_in_rank2", lambda n: n.out(n.op("Gemm", n.data((1, 16)), n.noise(16, 10), n.noise(10)), n.x))
one("two_in_rank3", lambda n: n.out(n.op("Relu", n.data((1, 16, 8))), n.x))
one("two_in_b2", lambda n: n.out(n.op("Relu", n.data((2, 16, 8, 8))), n.x))
one("two_in_i64", lambda n: n.out(n.op("Cast", n.data((1, 16, 8, 8), T.INT64), to=T.FLOAT), n.x))
one("out_empty", lambda n: n.out(), head=False)
for s in [
    (1, 3, 32, 32),
    (1, 1, 32, 32),
    (1, 16),
    (1,),
    (),
    (1, 3, 32),
    (1, 3, 8, 8, 8),
    (1, 3, 4, 4, 4, 4),
    (0, 3, 32, 32),
    ("N", 3, 32, 32),
    (1, "C", 32, 32),
    (1, 3, "H", 32),
    (-1, 3, 32, 32),
    (3, 32, 32),
    (1, 3, 0, 32),
    (1, 32),
    (32, 3),
    (1, 5000),
    (2, 16),
]:
    one("in_" + "x".join(map(str, s)), lambda n: n.op("Sigmoid", "input"), shape=s, head=False)
one("batchdyn_conv", lambda n: n.tail(n.x), shape=("N", 3, 32, 32))
one("batchdyn_reshape", lambda n: n.reshape(n.x, 1, 16, 1024), shape=("N", 3, 32, 32))
one("batchdyn_reshapem1", lambda n: n.reshape(n.x, -1, 16, 1024), shape=("N", 3, 32, 32))
for name in "FLOAT16 DOUBLE INT8 UINT8 INT32 INT64 BOOL BFLOAT16 INT16".split():
    kind = dict(head=False, dtype=getattr(T, name))
    one("dt_" + name, lambda n: n.op("Cast", "input", to=T.FLOAT), **kind)
    if name != "BOOL":  # which has no arithmetic
        one("dtabs_" + name, lambda n: n.out(n.op("Abs", "input"), dtype=kind["dtype"]), **kind)
        one("dtadd_" + name, lambda n: n.out(n.op("Add", "input", "input"), dtype=kind["dtype"]), **kind)
for o in range(7, 23):
    one(f"opset_{o}", lambda n: n.tail(n.x), opset=o)
one("outs_40", lambda n: n.out(*[n.conv("input", 3, 2) for _ in range(40)]), head=False)
