"""Constant expressions, by what the front end folds; recorded shapes, by what it compares them with; many outputs."""

from __future__ import annotations

import numpy as np
from onnx import TensorProto as T
from onnx import helper, numpy_helper

from ..graphs import Probes

P = Probes()
one = P.one
PADS = (0, 0, 0, 0, 0, 0, 1, 1)
OURS = (1, 16, 32, 32)


def i64(n, *values):
    return n.const(list(values), "int64")


def whole(n, x):
    return n.op("Cast", x, to=T.INT64)


def floats(n, *values):
    return n.const(list(values) or list(PADS))


def pads(name, expression):
    """The pads of a Pad are a constant expression of eight int64."""
    one(name, lambda n: n.tail(n.op("Pad", n.x, expression(n), mode="constant")))


def shaped(name, expression, **net):
    """The target shape of a Reshape is a constant expression."""
    one(name, lambda n: n.tail(n.op("Reshape", n.x, expression(n))), **net)


# An input that is missing, by operator and place.
pads("fold_clip_low", lambda n: whole(n, n.op("Clip", floats(n), n.const(0.0), "")))
pads("fold_clip_high", lambda n: whole(n, n.op("Clip", floats(n), "", n.const(9.0))))
pads("fold_clip_gaps", lambda n: whole(n, n.op("Clip", floats(n), "", "")))
pads("fold_clip_both", lambda n: whole(n, n.op("Clip", floats(n), n.const(0.0), n.const(9.0))))
pads("fold_clip_short", lambda n: whole(n, n.op("Clip", floats(n), n.const(0.0))))
pads("fold_clip_bare", lambda n: whole(n, n.op("Clip", floats(n))))
pads("fold_slice_gap", lambda n: n.op("Slice", i64(n, *PADS, 7), i64(n, 0), i64(n, 8), "", i64(n, 1)))
pads("fold_slice_full", lambda n: n.op("Slice", i64(n, *PADS, 7), i64(n, 0), i64(n, 8), i64(n, 0)))
pads(
    "fold_reducesum_gap",
    lambda n: n.op("Concat", n.op("ReduceSum", i64(n, 0, 0), "", keepdims=1), i64(n, *PADS[1:]), axis=0),
)
pads(
    "fold_resize_gap",
    lambda n: whole(
        n,
        n.op("Reshape", n.op("Resize", n.const(np.zeros((1, 1, 2, 4))), "", n.const([1.0] * 4)), i64(n, 8)),
    ),
)
for what, more in (("short", ()), ("gap", ("",))):
    one(
        f"fold_conv_{what}",
        lambda n: n.tail(
            n.op(
                "Add",
                n.x,
                n.op(
                    "Conv", n.const(np.ones((1, 3, 32, 32))), n.noise(16, 3, 1, 1), *more, kernel_shape=[1, 1]
                ),
            )
        ),
    )

# What exporters put into constant expressions, whole.
WHOLE = {
    "max": lambda n: whole(n, n.op("Max", floats(n), n.const(0.0))),
    "relu": lambda n: whole(n, n.op("Relu", floats(n))),
    "erf": lambda n: whole(n, n.op("Erf", floats(n))),
    "round": lambda n: whole(n, n.op("Round", floats(n))),
    "where": lambda n: n.op("Where", n.const([True] * 8, "bool"), i64(n, *PADS), i64(n, *PADS)),
    "range": lambda n: n.op(
        "Mul",
        n.op("Range", n.const(0, "int64"), n.const(8, "int64"), n.const(1, "int64")),
        i64(n, *[0] * 8),
    ),
    "constantofshape": lambda n: n.op(
        "ConstantOfShape", i64(n, 8), value=numpy_helper.from_array(np.array([0]))
    ),
    "constantofshape_plain": lambda n: whole(n, n.op("ConstantOfShape", i64(n, 8))),
    "expand": lambda n: n.op("Expand", n.const(0, "int64"), i64(n, 8)),
    "tile": lambda n: n.op("Tile", i64(n, 0, 0, 0, 0), i64(n, 2)),
    "concat": lambda n: n.op("Concat", i64(n, *PADS[:4]), i64(n, *PADS[4:]), axis=0),
    "gather": lambda n: n.op("Gather", i64(n, *PADS), i64(n, *range(8)), axis=0),
    "unsqueeze": lambda n: n.op("Squeeze", n.op("Unsqueeze", i64(n, *PADS), i64(n, 0)), i64(n, 0)),
    "transpose": lambda n: n.op(
        "Reshape", n.op("Transpose", n.const([PADS[:4], PADS[4:]], "int64"), perm=[0, 1]), i64(n, 8)
    ),
    "equal_not": lambda n: whole(n, n.op("Not", n.op("Equal", i64(n, *[1] * 8), i64(n, *[1] * 8)))),
    "reduceprod": lambda n: n.op(
        "Concat", n.op("ReduceProd", i64(n, 0, 3), keepdims=1), i64(n, *PADS[1:]), axis=0
    ),
    "cumsum": lambda n: n.op("CumSum", i64(n, *[0] * 8), n.const(0, "int32")),
    "scatternd": lambda n: n.op(
        "ScatterND", i64(n, *[0] * 8), n.const([[6]], "int64"), i64(n, 1)
    ),
    "mod": lambda n: n.op("Mod", i64(n, *PADS), i64(n, *[2] * 8)),
    "floor_div": lambda n: whole(n, n.op("Floor", n.op("Div", floats(n), floats(n, *[1] * 8)))),
    "ceil_min_sub": lambda n: whole(
        n, n.op("Ceil", n.op("Min", n.op("Sub", floats(n), floats(n, *[0] * 8)), n.const(5.0)))
    ),
    "sqrt_pow": lambda n: whole(n, n.op("Sqrt", n.op("Pow", floats(n), n.const(2.0)))),
    "pad": lambda n: n.op("Pad", i64(n, *PADS[:4]), i64(n, 0, 4)),
    "einsum": lambda n: whole(n, n.op("Einsum", floats(n), n.const(np.eye(8)), equation="i,ij->j")),
    "onehot": lambda n: n.op("Reshape", n.op("OneHot", i64(n, 1), n.const(8, "int64"), i64(n, 0, 0)), i64(n, 8)),
    "nonzero": lambda n: n.op("Mul", n.op("Reshape", n.op("NonZero", i64(n, *[1] * 8)), i64(n, 8)), i64(n, *[0] * 8)),
    "castlike": lambda n: n.op("CastLike", floats(n), i64(n, *PADS)),
    "dequantize": lambda n: whole(n, n.op("DequantizeLinear", n.const(PADS, "int8"), n.const(1.0))),
    "value_ints": lambda n: n.op("Concat", n.op("Constant", value_ints=[0, 0, 0, 0]), i64(n, *PADS[4:]), axis=0),
}  # fmt: skip
for op, expression in WHOLE.items():
    pads(f"fold_{op}", expression)

# Shape, and what hangs on it.
shaped("fold_shape", lambda n: n.op("Shape", n.x))
shaped("fold_shape_batch", lambda n: n.op("Shape", n.x), shape=("N", 3, 32, 32))
shaped("fold_shape_clip", lambda n: n.op("Clip", n.op("Shape", n.x), n.const(0, "int64"), ""))
shaped(
    "fold_shape_concat",
    lambda n: n.op(
        "Concat",
        n.op("Unsqueeze", n.op("Gather", n.op("Shape", n.x), n.const(0, "int64"), axis=0), i64(n, 0)),
        i64(n, *OURS[1:]),
        axis=0,
    ),
    shape=("N", 3, 32, 32),
)
SIZED = {
    "size_x": lambda n: n.op("Div", n.op("Size", n.x), n.const(512, "int64")),
    "size_constant": lambda n: n.op("Size", n.const(np.zeros(32))),
    "size_shape": lambda n: n.op("Mul", n.op("Size", n.op("Shape", n.x)), n.const(8, "int64")),
}
for what, length in SIZED.items():
    shaped(
        f"fold_{what}",
        lambda n: n.op("Concat", i64(n, *OURS[:3]), n.op("Unsqueeze", length(n), i64(n, 0)), axis=0),
    )


# Several results, some of them unread.
def halves(n, source):
    return n.op("Split", source, i64(n, 2, 2), axis=0, outputs=2)


shaped("fold_split", lambda n: n.op("Concat", *halves(n, i64(n, *OURS)), axis=0))
shaped("fold_split_half_read", lambda n: n.op("Concat", halves(n, i64(n, *OURS))[0], i64(n, 32, 32), axis=0))
shaped("fold_split_shape", lambda n: n.op("Concat", *halves(n, n.op("Shape", n.x)), axis=0))
shaped(
    "fold_split_shape_half_read",
    lambda n: n.op("Concat", halves(n, n.op("Shape", n.x))[0], i64(n, 32, 32), axis=0),
)
one("fold_unread", lambda n: (n.op("Add", n.const([1.0]), n.const([2.0])), n.tail(n.x))[1])
one("fold_unread_shape", lambda n: (n.op("Shape", n.x), n.tail(n.x))[1])


# Who reads what is not folded.
def kept(n, value, dtype="float32"):
    """``value`` through a Clip that is not folded."""
    return n.op("Clip", n.const(value, dtype), n.const(-99, dtype), "")


def reader(name, build):
    one(f"unfolded_{name}", lambda n: n.tail(build(n)))


reader("add", lambda n: n.op("Add", n.x, kept(n, 2.0)))
reader("mul", lambda n: n.op("Mul", kept(n, np.ones((1, 16, 1, 1))), n.x))
reader("max", lambda n: n.op("Max", n.x, kept(n, 0.0)))
reader("reshape", lambda n: n.op("Reshape", n.x, kept(n, OURS, "int64")))
reader("expand", lambda n: n.op("Expand", n.x, kept(n, OURS, "int64")))
reader("clip", lambda n: n.op("Clip", n.x, kept(n, 0.0), n.const(6.0)))
reader("pow", lambda n: n.op("Pow", n.x, kept(n, 2.0)))
reader("bn", lambda n: n.op("BatchNormalization", n.x, kept(n, np.ones(16)), n.noise(16), n.noise(16), n.const(np.ones(16))))  # fmt: skip
reader("erf", lambda n: n.op("Erf", n.op("Reshape", n.x, kept(n, OURS, "int64"))))
reader("softmax", lambda n: n.op("Softmax", n.op("Reshape", n.x, kept(n, OURS, "int64")), axis=1))
one("unfolded_conv", lambda n: n.op("Conv", n.x, kept(n, np.ones((8, 16, 1, 1))), kernel_shape=[1, 1]))
one("unfolded_gemm", lambda n: n.op("Gemm", n.vector(), kept(n, np.ones((16, 8)))))


# Shapes that the file records.
def recorded(place, dims, batch=1, op="Relu"):
    """Conv, ``op``: ``dims`` recorded at the Conv, at the output, or at the output once more among the inner tensors."""

    def build(n):
        inner = n.conv(n.x, 16, 16)
        last = n.op(op, inner)
        model = n.out(last)
        said = helper.make_tensor_value_info(inner if place == "inner" else last, T.FLOAT, dims)
        if place == "output":
            model.graph.output[0].CopyFrom(said)
        elif place == "again":
            model.graph.value_info.append(said)
        else:
            next(v for v in model.graph.value_info if v.name == inner).CopyFrom(said)
        return model

    return build


OPEN, WRONG = ("b", 16, 32, 32), (1, 7, 32, 32)
for place, dims in (
    ("again", {"same": OURS, "open": OPEN, "open_channels": (1, "c", 32, 32), "number": WRONG, "bare": None}),
    ("output", {"open": OPEN, "all_open": ("a", "b", "c", "d")}),
    ("inner", {"open": OPEN, "all_open": ("a", "b", "c", "d"), "bare": None}),
):
    for what, shape in dims.items():
        one(f"stale_{place}_{what}", recorded(place, shape))
for op in ("Elu", "Softmax"):
    one(f"stale_again_{op}", recorded("again", OPEN, op=op))
one("stale_again_height", recorded("again", OPEN), shape=(1, 3, "H", 32))
one("stale_batch_again", recorded("again", OPEN), shape=("N", 3, 32, 32))
for count in (9, 17, 32):
    one(f"many_outputs_{count}", lambda n: n.out(*(n.conv(n.x, 16, 4) for _ in range(count))))
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
one("constnode_list", lambda n: n.tail(n.op("Add", n.x, n.op("Constant", value_floats=[1.0] * 32))))
