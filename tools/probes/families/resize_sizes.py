"""Resize on both sides of the sizes and scales it may have."""

from __future__ import annotations

from ..graphs import Probes

P = Probes(head=False)
one = P.one

for m, h, s in [
    ("linear", 4093, 2),
    ("linear", 4094, 2),
    ("nearest", 4094, 2),
    ("nearest", 20000, 2),
    ("linear", 4094, 1),
    ("linear", 4094, 0.5),
    ("linear", 20000, 0.5),
    ("nearest", 20000, 0.5),
    ("linear", 4093, 3),
]:
    a = dict(mode=m)
    if m == "nearest":
        a.update(coordinate_transformation_mode="asymmetric", nearest_mode="floor")
    one(
        f"rzlim_{m}_{h}_{s}",
        lambda n: n.op("Resize", "input", "", n.const([1, 1, s, 1]), **a),
        shape=(1, 1, h, 2),
    )
    one(
        f"rzlimw_{m}_{h}_{s}",
        lambda n: n.op("Resize", "input", "", n.const([1, 1, 1, s]), **a),
        shape=(1, 1, 2, h),
    )
one(
    "rzlim_h_wup",
    lambda n: n.op("Resize", "input", "", n.const([1, 1, 1, 2]), mode="linear"),
    shape=(1, 1, 4094, 2),
)
one(
    "rzlim_updown",
    lambda n: n.op("Resize", "input", "", n.const([1, 1, 0.5, 2]), mode="linear"),
    shape=(1, 1, 4094, 2),
)
one(
    "rzlim_size",
    lambda n: n.op("Resize", "input", "", "", n.ints(1, 1, 5000, 2), mode="linear"),
    shape=(1, 1, 4094, 2),
)
for s in (64, 100, 255, 256, 512):
    one(
        f"rzscale_{s}",
        lambda n: n.op("Resize", "input", "", n.const([1, 1, s, s]), mode="linear"),
        shape=(1, 1, 2, 2),
    )
    one(
        f"rznscale_{s}",
        lambda n: n.op(
            "Resize",
            "input",
            "",
            n.const([1, 1, s, s]),
            mode="nearest",
            coordinate_transformation_mode="asymmetric",
            nearest_mode="floor",
        ),
        shape=(1, 1, 2, 2),
    )
    one(
        f"rzdown_{s}",
        lambda n: n.op("Resize", "input", "", n.const([1, 1, 1 / s, 1 / s]), mode="linear"),
        shape=(1, 1, 1024, 1024),
    )
