"""Tensors of seven and eight dimensions."""

from __future__ import annotations

from ..graphs import Probes

P = Probes(head=False)
one = P.one

for r in (7, 8):
    one(f"rank{r}", lambda n: n.op("Relu", "input"), shape=(1,) + (2,) * (r - 1))
    one(
        f"rank{r}tr",
        lambda n: n.op("Transpose", "input", perm=[0, *range(r - 1, 0, -1)]),
        shape=(1,) + (2,) * (r - 1),
    )
    one(f"rank{r}add", lambda n: n.op("Add", "input", n.const(1.0)), shape=(1,) + (2,) * (r - 1))
    one(f"rank{r}mean", lambda n: n.op("ReduceMean", "input", axes=[3]), shape=(1,) + (2,) * (r - 1))
    one(f"rank{r}sm", lambda n: n.op("Softmax", "input"), shape=(1,) + (2,) * (r - 1))
    one(f"rank{r}cat", lambda n: n.op("Concat", "input", "input", axis=4), shape=(1,) + (2,) * (r - 1))
