"""Figures of a graph, and of a step in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

from ..analysis import verdict_of
from ..graph.ir import Graph
from ..graph.lower import lower
from ..target import Target
from ..units import BYTE
from ..verify.engine import judged
from ..verify.finding import Finding
from .price import Prices
from .result import Change, State, Way
from .settle import Candidate, Step, refused


def state_of(
    graph: Graph, target: Target, weight_bits: int = BYTE, found: Sequence[Finding] | None = None
) -> State:
    """Verdict, refused nodes and figures of a graph, as ``check`` has them, with weights at ``weight_bits``; ``found`` is what
    ``judged`` says of it, where that is known."""
    from ..latency.estimate import figures
    from ..memory.analysis import analyse
    from ..memory.widths import with_weight_bits
    from ..rules import memory as memory_rules

    device = lower(graph) if weight_bits == BYTE else with_weight_bits(lower(graph), weight_bits)
    memory, latency = analyse(device, target, True, advice=False), figures(device, target, graph)
    found = judged(graph, target) if found is None else found
    return State(
        verdict=verdict_of((*found, *memory_rules.findings(device, memory, target)), memory),
        refused=len({f.node for f in refused(found)}),
        nodes=len(graph.nodes),
        runtime_bytes=memory.runtime_bytes,
        weights_bytes=memory.weights_bytes,
        total_bytes=memory.total_bytes,
        macs=latency.macs,
        ms=round(latency.ms, 4),
        ms_low=round(latency.ms_low, 4),
        ms_high=round(latency.ms_high, 4),
        sized=memory.complete,
        timed=latency.complete,
        cannot_be_fed=any(f.about_source for f in found),
    )


def change_of(step: Step, prices: Prices) -> Change:
    """What the way that was taken costs, once rewritten to the end, over the part as it was, its neighbours with it."""
    return _change((step.rewrite, step.draft), prices)


def ways_of(step: Step, prices: Prices) -> tuple[Way, ...]:
    """The ways that were not taken."""
    return tuple(
        Way(rewrite.id, rewrite.name, draft.form, _change((rewrite, draft), prices))
        for rewrite, draft in step.alternatives
    )


def _change(candidate: Candidate, prices: Prices) -> Change:
    more = prices.after(candidate).cost - prices.before(candidate)
    return Change(**{**asdict(more), "ms": round(more.ms, 4)})
