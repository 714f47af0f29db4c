"""Forms of the whole graph, and the order in which the front end objects."""

from __future__ import annotations

import numpy as np

from ..graphs import Probes

P = Probes()
one = P.one
S = (1, 16, 32, 32)
one("dup_out", lambda n: n.out(n.x, n.x, shape=S))
one("const_out", lambda n: n.out(n.const(np.ones((1, 2))), n.x, shape=(1, 2)))
one("custom", lambda n: n.out(n.op("MyOp", n.x, domain="my.d"), shape=S))
one("msgelu", lambda n: n.out(n.op("Gelu", n.x, domain="com.microsoft"), shape=S))
one("out_is_in", lambda n: n.out("input", shape=(1, 3, 32, 32)), head=False)
for o in (18, 20):
    one(
        f"gn_{o}",
        lambda n: n.out(n.op("GroupNormalization", n.x, n.noise(4), n.noise(4), num_groups=4), shape=S),
        opset=o,
    )


def dead(n, op, **a):
    n.op(op, n.x, **a)
    return n.tail(n.x)


one("dead_ok", lambda n: dead(n, "Sigmoid"))
one("dead_bad", lambda n: dead(n, "Erf"))
one("dead_inv", lambda n: dead(n, "Transpose", perm=[1, 0, 2, 3]))
one("intermediate_out", lambda n: n.out(n.x, n.conv(n.x, 16, 8)))
one("batch2_usop", lambda n: n.op("Erf", n.x), shape=(2, 3, 32, 32))
one("usop_execparse", lambda n: n.op("Erf", n.op("LeakyRelu", n.x)))
one("inv_execparse", lambda n: n.op("Transpose", n.op("LeakyRelu", n.x), perm=[1, 0, 2, 3]))
one("usop_disc", lambda n: n.out(n.op("Erf", n.x), n.op("Relu", n.data((1, 3, 8, 8)))))
one("batch2_disc", lambda n: n.out(n.op("Erf", n.x), n.op("Relu", n.data((2, 3, 8, 8)))))
one("opset21_usop", lambda n: n.op("Erf", n.x), opset=21)
one("batch2_execparse", lambda n: n.op("LeakyRelu", n.x), shape=(2, 3, 32, 32))
one("batch2_inv", lambda n: n.op("Transpose", n.x, perm=[1, 0, 2, 3]), shape=(2, 3, 32, 32))
one("usop_inv", lambda n: n.op("Erf", n.op("Transpose", n.x, perm=[1, 0, 2, 3])))
one("dyn_usop", lambda n: n.op("Erf", n.x), shape=(1, 3, "h", "w"))
one("rank1_batch2", lambda n: n.out(n.op("Relu", n.data((5,))), n.x))
one("if_usop", lambda n: n.out(n.op("Erf", n.op("LeakyRelu", n.x)), n.op("Relu", n.data((1,)))))
