"""Formulas of several operators that the toolchain may make one of: activations, normalisations, shuffles, attention."""

from __future__ import annotations

import math

import numpy as np

from ..graphs import Probes

P = Probes()
one = P.one


def scaled(n, x, *shape):
    return n.op("Add", n.op("Mul", x, n.noise(*shape)), n.noise(*shape))


def layer_norm(n, x, axis, power=True, divide=True, affine=None):
    m = n.op("ReduceMean", x, axes=[axis], keepdims=1)
    d = n.op("Sub", x, m)
    sq = n.op("Pow", d, n.const(2.0)) if power else n.op("Mul", d, d)
    v = n.op("Sqrt", n.op("Add", n.op("ReduceMean", sq, axes=[axis], keepdims=1), n.const(1e-6)))
    y = n.op("Div", d, v) if divide else n.op("Mul", d, n.op("Reciprocal", v))
    return scaled(n, y, *affine) if affine else y


one("pln_c", lambda n: layer_norm(n, n.x, 1, affine=(16, 1, 1)))
one("pln_last", lambda n: layer_norm(n, n.x, -1, affine=(32,)))
one("pln_noaff", lambda n: layer_norm(n, n.x, -1))
one("pln_mul", lambda n: layer_norm(n, n.x, -1, power=False))
one("pln_recip", lambda n: layer_norm(n, n.x, -1, divide=False, affine=(32,)))
one("pln_h", lambda n: layer_norm(n, n.x, 2, affine=(32, 1)))
one("pln_tok", lambda n: layer_norm(n, n.tokens(), -1, affine=(16,)))


def gelu(n, argument, half_last=True):
    e = n.op("Erf", argument(n))
    a = n.op("Add", e, n.const(1.0))
    if half_last:
        return n.op("Mul", n.op("Mul", n.x, a), n.const(0.5))
    return n.op("Mul", n.op("Mul", n.x, n.const(0.5)), a)


def by_root(n):
    return n.op("Div", n.x, n.const(math.sqrt(2)))


def by_inverse(n):
    return n.op("Mul", n.x, n.const(1 / math.sqrt(2)))


one("pgelu_div", lambda n: gelu(n, by_root))
one("pgelu_mul", lambda n: gelu(n, by_inverse))
one("pgelu_mulhalf", lambda n: gelu(n, by_inverse, half_last=False))


def gelu_tanh(n, power):
    x = n.x
    cube = n.op("Pow", x, n.const(3.0)) if power else n.op("Mul", x, n.op("Mul", x, x))
    i = n.op("Mul", n.op("Add", x, n.op("Mul", cube, n.const(0.044715))), n.const(math.sqrt(2 / math.pi)))
    return n.op("Mul", n.op("Mul", x, n.const(0.5)), n.op("Add", n.op("Tanh", i), n.const(1.0)))


one("pgtanh_pow", lambda n: gelu_tanh(n, power=True))
one("pgtanh_mul", lambda n: gelu_tanh(n, power=False))
one("psilu", lambda n: n.op("Mul", n.x, n.op("Sigmoid", n.x)))
one("phswish", lambda n: n.op("Mul", n.x, n.op("HardSigmoid", n.x, alpha=1 / 6, beta=0.5)))
one(
    "phswish_clip",
    lambda n: n.op(
        "Div",
        n.op("Mul", n.x, n.op("Clip", n.op("Add", n.x, n.const(3.0)), n.const(0.0), n.const(6.0))),
        n.const(6.0),
    ),
)
one("pmish", lambda n: n.op("Mul", n.x, n.op("Tanh", n.op("Softplus", n.x))))
one("psoftplus", lambda n: n.op("Log", n.op("Add", n.op("Exp", n.x), n.const(1.0))))
one(
    "prelu_decomp",
    lambda n: n.op("Add", n.op("Relu", n.x), n.op("Mul", n.op("Relu", n.op("Neg", n.x)), n.noise(16, 1, 1))),
)


def rms_norm(n):
    mean = n.op("ReduceMean", n.op("Pow", n.x, n.const(2.0)), axes=[-1])
    return n.op("Mul", n.op("Div", n.x, n.op("Sqrt", n.op("Add", mean, n.const(1e-6)))), n.noise(32))


one("prmsnorm", rms_norm)


def l2_norm(n):
    norm = n.op("Clip", n.op("ReduceL2", n.x, axes=[1], keepdims=1), n.const(1e-12))
    return n.op("Div", n.x, n.op("Expand", norm, n.op("Shape", n.x)))


one("pl2norm", l2_norm)


def shuffled(n, shape, perm, back):
    """Reshape, Transpose, Reshape: pixels, channels or windows change places."""
    return n.reshape(n.op("Transpose", n.reshape(n.x, *shape), perm=perm), *back)


one("ppixshuf", lambda n: shuffled(n, (1, 4, 2, 2, 32, 32), [0, 1, 4, 2, 5, 3], (1, 4, 64, 64)))
one("pchshuf", lambda n: shuffled(n, (1, 4, 4, 32, 32), [0, 2, 1, 3, 4], (1, 16, 32, 32)))
for name, back in (("pwin", (16, 64, 16)), ("pwin1", (-1, 64, 16)), ("pwin_keep", (1, 1024, 16))):
    one(name, lambda n: shuffled(n, (1, 16, 4, 8, 4, 8), [0, 2, 4, 3, 5, 1], back))


def eca(n):
    line = n.op("Transpose", n.op("Squeeze", n.gap(n.x), n.ints(3)), perm=[0, 2, 1])
    line = n.conv(line, 1, 1, [3], pads=[1, 1], bias=False)
    gate = n.op("Unsqueeze", n.op("Transpose", line, perm=[0, 2, 1]), n.ints(3))
    return n.op("Mul", n.x, n.op("Sigmoid", gate))


one("peca", eca)
one("pcat_add", lambda n: n.op("Add", n.op("Concat", n.x, n.x, axis=1), n.const(1.0)))
one("pattn_einsum", lambda n: n.op("Einsum", n.tokens(), n.tokens(), equation="bnc,bmc->bnm"))
one("attn_1d", lambda n: n.op("Einsum", n.x, equation="bchw->bhwc"))


# GroupNormalization as torch exports it: Reshape, InstanceNormalization, Reshape
def grouped(n, *shape, groups=4, plain=True):
    x = n.reshape(n.x, *(shape or (0, 4, -1)))
    scale, shift = (
        (n.const(np.ones(groups)), n.const(np.zeros(groups))) if plain else (n.noise(groups), n.noise(groups))
    )
    return n.op("InstanceNormalization", x, scale, shift)


def group_norm(n, *shape, back=(1, 16, 32, 32), **form):
    return n.reshape(grouped(n, *shape, **form), *back)


one("pgn", group_norm)
one("pgn1", lambda n: group_norm(n, 1, 4, -1))
one("pgn_zero", group_norm)
one("pgn_one", lambda n: group_norm(n, 1, 4, -1))
one("pgn_g8", lambda n: group_norm(n, 0, 8, -1, groups=8))
one("pgn_noise", lambda n: group_norm(n, plain=False))
one("pgn_back0", lambda n: group_norm(n, back=(0, 16, 32, 32)))
one("pgn_backm1", lambda n: group_norm(n, back=(-1, 16, 32, 32)))
one("pgn_r4", lambda n: group_norm(n, 0, 4, -1, 32))
one("pgn_other", lambda n: group_norm(n, back=(1, 32, 16, 32)))
one("pgn_aff0", lambda n: scaled(n, group_norm(n), 16, 1, 1))
one("pgn_aff", lambda n: scaled(n, n.op("Reshape", grouped(n), n.op("Shape", n.x)), 16, 1, 1))
one("pgn_00", lambda n: group_norm(n, 0, 0, -1, groups=16))
one("pgn_back_flat", lambda n: group_norm(n, back=(1, 16, 1024)))
one("pgn_backzeros", lambda n: group_norm(n, 1, 4, -1, back=(0, 16, 32, 32)))
one("pgn_fulldims", lambda n: group_norm(n, 0, 4, 4096))


def opened_twice(n):
    x = n.reshape(n.x, 0, 4, -1)
    y = n.op("InstanceNormalization", x, n.const(np.ones(4)), n.const(np.zeros(4)))
    return n.out(n.reshape(y, 1, 16, 32, 32), n.op("Relu", x))


def read_twice(n):
    y = grouped(n)
    return n.out(y, n.reshape(y, 1, 16, 32, 32))


one("pgn_multi", opened_twice)
one("pgn_out2", read_twice)
one("pgn_noreshape", grouped)
one("pgn_thenrelu", lambda n: n.op("Relu", grouped(n)))
one("pgn_thentr", lambda n: n.op("Transpose", grouped(n), perm=[0, 2, 1]))
one("pgn_flat", lambda n: n.op("Flatten", grouped(n)))
one(
    "pgn_ln",
    lambda n: n.reshape(n.op("LayerNormalization", n.reshape(n.x, 0, 16, -1), n.noise(1024)), 1, 16, 32, 32),
)


def batch_norm(n):
    y = n.op("BatchNormalization", n.reshape(n.x, 0, 16, -1), *[n.const(np.ones(16))] * 4)
    return n.reshape(y, 1, 16, 32, 32)


one("pgn_bn", batch_norm)
