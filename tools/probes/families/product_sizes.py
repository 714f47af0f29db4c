"""MatMul and Gemm on both sides of the sizes they may have."""

from __future__ import annotations

import numpy as np

from ..graphs import Probes

P = Probes(head=False)
one = P.one

for M, K, N in [
    (2, 2, 4095),
    (2, 2, 4096),
    (2, 4095, 2),
    (2, 4096, 2),
    (4095, 2, 2),
    (4096, 2, 2),
    (20000, 2, 2),
    (2, 2, 20000),
    (4095, 4095, 2),
    (2, 4096, 4096),
]:

    def f(n, M=M, K=K, N=N):
        a = n.reshape(n.op("Slice", "input", n.ints(0), n.ints(M * K), n.ints(1)), 1, M, K)
        b = n.reshape(n.op("Tanh", n.op("Slice", "input", n.ints(0), n.ints(K * N), n.ints(1))), 1, K, N)
        return n.out(n.op("MatMul", a, b))

    one(f"mmlim_{M}_{K}_{N}", f, shape=(1, max(M * K, K * N) + 5))
for r, K, N in [(2, 40000, 2), (2, 2, 40000), (4, 5000, 2), (4, 2, 5000), (4, 2, 40000)]:
    one(
        f"fclim_r{r}_{K}_{N}",
        lambda n: n.op("MatMul", "input", n.const(np.zeros((K, N)))),
        shape=(1, K) if r == 2 else (1, 2, 2, K),
    )
one(
    "gemm_40000",
    lambda n: n.op("Gemm", "input", n.const(np.zeros((2, 40000))), n.const(np.zeros(40000))),
    shape=(1, 2),
)
for k in (32700, 32701):
    one(f"fci_{k}", lambda n: n.op("MatMul", "input", n.const(np.zeros((k, 2)))), shape=(1, k))
    one(f"gmi_{k}", lambda n: n.op("Gemm", "input", n.const(np.zeros((k, 2)))), shape=(1, k))
for k in (8192, 8193):
    one(f"fco_{k}", lambda n: n.op("MatMul", "input", n.const(np.zeros((2, k)))), shape=(1, 2))
    one(f"gmo_{k}", lambda n: n.op("Gemm", "input", n.const(np.zeros((2, k)))), shape=(1, 2))
one(
    "fc4_40000",
    lambda n: n.op("MatMul", "input", n.const(np.zeros((40000, 2)))),
    shape=(1, 1, 1, 40000),
)
one(
    "mmw_4096",
    lambda n: n.op("MatMul", n.reshape("input", 1, 4096, 4), n.reshape(n.op("Tanh", "input"), 1, 4, 4096)),
    shape=(1, 16384),
)
