"""Empty and computed operands, several networks, group normalisation."""
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


one("if_erf", lambda n: n.out(n.op("Erf", IF(n, n.const(True, "bool")))))
one("if_b2", lambda n: n.out(n.op("ReduceSum", n.x)), shape=(2, 3, 32, 32))


def ifb2(n):
    g1 = helper.make_graph(
        [helper.make_node("Relu", [n.x], ["by1"], name="bn1")],
        "t",
        [],
        [helper.make_tensor_value_info("by1", 1, [2, 16, 32, 32])],
    )
    g2 = helper.make_graph(
        [helper.make_node("Sigmoid", [n.x], ["by2"], name="bn2")],
        "e",
        [],
        [helper.make_tensor_value_info("by2", 1, [2, 16, 32, 32])],
    )
    return n.out(n.op("If", n.const(True, "bool"), then_branch=g1, else_branch=g2))


one("if_batch2", ifb2, shape=(2, 3, 32, 32))
one("if_disc", lambda n: n.out(IF(n, n.const(True, "bool")), n.op("Relu", n.data((1, 3, 8, 8)))))
one(
    "seq2",
    lambda n: n.out(
        n.op("SequenceAt", n.op("SequenceConstruct", n.x, n.x), n.const(0, "int64")), shape=(1, 16, 32, 32)
    ),
)
one(
    "seq_erf",
    lambda n: n.out(
        n.op("Erf", n.op("SequenceAt", n.op("SequenceConstruct", n.x, n.x), n.const(0, "int64"))),
        shape=(1, 16, 32, 32),
    ),
)
one("rank1_disc", lambda n: n.out(n.op("Relu", n.data((1,))), n.x))
one("rank1_b2", lambda n: n.out(n.op("Add", n.x, n.data((1,)))), shape=(2, 3, 32, 32))
one("rank0_in", lambda n: n.out(n.op("Add", n.x, n.data(()))))
one("rank1_in", lambda n: n.out(n.op("Add", n.x, n.data((32,)))))
one("rank1_in1", lambda n: n.out(n.op("Add", n.x, n.data((1,)))))
one("in_out", lambda n: n.out("input", n.op("Relu", "input")), head=False)
one("in_out2", lambda n: n.out(n.op("Relu", "input"), "input"), head=False)
one("in2_out", lambda n: (n.data((1, 3, 4, 4)), n.out("input"))[1], head=False)
one("const_only", lambda n: n.out(n.op("Identity", n.const(np.ones((1, 3))))), head=False)
one("const_used_out", lambda n: n.out(n.op("Add", n.x, n.x), n.op("Relu", n.const(np.ones((1, 3))))))
one("twoparts_in1", lambda n: n.out(n.op("Relu", "input"), n.op("Sigmoid", "input")), head=False)
# empty optional inputs
one("e_ln", lambda n: n.out(n.op("LayerNormalization", n.x, n.noise(32), "")))
one("e_ct", lambda n: n.out(n.op("ConvTranspose", n.x, n.noise(16, 8, 2, 2), "")))
one("e_split", lambda n: n.out(*n.op("Split", n.x, "", outputs=2, axis=1)))
one("e_slice", lambda n: n.out(n.op("Slice", n.x, n.ints(0, 0, 0, 0), n.ints(1, 8, 8, 8), "")))
one("e_drop", lambda n: n.out(n.op("Dropout", n.x, "")))
one("e_rsum", lambda n: n.out(n.op("ReduceSum", n.x, "")))
one("e_sq", lambda n: n.out(n.op("Squeeze", n.x, "")))
one("e_drop2", lambda n: n.out(n.op("Dropout", n.x, "", n.const(False, "bool"))))
one("e_rmean18", lambda n: n.out(n.op("ReduceMean", n.x, "")), opset=18)
one("e_rs", lambda n: n.out(n.op("Resize", n.x, "", n.const([1, 1, 2, 2]), "", mode="linear")))
one("e_slice5", lambda n: n.out(n.op("Slice", n.x, n.ints(0), n.ints(8), n.ints(1), "")))
one("e_max", lambda n: n.out(n.op("Max", n.x, "")))
# dynamic weights with batch-1
one(
    "dynw_act",
    lambda n: n.out(
        n.op("Conv", n.x, n.op("Slice", n.x, n.ints(0, 0), n.ints(3, 3), n.ints(2, 3)), kernel_shape=[3, 3])
    ),
)
one("dynw_in", lambda n: n.out(n.op("Conv", n.x, n.data((1, 16, 3, 3)))))
one("dynw_in2", lambda n: n.out(n.op("Conv", n.x, n.op("Relu", n.data((1, 16, 3, 3))))))
one(
    "dynb",
    lambda n: n.out(
        n.op("Conv", n.x, n.noise(1, 16, 3, 3), n.op("ReduceMean", n.x, axes=[0, 1, 2], keepdims=0))
    ),
)
one(
    "dynct",
    lambda n: n.out(
        n.op(
            "ConvTranspose", n.conv(n.x, 16, 1), n.op("Slice", n.x, n.ints(0, 0), n.ints(2, 2), n.ints(2, 3))
        )
    ),
)
one(
    "bn_dynp",
    lambda n: n.out(
        n.op("BatchNormalization", n.x, *[n.op("ReduceMean", n.x, axes=[0, 2, 3], keepdims=0)] * 4)
    ),
)
one(
    "bn_dyns",
    lambda n: n.out(
        n.op(
            "BatchNormalization",
            n.x,
            n.op("ReduceMean", n.x, axes=[0, 2, 3], keepdims=0),
            n.noise(16),
            n.noise(16),
            n.const(np.ones(16)),
        )
    ),
)
one(
    "ln_dyn",
    lambda n: n.out(
        n.op("LayerNormalization", n.x, n.op("ReduceMean", n.x, axes=[0, 1, 2], keepdims=0), n.noise(32))
    ),
)
one(
    "ln_dynb",
    lambda n: n.out(
        n.op("LayerNormalization", n.x, n.noise(32), n.op("ReduceMean", n.x, axes=[0, 1, 2], keepdims=0))
    ),
)
one(
    "in_dyn",
    lambda n: n.out(
        n.op("InstanceNormalization", n.x, n.op("ReduceMean", n.x, axes=[0, 2, 3], keepdims=0), n.noise(16))
    ),
)
one(
    "gn_dyn",
    lambda n: n.out(
        n.op(
            "GroupNormalization",
            n.x,
            n.op(
                "ReduceMean",
                n.op("ReduceMean", n.reshape(n.x, 1, 4, 4, 32, 32), n.ints(3, 4), keepdims=0),
                n.ints(0, 2),
                keepdims=0,
            ),
            n.noise(4),
            num_groups=4,
        )
    ),
    opset=18,
)
for g in (1, 2, 4, 8, 16):
    one(
        f"gn_g{g}",
        lambda n: n.out(n.op("GroupNormalization", n.x, n.noise(g), n.noise(g), num_groups=g)),
        opset=18,
    )
one(
    "gn_r3",
    lambda n: n.out(
        n.op("GroupNormalization", n.reshape(n.x, 1, 16, 1024), n.noise(4), n.noise(4), num_groups=4)
    ),
    opset=18,
)
one(
    "gn_r5",
    lambda n: n.out(
        n.op("GroupNormalization", n.reshape(n.x, 1, 16, 4, 8, 32), n.noise(4), n.noise(4), num_groups=4)
    ),
    opset=18,
)
one(
    "gn_r2",
    lambda n: n.out(n.op("GroupNormalization", n.vector(), n.noise(4), n.noise(4), num_groups=4)),
    opset=18,
)
one(
    "gn_21",
    lambda n: n.out(n.op("GroupNormalization", n.x, n.noise(16), n.noise(16), num_groups=4)),
    opset=20,
)
for k, v in dict(am16383=16383, am16384=16384, am16385=16385, am16000=16000).items():
    one(
        k,
        lambda n: n.out(
            n.op(
                "ArgMax",
                n.op(
                    "Slice",
                    n.op("Concat", n.reshape(n.x, 1, 16384), n.reshape(n.x, 1, 16384), axis=1),
                    n.ints(0),
                    n.ints(v),
                    n.ints(1),
                ),
                axis=1,
            ),
            dtype=T.INT64,
        ),
    )


# group norm pattern
def gn(n, shape, back=(1, 16, 32, 32), ones=True, g=4, op="InstanceNormalization", aff=False):
    s = n.const(np.ones(g)) if ones else n.noise(g)
    b = n.const(np.zeros(g)) if ones else n.noise(g)
    y = n.reshape(n.op(op, n.reshape(n.x, *shape), s, b), *back)
    return n.op("Add", n.op("Mul", y, n.noise(16, 1, 1)), n.noise(16, 1, 1)) if aff else y


one("pgn_zero", lambda n: n.out(gn(n, (0, 4, -1))))
one("pgn_one", lambda n: n.out(gn(n, (1, 4, -1))))
one("pgn_g8", lambda n: n.out(gn(n, (0, 8, -1), g=8)))
one("pgn_noise", lambda n: n.out(gn(n, (0, 4, -1), ones=False)))
one("pgn_back0", lambda n: n.out(gn(n, (0, 4, -1), (0, 16, 32, 32))))
one("pgn_backm1", lambda n: n.out(gn(n, (0, 4, -1), (-1, 16, 32, 32))))
one("pgn_r4", lambda n: n.out(gn(n, (0, 4, -1, 32))))
one("pgn_other", lambda n: n.out(gn(n, (0, 4, -1), (1, 32, 16, 32))))
one("pgn_aff0", lambda n: n.out(gn(n, (0, 4, -1), aff=True)))
one("pgn_00", lambda n: n.out(gn(n, (0, 0, -1), g=16)))
one("pgn_back_flat", lambda n: n.out(gn(n, (0, 4, -1), (1, 16, 1024))))
one("pgn_backzeros", lambda n: n.out(gn(n, (1, 4, -1), (0, 16, 32, 32))))
one("pgn_fulldims", lambda n: n.out(gn(n, (0, 4, 4096))))
one(
    "pgn_multi",
    lambda n: (
        lambda r: n.out(
            n.reshape(
                n.op("InstanceNormalization", r, n.const(np.ones(4)), n.const(np.zeros(4))), 1, 16, 32, 32
            ),
            n.op("Relu", r),
        )
    )(n.reshape(n.x, 0, 4, -1)),
)
