"""Pow with any exponent, by square roots."""

from __future__ import annotations

from collections.abc import Iterator

from ..declare import rewrite
from ..draft import Draft
from ..site import Site
from .powers import LARGEST

BITS = 12
"""Square roots, one after the other."""


@rewrite(
    "RW344",
    "PowByRoots",
    answers=("SF104", "SF108"),
    ops=("Pow",),
    proof="elementwise",
    kind="rounding",
    units=64.0,
)
def by_roots(site: Site) -> Iterator[Draft]:
    """Pow with a constant exponent that is no multiple of 1/8, by square roots of square roots.

    e = n + b_1 / 2 + b_2 / 4 + .. + (b_12 + f) / 2^12 with 0 <= f < 1: x^n by squares, and x^(2^-k) is the k-th square root.
    The last one, s, is within 1 +- 0.022 for every float32, where s^f = ((1 + f) s + 1 - f) / ((1 - f) s + 1 + f) is right to
    (s - 1)^3 / 31 = 3e-7. A negative e is 1 over that. Below 0 both sides have no value.
    """
    x, exponent = site.node.inputs
    if site.is_constant(x) or not site.is_constant(exponent) or len(site.shape(exponent)) > len(site.x):
        return
    values = site.numbers(exponent) or []
    if not values or any(v != values[0] for v in values) or site.x != site.y:
        return
    e = float(values[0])
    if e * 8 == round(e * 8) or not 2.0**-BITS <= abs(e) <= LARGEST:
        return
    draft = site.draft()
    whole, steps = divmod(int(abs(e) * 2**BITS), 2**BITS)
    rest = abs(e) * 2**BITS - int(abs(e) * 2**BITS)
    factors, power, root = [], x, x
    while whole:
        if whole & 1:
            factors.append(power)
        whole >>= 1
        power = draft.op("Mul", power, power) if whole else power
    for bit in range(BITS - 1, -1, -1):
        root = draft.op("Sqrt", root)
        if steps >> bit & 1:
            factors.append(root)
    if rest:
        above = draft.op(
            "Add", draft.op("Mul", root, draft.number((1 + rest) / (1 - rest))), draft.number(1.0)
        )
        below = draft.op("Add", root, draft.number((1 + rest) / (1 - rest)))
        factors.append(draft.op("Div", above, below))
    y = factors[0]
    for factor in factors[1:]:
        y = draft.op("Mul", y, factor)
    yield draft.gives(draft.op("Div", draft.number(1.0), y) if e < 0 else y)
