"""What ``fix`` would reach, for the last line of a check: rewritten and judged, not proven and not written."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

import onnx

from ..analysis import Analysis
from ..errors import ModelError
from ..graph import limits
from ..graph.ir import Graph
from ..report.outlook import Outlook
from ..verify.finding import Finding
from .declare import chosen
from .normalise import normalised
from .price import cheapest
from .raise_opset import at_opset, readable
from .settle import settle
from .state import state_of

MAX_NODES = 1500
"""A larger graph is left to ``fix`` itself: the outlook is made within the time of a check."""


@dataclass(frozen=True)
class Seen:
    """The outlook, and the refused nodes that nothing is left of."""

    outlook: Outlook
    fixable: frozenset[str]
    """Names of nodes."""
    rules: frozenset[str]
    """Whose findings refuse them: a profile refuses more, which no rewrite is about."""

    def marked(self, findings: Iterable[Finding]) -> tuple[Finding, ...]:
        """The findings, those that the converter has about these nodes saying so."""
        return tuple(
            replace(f, fixable=True) if f.refused and f.node in self.fixable and f.rule in self.rules else f
            for f in findings
        )


def outlook(analysis: Analysis, input_shapes: Mapping[str, Iterable[int]] | None = None) -> Seen | None:
    """What ``fix`` would make of the network, analysed at ``input_shapes``; None where it would change nothing, or cannot be used on it."""
    refusals = [f for f in analysis.findings["converter"] if f.refused]
    found = {f.node for f in refusals}
    if not found or len(analysis.graph.nodes) > MAX_NODES:
        return None
    target, rewrites = analysis.target, chosen()
    try:
        start = normalised(_at_opset(analysis, input_shapes), analysis.model.name)
        settled = settle(start, target, rewrites, cheapest(target, rewrites))
    except ModelError:
        return None
    fixable = frozenset(found - settled.stuck)
    if not settled.steps or not fixable:
        return None
    after = state_of(settled.graph, target)
    seen = Outlook(
        refused=len(found),
        remaining=after.refused,
        rewrites=dict(Counter(s.rewrite.name for s in settled.steps)),
        nodes=after.nodes,
        verdict=after.verdict,
        total_bytes=after.total_bytes,
        ms=after.ms,
    )
    return Seen(seen, fixable, frozenset(f.rule for f in refusals))


def _at_opset(analysis: Analysis, input_shapes: Mapping[str, Iterable[int]] | None) -> Graph:
    graph, source = analysis.graph, analysis.source
    if readable(graph):
        return graph
    proto = source if isinstance(source, onnx.ModelProto) else limits.read_model(source)
    return at_opset(proto, graph, source, input_shapes)
