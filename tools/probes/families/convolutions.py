"""Conv, ConvTranspose, pooling, normalisation, and the order in which the front end objects."""
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


S = (1, 16, 32, 32)
for nm, k in dict(
    dup_out=lambda n: n.out(n.x, n.x, shape=S),
    const_out=lambda n: n.out(n.const(np.ones((1, 2))), n.x, shape=(1, 2)),
    out_is_in2=lambda n: n.out("input", n.x, shape=(1, 3, 32, 32)),
    custom=lambda n: n.out(n.op("MyOp", n.x, domain="my.d"), shape=S),
    msgelu=lambda n: n.out(n.op("Gelu", n.x, domain="com.microsoft"), shape=S),
    noop=lambda n: n.out(n.op("NotAnOp", n.x), shape=S),
    loneinp=lambda n: n.out(n.op("MyOp", n.x, domain="ai.onnx.ml"), shape=S),
).items():
    one(nm, k)
one("out_is_in", lambda n: n.out("input", shape=(1, 3, 32, 32)), head=False)
for o in (18, 20):
    one(
        f"gn_{o}",
        lambda n: n.out(n.op("GroupNormalization", n.x, n.noise(4), n.noise(4), num_groups=4), shape=S),
        opset=o,
    )


def deadnode(n):
    n.op("Sigmoid", n.x)
    return n.tail(n.x)


one("dead_ok", deadnode)


def deadbad(n):
    n.op("Erf", n.x)
    return n.tail(n.x)


one("dead_bad", deadbad)


def deadinv(n):
    n.op("Transpose", n.x, perm=[1, 0, 2, 3])
    return n.tail(n.x)


one("dead_inv", deadinv)


def inter_out(n):
    y = n.conv(n.x, 16, 8)
    return n.out(n.x, y)


one("intermediate_out", inter_out)
one("batch2_usop", lambda n: n.out(n.op("Erf", n.x)), shape=(2, 3, 32, 32))
one("usop_execparse", lambda n: n.out(n.op("Erf", n.op("LeakyRelu", n.x))))
one("inv_execparse", lambda n: n.out(n.op("Transpose", n.op("LeakyRelu", n.x), perm=[1, 0, 2, 3])))
one("usop_disc", lambda n: n.out(n.op("Erf", n.x), n.op("Relu", n.data((1, 3, 8, 8)))))
one("batch2_disc", lambda n: n.out(n.op("Erf", n.x), n.op("Relu", n.data((2, 3, 8, 8)))))
one("opset21_usop", lambda n: n.out(n.op("Erf", n.x)), opset=21)
one("batch2_execparse", lambda n: n.out(n.op("LeakyRelu", n.x)), shape=(2, 3, 32, 32))
one("batch2_inv", lambda n: n.out(n.op("Transpose", n.x, perm=[1, 0, 2, 3])), shape=(2, 3, 32, 32))
one("usop_inv", lambda n: n.out(n.op("Erf", n.op("Transpose", n.x, perm=[1, 0, 2, 3]))))
one("dyn_usop", lambda n: n.out(n.op("Erf", n.x)), shape=(1, 3, "h", "w"))
one("rank1_batch2", lambda n: n.out(n.op("Relu", n.data((5,))), n.x))
one("if_usop", lambda n: n.out(n.op("Erf", n.op("LeakyRelu", n.x)), n.op("Relu", n.data((1,)))))


# Conv
def C(name, k=3, cin=16, cout=8, group=1, **a):
    one("conv_" + name, lambda n: n.out(n.conv(n.x, cin, cout, k, group=group, **a)))


C("s12", strides=[1, 2])
C("s2d12", strides=[2, 2], dilations=[1, 2])
C("s21d12", strides=[2, 1], dilations=[1, 2])
C("s12d12", strides=[1, 2], dilations=[1, 2])
C("d2s1", dilations=[2, 2], strides=[1, 1])
C("d2nostr", dilations=[2, 2])
C("s2d1", strides=[2, 2], dilations=[1, 1])
C("s31", strides=[3, 1])
C("s16", k=3, strides=[16, 16])
C("s32", k=1, strides=[32, 32])
C("k1d2", k=1, dilations=[2, 2])
C("k1s2d2", k=1, strides=[2, 2], dilations=[2, 2])
C("padbig", pads=[5, 5, 5, 5])
C("pad7", pads=[7, 0, 0, 0])
C("padasym", pads=[0, 1, 2, 3])
C("padneg", pads=[-1, -1, -1, -1])
for ap in ("SAME_UPPER", "SAME_LOWER", "VALID", "NOTSET"):
    C("ap_" + ap, auto_pad=ap)
    C("ap_s2_" + ap, auto_pad=ap, strides=[2, 2])
    C("ap_k4_" + ap, k=4, auto_pad=ap)
C("nobias", bias=False)
C("k32", k=32)
C("k64pad", k=64, pads=[16, 16, 16, 16])
C("g4", group=4)
C("g16m2", cout=32, group=16)
C("g4c4", cout=4, group=4)
C("g16s2d2", cout=16, group=16, strides=[2, 2], dilations=[2, 2])
C("g2d3", group=2, dilations=[3, 3])
C("g16_s3", cout=16, group=16, strides=[3, 3])
C("g16_s8", cout=16, group=16, strides=[8, 8])
C("g16d12", cout=16, group=16, dilations=[12, 12])
C("g2s2", group=2, strides=[2, 2])
C("g8", group=8)
C("g8c16", cout=16, group=8)
C("c1", cout=1)
C("c2048", k=1, cout=2048)
C("d31", k=2, dilations=[31, 31])
C("k3x7", k=(3, 7))
C("k32x1", k=(32, 1))
C("k1x32", k=(1, 32))


def nok(n, **a):
    return n.out(n.op("Conv", n.x, n.noise(8, 16, 3, 3), n.noise(8), **a))


one("conv_nokernelattr", nok)
one("conv_nokernelattr_pads", lambda n: nok(n, pads=[1, 1, 1, 1]))
one(
    "conv_alldef",
    lambda n: nok(n, kernel_shape=[3, 3], group=1, strides=[1, 1], dilations=[1, 1], pads=[0, 0, 0, 0]),
)
one("conv_group1", lambda n: nok(n, kernel_shape=[3, 3], group=1))
one("conv_1d", lambda n: n.out(n.conv(n.reshape(n.x, 1, 16, 1024), 16, 8, [3])))
one("conv_3d", lambda n: n.out(n.conv(n.reshape(n.x, 1, 16, 4, 8, 32), 16, 8, [3, 3, 3])))
one("conv_1din", lambda n: n.out(n.conv("input", 3, 8, [3])), shape=(1, 3, 64), head=False)
one("conv_3din", lambda n: n.out(n.conv("input", 3, 8, [3, 3, 3])), shape=(1, 3, 8, 8, 8), head=False)


def dyn(n, bias=False):
    w = n.data((8, 16, 3, 3))
    b = [n.data((8,))] if bias else []
    return n.out(n.op("Conv", n.x, w, *b, kernel_shape=[3, 3]))


one("conv_dynw_input", dyn)
one("conv_dynw_b1", lambda n: n.out(n.op("Conv", n.x, n.data((1, 16, 3, 3)), kernel_shape=[3, 3])))
one("conv_dynw_act", lambda n: n.out(n.op("Conv", n.x, n.conv(n.x, 16, 16, 30), kernel_shape=[3, 3])))
one(
    "conv_dynbias",
    lambda n: n.out(
        n.op("Conv", n.x, n.noise(1, 16, 3, 3), n.op("Flatten", n.data((1, 1))), kernel_shape=[3, 3])
    ),
)
one(
    "conv_dynbias1",
    lambda n: n.out(n.op("Conv", n.x, n.noise(1, 16, 3, 3), n.data((1,)), kernel_shape=[3, 3])),
)
one(
    "conv_xconst",
    lambda n: n.out(
        n.op("Add", n.x, n.op("Conv", n.noise(1, 3, 32, 32), n.noise(16, 3, 1, 1), kernel_shape=[1, 1]))
    ),
)
one("conv_wrelu", lambda n: n.out(n.op("Conv", n.x, n.op("Relu", n.noise(8, 16, 3, 3)), kernel_shape=[3, 3])))
one("conv_emptybias", lambda n: n.out(n.op("Conv", n.x, n.noise(8, 16, 3, 3), "", kernel_shape=[3, 3])))


# ConvTranspose
def CT(name, k=2, cin=16, cout=8, group=1, bias=True, **a):
    def f(n):
        kk = [k, k] if isinstance(k, int) else list(k)
        g = {"group": group} if group != 1 else {}
        return n.out(
            n.op(
                "ConvTranspose",
                n.x,
                n.noise(cin, cout // group, *kk),
                *([n.noise(cout)] if bias else []),
                kernel_shape=kk,
                **g,
                **a,
            )
        )

    one("ct_" + name, f)


CT("k3s2", k=3, strides=[2, 2])
CT("k2s3", k=2, strides=[3, 3])
CT("k3s2op1", k=3, strides=[2, 2], output_padding=[1, 1])
CT("k2s2op0", strides=[2, 2], output_padding=[0, 0])
CT("k3s2os", k=3, strides=[2, 2], output_shape=[64, 64])
CT("k3s2os65", k=3, strides=[2, 2], output_shape=[65, 65])
CT("op01", strides=[2, 2], output_padding=[0, 1])
CT("k4s2op1", k=4, strides=[2, 2], output_padding=[1, 1])
CT("k4s4op3", k=4, strides=[4, 4], output_padding=[3, 3])
CT("d2", k=3, dilations=[2, 2])
CT("d2s2", k=3, strides=[2, 2], dilations=[2, 2])
CT("d12", k=3, dilations=[1, 2])
CT("p0", strides=[2, 2], pads=[0, 0, 0, 0])
CT("p1000", k=4, strides=[2, 2], pads=[1, 0, 0, 0])
CT("p01", k=4, strides=[2, 2], pads=[0, 1, 0, 1])
CT("p0011", k=3, strides=[2, 2], pads=[0, 0, 1, 1])
for ap in ("SAME_UPPER", "SAME_LOWER", "VALID", "NOTSET"):
    CT("ap_" + ap, k=3, strides=[2, 2], auto_pad=ap)
    CT("ap2_" + ap, k=2, strides=[2, 2], auto_pad=ap)
CT("g2", group=2, strides=[2, 2])
CT("g4", group=4, strides=[2, 2])
CT("nobias", bias=False, strides=[2, 2])
CT("k16s16", k=16, strides=[16, 16])
CT("s12", k=(1, 2), strides=[1, 2])
CT("s21k1", k=1, strides=[1, 1])
CT("k2x1s2x2", k=(2, 1), strides=[2, 2])
CT("k3x2s2", k=(3, 2), strides=[2, 2])
CT("k5s3", k=5, strides=[3, 3])
CT("k7s1", k=7)
CT("k9s5", k=9, strides=[5, 5])
CT("k6s1", k=6, strides=[1, 1])
CT("k20s4", k=20, strides=[4, 4])
CT("k2s1", k=2, strides=[1, 1])
CT("k32s32", k=32, strides=[32, 32])
CT("k3s3", k=3, strides=[3, 3])
one(
    "ct_1d",
    lambda n: n.out(
        n.op("ConvTranspose", n.reshape(n.x, 1, 16, 1024), n.noise(16, 8, 2), kernel_shape=[2], strides=[2])
    ),
)
one(
    "ct_3d",
    lambda n: n.out(
        n.op(
            "ConvTranspose",
            n.reshape(n.x, 1, 16, 4, 8, 32),
            n.noise(16, 8, 2, 2, 2),
            kernel_shape=[2, 2, 2],
            strides=[2, 2, 2],
        )
    ),
)
one(
    "ct_dynw",
    lambda n: n.out(n.op("ConvTranspose", n.x, n.data((16, 8, 2, 2)), kernel_shape=[2, 2], strides=[2, 2])),
)
one("ct_nok", lambda n: n.out(n.op("ConvTranspose", n.x, n.noise(16, 8, 2, 2), strides=[2, 2])))


# pools
def PL(op, name, **a):
    one(f"{op[:3]}_{name}", lambda n: n.out(n.op(op, n.x, **a)))


for op in ("MaxPool", "AveragePool"):
    PL(op, "k3", kernel_shape=[3, 3])
    PL(op, "k3s1p1", kernel_shape=[3, 3], strides=[1, 1], pads=[1, 1, 1, 1])
    PL(op, "ceil0", kernel_shape=[2, 2], strides=[2, 2], ceil_mode=0)
    PL(op, "ceil1exact", kernel_shape=[2, 2], strides=[2, 2], ceil_mode=1)
    PL(op, "asym", kernel_shape=[3, 3], strides=[2, 2], pads=[0, 0, 1, 1])
    PL(op, "p2k3", kernel_shape=[3, 3], pads=[2, 2, 2, 2])
    PL(op, "k5p2", kernel_shape=[5, 5], pads=[2, 2, 2, 2])
    PL(op, "k13p6", kernel_shape=[13, 13], pads=[6, 6, 6, 6], strides=[1, 1])
    PL(op, "k3x1", kernel_shape=[3, 1])
    PL(op, "k32", kernel_shape=[32, 32])
    PL(op, "s12", kernel_shape=[2, 2], strides=[1, 2])
    PL(op, "s3k2", kernel_shape=[2, 2], strides=[3, 3])
    PL(op, "k2s1", kernel_shape=[2, 2], strides=[1, 1])
    PL(op, "k16s16", kernel_shape=[16, 16], strides=[16, 16])
    PL(op, "s16", kernel_shape=[2, 2], strides=[16, 16])
    for ap in ("SAME_UPPER", "SAME_LOWER", "VALID", "NOTSET"):
        PL(op, "ap_" + ap, kernel_shape=[3, 3], strides=[2, 2], auto_pad=ap)
        PL(op, "apk2_" + ap, kernel_shape=[2, 2], auto_pad=ap)
    one(f"{op[:3]}_1d", lambda n: n.out(n.op(op, n.reshape(n.x, 1, 16, 1024), kernel_shape=[2], strides=[2])))
    one(
        f"{op[:3]}_3d",
        lambda n: n.out(n.op(op, n.reshape(n.x, 1, 16, 4, 8, 32), kernel_shape=[2, 2, 2], strides=[2, 2, 2])),
    )
PL("MaxPool", "d2", kernel_shape=[3, 3], dilations=[2, 2])
PL("MaxPool", "d1", kernel_shape=[3, 3], dilations=[1, 1])
PL("MaxPool", "so0", kernel_shape=[3, 3], storage_order=0)
PL("MaxPool", "so1", kernel_shape=[3, 3], storage_order=1)
PL("AveragePool", "cip0", kernel_shape=[3, 3], pads=[1, 1, 1, 1], count_include_pad=0)
PL("AveragePool", "cip1", kernel_shape=[3, 3], pads=[1, 1, 1, 1], count_include_pad=1)
PL("AveragePool", "cip1nopad", kernel_shape=[3, 3], count_include_pad=1)
one("Ave_d2", lambda n: n.out(n.op("AveragePool", n.x, kernel_shape=[3, 3], dilations=[2, 2])), opset=19)
one("Ave_d1", lambda n: n.out(n.op("AveragePool", n.x, kernel_shape=[3, 3], dilations=[1, 1])), opset=19)


def mpi(n, use):
    a, b = n.op("MaxPool", n.x, kernel_shape=[2, 2], strides=[2, 2], outputs=2)
    return n.out(a) if not use else n.out(n.op("Add", a, n.op("Cast", b, to=1)))


one("Max_idx_unused", lambda n: mpi(n, 0))
one("Max_idx_used", lambda n: mpi(n, 1))
for r in (2, 3, 5):
    sh = {2: (1, 16), 3: (1, 16, 1024), 5: (1, 16, 4, 8, 32)}[r]
    if r > 2:
        one(f"gap_r{r}", lambda n: n.out(n.op("GlobalAveragePool", n.reshape(n.x, *sh))))


# BN
def BN(name, shape=None, const=(1, 1, 1, 1), **a):
    def f(n):
        x = n.x if shape is None else n.reshape(n.x, *shape)
        ps = [
            n.const(np.random.default_rng(i).random(16) + 0.5) if c else n.data((16,))
            for i, c in enumerate(const)
        ]
        return n.out(n.op("BatchNormalization", x, *ps, **a))

    one("bn_" + name, f)


BN("plain")
BN("eps", epsilon=1e-3)
BN("mom", momentum=0.99)
BN("all", epsilon=1e-5, momentum=0.9, training_mode=0)
BN("r3", (1, 16, 1024))
BN("r5", (1, 16, 4, 8, 32))
BN("dyn", const=(0, 0, 1, 1))
BN("dynm", const=(1, 1, 0, 0))
one(
    "bn_train",
    lambda n: n.out(
        n.op(
            "BatchNormalization",
            n.x,
            n.noise(16),
            n.noise(16),
            n.noise(16),
            n.const(np.ones(16)),
            training_mode=1,
            outputs=3,
        )[0]
    ),
)
one(
    "bn_r2",
    lambda n: n.out(
        n.op("BatchNormalization", n.vector(), n.noise(16), n.noise(16), n.noise(16), n.const(np.ones(16)))
    ),
)
# norms
for nm, sh, k in (("4", None, 16), ("3", (1, 16, 1024), 16), ("5", (1, 16, 4, 8, 32), 16)):
    one(
        "in_r" + nm,
        lambda n: n.out(
            n.op("InstanceNormalization", n.x if sh is None else n.reshape(n.x, *sh), n.noise(k), n.noise(k))
        ),
    )
one("in_eps", lambda n: n.out(n.op("InstanceNormalization", n.x, n.noise(16), n.noise(16), epsilon=1e-3)))
one("in_dyn", lambda n: n.out(n.op("InstanceNormalization", n.x, n.data((16,)), n.noise(16))))
one("lrn", lambda n: n.out(n.op("LRN", n.x, size=3)))


def LN(name, axis=-1, shape=None, dims=(32,), bias=True, outs=1, dyn=False, perm=None, **a):
    def f(n):
        x = n.x if shape is None else n.reshape(n.x, *shape)
        if perm:
            x = n.op("Transpose", x, perm=perm)
        w = n.data(dims) if dyn else n.noise(*dims)
        at = dict(a)
        if axis is not None:
            at["axis"] = axis
        y = n.op("LayerNormalization", x, w, *([n.noise(*dims)] if bias else []), outputs=outs, **at)
        return n.out(*([y] if outs == 1 else y))

    one("ln_" + name, f)


LN("noaxis", None)
LN("ax3", 3)
LN("ax1", 1, dims=(16, 32, 32))
LN("ax2", 2, dims=(32, 32))
LN("axm3", -3, dims=(16, 32, 32))
LN("r3", -1, (1, 16, 1024), (1024,))
LN("r3ax2", 2, (1, 16, 1024), (1024,))
LN("r3ax1", 1, (1, 16, 1024), (16, 1024))
LN("r5", -1, (1, 16, 4, 8, 32))
LN("r5ax4", 4, (1, 16, 4, 8, 32))
LN("r6", -1, (1, 2, 8, 4, 8, 32))
LN("out3", outs=3)
LN("out2", outs=2)
LN("dynw", dyn=True)
LN("stash", stash_type=1)
LN("scalarw", dims=(1,))
LN("nobias", bias=False)
LN("ax0", 0, dims=(1, 16, 32, 32))
LN("w4d", dims=(1, 1, 1, 32))
LN("eps0", epsilon=0.0)
