"""What ``fix`` would reach, for the last line of a check: rewritten and judged, not proven and not written."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Final

import onnx

from ..analysis import Analysis
from ..errors import ModelError
from ..graph import limits
from ..graph.channels_last import channels_last
from ..graph.ir import Graph
from ..report.outlook import Outlook
from ..report.report import Report
from ..verify.finding import Finding, stopped_nodes
from .canonical import random, uncomputed, without_data
from .declare import chosen
from .proposal import proposed
from .ready import needs_file, ready
from .state import state_of

SECONDS: Final = 20.0
"""For an outlook; a report says nothing of it where that takes longer."""
MAX_NODES = 1500
"""A larger graph is left to ``fix`` itself: the outlook is made within the time of a check."""
LARGE = 5000
"""And so are the bytes of a graph that rewrites make as large as this: windows and heads by the hundred."""


@dataclass(frozen=True)
class Seen:
    """The outlook, and the refused nodes that nothing is left of."""

    outlook: Outlook | None
    """None where ``fix`` could prove nothing, without the weights, or makes a network too large to analyse on the way."""
    fixable: frozenset[str]
    """Names of nodes."""
    rules: frozenset[str]
    """Whose findings refuse them: a profile refuses more, which no rewrite is about."""
    turned: tuple[str, ...] = ()
    """The images whose channels stand last, which ``fix`` turns."""

    def marked(self, findings: Iterable[Finding]) -> tuple[Finding, ...]:
        """The findings, those that the converter has about these nodes saying so."""
        return tuple(replace(f, fixable=True) if self._mends(f) else f for f in findings)

    def _mends(self, f: Finding) -> bool:
        if f.refused:
            return f.node in self.fixable and f.rule in self.rules
        return not f.node and f.tensor in self.turned and f.support == "unsupported"


def with_outlook(
    report: Report, found: Analysis, shapes: Mapping[str, Iterable[int]] | None = None
) -> Report:
    """The report of a file, analysed at ``shapes``, with what ``fix`` would reach where operators are refused; it comes
    without where that takes too long or cannot be."""
    from ..runtime.deadline import deadline, time_left

    try:
        with deadline(found.model.name, min(SECONDS, time_left() / 2)):
            seen = outlook(found, shapes)
    except ModelError:  # the answer about the model as it is does not wait for it
        return report
    return (
        report
        if seen is None
        else replace(report, findings=seen.marked(report.findings), outlook=seen.outlook)
    )


def outlook(analysis: Analysis, input_shapes: Mapping[str, Iterable[int]] | None = None) -> Seen | None:
    """What ``fix`` would make of the network, analysed at ``input_shapes``; None where it would change nothing, or cannot be used on it."""
    refusals = [f for f in analysis.findings["converter"] if f.refused]
    found = {f.node for f in refusals}
    turned = channels_last(analysis.graph)
    graph = analysis.graph
    if not (found or turned) or len(graph.nodes) > MAX_NODES or uncomputed(graph) or random(graph):
        return None
    target, rewrites = analysis.target, chosen()
    try:
        proposal = proposed(_ready(analysis, input_shapes), analysis.model.name, target, rewrites, cut=())
    except ModelError:
        return None
    fixable = frozenset(found - proposal.stuck)
    steps, split = proposal.settled.steps, proposal.split
    if split is None and not fixable and not turned:
        return None
    rules = frozenset(f.rule for f in refusals)
    if without_data(analysis.graph) or len(proposal.settled.graph.nodes) > LARGE:
        return Seen(None, fixable, rules, turned)
    after = state_of(proposal.settled.graph, target, analysis.memory.weight_bits, proposal.settled.findings)
    seen = Outlook(
        refused=len(stopped_nodes(refusals)),
        remaining=after.refused,
        rewrites=dict(Counter(s.rewrite.name for s in steps)),
        nodes=after.nodes,
        verdict=after.verdict,
        total_bytes=after.total_bytes,
        ms=after.ms,
        left_to_host=split.left if split is not None else 0,
        ms_low=after.ms_low,
        ms_high=after.ms_high,
        sized=after.sized,
        timed=after.timed,
        cannot_be_fed=after.cannot_be_fed,
    )
    return Seen(seen, fixable, rules, turned)


def _ready(analysis: Analysis, input_shapes: Mapping[str, Iterable[int]] | None) -> Graph:
    graph, source = analysis.graph, analysis.source
    if not needs_file(graph):
        return graph
    proto = source if isinstance(source, onnx.ModelProto) else limits.read_model(source)
    return ready(proto, graph, source, input_shapes).graph
