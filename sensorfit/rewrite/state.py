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
from .declare import Rewrite
from .price import before_of, cost_of, priced
from .result import Change, State, Way
from .settle import Step, refused


def state_of(graph: Graph, target: Target, weight_bits: int = BYTE) -> State:
    """Verdict, refused nodes and figures of a graph, as ``check`` has them, with weights at ``weight_bits``."""
    from ..latency.estimate import estimate
    from ..memory.analysis import analyse
    from ..memory.widths import with_weight_bits
    from ..rules import memory as memory_rules

    device = lower(graph) if weight_bits == BYTE else with_weight_bits(lower(graph), weight_bits)
    memory, latency, found = (
        analyse(device, target, True),
        estimate(device, target, None, graph),
        judged(graph, target),
    )
    return State(
        verdict=verdict_of((*found, *memory_rules.findings(device, memory, target)), memory),
        refused=len({f.node for f in refused(found)}),
        nodes=len(graph.nodes),
        runtime_bytes=memory.runtime_bytes,
        weights_bytes=memory.weights_bytes,
        total_bytes=memory.total_bytes,
        macs=latency.macs,
        ms=round(latency.dsp_ms, 4),
        ms_low=round(latency.dsp_ms_low, 4),
        ms_high=round(latency.dsp_ms_high, 4),
        sized=memory.complete,
        timed=latency.complete,
    )


def change_of(step: Step, target: Target, rewrites: Sequence[Rewrite]) -> Change:
    """What the way that was taken costs, once rewritten to the end, over the part as it was."""
    return _change((step.rewrite, step.draft), target, rewrites)


def ways_of(step: Step, target: Target, rewrites: Sequence[Rewrite]) -> tuple[Way, ...]:
    """The ways that were not taken."""
    return tuple(
        Way(rewrite.id, rewrite.name, draft.form, _change((rewrite, draft), target, rewrites))
        for rewrite, draft in step.alternatives
    )


def _change(candidate, target: Target, rewrites: Sequence[Rewrite]) -> Change:  # type: ignore[no-untyped-def]
    more = priced(candidate, target, rewrites).cost - cost_of(before_of(candidate), target)
    return Change(**{**asdict(more), "ms": round(more.ms, 4)})
