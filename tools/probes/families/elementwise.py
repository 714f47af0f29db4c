"""Binary broadcasts, powers, clips, activations of every rank."""
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


# conv pads vs kernel
def C(name, k=3, cin=16, cout=8, group=1, **a):
    one("conv_" + name, lambda n: n.out(n.conv(n.x, cin, cout, k, group=group, **a)))


C("p3k3", pads=[3, 3, 3, 3])
C("p2k3", pads=[2, 2, 2, 2])
C("p1k1", k=1, pads=[1, 1, 1, 1])
C("p3k3d2", pads=[3, 3, 3, 3], dilations=[2, 2])
C("p4k3d2", pads=[4, 4, 4, 4], dilations=[2, 2])
C("p5k3d2", pads=[5, 5, 5, 5], dilations=[2, 2])
C("p2k2", k=2, pads=[2, 2, 2, 2])
C("p12k3x1", k=(3, 1), pads=[0, 1, 0, 1])
C("p2k2d3", k=2, pads=[2, 2, 2, 2], dilations=[3, 3])
C("p3k2d3", k=2, pads=[3, 3, 3, 3], dilations=[3, 3])
C("p4k2d3", k=2, pads=[4, 4, 4, 4], dilations=[3, 3])
C("g16p3", cout=16, group=16, pads=[3, 3, 3, 3])
C("g8c16p3", cout=16, group=8, pads=[3, 3, 3, 3])
C("g8c32", cout=32, group=8)
C("g2c48", cout=48, group=2)
C("g16c16m3", cout=48, group=16)
# avgpool ceil
for k, s, p in (
    (2, 2, 0),
    (3, 2, 0),
    (3, 2, 1),
    (2, 1, 0),
    (3, 3, 0),
    (4, 4, 0),
    (3, 1, 1),
    (5, 2, 0),
    (16, 16, 0),
    (4, 2, 1),
    (2, 3, 0),
):
    one(
        f"apceil_k{k}s{s}p{p}",
        lambda n: n.out(
            n.op("AveragePool", n.x, kernel_shape=[k, k], strides=[s, s], pads=[p] * 4, ceil_mode=1)
        ),
    )
    one(
        f"mpceil_k{k}s{s}p{p}",
        lambda n: n.out(n.op("MaxPool", n.x, kernel_shape=[k, k], strides=[s, s], pads=[p] * 4, ceil_mode=1)),
    )


# binary: const shapes vs data ranks
def bc(op, name, shape, first=False, r=4, dt="float32"):
    def f(n):
        c = n.const(np.random.default_rng(1).random(shape) + 0.5, dt)
        x = X(n, r)
        return n.out(n.op(op, *((c, x) if first else (x, c))))

    one(f"{op}_{name}", f)


for op in ("Add", "Mul", "Sub", "Div", "Max", "Min"):
    for nm, sh in dict(
        s=(),
        s1=(1,),
        s1111=(1, 1, 1, 1),
        c=(1, 16, 1, 1),
        c3=(16, 1, 1),
        w=(32,),
        hw=(32, 32),
        h1=(32, 1),
        w1=(1, 32),
        chw=(16, 32, 32),
        full=(1, 16, 32, 32),
        sp=(1, 1, 32, 32),
        ch=(1, 16, 32, 1),
        cw=(1, 16, 1, 32),
        r5=(1, 1, 1, 1, 1),
        s11=(1, 1),
        s111=(1, 1, 1),
    ).items():
        bc(op, "k_" + nm, sh)
        bc(op, "kf_" + nm, sh, True)
    for r, sh in (
        (2, (16384,)),
        (2, (1, 16384)),
        (2, ()),
        (3, (1024,)),
        (3, (16, 1)),
        (3, (1, 16, 1)),
        (3, ()),
        (5, (32,)),
        (5, ()),
        (5, (16, 1, 1, 1)),
        (6, ()),
        (6, (32,)),
        (1, ()),
    ):
        bc(op, f"r{r}_{'x'.join(map(str, sh))}", sh, r=r)
    # dynamic forms
    D = dict(
        gap=lambda n: n.gap(n.x),
        sp=lambda n: n.op("ReduceMean", n.x, axes=[1], keepdims=1),
        h=lambda n: n.op("ReduceMean", n.x, axes=[3], keepdims=1),
        w=lambda n: n.op("ReduceMean", n.x, axes=[2], keepdims=1),
        cw=lambda n: n.op("ReduceMean", n.x, axes=[1, 3], keepdims=1),
        all=lambda n: n.op("ReduceMean", n.x, axes=[1, 2, 3], keepdims=1),
        self=lambda n: n.x,
        r3=lambda n: n.op("ReduceMean", n.x, axes=[0], keepdims=0),
        r2=lambda n: n.op("ReduceMean", n.x, axes=[1], keepdims=0),
        r2w=lambda n: n.op("ReduceMean", n.x, axes=[1, 2], keepdims=0),
        r5=lambda n: n.reshape(n.x, 1, 1, 16, 32, 32),
    )
    for nm, g in D.items():
        one(f"{op}_d_{nm}", lambda n: n.out(n.op(op, n.x, g(n))))
        if nm != "self":
            one(f"{op}_df_{nm}", lambda n: n.out(n.op(op, g(n), n.x)))
    one(
        f"{op}_cross",
        lambda n: n.out(
            n.op(
                op,
                n.op("ReduceMean", n.x, axes=[2], keepdims=1),
                n.op("ReduceMean", n.x, axes=[3], keepdims=1),
            )
        ),
    )
    one(f"{op}_crossc", lambda n: n.out(n.op(op, n.gap(n.x), n.op("ReduceMean", n.x, axes=[1], keepdims=1))))
    one(f"{op}_bcastup", lambda n: n.out(n.op(op, n.gap(n.x), n.const(np.ones((1, 1, 8, 8))))))
    one(
        f"{op}_bcastup2",
        lambda n: n.out(
            n.op(op, n.op("ReduceMean", n.x, axes=[2, 3], keepdims=0), n.const(np.ones((16, 1))))
        ),
    )
    one(f"{op}_batchup", lambda n: n.out(n.op(op, n.x, n.const(np.ones((2, 16, 1, 1))))))
    one(f"{op}_rankup", lambda n: n.out(n.op(op, n.x, n.const(np.ones((1, 2, 16, 1, 1))))))
for op in ("Max", "Min"):
    one(op + "_1", lambda n: n.out(n.op(op, n.x)))
    one(op + "_3c", lambda n: n.out(n.op(op, n.x, n.const(1.0), n.op("Tanh", n.x))))
    one(op + "_4", lambda n: n.out(n.op(op, n.x, n.op("Tanh", n.x), n.op("Sigmoid", n.x), n.op("Abs", n.x))))
for op in ("Sum", "Mean"):
    for k in (1, 2):
        one(f"{op}_{k}", lambda n: n.out(n.op(op, *[n.x, n.op("Tanh", n.x)][:k])))
for e in (0, -1, 2, 1, 0.5, 1.5, -0.5, 4, 2.0000001, 3, 0.25, -2):
    one(f"Pow_{e}", lambda n: n.out(n.op("Pow", n.x, n.const(e))))
for nm, v in dict(
    v1=[2.0],
    v1111=[[[[2.0]]]],
    chan=np.full((1, 16, 1, 1), 2.0),
    full=np.full((1, 16, 32, 32), 2.0),
    w=np.full((32,), 2.0),
    chan3=np.full((1, 16, 1, 1), 3.0),
).items():
    one("Pow_k_" + nm, lambda n: n.out(n.op("Pow", n.x, n.const(v))))
one("Pow_int", lambda n: n.out(n.op("Pow", n.x, n.const(2, "int64"))))
one("Pow_int3", lambda n: n.out(n.op("Pow", n.x, n.const(3, "int64"))))
one("Pow_dyn", lambda n: n.out(n.op("Pow", n.x, n.data((1, 16, 32, 32)))))
# clip
inf = float("inf")
for nm, (a, b) in dict(
    none=(None, None),
    amin=(0.0, None),
    amax=(None, 6.0),
    neg=(-1.0, None),
    both=(0.0, 6.0),
    same=(1.0, 1.0),
    inv=(2.0, 1.0),
    inf=(0.0, inf),
    minf=(-inf, 6.0),
    dynmin=("d", 6.0),
    big=(-100.0, 100.0),
).items():

    def f(n, a=a, b=b):
        def g(v):
            return (
                ""
                if v is None
                else (n.op("ReduceMean", n.x, axes=[0, 1, 2, 3], keepdims=0) if v == "d" else n.const(v))
            )

        ins = [g(a), g(b)]
        while ins and ins[-1] == "":
            ins.pop()
        return n.out(n.op("Clip", n.x, *ins))

    one("clip_" + nm, f)
one("clip_tr", lambda n: n.out(n.op("Clip", n.x, n.const(0.0), "")))
one("clip_emptyall", lambda n: n.out(n.op("Clip", n.x, "", "")))
one(
    "clip_r1",
    lambda n: n.out(n.op("Clip", n.x, n.const([0.0]), n.const([6.0]))),
)
one("dropout_tm", lambda n: n.out(n.op("Dropout", n.x, n.const(0.5), n.const(True, "bool"))))
one("dropout_f", lambda n: n.out(n.op("Dropout", n.x, n.const(0.5), n.const(False, "bool"))))
one("dropout_r", lambda n: n.out(n.op("Dropout", n.x, n.const(0.5))))
one("dropout_mask", lambda n: n.out(n.op("Dropout", n.x, outputs=2)[0]))
# activations on ranks
for r in (1, 2, 3, 5, 6):
    for op in "Relu Sigmoid Abs Exp Tanh HardSwish HardSigmoid Neg Sqrt Sin Cos Identity Dropout".split():
        if r == 1 and op not in ("Relu",):
            continue
        one(f"{op}_r{r}", lambda n: n.out(n.op(op, X(n, r))))
    one(f"Leaky_r{r}", lambda n: n.out(n.op("LeakyRelu", X(n, r), alpha=0.1)))
    one(f"Clip_r{r}", lambda n: n.out(n.op("Clip", X(n, r), n.const(0.0), n.const(6.0))))
    one(f"Gelu_r{r}", lambda n: n.out(n.op("Gelu", X(n, r), approximate="none")), opset=20)
    one(f"Pow_r{r}", lambda n: n.out(n.op("Pow", X(n, r), n.const(2.0))))
