"""Conv, ConvTranspose and pooling on both sides of the kernels, strides, dilations, pads and channels they may have."""

from __future__ import annotations

import numpy as np

from ..graphs import Probes

P = Probes(head=False)
one = P.one

for k in (64, 127, 128, 129, 255, 256, 257, 512):
    one(f"convk_{k}", lambda n: n.conv("input", 1, 1, k), shape=(1, 1, 600, 600))
    one(f"convs_{k}", lambda n: n.conv("input", 1, 1, 3, strides=[k, k]), shape=(1, 1, 1200, 1200))
    one(f"convd_{k}", lambda n: n.conv("input", 1, 1, 2, dilations=[k, k]), shape=(1, 1, 1200, 1200))
    one(f"convp_{k}", lambda n: n.conv("input", 1, 1, k + 1, pads=[k] * 4), shape=(1, 1, 64, 64))
    one(f"dwk_{k}", lambda n: n.conv("input", 2, 2, k, group=2), shape=(1, 2, 600, 600))
    for op in ("MaxPool", "AveragePool"):
        one(f"{op}k_{k}", lambda n: n.op(op, "input", kernel_shape=[k, k]), shape=(1, 1, 600, 600))
        one(
            f"{op}s_{k}",
            lambda n: n.op(op, "input", kernel_shape=[2, 2], strides=[k, k]),
            shape=(1, 1, 1200, 1200),
        )
        one(
            f"{op}p_{k}",
            lambda n: n.op(op, "input", kernel_shape=[k + 1, k + 1], pads=[k] * 4),
            shape=(1, 1, 64, 64),
        )
    one(f"ctk_{k}", lambda n: n.op("ConvTranspose", "input", n.noise(1, 1, k, k)), shape=(1, 1, 4, 4))
    one(
        f"cts_{k}",
        lambda n: n.op("ConvTranspose", "input", n.noise(1, 1, k, k), strides=[k, k]),
        shape=(1, 1, 4, 4),
    )
for k in (4096, 5000, 40000):
    one(
        f"convcin_{k}",
        lambda n: n.op("Conv", "input", n.const(np.zeros((1, k, 1, 1)))),
        shape=(1, k, 2, 2),
    )
    one(
        f"convcout_{k}",
        lambda n: n.op("Conv", "input", n.const(np.zeros((k, 1, 1, 1)))),
        shape=(1, 1, 2, 2),
    )
    one(
        f"dwc_{k}",
        lambda n: n.op("Conv", "input", n.const(np.zeros((k, 1, 1, 1))), group=k),
        shape=(1, k, 2, 2),
    )
one("conv_bigin", lambda n: n.conv("input", 3, 4, 3), shape=(1, 3, 2000, 2000))


def C(name, cin, cout, k, g, hw=40):
    one(
        name,
        lambda n: n.op(
            "Conv",
            "input",
            n.const(np.zeros((cout, cin // g, *k))),
            kernel_shape=list(k),
            group=None if g == 1 else g,
        ),
        shape=(1, cin, hw, hw),
    )


C("dwk12", 4, 4, (12, 12), 4)
C("dwk13", 4, 4, (13, 13), 4)
C("dwk13x1", 4, 4, (13, 1), 4)
C("dwk1x13", 4, 4, (1, 13), 4)
C("dwm_k13", 4, 8, (13, 13), 4)
C("grp_k13", 4, 4, (13, 13), 2)
C("grp48_k13", 4, 8, (13, 13), 2)
C("c1to1_k13", 1, 1, (13, 13), 1)
C("c1to8_k13", 1, 8, (13, 13), 1)
C("c1to8_k12", 1, 8, (12, 12), 1)
C("c3to1_k13", 3, 1, (13, 13), 1)
C("c3_k64", 3, 4, (64, 64), 1, 80)
C("c3_k130", 3, 4, (130, 130), 1, 140)
C("c3_k260", 3, 2, (260, 260), 1, 270)
C("c3_k300x1", 3, 2, (300, 1), 1, 310)
C("c16_k100", 16, 4, (100, 100), 1, 110)
one("gmax_300", lambda n: n.op("MaxPool", "input", kernel_shape=[300, 300]), shape=(1, 1, 300, 300))
one("gavg_300", lambda n: n.op("AveragePool", "input", kernel_shape=[300, 300]), shape=(1, 1, 300, 300))
one("avg_256x1", lambda n: n.op("AveragePool", "input", kernel_shape=[256, 1]), shape=(1, 1, 300, 300))
one("avg_255", lambda n: n.op("AveragePool", "input", kernel_shape=[255, 255]), shape=(1, 1, 300, 300))
one("max_256x255", lambda n: n.op("MaxPool", "input", kernel_shape=[256, 255]), shape=(1, 1, 300, 300))
one("max_600x100", lambda n: n.op("MaxPool", "input", kernel_shape=[600, 100]), shape=(1, 1, 700, 200))
one("conv70k", lambda n: n.op("Conv", "input", n.const(np.zeros((2, 2, 1, 1)))), shape=(1, 2, 70000, 1))
