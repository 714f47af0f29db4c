"""Resize, reductions, Softmax, TopK, ArgMax."""

from __future__ import annotations

import numpy as np
from onnx import TensorProto as T

from ..graphs import Probes

P = Probes()
one = P.one


# Resize
def RZ(name, scales=None, sizes=(), r=4, roi=None, opset=17, **a):
    def resize(n):
        given = ["" if roi is None else n.const(roi), "" if scales is None else n.const(scales)]
        if sizes:
            given.append(n.ints(*sizes))
        return n.op("Resize", n.ranked(r), *given, **a)

    one("rz_" + name, resize, opset=opset)


sc = [1, 1, 2, 2]
N = dict(mode="nearest", coordinate_transformation_mode="asymmetric", nearest_mode="floor")
L = dict(mode="linear", coordinate_transformation_mode="half_pixel")
for m in ("nearest", "linear", "cubic"):
    for c in (
        "half_pixel",
        "pytorch_half_pixel",
        "align_corners",
        "asymmetric",
        "tf_crop_and_resize",
        "half_pixel_symmetric",
        "tf_half_pixel_for_nn",
    ):
        for nm in (
            ["floor", "ceil", "round_prefer_floor", "round_prefer_ceil", None]
            if m == "nearest"
            else [None, "floor"]
        ):
            a = dict(mode=m, coordinate_transformation_mode=c)
            if nm:
                a["nearest_mode"] = nm
            RZ(
                f"{m}_{c}_{nm}",
                sc,
                roi=[0, 0, 0, 0, 1, 1, 1, 1] if c == "tf_crop_and_resize" else None,
                opset=19 if c == "half_pixel_symmetric" else 17,
                **a,
            )
RZ("default", sc)
RZ("linear_default", sc, mode="linear")
RZ("nearest_nocoord", sc, mode="nearest", nearest_mode="floor")
RZ("nearest_nonm", sc, mode="nearest", coordinate_transformation_mode="asymmetric")
for nm, s in dict(
    x3=[1, 1, 3, 3],
    x7=[1, 1, 7, 7],
    x05=[1, 1, 0.5, 0.5],
    x025=[1, 1, 0.25, 0.25],
    x13=[1, 1, 1.3, 1.3],
    x1=[1, 1, 1, 1],
    x23=[1, 1, 2, 3],
    x12=[1, 1, 1, 2],
    c2=[1, 2, 1, 1],
    c2hw=[1, 2, 2, 2],
    b2=[2, 1, 1, 1],
    x16=[1, 1, 16, 16],
    x32=[1, 1, 32, 32],
    x01=[1, 1, 0.1, 0.1],
    down_up=[1, 1, 0.5, 2],
    c05=[1, 0.5, 1, 1],
).items():
    RZ("nscale_" + nm, s, **N)
    RZ("lscale_" + nm, s, **L)
for nm, s in dict(
    same=[1, 16, 32, 32],
    x2=[1, 16, 64, 64],
    odd=[1, 16, 37, 41],
    down=[1, 16, 16, 16],
    one=[1, 16, 1, 1],
    c=[1, 32, 32, 32],
    b=[2, 16, 64, 64],
    down7=[1, 16, 7, 7],
    big=[1, 16, 512, 512],
    wh=[1, 16, 64, 32],
).items():
    RZ("nsize_" + nm, None, s, **N)
    RZ("lsize_" + nm, None, s, **L)
for r, s in ((3, [1, 1, 2]), (5, [1, 1, 2, 2, 2]), (3, [1, 2, 1]), (5, [1, 1, 1, 2, 2]), (2, [1, 2])):
    RZ(f"nr{r}_{'_'.join(map(str, s))}", s, r=r, **N)
    RZ(f"lr{r}_{'_'.join(map(str, s))}", s, r=r, **L)
RZ("roi", sc, roi=[0, 0, 0, 0, 1, 1, 1, 1], **L)
RZ("roiempty", sc, roi=np.zeros((0,)), **L)
RZ("aa", sc, opset=18, antialias=1, **L)
RZ("aa0", sc, opset=18, antialias=0, **L)
RZ("excl0", sc, exclude_outside=0, **L)
RZ("excl1", sc, exclude_outside=1, **L)
RZ("extrap", sc, extrapolation_value=0.0, **L)
RZ("cubic_a", sc, cubic_coeff_a=-0.75, **L)
RZ("cubic_a5", sc, cubic_coeff_a=-0.5, **L)
RZ("torchl", sc, cubic_coeff_a=-0.75, nearest_mode="floor", **L)
RZ("torchn", sc, cubic_coeff_a=-0.75, **N)
for p in ("stretch", "not_larger", "not_smaller"):
    RZ("katr_" + p, None, [1, 16, 64, 64], opset=18, keep_aspect_ratio_policy=p, **L)
RZ("axes23", [2, 2], opset=18, axes=[2, 3], **L)
RZ("axes23s", None, [64, 64], opset=18, axes=[2, 3], **L)
RZ("axes0123", sc, opset=18, axes=[0, 1, 2, 3], **L)
RZ("axesneg", [2, 2], opset=18, axes=[-2, -1], **N)
one(
    "rz_dynsizes",
    lambda n: n.op(
        "Resize",
        n.x,
        "",
        "",
        n.op("Concat", n.op("Slice", n.op("Shape", n.x), n.ints(0), n.ints(2)), n.ints(64, 64), axis=0),
        **L,
    ),
)
one(
    "rz_inputsizes",
    lambda n: n.out(n.op("Resize", n.x, "", "", n.data((4,), T.INT64), **L), shape=(1, 16, 64, 64)),
)
one(
    "rz_bothempty",
    lambda n: n.op("Resize", n.x, n.const(np.zeros(0)), n.const(np.zeros(0)), n.ints(1, 16, 64, 64), **L),
)


# Reduce
def reduced(n, op, axes, keepdims):
    if op != "ReduceSum":
        return n.op(op, n.x, axes=axes, keepdims=keepdims)
    return n.op(op, n.x, *([] if axes is None else [n.ints(*axes)]), keepdims=keepdims)


for op in ("ReduceMean", "ReduceSum", "ReduceMax", "ReduceL2"):
    for ax in [
        (1,),
        (2,),
        (3,),
        (1, 2),
        (2, 3),
        (1, 3),
        (1, 2, 3),
        (0,),
        (0, 1),
        (0, 1, 2, 3),
        (-1,),
        (-1, -2),
        (-4,),
        (-3,),
        None,
    ]:
        for kd in (0, 1, None) if ax in ((1,), (2, 3), None) else (0, 1):
            one(
                f"{op}_{'none' if ax is None else '_'.join(map(str, ax))}_{kd}",
                lambda n: reduced(n, op, ax, kd),
            )
    for r in (2, 3, 5, 6):
        one(f"{op}_r{r}", lambda n: n.op(op, n.ranked(r), n.ints(-1), keepdims=1), opset=18)
        one(f"{op}_r{r}k0", lambda n: n.op(op, n.ranked(r), n.ints(1), keepdims=0), opset=18)
    one(f"{op}_noop0", lambda n: n.op(op, n.x, n.ints(2, 3), noop_with_empty_axes=0), opset=18)
    one(f"{op}_noop1", lambda n: n.op(op, n.x, n.ints(2, 3), noop_with_empty_axes=1), opset=18)
    one(f"{op}_noop1e", lambda n: n.op(op, n.x, noop_with_empty_axes=1), opset=18)
    one(f"{op}_18none", lambda n: n.op(op, n.x), opset=18)
    one(f"{op}_18dyn", lambda n: n.out(n.op(op, n.x, n.data((1,), T.INT64)), shape=(1, 16, 32, 1)), opset=18)
# Softmax
for r in (2, 3, 4, 5, 6):
    for ax in range(-r, r):
        one(f"sm_r{r}_{ax}", lambda n: n.op("Softmax", n.ranked(r), axis=ax))
    one(f"sm_r{r}_none", lambda n: n.op("Softmax", n.ranked(r)))


# TopK
def TK(name, k, ax=None, r=4, outs=(0,), **a):
    def top(n):
        y = n.op("TopK", n.ranked(r), n.ints(k), outputs=2, axis=ax, **a)
        return n.out(*[y[i] for i in outs])

    one("tk_" + name, top)


TK("1", 1)
TK("ax0", 1, 0)
TK("ax1", 3, 1)
TK("ax2", 3, 2)
TK("ax3", 3, 3)
TK("axm4", 1, -4)
TK("smallest", 3, 1, largest=0)
TK("unsorted", 3, 1, sorted=0)
TK("all", 16, 1)
TK("k100", 100, 1, r=2)
TK("r2", 5, -1, r=2)
TK("r3", 5, -1, r=3)
TK("r3ax1", 5, 1, r=3)
TK("r5", 3, -1, r=5)
TK("attrs", 3, 1, largest=1, sorted=1)
TK("k1000", 1000, 1, r=2)
one(
    "tk_dynk",
    lambda n: n.out(n.op("TopK", n.x, n.data((1,), T.INT64), outputs=2, axis=1)[0], shape=(1, 3, 32, 32)),
)


def argmax(n, x, **a):
    return n.out(n.op("ArgMax", x, **a), dtype=T.INT64)


for r, ax, kd in (
    (4, 1, 1),
    (4, 1, 0),
    (4, 3, 1),
    (4, -1, 0),
    (4, 0, 1),
    (4, 0, 0),
    (4, 2, None),
    (4, None, None),
    (2, 1, 1),
    (2, 1, 0),
    (3, 2, 0),
    (3, 1, 1),
    (5, 1, 1),
    (5, -1, 0),
    (2, -1, 1),
    (4, -4, 1),
    (3, -1, 0),
    (2, 0, 0),
    (4, -3, 1),
):
    one(f"am_r{r}_{ax}_{kd}", lambda n: argmax(n, n.ranked(r), axis=ax, keepdims=kd))
one("am_sli1", lambda n: argmax(n, n.x, axis=1, select_last_index=1))
one("am_sli0", lambda n: argmax(n, n.x, axis=1, select_last_index=0))
one("am_castout", lambda n: n.out(n.op("Cast", n.op("ArgMax", n.x, axis=1), to=T.INT32), dtype=T.INT32))
one("am_relu", lambda n: n.out(n.reshape(n.op("ArgMax", n.x, axis=1), 1, 1024), dtype=T.INT64))
