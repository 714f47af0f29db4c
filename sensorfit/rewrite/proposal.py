"""What is to be rewritten, and rewritten: the whole network, or the part of it that a cut leaves on the sensor."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..graph.ir import Graph
from ..target import Target
from .canonical import canonical
from .choice import settled_cheaply
from .cut import Split, at_frontier, at_tensors
from .declare import Rewrite
from .price import Prices
from .settle import Settled


@dataclass(frozen=True)
class Proposal:
    """Before and after, nothing proven yet."""

    whole: Graph
    """The network, in canonical form."""
    start: Graph
    """What of it stays on the sensor: all where nothing is cut."""
    settled: Settled
    """``start`` rewritten."""
    prices: Prices
    """What was asked on the way."""
    split: Split | None = None
    stuck: frozenset[str] = frozenset()
    """Nodes of ``whole`` that no rewrite answers; not looked for where tensors to cut at are given."""


def proposed(
    loaded: Graph, where: str, target: Target, rewrites: Sequence[Rewrite], cut: Sequence[str] | None = None
) -> Proposal:
    """``loaded`` rewritten; with ``cut``, only what lies before these tensors, or before what stays refused where it is empty."""
    whole = canonical(loaded, where)
    if cut:
        return _of_part(whole, at_tensors(loaded, cut, where), where, target, rewrites)
    prices = Prices(target, rewrites)
    settled = settled_cheaply(whole, target, rewrites, prices)
    stuck = settled.stuck
    split = at_frontier(loaded, stuck) if cut is not None and stuck else None
    if split is None:
        return Proposal(whole, whole, settled, prices, None, stuck)
    return _of_part(whole, split, where, target, rewrites, stuck)


def _of_part(
    whole: Graph,
    split: Split,
    where: str,
    target: Target,
    rewrites: Sequence[Rewrite],
    stuck: frozenset[str] = frozenset(),
) -> Proposal:
    start = canonical(split.device, where)
    prices = Prices(target, rewrites)
    settled = settled_cheaply(start, target, rewrites, prices)
    return Proposal(whole, start, settled, prices, split, stuck)
