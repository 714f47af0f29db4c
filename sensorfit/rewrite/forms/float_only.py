"""Jumps by factors that only float32 holds: at 8 bits they are noise, so none is offered unless it is asked for by name."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from ..declare import rewrite
from ..draft import Draft
from ..site import Site

STEEP: Final = 1e30
"""Twice multiplied and clipped, it brings every number that is not 0 to 1; 3e38 at once may become infinite in a kernel."""
HALF_WAY: Final = 1.5 * 2**23
"""Added to a number it leaves no bit behind the point, rounded to even."""


@rewrite(
    "RW391",
    "SignByClip",
    answers=("SF101",),
    ops=("Sign",),
    proof="elementwise",
    kind="rounding",
    units=1.0,
    opt_in=True,
)
def sign(site: Site) -> Iterator[Draft]:
    """Sign(x) = Clip(k Clip(k x, -1, 1), -1, 1) with k = 1e30, in float32 alone."""
    draft = site.draft()
    yield draft.gives(_step(draft, site.node.inputs[0], -1.0))


@rewrite(
    "RW392",
    "ThresholdedReluByStep",
    answers=("SF101",),
    ops=("ThresholdedRelu",),
    proof="elementwise",
    kind="rounding",
    units=1.0,
    opt_in=True,
)
def thresholded(site: Site) -> Iterator[Draft]:
    """ThresholdedRelu(x) = x step(x - alpha), the step as Clip(k Clip(k x, 0, 1), 0, 1) with k = 1e30, in float32 alone."""
    x, draft = site.node.inputs[0], site.draft()
    over = draft.op("Sub", x, draft.number(float(site.attr("alpha", 1.0))))
    yield draft.gives(draft.op("Mul", x, _step(draft, over, 0.0)))


@rewrite(
    "RW393",
    "RoundByAdding",
    answers=("SF101",),
    ops=("Round",),
    proof="elementwise",
    kind="rounding",
    units=2.0,
    opt_in=True,
)
def rounded(site: Site) -> Iterator[Draft]:
    """Round(x) = (x + 1.5 2^23) - 1.5 2^23 in float32 alone: exact up to 2^22, beyond that within two units."""
    draft, far = site.draft(), HALF_WAY
    up = draft.op("Add", site.node.inputs[0], draft.number(far))
    yield draft.gives(draft.op("Sub", up, draft.number(far)))


def _step(draft: Draft, x: str, low: float) -> str:
    for _ in range(2):
        steep = draft.op("Mul", x, draft.number(STEEP))
        x = draft.op("Clip", steep, draft.number(low), draft.number(1.0))
    return x
