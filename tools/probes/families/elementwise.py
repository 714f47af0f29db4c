"""Binary broadcasts, powers, clips, activations of every rank."""

from __future__ import annotations

import numpy as np

from ..graphs import Probes

P = Probes()
one = P.one


# binary: const shapes vs data ranks
def bc(op, name, shape, first=False, r=4):
    def with_constant(n):
        c = n.const(np.random.default_rng(1).random(shape) + 0.5)
        x = n.ranked(r)
        return n.op(op, *((c, x) if first else (x, c)))

    one(f"{op}_{name}", with_constant)


def mean(n, *axes, keepdims=1):
    return n.op("ReduceMean", n.x, axes=axes, keepdims=keepdims)


DYNAMIC = dict(
    gap=lambda n: n.gap(n.x),
    sp=lambda n: mean(n, 1),
    h=lambda n: mean(n, 3),
    w=lambda n: mean(n, 2),
    cw=lambda n: mean(n, 1, 3),
    all=lambda n: mean(n, 1, 2, 3),
    r3=lambda n: mean(n, 0, keepdims=0),
    r2=lambda n: mean(n, 1, keepdims=0),
    r2w=lambda n: mean(n, 1, 2, keepdims=0),
    r5=lambda n: n.reshape(n.x, 1, 1, 16, 32, 32),
)
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
    for nm, other in DYNAMIC.items():
        one(f"{op}_d_{nm}", lambda n: n.op(op, n.x, other(n)))
        one(f"{op}_df_{nm}", lambda n: n.op(op, other(n), n.x))
    one(f"{op}_d_self", lambda n: n.op(op, n.x, n.x))
    one(f"{op}_cross", lambda n: n.op(op, mean(n, 2), mean(n, 3)))
    one(f"{op}_crossc", lambda n: n.op(op, n.gap(n.x), mean(n, 1)))
    one(f"{op}_bcastup", lambda n: n.op(op, n.gap(n.x), n.const(np.ones((1, 1, 8, 8)))))
    one(f"{op}_bcastup2", lambda n: n.op(op, mean(n, 2, 3, keepdims=0), n.const(np.ones((16, 1)))))
    one(f"{op}_batchup", lambda n: n.op(op, n.x, n.const(np.ones((2, 16, 1, 1)))))
    one(f"{op}_rankup", lambda n: n.op(op, n.x, n.const(np.ones((1, 2, 16, 1, 1)))))
for op in ("Max", "Min"):
    one(op + "_1", lambda n: n.op(op, n.x))
    one(op + "_3c", lambda n: n.op(op, n.x, n.const(1.0), n.op("Tanh", n.x)))
    one(op + "_4", lambda n: n.op(op, n.x, n.op("Tanh", n.x), n.op("Sigmoid", n.x), n.op("Abs", n.x)))
for op in ("Sum", "Mean"):
    for k in (1, 2):
        one(f"{op}_{k}", lambda n: n.op(op, *[n.x, n.op("Tanh", n.x)][:k]))
for e in (0, -1, 2, 1, 0.5, 1.5, -0.5, 4, 2.0000001, 3, 0.25, -2):
    one(f"Pow_{e}", lambda n: n.op("Pow", n.x, n.const(e)))
for nm, v in dict(
    v1=[2.0],
    v1111=[[[[2.0]]]],
    chan=np.full((1, 16, 1, 1), 2.0),
    full=np.full((1, 16, 32, 32), 2.0),
    w=np.full((32,), 2.0),
    chan3=np.full((1, 16, 1, 1), 3.0),
).items():
    one("Pow_k_" + nm, lambda n: n.op("Pow", n.x, n.const(v)))
one("Pow_int", lambda n: n.op("Pow", n.x, n.const(2, "int64")))
one("Pow_int3", lambda n: n.op("Pow", n.x, n.const(3, "int64")))
one("Pow_dyn", lambda n: n.op("Pow", n.x, n.data((1, 16, 32, 32))))
# clip
for nm, bounds in dict(
    none=(),
    amin=(0.0,),
    amax=("", 6.0),
    neg=(-1.0,),
    both=(0.0, 6.0),
    same=(1.0, 1.0),
    inv=(2.0, 1.0),
    inf=(0.0, np.inf),
    minf=(-np.inf, 6.0),
    big=(-100.0, 100.0),
    tr=(0.0, ""),
    emptyall=("", ""),
    r1=([0.0], [6.0]),
).items():
    one("clip_" + nm, lambda n: n.op("Clip", n.x, *[b if b == "" else n.const(b) for b in bounds]))
one("clip_dynmin", lambda n: n.op("Clip", n.x, mean(n, 0, 1, 2, 3, keepdims=0), n.const(6.0)))
one("dropout_tm", lambda n: n.op("Dropout", n.x, n.const(0.5), n.const(True, "bool")))
one("dropout_f", lambda n: n.op("Dropout", n.x, n.const(0.5), n.const(False, "bool")))
one("dropout_r", lambda n: n.op("Dropout", n.x, n.const(0.5)))
one("dropout_mask", lambda n: n.op("Dropout", n.x, outputs=2)[0])
# activations on ranks
UNARY = "Relu Sigmoid Abs Exp Tanh HardSwish HardSigmoid Neg Sqrt Sin Cos Identity Dropout".split()
for r in (1, 2, 3, 5, 6):
    for op in UNARY if r > 1 else UNARY[:1]:
        one(f"{op}_r{r}", lambda n: n.op(op, n.ranked(r)))
    one(f"Leaky_r{r}", lambda n: n.op("LeakyRelu", n.ranked(r), alpha=0.1))
    one(f"Clip_r{r}", lambda n: n.op("Clip", n.ranked(r), n.const(0.0), n.const(6.0)))
    one(f"Gelu_r{r}", lambda n: n.op("Gelu", n.ranked(r), approximate="none"), opset=20)
    one(f"Pow_r{r}", lambda n: n.op("Pow", n.ranked(r), n.const(2.0)))
