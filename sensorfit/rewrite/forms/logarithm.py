"""Logarithm and arc tangent by operators that the converter has."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from ..declare import rewrite
from ..draft import Draft
from ..site import Site

LOWEST: Final = 2.0**-20
HIGHEST: Final = 2.0**20
STEPS: Final = 10
"""Halley's steps from 0: each goes 2 towards log x, which is 13.9 at most, and triples the digits once it is near."""
FAR: Final = 1e8
"""Beyond, the arc tangent is half of pi in float32, and a square overflows."""
SERIES: Final = 8
"""Terms of the arc tangent's series: below tan(pi / 8) the next is 4 x 0.42^17 / 17 = 1e-7."""


@rewrite(
    "RW233",
    "LogByHalley",
    answers=("SF101",),
    ops=("Log",),
    proof="elementwise",
    kind="approximate",
    bound=1e-4,
    over=(LOWEST, HIGHEST),
)
def log(site: Site) -> Iterator[Draft]:
    """Log(x) within 1e-4 for x from 2^-20 to 2^20, by Halley's steps on e^y = x; the logarithm of the nearer end elsewhere.

    y += 2 (x - e^y) / (x + e^y), ten times from 0.
    """
    draft = site.draft()
    x = draft.op("Clip", site.node.inputs[0], draft.number(LOWEST), draft.number(HIGHEST))
    one, two = draft.number(1.0), draft.number(2.0)
    y = draft.op("Div", draft.op("Mul", draft.op("Sub", x, one), two), draft.op("Add", x, one))
    for _ in range(STEPS - 1):
        e = draft.op("Exp", y)
        step = draft.op("Div", draft.op("Mul", draft.op("Sub", x, e), two), draft.op("Add", x, e))
        y = draft.op("Add", y, step)
    yield draft.gives(y)


@rewrite(
    "RW208",
    "AtanByHalving",
    answers=("SF101",),
    ops=("Atan",),
    proof="elementwise",
    kind="rounding",
    units=16.0,
)
def atan(site: Site) -> Iterator[Draft]:
    """Atan without an arc tangent: the angle halved twice, then its series.

    tan(a / 2) = t / (1 + sqrt(1 + t^2)) for t = tan a: twice, |t| is at most tan(pi / 8), and a = 4 (t - t^3 / 3 + t^5 / 5 - ..).
    """
    draft = site.draft()
    one = draft.number(1.0)
    t = draft.op("Clip", site.node.inputs[0], draft.number(-FAR), draft.number(FAR))
    for _ in range(2):
        root = draft.op("Sqrt", draft.op("Add", draft.op("Mul", t, t), one))
        t = draft.op("Div", t, draft.op("Add", root, one))
    square = draft.op("Mul", t, t)
    total = draft.number((-1) ** (SERIES - 1) / (2 * SERIES - 1))
    for i in range(SERIES - 2, -1, -1):
        total = draft.op("Add", draft.op("Mul", square, total), draft.number((-1) ** i / (2 * i + 1)))
    yield draft.gives(draft.op("Mul", draft.op("Mul", t, total), draft.number(4.0)))
