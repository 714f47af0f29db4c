"""Conv, ConvTranspose, pooling, normalisation."""

from __future__ import annotations

import numpy as np

from ..graphs import Probes

P = Probes()
one = P.one


# Conv
def C(name, k=3, cin=16, cout=8, group=1, **a):
    one("conv_" + name, lambda n: n.conv(n.x, cin, cout, k, group=group, **a))


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
one(
    "conv_padneg",  # its shape is declared: onnx 1.23 infers none
    lambda n: n.out(n.conv(n.x, 16, 8, 3, pads=[-1, -1, -1, -1]), shape=(1, 8, 28, 28)),
)
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


def nok(n, **a):
    return n.op("Conv", n.x, n.noise(8, 16, 3, 3), n.noise(8), **a)


one("conv_nokernelattr", nok)
one("conv_nokernelattr_pads", lambda n: nok(n, pads=[1, 1, 1, 1]))
one(
    "conv_alldef",
    lambda n: nok(n, kernel_shape=[3, 3], group=1, strides=[1, 1], dilations=[1, 1], pads=[0, 0, 0, 0]),
)
one("conv_group1", lambda n: nok(n, kernel_shape=[3, 3], group=1))
one("conv_1d", lambda n: n.conv(n.reshape(n.x, 1, 16, 1024), 16, 8, [3]))
one("conv_3d", lambda n: n.conv(n.reshape(n.x, 1, 16, 4, 8, 32), 16, 8, [3, 3, 3]))
one("conv_1din", lambda n: n.conv("input", 3, 8, [3]), shape=(1, 3, 64), head=False)
one("conv_3din", lambda n: n.conv("input", 3, 8, [3, 3, 3]), shape=(1, 3, 8, 8, 8), head=False)
one("conv_dynw_input", lambda n: n.op("Conv", n.x, n.data((8, 16, 3, 3)), kernel_shape=[3, 3]))
one("conv_dynw_b1", lambda n: n.op("Conv", n.x, n.data((1, 16, 3, 3)), kernel_shape=[3, 3]))
one("conv_dynw_act", lambda n: n.op("Conv", n.x, n.conv(n.x, 16, 16, 30), kernel_shape=[3, 3]))
one(
    "conv_dynbias",
    lambda n: n.op("Conv", n.x, n.noise(1, 16, 3, 3), n.op("Flatten", n.data((1, 1))), kernel_shape=[3, 3]),
)
one(
    "conv_dynbias1",
    lambda n: n.op("Conv", n.x, n.noise(1, 16, 3, 3), n.data((1,)), kernel_shape=[3, 3]),
)
one(
    "conv_xconst",
    lambda n: n.op(
        "Add", n.x, n.op("Conv", n.noise(1, 3, 32, 32), n.noise(16, 3, 1, 1), kernel_shape=[1, 1])
    ),
)
one("conv_wrelu", lambda n: n.op("Conv", n.x, n.op("Relu", n.noise(8, 16, 3, 3)), kernel_shape=[3, 3]))
one("conv_emptybias", lambda n: n.op("Conv", n.x, n.noise(8, 16, 3, 3), "", kernel_shape=[3, 3]))


# ConvTranspose
def CT(name, k=2, group=None, bias=True, **a):
    def transposed(n):
        kernel = [k, k] if isinstance(k, int) else list(k)
        weights = n.noise(16, 8 // (group or 1), *kernel)
        more = [n.noise(8)] if bias else []
        return n.op("ConvTranspose", n.x, weights, *more, kernel_shape=kernel, group=group, **a)

    one("ct_" + name, transposed)


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
    lambda n: n.op(
        "ConvTranspose", n.reshape(n.x, 1, 16, 1024), n.noise(16, 8, 2), kernel_shape=[2], strides=[2]
    ),
)
one(
    "ct_3d",
    lambda n: n.op(
        "ConvTranspose",
        n.reshape(n.x, 1, 16, 4, 8, 32),
        n.noise(16, 8, 2, 2, 2),
        kernel_shape=[2, 2, 2],
        strides=[2, 2, 2],
    ),
)
one(
    "ct_dynw",
    lambda n: n.op("ConvTranspose", n.x, n.data((16, 8, 2, 2)), kernel_shape=[2, 2], strides=[2, 2]),
)
one("ct_nok", lambda n: n.op("ConvTranspose", n.x, n.noise(16, 8, 2, 2), strides=[2, 2]))


# pools
def PL(op, name, **a):
    one(f"{op[:3]}_{name}", lambda n: n.op(op, n.x, **a))


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
    one(f"{op[:3]}_1d", lambda n: n.op(op, n.reshape(n.x, 1, 16, 1024), kernel_shape=[2], strides=[2]))
    one(
        f"{op[:3]}_3d",
        lambda n: n.op(op, n.reshape(n.x, 1, 16, 4, 8, 32), kernel_shape=[2, 2, 2], strides=[2, 2, 2]),
    )
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
        lambda n: n.op("AveragePool", n.x, kernel_shape=[k, k], strides=[s, s], pads=[p] * 4, ceil_mode=1),
    )
    one(
        f"mpceil_k{k}s{s}p{p}",
        lambda n: n.op("MaxPool", n.x, kernel_shape=[k, k], strides=[s, s], pads=[p] * 4, ceil_mode=1),
    )
PL("MaxPool", "d2", kernel_shape=[3, 3], dilations=[2, 2])
PL("MaxPool", "d1", kernel_shape=[3, 3], dilations=[1, 1])
PL("MaxPool", "so0", kernel_shape=[3, 3], storage_order=0)
PL("MaxPool", "so1", kernel_shape=[3, 3], storage_order=1)
PL("AveragePool", "cip0", kernel_shape=[3, 3], pads=[1, 1, 1, 1], count_include_pad=0)
PL("AveragePool", "cip1", kernel_shape=[3, 3], pads=[1, 1, 1, 1], count_include_pad=1)
PL("AveragePool", "cip1nopad", kernel_shape=[3, 3], count_include_pad=1)
one("Ave_d2", lambda n: n.op("AveragePool", n.x, kernel_shape=[3, 3], dilations=[2, 2]), opset=19)
one("Ave_d1", lambda n: n.op("AveragePool", n.x, kernel_shape=[3, 3], dilations=[1, 1]), opset=19)


def indexed(n):
    return n.op("MaxPool", n.x, kernel_shape=[2, 2], strides=[2, 2], outputs=2)


def with_indices(n):
    values, indices = indexed(n)
    return n.op("Add", values, n.op("Cast", indices, to=1))


one("Max_idx_unused", lambda n: indexed(n)[0])
one("Max_idx_used", with_indices)
for r in (3, 5):
    one(f"gap_r{r}", lambda n: n.gap(n.ranked(r)))


# BN
def BN(name, r=4, const=(1, 1, 1, 1), **a):
    def batch_norm(n):
        x = n.ranked(r)
        parameters = [
            n.const(np.random.default_rng(i).random(16) + 0.5) if c else n.data((16,))
            for i, c in enumerate(const)
        ]
        return n.op("BatchNormalization", x, *parameters, **a)

    one("bn_" + name, batch_norm)


BN("plain")
BN("eps", epsilon=1e-3)
BN("mom", momentum=0.99)
BN("all", epsilon=1e-5, momentum=0.9, training_mode=0)
BN("r3", 3)
BN("r5", 5)
BN("dyn", const=(0, 0, 1, 1))
BN("dynm", const=(1, 1, 0, 0))
one(
    "bn_train",
    lambda n: n.op(
        "BatchNormalization",
        n.x,
        n.noise(16),
        n.noise(16),
        n.noise(16),
        n.const(np.ones(16)),
        training_mode=1,
        outputs=3,
    )[0],
)
one(
    "bn_r2",
    lambda n: n.op(
        "BatchNormalization", n.vector(), n.noise(16), n.noise(16), n.noise(16), n.const(np.ones(16))
    ),
)
# norms
for r in (3, 4, 5):
    one(f"in_r{r}", lambda n: n.op("InstanceNormalization", n.ranked(r), n.noise(16), n.noise(16)))
one("in_eps", lambda n: n.op("InstanceNormalization", n.x, n.noise(16), n.noise(16), epsilon=1e-3))
one("in_dyn", lambda n: n.op("InstanceNormalization", n.x, n.data((16,)), n.noise(16)))
one("lrn", lambda n: n.op("LRN", n.x, size=3))


def LN(name, axis=-1, r=4, dims=(32,), bias=True, outs=1, dyn=False, **a):
    def layer_norm(n):
        x = n.ranked(r)
        scale = n.data(dims) if dyn else n.noise(*dims)
        shift = [n.noise(*dims)] if bias else []
        y = n.op("LayerNormalization", x, scale, *shift, outputs=outs, axis=axis, **a)
        return y if outs == 1 else n.out(*y)

    one("ln_" + name, layer_norm)


LN("noaxis", None)
LN("ax3", 3)
LN("ax1", 1, dims=(16, 32, 32))
LN("ax2", 2, dims=(32, 32))
LN("axm3", -3, dims=(16, 32, 32))
LN("r3", -1, 3, (1024,))
LN("r3ax2", 2, 3, (1024,))
LN("r3ax1", 1, 3, (16, 1024))
LN("r5", -1, 5)
LN("r5ax4", 4, 5)
LN("r6", -1, 6)
LN("out3", outs=3)
LN("out2", outs=2)
LN("dynw", dyn=True)
LN("stash", stash_type=1)
LN("scalarw", dims=(1,))
LN("nobias", bias=False)
LN("ax0", 0, dims=(1, 16, 32, 32))
LN("w4d", dims=(1, 1, 1, 32))
LN("eps0", epsilon=0.0)


def siam(n):
    w = n.noise(8, 16, 1, 1)
    y = n.relu(n.conv(n.data((1, 3, 32, 32)), 3, 16, 3, pads=[1, 1, 1, 1]))
    return n.out(n.op("Conv", n.x, w), n.op("Conv", y, w))


one("siamese", siam)
one(
    "dynw_relu",
    lambda n: n.op("Conv", n.x, n.relu(n.op("Slice", n.x, n.ints(0, 0), n.ints(3, 3), n.ints(2, 3)))),
)
one("dynw_gap", lambda n: n.op("Conv", n.x, n.gap(n.x)))
one(
    "dynw_reshape",
    lambda n: n.op(
        "Conv", n.x, n.reshape(n.op("Slice", n.x, n.ints(0), n.ints(16), n.ints(1)), 1, 16, 32, 32)
    ),
)
one("dynw_dw", lambda n: n.op("Conv", n.x, n.reshape(n.gap(n.x), 16, 1, 1, 1), group=16))
