"""Split, Slice, Gather, Expand, Pad."""

from __future__ import annotations

import numpy as np
from onnx import TensorProto as T

from ..graphs import Probes

P = Probes()
one = P.one


# Split
def SP(name, sizes=(), k=2, ax=1, r=4, opset=17, use=None, **a):
    def split(n):
        x = n.ranked(r)
        outputs = len(sizes) or k
        given = [n.ints(*sizes)] if sizes else []
        parts = n.op("Split", x, *given, outputs=outputs, axis=ax, **a)
        parts = [parts] if outputs == 1 else parts
        return n.out(*(parts if use is None else [parts[i] for i in use]))

    one("split_" + name, split, opset=opset)


SP("2", k=2)
SP("3u", (5, 5, 6))
SP("4", k=4)
SP("ax0", (1,), ax=0)
SP("axm1", (16, 16), ax=-1)
SP("axm3", (8, 8), ax=-3)
SP("noax", (1,), ax=None)
SP("one", (16,))
SP("16", k=16)
SP("o18", k=2, opset=18, num_outputs=2)
SP("o18s", (8, 8), opset=18)
SP("o18un", k=3, opset=18, num_outputs=3)
SP("unused", (8, 8), use=[0])
SP("unused2", (4, 4, 8), use=[0, 2])
SP("zero", (0, 16))
SP("r3", (512, 512), ax=2, r=3)
SP("r2", (8192, 8192), ax=1, r=2)
SP("r5", (16, 16), ax=4, r=5)
SP("r3ax1", (8, 8), ax=1, r=3)
SP("32", k=16)  # 16 once more
SP("r6", (1, 1), ax=1, r=6)
one(
    "split_dyn",
    lambda n: n.out(*n.op("Split", n.x, n.data((2,), T.INT64), outputs=2, axis=1), shape=(1, 8, 32, 32)),
)


# Slice
def SL(name, starts, ends, axes=(), steps=(), r=4):
    def cut(n):
        given = [n.ints(*starts), n.ints(*ends)]
        if axes or steps:
            given.append(n.ints(*axes) if axes else "")
        if steps:
            given.append(n.ints(*steps))
        return n.op("Slice", n.ranked(r), *given)

    one("slice_" + name, cut)


M = 2**63 - 1
SL("c", [0], [8], [1])
SL("neg", [-8], [M], [1])
SL("negend", [0], [-1], [2])
SL("axneg", [0], [8], [-1])
SL("st2", [0], [M], [2], [2])
SL("hw2", [0, 0], [M, M], [2, 3], [2, 2])
SL("step-1", [-1], [-M - 1], [3], [-1])
SL("step-1c", [15], [-17], [1], [-1])
SL("stepm2", [-1], [-M - 1], [3], [-2])
SL("batch", [0], [1], [0], [1])
SL("batchall", [0], [M], [0])
SL("batchneg", [-1], [M], [0])
SL("noax", [0, 0, 0, 0], [1, 16, 8, 8])
SL("noax2", [0, 4], [1, 8])
SL("noaxstep", [0, 0, 0, 0], [1, 16, 32, 32], steps=[1, 1, 2, 2])
SL("empty", [4], [4], [1])
SL("r2", [0], [100], [1], r=2)
SL("r3", [0], [8], [1], r=3)
SL("r5", [0], [2], [2], r=5)
SL("r6", [0], [2], [3], r=6)
SL("oob", [0], [1000], [1])
SL("oobstart", [-1000], [4], [1])
SL("four", [0, 0, 0, 0], [1, 8, 8, 8], [0, 1, 2, 3])
SL("step3", [1], [M], [3], [3])
SL("step16", [0], [M], [3], [16])
SL("batchempty", [1], [M], [0])
SL("batchstep", [0], [1], [0], [2])
one(
    "slice_i32",
    lambda n: n.op("Slice", n.x, n.const([0], "int32"), n.const([8], "int32"), n.const([1], "int32")),
)
one(
    "slice_dyn",
    lambda n: n.out(n.op("Slice", n.x, n.data((1,), T.INT64), n.ints(8), n.ints(1)), shape=(1, 8, 32, 32)),
)


# Gather
def GA(name, idx, ax=None, r=4, dt="int64"):
    one(
        "ga_" + name,
        lambda n: n.op("Gather", n.ranked(r), n.const(idx, dt), axis=ax),
    )


GA("c1s", 3, 1)
GA("c1", [3], 1)
GA("cneg", [-1], 1)
GA("cnegs", -1, 1)
GA("hs", 3, 2)
GA("w2", [[0, 1], [2, 3]], 3)
GA("ax0", [0], 0)
GA("ax0s", 0, 0)
GA("noax", 0)
GA("axm1", [1, 2], -1)
GA("axm4", [0], -4)
GA("i32", [1, 2], 1, dt="int32")
GA("r3", [1, 2], 1, r=3)
GA("r3s", 1, 1, r=3)
GA("r2", [1, 2], 1, r=2)
GA("r2s", 1, 1, r=2)
GA("r5", [1, 2], 2, r=5)
GA("r5s", 1, 2, r=5)
GA("r6", [0, 1], 3, r=6)
GA("many", list(np.random.default_rng(0).integers(0, 16, 100)), 1)
GA("empty", np.zeros((0,)), 1)
one(
    "ga_dyn",
    lambda n: n.op(
        "Gather", n.x, n.op("ArgMax", n.op("ReduceMean", n.x, axes=[0, 2, 3], keepdims=0), axis=0), axis=1
    ),
)
one("ga_dynin", lambda n: n.op("Gather", n.x, n.data((1, 2), T.INT64), axis=1))
one(
    "ga_embed",
    lambda n: n.op("Gather", n.noise(10, 16), n.data((1, 4), T.INT64)),
    head=False,
)
one(
    "ga_embed2",
    lambda n: n.op("Gather", n.noise(10, 16), "input"),
    head=False,
    shape=(1, 4),
    dtype=T.INT64,
)
one(
    "gel_ax1",
    lambda n: n.op("GatherElements", n.x, n.const(np.zeros((1, 4, 32, 32)), "int64"), axis=1),
)
one(
    "gel_ax0",
    lambda n: n.op("GatherElements", n.x, n.const(np.zeros((1, 16, 32, 32)), "int64"), axis=0),
)
one("gel_dyn", lambda n: n.op("GatherElements", n.x, n.data((1, 4, 32, 32), T.INT64), axis=1))
one(
    "gel_dyntopk",
    lambda n: n.op("GatherElements", n.x, n.op("TopK", n.x, n.ints(5), axis=1, outputs=2)[1], axis=1),
)
one("gel_noax", lambda n: n.op("GatherElements", n.x, n.const(np.zeros((1, 16, 32, 32)), "int64")))
one(
    "gel_r3",
    lambda n: n.op("GatherElements", n.ranked(3), n.const(np.zeros((1, 16, 8)), "int64"), axis=2),
)
one(
    "gel_neg",
    lambda n: n.op("GatherElements", n.x, n.const(np.zeros((1, 16, 32, 4)), "int64"), axis=-1),
)
one("gnd", lambda n: n.op("GatherND", n.x, n.const([[[0, 1]]], "int64")))
one("gnd_b1", lambda n: n.op("GatherND", n.x, n.const([[[1, 2]]], "int64"), batch_dims=1))
one("gnd_b1b", lambda n: n.op("GatherND", n.x, n.const([[[1, 2], [3, 4]]], "int64"), batch_dims=1))
one("gnd_dyn", lambda n: n.op("GatherND", n.x, n.data((1, 2, 1), T.INT64), batch_dims=1))
# Expand, Tile
for s in [(1, 16, 64, 32), (1, 16, 32, 32), (1,), (1, 1, 1, 1), (2, 16, 32, 32), (1, 1, 16, 32, 32)]:
    one(
        "exp_" + "x".join(map(str, s)),
        lambda n: n.op(
            "Expand", n.x if s != (1, 16, 64, 32) else n.op("ReduceMean", n.x, axes=[2]), n.ints(*s)
        ),
    )
one("exp_gap3", lambda n: n.op("Expand", n.gap(n.x), n.ints(16, 32, 32)))
one("exp_gapcw", lambda n: n.op("Expand", n.gap(n.x), n.ints(1, 16, 1, 32)))
one("exp_sp", lambda n: n.op("Expand", n.op("ReduceMean", n.x, axes=[1]), n.ints(1, 16, 32, 32)))
one("exp_r3", lambda n: n.op("Expand", n.op("ReduceMean", n.ranked(3), axes=[1]), n.ints(1, 16, 1024)))
one("exp_dyn", lambda n: n.op("Expand", n.gap(n.x), n.op("Shape", n.x)))
one("exp_r5", lambda n: n.op("Expand", n.reshape(n.x, 1, 16, 1, 32, 32), n.ints(1, 16, 2, 32, 32)))
one(
    "exp_r2",
    lambda n: n.op("Expand", n.op("ReduceMean", n.x, axes=[1, 2, 3], keepdims=0), n.ints(1, 16)),
)
one("exp_up", lambda n: n.op("Expand", n.vector(), n.ints(1, 1, 16)))
one("exp_batch", lambda n: n.op("Expand", n.gap(n.x), n.ints(2, 16, 1, 1)))
one("exp_dynin", lambda n: n.out(n.op("Expand", n.gap(n.x), n.data((4,), T.INT64)), shape=(1, 16, 32, 32)))
one("tile_1111", lambda n: n.op("Tile", n.x, n.ints(1, 1, 1, 1)))


# Pad
def PD(name, pads, mode=None, value=None, axes=(), opset=17, r=4):
    def pad(n):
        given = [n.ints(*pads)]
        if value is not None or axes:
            given.append("" if value is None else n.const(value))
        if axes:
            given.append(n.ints(*axes))
        return n.op("Pad", n.ranked(r), *given, mode=mode)

    one("pad_" + name, pad, opset=opset)


z = [0] * 8
PD("z", z)
PD("hw", [0, 0, 1, 1, 0, 0, 1, 1])
PD("hwc", [0, 0, 1, 1, 0, 0, 1, 1], "constant")
PD("c", [0, 1, 0, 0, 0, 1, 0, 0])
PD("c_after", [0, 0, 0, 0, 0, 4, 0, 0])
PD("b", [1, 0, 0, 0, 0, 0, 0, 0])
PD("neg", [0, 0, -1, -1, 0, 0, -1, -1])
PD("negmix", [0, 0, 1, -1, 0, 0, -1, 1])
PD("val", [0, 0, 1, 1, 0, 0, 1, 1], None, 0.5)
PD("valneg", [0, 0, 1, 1, 0, 0, 1, 1], "constant", -1.0)
PD("val0", [0, 0, 1, 1, 0, 0, 1, 1], "constant", 0.0)
PD("reflect", [0, 0, 1, 1, 0, 0, 1, 1], "reflect")
PD("edge", [0, 0, 1, 1, 0, 0, 1, 1], "edge")
PD("wrap", [0, 0, 1, 1, 0, 0, 1, 1], "wrap", opset=19)
PD("reflz", z, "reflect")
PD("axes", [1, 1, 1, 1], value=0.0, axes=[2, 3], opset=18)
PD("axesneg", [1, 1], axes=[-1], opset=18)
PD("ax0123", [0, 0, 1, 1, 0, 0, 1, 1], axes=[0, 1, 2, 3], opset=18)
PD("axneg", [0, 0, 1, 1, 0, 0, 1, 1], axes=[-4, -3, -2, -1], opset=18)
PD("ax3210", [1, 1, 0, 0, 1, 1, 0, 0], axes=[3, 2, 1, 0], opset=18)
PD("ax123", [0, 1, 1, 0, 1, 1], axes=[1, 2, 3], opset=18)
PD("axmix", [0, 0, 1, 1, 0, 0, 1, 1], axes=[0, 1, -2, -1], opset=18)
PD("ax01r2", [0, 1, 0, 1], axes=[0, 1], opset=18, r=2)
PD("axesb", [0, 1, 0, 1], axes=[0, 1], opset=18)
PD("r2", [0, 1, 0, 1], r=2)
PD("r3", [0, 0, 1, 0, 0, 1], r=3)
PD("r3c", [0, 1, 0, 0, 1, 0], r=3)
PD("r5", [0, 0, 0, 0, 1, 0, 0, 0, 0, 1], r=5)
PD("r6", [0] * 5 + [1] + [0] * 5 + [1], r=6)
PD("big", [0, 0, 40, 40, 0, 0, 40, 40])
PD("c_neg", [0, -4, 0, 0, 0, 0, 0, 0])
PD("inf", [0, 0, 1, 1, 0, 0, 1, 1], "constant", -np.inf)
PD("b1", [1, 0, 0, 0, 0, 0, 0, 0])
PD("b1end", [0, 0, 0, 0, 1, 0, 0, 0])
PD("bneg", [-1, 0, 0, 0, 1, 0, 0, 0])
PD("bc", [1, 1, 1, 1, 0, 0, 1, 1])
one("pad_emptyval", lambda n: n.op("Pad", n.x, n.ints(0, 0, 1, 1, 0, 0, 1, 1), ""))
one("pad_dyn", lambda n: n.out(n.op("Pad", n.x, n.data((8,), T.INT64)), shape=(1, 16, 34, 34)))
one(
    "pad_dynval",
    lambda n: n.op(
        "Pad", n.x, n.ints(0, 0, 1, 1, 0, 0, 1, 1), n.op("ReduceMean", n.x, axes=[0, 1, 2, 3], keepdims=0)
    ),
)


def best(n):
    return n.op("ArgMax", n.op("ReduceMean", n.x, axes=[2, 3], keepdims=0), axis=1, keepdims=0)


one("ga_table1", lambda n: n.op("Gather", n.noise(16), best(n)))
one("ga_table2", lambda n: n.op("Gather", n.noise(16, 4), best(n)))
one(
    "ga_table1_ax",
    lambda n: n.op("Gather", n.noise(20), n.op("ArgMax", n.x, axis=1, keepdims=0), axis=0),
)
one(
    "ccp",
    lambda n: n.out(n.op("CenterCropPad", n.x, n.ints(16, 16), axes=[2, 3]), shape=(1, 16, 16, 16)),
    opset=18,
)
one(
    "scatter_el_add",
    lambda n: n.op(
        "ScatterElements", n.x, n.const(np.zeros((1, 16, 32, 32)), "int64"), n.x, axis=1, reduction="add"
    ),
)
