"""Arc tangent, sine and cosine by operators that the converter has."""

from __future__ import annotations

from collections.abc import Iterator
from math import pi
from typing import Final

from ..declare import rewrite
from ..draft import Draft
from ..site import Site

FAR: Final = 1e8
"""Beyond, the arc tangent is half of pi in float32, and a square overflows."""
SERIES: Final = 8
"""Terms of the arc tangent's series: below tan(pi / 8) the next is 4 x 0.42^17 / 17 = 1e-7."""


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
    t = draft.op("Clip", site.node.inputs[0], draft.number(-FAR), draft.number(FAR))
    yield draft.gives(_arc(draft, t, 2))


@rewrite(
    "RW210",
    "AsinByAtan",
    answers=("SF101",),
    ops=("Asin", "Acos"),
    proof="elementwise",
    kind="rounding",
    units=64.0,
)
def asin(site: Site) -> Iterator[Draft]:
    """Asin(x) as twice an arc tangent, Acos(x) = pi / 2 - Asin(x).

    tan(a / 2) = sin a / (1 + cos a) = x / (1 + sqrt((1 - x) (1 + x))): at most 1, the angle is halved once more, and its series
    follows. Beyond 1 neither side is a number.
    """
    draft, x = site.draft(), site.node.inputs[0]
    one = draft.number(1.0)
    cosine = draft.op("Sqrt", draft.op("Mul", draft.op("Sub", one, x), draft.op("Add", x, one)))
    t = draft.op("Div", x, draft.op("Add", cosine, one))
    angle = draft.op("Mul", _arc(draft, t, 1), draft.number(2.0))
    yield draft.gives(angle if site.node.op == "Asin" else draft.op("Sub", draft.number(pi / 2), angle))


def _arc(draft: Draft, t: str, halvings: int) -> str:
    """The angle whose tangent is ``t``, halved so often before the series."""
    one = draft.number(1.0)
    for _ in range(halvings):
        root = draft.op("Sqrt", draft.op("Add", draft.op("Mul", t, t), one))
        t = draft.op("Div", t, draft.op("Add", root, one))
    square = draft.op("Mul", t, t)
    total = draft.number((-1) ** (SERIES - 1) / (2 * SERIES - 1))
    for i in range(SERIES - 2, -1, -1):
        total = draft.op("Add", draft.op("Mul", square, total), draft.number((-1) ** i / (2 * i + 1)))
    return str(draft.op("Mul", draft.op("Mul", t, total), draft.number(2.0**halvings)))
