"""Pow with the exponents that the converter lacks."""

from __future__ import annotations

from collections.abc import Iterator
from math import log

from ..declare import rewrite
from ..draft import Draft
from ..site import Site

LARGEST = 16
"""Of the exponents that are written as products."""


@rewrite(
    "RW341",
    "PowByProducts",
    answers=("SF104", "SF108"),
    ops=("Pow",),
    proof="elementwise",
    kind="rounding",
    units=64.0,
)
def powers(site: Site) -> Iterator[Draft]:
    """Pow with a constant exponent e, by products, square roots and a quotient.

    For e = n + r / 8, n whole: x^n by squares (x^13 = x^8 x^4 x), x^(r / 8) by up to three square roots and their products;
    a negative e is 1 over that. An exponent of many equal values is one. Both sides have no value below 0 where e is not whole.
    """
    x, exponent = site.node.inputs
    if site.is_constant(x) or not site.is_constant(exponent):
        return
    values = site.numbers(exponent) or []
    if not values or any(v != values[0] for v in values) or len(site.shape(exponent)) > len(site.x):
        return
    e = float(values[0])
    eighths = round(abs(e) * 8)
    if eighths / 8 != abs(e) or eighths > LARGEST * 8 or site.x != site.y:
        return
    draft = site.draft()
    if e in (0.5, 1.0, 2.0):
        yield draft.gives(draft.op("Pow", x, draft.number(e)))
        return
    if e == 0:
        return
    found = _product(draft, x, eighths)
    yield draft.gives(draft.op("Div", draft.number(1.0), found) if e < 0 else found)


def _product(draft: Draft, x: str, eighths: int) -> str:
    """x to the power of eighths / 8."""
    factors, power, root = [], x, x
    whole, rest = divmod(eighths, 8)
    while whole:
        if whole & 1:
            factors.append(power)
        whole >>= 1
        if whole:
            power = draft.op("Mul", power, power)
    for bit in (4, 2, 1):
        if rest & (2 * bit - 1):
            root = draft.op("Sqrt", root)
        if rest & bit:
            factors.append(root)
    found = factors[0]
    for factor in factors[1:]:
        found = draft.op("Mul", found, factor)
    return found


@rewrite(
    "RW342",
    "PowOfConstant",
    answers=("SF104",),
    ops=("Pow",),
    proof="elementwise",
    kind="rounding",
    units=1024.0,
)
def of_constant(site: Site) -> Iterator[Draft]:
    """A constant to the power of x: c^x = Exp(x log c), c > 0.

    log c is rounded once, which the exponent multiplies: up to |x log c| < 89 units of float32, where float32 ends.
    """
    base, x = site.node.inputs
    values = site.numbers(base) if site.is_constant(base) else None
    if (
        not values
        or site.is_constant(x)
        or min(values) <= 0
        or len(set(values)) > 1
        or site.shape(x) != site.y
    ):
        return
    draft = site.draft()
    yield draft.gives(draft.op("Exp", draft.op("Mul", x, draft.number(log(values[0])))))
