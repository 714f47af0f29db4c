"""GroupNormalization, InstanceNormalization and LayerNormalization, by rank and on both sides of their longest axis."""

from __future__ import annotations

from ..graphs import Probes

P = Probes()
one = P.one
S = (1, 16, 32, 32)

for g, sh in ((4, None), (1, None), (16, None), (4, (1, 16, 1024)), (4, (1, 16, 4, 8, 32)), (4, (1, 16384))):
    one(
        f"gnorm_{g}_{sh and len(sh)}",
        lambda n: n.out(
            n.op(
                "GroupNormalization",
                n.x if sh is None else n.reshape(n.x, *sh),
                n.noise(g),
                n.noise(g),
                num_groups=g,
            ),
            shape=sh or S,
        ),
        opset=18,
    )
one(
    "in_r2b",
    lambda n: n.op("InstanceNormalization", n.reshape(n.x, 1, 16, 1, 1024), n.noise(16), n.noise(16)),
)
one(
    "cl_msln",
    lambda n: n.out(
        n.op("LayerNormalization", n.x, n.noise(32), n.noise(32), domain="com.microsoft", axis=-1), shape=S
    ),
)
one(
    "gn_16384",
    lambda n: n.out(
        n.op("GroupNormalization", "input", n.noise(4), n.noise(4), num_groups=4), shape=(1, 16384, 1, 1)
    ),
    shape=(1, 16384, 1, 1),
    opset=18,
    head=False,
)
one(
    "gn_16383",
    lambda n: n.out(
        n.op("GroupNormalization", "input", n.noise(3), n.noise(3), num_groups=3), shape=(1, 16383, 1, 1)
    ),
    shape=(1, 16383, 1, 1),
    opset=18,
    head=False,
)
one(
    "gn_w16384",
    lambda n: n.out(
        n.op("GroupNormalization", "input", n.noise(2), n.noise(2), num_groups=2), shape=(1, 2, 1, 16384)
    ),
    shape=(1, 2, 1, 16384),
    opset=18,
    head=False,
)
one(
    "in_hw",
    lambda n: n.op("InstanceNormalization", "input", n.noise(2), n.noise(2)),
    shape=(1, 2, 200, 200),
    head=False,
)
one("ln_16383", lambda n: n.op("LayerNormalization", "input", n.noise(16383)), shape=(1, 16383), head=False)
one("ln_16384", lambda n: n.op("LayerNormalization", "input", n.noise(16384)), shape=(1, 16384), head=False)
one(
    "in_16384_1d",
    lambda n: n.op("InstanceNormalization", "input", n.noise(16384), n.noise(16384)),
    shape=(1, 16384, 2),
    head=False,
)
one(
    "in_16383",
    lambda n: n.op("InstanceNormalization", "input", n.noise(16383), n.noise(16383)),
    shape=(1, 16383, 2),
    head=False,
)
