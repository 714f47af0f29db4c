"""Every operator once, in its plainest form."""

from __future__ import annotations

import numpy as np
from onnx import TensorProto as T

from ..graphs import Probes

P = Probes()
one = P.one


UNARY = """
Abs Acos Acosh Asin Asinh Atan Atanh Ceil Celu Cos Cosh Elu Erf Exp Floor HardSigmoid HardSwish Identity LeakyRelu Log LogSoftmax Hardmax Mish
Neg Reciprocal Relu Round Selu Sigmoid Sign Sin Sinh Softmax Softplus Softsign Sqrt Tan Tanh ThresholdedRelu Dropout Shrink GlobalMaxPool
GlobalAveragePool GlobalLpPool LpNormalization Gelu
""".split()
for op in (*UNARY, "Det", "Flatten", "Squeeze"):
    opset = 20 if op == "Gelu" else 18
    one("u_" + op, lambda n: n.op(op, n.x), opset=opset)
    if op in UNARY:  # the others leave no image behind
        one("ut_" + op, lambda n: n.tail(n.op(op, n.x)), opset=opset)
for a in ("none", "tanh"):
    one("gelu_" + a, lambda n: n.tail(n.op("Gelu", n.x, approximate=a)), opset=20)
for a in (0.0, 0.1, 1.0, -1.0):
    one(f"elu_{a}", lambda n: n.tail(n.op("Elu", n.x, alpha=a)))
    one(f"leaky_{a}", lambda n: n.tail(n.op("LeakyRelu", n.x, alpha=a)))
    one(f"celu_{a}", lambda n: n.tail(n.op("Celu", n.x, alpha=a)))
for a, b in ((1 / 6, 0.5), (0.2, 0.5), (0.25, 0.5), (0.5, 0.1), (1.0, 0.0), (-0.2, 0.5), (2.0, -1.0)):
    one(f"hsig_{a:.2f}_{b}", lambda n: n.tail(n.op("HardSigmoid", n.x, alpha=a, beta=b)))
for op in "Add Sub Mul Div Pow Min Max Mod PRelu".split():
    one("b_" + op, lambda n: n.op(op, n.x, n.op("Sigmoid", n.x)))
for op in "Equal Greater GreaterOrEqual Less LessOrEqual".split():
    one("bw_" + op, lambda n: n.op("Where", n.op(op, n.x, n.op("Sigmoid", n.x)), n.x, n.op("Tanh", n.x)))
one(
    "where_const",
    lambda n: n.tail(n.op("Where", n.const(np.ones((1, 16, 32, 32)), "bool"), n.x, n.op("Tanh", n.x))),
)
one(
    "where_const_rand",
    lambda n: n.tail(
        n.op(
            "Where",
            n.const(np.random.default_rng(0).random((1, 16, 32, 32)) > 0.5, "bool"),
            n.x,
            n.op("Tanh", n.x),
        )
    ),
)
one(
    "where_const_scalar",
    lambda n: n.tail(
        n.op(
            "Where",
            n.const(np.random.default_rng(0).random((1, 16, 32, 32)) > 0.5, "bool"),
            n.x,
            n.const(0.0),
        )
    ),
)
one("where_boolin", lambda n: n.tail(n.op("Where", n.data((1, 16, 32, 32), T.BOOL), n.x, n.const(0.0))))
one("cast_bool", lambda n: n.tail(n.op("Cast", n.op("Cast", n.x, to=T.BOOL), to=T.FLOAT)))
one("cast_f32", lambda n: n.tail(n.op("Cast", n.x, to=T.FLOAT)))
one("cast_dbl", lambda n: n.tail(n.op("Cast", n.op("Cast", n.x, to=T.DOUBLE), to=T.FLOAT)))
one("castlike", lambda n: n.tail(n.op("CastLike", n.x, n.const(1.0))))
for r in "ReduceSum ReduceMean ReduceMax ReduceMin ReduceL1 ReduceL2 ReduceProd ReduceLogSum ReduceLogSumExp ReduceSumSquare ArgMax ArgMin CumSum".split():
    if r.startswith("Arg"):
        one("r_" + r, lambda n: n.out(n.op(r, n.x, axis=1), dtype=T.INT64))
    elif r == "CumSum":
        one("r_" + r, lambda n: n.op(r, n.x, n.const(1, "int64")))
    else:
        one(
            "r_" + r,
            lambda n: n.op(r, n.x, n.ints(2, 3)) if r == "ReduceSum" else n.op(r, n.x, axes=[2, 3]),
        )
        one("r18_" + r, lambda n: n.op(r, n.x, n.ints(2, 3)), opset=18)
        one("r18n_" + r, lambda n: n.op(r, n.x, n.ints(-1)), opset=18)
one("trilu", lambda n: n.tail(n.op("Trilu", n.x)))
one(
    "onehot",
    lambda n: n.op(
        "OneHot",
        n.op("ArgMax", n.x, axis=1, keepdims=0),
        n.const(16, "int64"),
        n.const([0.0, 1.0]),
        axis=1,
    ),
)
one("unique", lambda n: n.op("Unique", n.x))
one("compress", lambda n: n.op("Compress", n.x, n.const([True] * 16, "bool"), axis=1))
one("reverse", lambda n: n.op("ReverseSequence", n.x, n.ints(16), time_axis=1, batch_axis=0))
one("d2s_crd", lambda n: n.op("DepthToSpace", n.x, blocksize=2, mode="CRD"))
one("s2d", lambda n: n.op("SpaceToDepth", n.x, blocksize=2))
one("cos_constofshape", lambda n: n.tail(n.op("Add", n.x, n.op("ConstantOfShape", n.ints(1, 16, 32, 32)))))
one("cos_dyn", lambda n: n.tail(n.op("Add", n.x, n.op("ConstantOfShape", n.op("Shape", n.x)))))
one("range", lambda n: n.tail(n.op("Add", n.x, n.op("Range", n.const(0.0), n.const(32.0), n.const(1.0)))))
one(
    "nms",
    lambda n: n.out(
        n.op("NonMaxSuppression", n.data((1, 10, 4)), n.data((1, 1, 10)), n.const([3], "int64")),
        dtype=T.INT64,
    ),
)
one("lpnorm", lambda n: n.tail(n.op("LpNormalization", n.x, axis=1, p=2)))
one("lppool", lambda n: n.tail(n.op("LpPool", n.x, kernel_shape=[2, 2], strides=[2, 2])))
one("dft", lambda n: n.op("DFT", n.x))
one(
    "col2im",
    lambda n: n.op("Col2Im", n.reshape(n.x, 1, 64, 256), n.ints(32, 32), n.ints(2, 2), strides=[2, 2]),
    opset=18,
)
one(
    "dequant_only",
    lambda n: n.tail(
        n.op(
            "Add",
            n.x,
            n.op(
                "DequantizeLinear", n.const(np.ones((1, 16, 1, 1)), "int8"), n.const(0.1), n.const(0, "int8")
            ),
        )
    ),
)
one("dynquant", lambda n: n.out(*n.op("DynamicQuantizeLinear", n.x, outputs=3)[:1], dtype=T.UINT8))
one("bernoulli", lambda n: n.op("Bernoulli", n.x))
one("const_node", lambda n: n.tail(n.op("Add", n.x, n.op("Constant", value_float=2.0))))
one("seq", lambda n: n.op("SequenceAt", n.op("SequenceConstruct", n.x, n.x), n.const(0, "int64")))
one(
    "splitseq",
    lambda n: n.op(
        "SequenceAt", n.op("SplitToSequence", n.x, n.const(4, "int64"), axis=1), n.const(0, "int64")
    ),
)
one("scatter", lambda n: n.op("ScatterND", n.x, n.const([[0, 0, 0, 0]], "int64"), n.const([1.0])))
one(
    "maxunpool",
    lambda n: n.op(
        "MaxUnpool",
        *n.op("MaxPool", n.x, kernel_shape=[2, 2], strides=[2, 2], outputs=2),
        kernel_shape=[2, 2],
        strides=[2, 2],
    ),
)
one("maxroi", lambda n: n.op("MaxRoiPool", n.x, n.const([[0, 0, 0, 4, 4]]), pooled_shape=[2, 2]))
one(
    "affinegrid",
    lambda n: n.op(
        "GridSample", n.x, n.op("AffineGrid", n.const([[[1, 0, 0], [0, 1, 0]]]), n.ints(1, 16, 32, 32))
    ),
    opset=20,
)
one(
    "deform",
    lambda n: n.op(
        "DeformConv", n.x, n.noise(8, 16, 3, 3), n.const(np.zeros((1, 18, 32, 32))), pads=[1, 1, 1, 1]
    ),
    opset=19,
)
one(
    "qconv",
    lambda n: n.out(
        n.op(
            "QLinearConv",
            n.op("QuantizeLinear", n.x, n.const(0.1), n.const(0, "int8")),
            n.const(0.1),
            n.const(0, "int8"),
            n.const(np.ones((8, 16, 1, 1)), "int8"),
            n.const(0.1),
            n.const(0, "int8"),
            n.const(0.1),
            n.const(0, "int8"),
        ),
        dtype=T.INT8,
    ),
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
one("rn", lambda n: n.op("Add", n.x, n.op("RandomNormal", shape=[1, 16, 32, 32])))
one("ru", lambda n: n.op("Add", n.x, n.op("RandomUniform", shape=[1, 16, 32, 32])))
one("multinom", lambda n: n.out(n.op("Multinomial", n.vector(), sample_size=3), dtype=T.INT32))
one(
    "stft",
    lambda n: n.out(
        n.op("STFT", n.reshape(n.x, 1, 16384, 1), n.const(128, "int64"), n.noise(256)), shape=(1, 127, 129, 2)
    ),
)
one("eyel", lambda n: n.out(n.op("EyeLike", n.reshape(n.x, 1, 16384)), shape=(1, 16384)))
one("optional", lambda n: n.out(n.op("OptionalGetElement", n.op("Optional", n.x)), shape=(1, 16, 32, 32)))
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
    lambda n: n.out(n.op("Gelu", n.x, domain="com.microsoft", approximate="none"), shape=(1, 16, 32, 32)),
    opset=20,
)
