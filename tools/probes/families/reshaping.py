"""Reshape, Transpose, Flatten, Squeeze, Concat."""

from __future__ import annotations

from onnx import TensorProto as T

from ..graphs import Probes

P = Probes()
one = P.one


# Reshape
for s in [
    (1, -1),
    (-1, 16384),
    (1, 16384),
    (0, -1),
    (0, 16, -1),
    (1, 0, -1),
    (0, 0, 0, 0),
    (-1,),
    (16384,),
    (-1, 16, 1024),
    (2, -1),
    (-1, 1024),
    (-1, 8, 32, 32),
    (1, 16, -1),
    (16, -1),
    (-1, 32),
    (1, 1, 16, 32, 32),
    (1, 2, 2, 2, 2, 32, 32),
    (1, 1, 1, 1, 1, 1, 16, 1024),
    (1, 16, 32, 32),
    (-1, 16, 32, 32),
    (4, 4, 32, 32),
    (1, 1, 1, 16384),
    (32, 32, 16, 1),
    (-1, 4, 4, 32, 32),
]:
    one("reshape_" + "x".join(map(str, s)), lambda n: n.reshape(n.x, *s))
one("reshape_az0", lambda n: n.op("Reshape", n.x, n.ints(1, 16, -1), allowzero=0))
one("reshape_az1", lambda n: n.op("Reshape", n.x, n.ints(1, 16, -1), allowzero=1))
one("reshape_dynshape", lambda n: n.out(n.op("Reshape", n.x, n.data((4,), T.INT64)), shape=(1, 16, 32, 32)))
one(
    "reshape_shapeof",
    lambda n: n.op(
        "Reshape",
        n.x,
        n.op("Concat", n.op("Slice", n.op("Shape", n.x), n.ints(0), n.ints(2)), n.ints(-1), axis=0),
    ),
)
one("reshape_batch2", lambda n: n.reshape(n.reshape(n.x, -1, 8, 32, 32), 1, 16, 32, 32))
one("reshape_batch16relu", lambda n: n.op("Relu", n.reshape(n.x, 16, 32, 32)))
one(
    "reshape_from_batch",
    lambda n: n.reshape(n.op("Relu", n.reshape(n.x, -1, 8, 32, 32)), 1, 16, 32, 32),
)
one(
    "reshape_0first",
    lambda n: n.op(
        "Reshape",
        n.x,
        n.ints(0, 16, 1024),
    ),
)
# after batch break: what do other ops say
for op in ("Relu", "Sigmoid"):
    one("batched_" + op, lambda n: n.op(op, n.reshape(n.x, 2, 8, 32, 32)))
# Transpose
for p in [
    (0, 1, 2, 3),
    (0, 3, 2, 1),
    (0, 2, 3, 1),
    (0, 3, 1, 2),
    (0, 1, 3, 2),
    (0, 2, 1, 3),
    (1, 0, 2, 3),
    (3, 2, 1, 0),
    (2, 0, 1, 3),
]:
    one("tr_" + "".join(map(str, p)), lambda n: n.op("Transpose", n.x, perm=list(p)))
one("tr_none", lambda n: n.op("Transpose", n.x))
one("tr_r3_none", lambda n: n.op("Transpose", n.ranked(3)))
for p in [(0, 2, 1), (1, 0, 2), (2, 1, 0), (1, 2, 0)]:
    one("tr3_" + "".join(map(str, p)), lambda n: n.op("Transpose", n.ranked(3), perm=list(p)))
for p in [(1, 0), (0, 1)]:
    one("tr2_" + "".join(map(str, p)), lambda n: n.op("Transpose", n.ranked(2), perm=list(p)))
for p in [(0, 1, 3, 2, 4), (0, 4, 3, 2, 1), (0, 2, 1, 3, 4), (1, 0, 2, 3, 4), (0, 1, 2, 4, 3)]:
    one("tr5_" + "".join(map(str, p)), lambda n: n.op("Transpose", n.ranked(5), perm=list(p)))
for p in [(0, 1, 3, 2, 4, 5), (0, 2, 4, 1, 3, 5), (0, 1, 4, 2, 5, 3), (0, 5, 4, 3, 2, 1)]:
    one("tr6_" + "".join(map(str, p)), lambda n: n.op("Transpose", n.ranked(6), perm=list(p)))
one(
    "tr7",
    lambda n: n.op("Transpose", n.reshape(n.x, 1, 2, 2, 4, 4, 8, 32), perm=[0, 2, 1, 3, 5, 4, 6]),
)
# Flatten
for r in (2, 3, 4, 5):
    for ax in (0, 1, 2, 3, -1, -2, -3, None):
        if ax is not None and not -r <= ax <= r:
            continue
        one(
            f"flat_r{r}_{ax}",
            lambda n: n.op("Flatten", n.ranked(r), axis=ax),
        )
# Squeeze / Unsqueeze
for ax in [(2,), (3,), (2, 3), (-1,), (-2,), (0,), (0, 2), (-1, -2)]:
    one("sq_" + "_".join(map(str, ax)), lambda n: n.op("Squeeze", n.gap(n.x), n.ints(*ax)))
one("sq_none", lambda n: n.op("Squeeze", n.gap(n.x)))
one("sq_none1", lambda n: n.op("Squeeze", n.op("ReduceMean", n.x, axes=[1])))
one("sq_noop", lambda n: n.op("Squeeze", n.x, n.ints(0)))
one("sq_none_nob", lambda n: n.op("Squeeze", n.x))
for ax in [(1,), (2,), (4,), (-1,), (0,), (1, 2), (-2,), (2, -1), (-5,), (3, 4)]:
    one("usq_" + "_".join(map(str, ax)), lambda n: n.op("Unsqueeze", n.x, n.ints(*ax)))
    if all(-3 <= a <= 3 for a in ax):
        one("usq2_" + "_".join(map(str, ax)), lambda n: n.op("Unsqueeze", n.vector(), n.ints(*ax)))
for r, axes in ((4, (-4, -3, -1, 4)), (2, (-3,)), (3, (-4, -3, -2)), (5, (-5,))):
    for ax in axes:
        one(f"usq{r}_{ax}", lambda n: n.op("Unsqueeze", n.vector() if r == 2 else n.ranked(r), n.ints(ax)))
# Concat
for r in (2, 3, 4, 5, 6):
    for ax in range(-r, r):
        one(f"cat_r{r}_{ax}", lambda n: n.op("Concat", n.ranked(r), n.op("Tanh", n.ranked(r)), axis=ax))
one("cat_1", lambda n: n.op("Concat", n.x, axis=1))
one("cat_same", lambda n: n.op("Concat", n.x, n.x, axis=1))
one("cat_const", lambda n: n.op("Concat", n.x, n.noise(1, 4, 32, 32), axis=1))
one("cat_constfirst", lambda n: n.op("Concat", n.noise(1, 4, 32, 32), n.x, axis=1))
one("cat_40", lambda n: n.op("Concat", *[n.x] * 40, axis=1))
one("cat_input", lambda n: n.op("Concat", "input", n.x, axis=1))
