"""Elementwise functions that the converter lacks, by Exp, Sqrt, Relu and the four operations."""

from __future__ import annotations

from collections.abc import Iterator

from ..declare import rewrite
from ..draft import Draft
from ..site import Site

SERIES = 6
"""Terms of artanh behind the first: w <= 1/3 makes the next one 2 (1/3)^15 / 15 = 1e-8."""


@rewrite(
    "RW202",
    "SoftplusByExp",
    answers=("SF101",),
    ops=("Softplus",),
    proof="elementwise",
    kind="rounding",
    units=16.0,
)
def softplus(site: Site) -> Iterator[Draft]:
    """Softplus without a logarithm.

    log(1 + e^x) = Relu(x) + log(1 + u) with u = Exp(-|x|) in [0, 1]; log(1 + u) = 2 artanh(w) with w = u / (2 + u) <= 1/3,
    the sum of 2 w^(2i + 1) / (2i + 1).
    """
    draft, x = site.draft(), site.node.inputs[0]
    u = draft.op("Exp", draft.op("Neg", draft.op("Abs", x)))
    yield draft.gives(draft.op("Add", draft.op("Relu", x), log1p(draft, u)))


def log1p(draft: Draft, u: str) -> str:
    """log(1 + u) of 0 <= u <= 1."""
    w = draft.op("Div", u, draft.op("Add", u, draft.number(2.0)))
    square = draft.op("Mul", w, w)
    total = draft.number(1 / (2 * SERIES + 1))
    for i in range(SERIES - 1, -1, -1):
        total = draft.op("Add", draft.op("Mul", square, total), draft.number(1 / (2 * i + 1)))
    return str(draft.op("Mul", draft.op("Mul", w, total), draft.number(2.0)))


@rewrite(
    "RW192",
    "ErfByGelu",
    answers=("SF101",),
    ops=("Erf",),
    proof="elementwise",
    kind="rounding",
    units=16.0,
    opset=20,
)
def erf(site: Site) -> Iterator[Draft]:
    """Erf by the operator Gelu of opset 20.

    With z = sqrt 2 x: Gelu(z) = z (1 + erf x) / 2, so Gelu(z) + Gelu(-z) = z erf x, and erf x = (Gelu(z) + Gelu(-z)) z / z^2.
    z is held within 8, where erf is 1 in float32, and 1e-20 beside z^2 keeps 0 over 0 away.
    """
    draft, x = site.draft(), site.node.inputs[0]
    z = draft.op("Clip", draft.op("Mul", x, draft.number(2**0.5)), draft.number(-8.0), draft.number(8.0))
    both = draft.op(
        "Add",
        draft.op("Gelu", z, approximate="none"),
        draft.op("Gelu", draft.op("Neg", z), approximate="none"),
    )
    square = draft.op("Add", draft.op("Mul", z, z), draft.number(1e-20))
    yield draft.gives(draft.op("Div", draft.op("Mul", both, z), square))


@rewrite(
    "RW203",
    "HardSigmoidByClip",
    answers=("SF108",),
    ops=("HardSigmoid",),
    proof="elementwise",
    kind="rounding",
    units=4.0,
)
def hard_sigmoid(site: Site) -> Iterator[Draft]:
    """HardSigmoid(x) = Clip(alpha x + beta, 0, 1).

    The definition.
    """
    draft = site.draft()
    line = draft.op("Mul", site.node.inputs[0], draft.number(float(site.attr("alpha", 0.2))))
    line = draft.op("Add", line, draft.number(float(site.attr("beta", 0.5))))
    yield draft.gives(draft.op("Clip", line, draft.number(0.0), draft.number(1.0)))


@rewrite(
    "RW204",
    "SoftsignByDiv",
    answers=("SF101",),
    ops=("Softsign",),
    proof="elementwise",
    kind="rounding",
    units=4.0,
)
def softsign(site: Site) -> Iterator[Draft]:
    """Softsign(x) = x / (1 + |x|).

    The definition.
    """
    draft, x = site.draft(), site.node.inputs[0]
    yield draft.gives(draft.op("Div", x, draft.op("Add", draft.op("Abs", x), draft.number(1.0))))


@rewrite(
    "RW205",
    "ShrinkByRelus",
    answers=("SF101",),
    ops=("Shrink",),
    proof="elementwise",
    kind="rounding",
    units=4.0,
)
def shrink(site: Site) -> Iterator[Draft]:
    """Shrink with bias = lambda: Relu(x - l) - Relu(-x - l).

    Of the two terms one is 0. With another bias the function jumps at lambda, which no sum of Relus does.
    """
    bias, edge = float(site.attr("bias", 0.0)), float(site.attr("lambd", 0.5))
    if bias != edge or edge < 0:
        return
    draft, x = site.draft(), site.node.inputs[0]
    over = draft.op("Relu", draft.op("Sub", x, draft.number(edge)))
    under = draft.op("Relu", draft.op("Sub", draft.op("Neg", x), draft.number(edge)))
    yield draft.gives(draft.op("Sub", over, under))


@rewrite(
    "RW206",
    "HyperbolicByExp",
    answers=("SF101",),
    ops=("Cosh", "Sinh"),
    proof="elementwise",
    kind="rounding",
    units=64.0,
)
def hyperbolic(site: Site) -> Iterator[Draft]:
    """Cosh and Sinh, (e^x + e^-x) / 2 and (e^x - e^-x) / 2.

    e^x as (e^(x/2))^2, halved between the two factors, so that it overflows where cosh does and not before.
    """
    draft, x = site.draft(), site.node.inputs[0]
    half = draft.number(0.5)
    parts = []
    for sign in (0.5, -0.5):
        root = draft.op("Exp", draft.op("Mul", x, draft.number(sign)))
        parts.append(draft.op("Mul", draft.op("Mul", root, half), root))
    yield draft.gives(draft.op("Add" if site.node.op == "Cosh" else "Sub", *parts))


@rewrite(
    "RW207", "TanBySinCos", answers=("SF101",), ops=("Tan",), proof="elementwise", kind="rounding", units=64.0
)
def tan(site: Site) -> Iterator[Draft]:
    """Tan(x) = Sin(x) / Cos(x).

    The definition.
    """
    draft, x = site.draft(), site.node.inputs[0]
    yield draft.gives(draft.op("Div", draft.op("Sin", x), draft.op("Cos", x)))
