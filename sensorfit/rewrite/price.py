"""What a rewrite costs, by our own analysis of the part of the network that it changes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ..graph.ir import Graph
from ..graph.lower import lower
from ..target import Target
from .declare import Rewrite
from .run import part
from .settle import Candidate, Settled, first_of, settle

SEARCHED = 48
"""Steps of a part up to which their best order is searched for: heads side by side have too many."""


@dataclass(frozen=True)
class Cost:
    """Of a part of a network on its own: bytes, multiply-accumulates, milliseconds."""

    runtime_bytes: int
    weights_bytes: int
    macs: int
    ms: float

    def __sub__(self, other: Cost) -> Cost:
        return Cost(
            self.runtime_bytes - other.runtime_bytes,
            self.weights_bytes - other.weights_bytes,
            self.macs - other.macs,
            self.ms - other.ms,
        )


@dataclass(frozen=True)
class Priced:
    """A way to rewrite a node: its cost once it is rewritten to the end, and how many nodes are refused even then."""

    refused: int
    cost: Cost
    bytes_over: bool

    @property
    def rank(self) -> tuple[int, bool, int, float]:
        """Accepted first, then what fits, then the least bytes, then the least time."""
        return self.refused, self.bytes_over, self.cost.runtime_bytes + self.cost.weights_bytes, self.cost.ms


def cost_of(graph: Graph, target: Target) -> Cost:
    """The cost of a graph by the memory and latency models."""
    from ..latency.estimate import estimate
    from ..memory.analysis import analyse

    device = lower(graph)
    memory = analyse(device, target, False, search_up_to=SEARCHED)
    latency = estimate(device, target, None, graph)
    return Cost(memory.runtime_bytes, memory.weights_bytes, latency.macs, latency.dsp_ms)


def after_of(candidate: Candidate) -> Graph:
    """The part of the network that a draft makes, as a graph of its own."""
    draft = candidate[1]
    nodes, tensors = draft.finished()
    return part(
        draft.graph, nodes, {**draft.graph.tensors, **tensors}, draft.inputs, (*draft.outputs,)
    ).replace(opset=draft.opset)


def before_of(candidate: Candidate) -> Graph:
    """The part that it replaces."""
    draft = candidate[1]
    return part(draft.graph, draft.replaces, draft.graph.tensors, draft.inputs, (*draft.outputs,))


def priced(candidate: Candidate, target: Target, rewrites: Sequence[Rewrite]) -> Priced:
    """One way, rewritten to the end: where several follow, the first of each."""
    settled: Settled = settle(after_of(candidate), target, rewrites, first_of)
    cost = cost_of(settled.graph, target)
    total = cost.runtime_bytes + cost.weights_bytes + target.reserved_bytes
    return Priced(len(settled.remaining), cost, total > target.budget_bytes)


def cheapest(target: Target, rewrites: Sequence[Rewrite]) -> Callable[[Sequence[Candidate]], int]:
    """The choice by price; equal parts of a network are priced once."""
    from .same import key

    known: dict[str, int] = {}

    def choose(candidates: Sequence[Candidate]) -> int:
        which = "|".join(key(r, d) for r, d in candidates)
        if which not in known:
            ranks = [priced(c, target, rewrites).rank for c in candidates]
            known[which] = ranks.index(min(ranks))
        return known[which]

    return choose
