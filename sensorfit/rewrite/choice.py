"""Of several ways to rewrite a node, the one to take: by the price of the whole network.

    each node ─► the cheapest among its neighbours ─► the network ─► other ways, kind by kind ─► what makes it cheaper stays

Weights add up, while memory counts at the peak alone, which a part cannot know: where a way has fewer weights and more memory
than another, only the network says which of them is cheaper.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from ..graph.ir import Graph
from ..target import Target
from ..verify.engine import judged
from .declare import Rewrite
from .price import Prices, price_of
from .settle import Candidate, Settled, settle

LOOKS: Final = 10
"""Networks that are made and analysed at most to choose: each takes as long as rewriting does."""
LOOKED_AT: Final = 3000
"""Nodes of all of them together, at most: time is to grow with the network alone, and the first few find what pays (of 13
networks nine gain, eight of them by the first two; the ninth by 6 KB of 42 MB, by the sixth and the seventh)."""

Kind = tuple[tuple[str, str], ...]
"""What can be chosen from: rewrites and their forms."""


class Choices:
    """A choice for each set of ways that was met: the cheapest among the neighbours, or what was asked for."""

    def __init__(self, prices: Prices) -> None:
        self._prices = prices
        self._met: dict[str, tuple[Kind, int, tuple[int, ...]]] = {}
        """By the ways: their kind, the cheapest, those that are not worse in everything."""
        self.asked: dict[str, int] = {}

    def __call__(self, candidates: Sequence[Candidate]) -> int:
        """The index of the way to take."""
        which = "|".join(map(self._prices.key, candidates))
        if which not in self._met:
            found = [self._prices.after(c, self) for c in candidates]
            best = min(range(len(found)), key=lambda i: found[i].rank)
            others = tuple(
                i
                for i, way in enumerate(found)
                if way.refused == found[best].refused and not way.cost.nowhere_less(found[best].cost)
            )
            self._met[which] = (tuple((r.id, d.form) for r, d in candidates), best, others)
        return self.asked.get(which, self._met[which][1])

    def other_ways(self) -> Iterator[dict[str, int]]:
        """Choices that may be better: another way at all nodes of a kind, then at those that are equal."""
        kinds: dict[tuple[Kind, int], list[str]] = {}
        for which, (kind, _, others) in self._met.items():
            for index in others:
                kinds.setdefault((kind, index), []).append(which)
        for (_, index), alike in kinds.items():
            yield dict.fromkeys(alike, index)
        for (_, index), alike in kinds.items():
            if len(alike) > 1:
                yield from ({which: index} for which in alike)


def settled_cheaply(graph: Graph, target: Target, rewrites: Sequence[Rewrite], prices: Prices) -> Settled:
    """``graph`` after every rewrite that helps, each in the way that makes the network cheapest, as far as was looked."""
    choices = Choices(prices)
    findings = judged(graph, target)
    best = settle(graph, target, rewrites, choices, findings)
    looks = [*choices.other_ways()][: min(LOOKS, LOOKED_AT // max(1, len(best.graph.nodes)))]
    if not looks:
        return best
    rank = price_of(best, target).rank
    for other in looks:
        kept = choices.asked
        if all(kept.get(which) == index for which, index in other.items()):
            continue
        choices.asked = {**kept, **other}
        made = settle(graph, target, rewrites, choices, findings)
        found = price_of(made, target).rank
        if found < rank:
            best, rank = made, found
        else:
            choices.asked = kept
    return best
