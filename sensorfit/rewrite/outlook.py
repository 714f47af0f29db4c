"""What ``fix`` would reach, for the last line of a check: rewritten and judged, not proven and not written."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from ..analysis import Analysis
from ..errors import ModelError
from .declare import chosen
from .normalise import normalised
from .result import State
from .settle import refused, settle
from .state import state_of

MAX_NODES = 1500
"""A larger graph is left to ``fix`` itself: the outlook is made within the time of a check."""


@dataclass(frozen=True)
class Outlook:
    """Of a network with refused operators: how many nodes a rewrite answers, how many stay refused, and what comes out."""

    refused: int
    remaining: int
    rewrites: Mapping[str, int]
    """How often each rewrite would be applied, by name."""
    fixable: frozenset[str]
    """The refused nodes that are no longer refused."""
    after: State


def outlook(analysis: Analysis) -> Outlook | None:
    """What ``fix`` would make of the network; None where it would change nothing, or cannot be used on it."""
    found = {f.node for f in refused(analysis.findings["converter"])}
    if not found or len(analysis.graph.nodes) > MAX_NODES:
        return None
    try:
        settled = settle(normalised(analysis.graph, analysis.model.name), analysis.target, chosen())
    except ModelError:
        return None
    if not settled.steps:
        return None
    left = {f.node for f in settled.remaining}
    return Outlook(
        refused=len(found),
        remaining=len(left),
        rewrites=Counter(s.rewrite.name for s in settled.steps),
        fixable=frozenset(found - left),
        after=state_of(settled.graph, analysis.target),
    )
