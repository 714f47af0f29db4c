"""Rewrites applied until nothing refused is left or nothing more is known.

    findings ─► drafts at the refused nodes ─► the cheapest of each node ─► spliced in ─► findings ...

A round is one walk over the graph: all drafts of the first stage that has any are taken at once. Where one node has
several, ``choose`` says which.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from ..graph.ir import Graph
from ..target import Target
from ..verify.engine import judged
from ..verify.finding import Finding
from .canonical import merged_reshapes, without_identities
from .declare import STAGES, Rewrite
from .draft import Draft
from .folded import constants_folded
from .opset import raised
from .site import Site
from .splice import spliced, whole

ROUNDS = 40
DEPTH = 8
"""How often what a rewrite made may be rewritten: none known needs four."""

Candidate = tuple[Rewrite, Draft]
Choose = Callable[[Sequence[Candidate]], int]
"""Of several ways at one node, the index of the one to take."""


@dataclass(frozen=True)
class Step:
    """One application: ``draft`` took the place of its nodes."""

    rewrite: Rewrite
    draft: Draft
    alternatives: tuple[Candidate, ...] = ()
    """The other ways that were known at this node."""

    @property
    def nodes(self) -> tuple[str, ...]:
        """The nodes that it replaced."""
        return tuple(n.name for n in self.draft.replaces)


@dataclass(frozen=True)
class Failure:
    """A rewrite that ended with an exception where it was tried: a defect of its own, and it was left out there."""

    rewrite: Rewrite
    node: str
    error: str


@dataclass(frozen=True)
class Settled:
    """A graph on which no rewrite is left to try, the steps that led there, what the rules still say."""

    graph: Graph
    steps: tuple[Step, ...]
    findings: tuple[Finding, ...]
    failures: tuple[Failure, ...] = ()

    @property
    def remaining(self) -> tuple[Finding, ...]:
        """The findings of refused operators that no rewrite answered."""
        return refused(self.findings)

    @property
    def stuck(self) -> frozenset[str]:
        """The nodes of the graph before, of which something is still refused."""
        origins: dict[str, frozenset[str]] = {}
        for step in self.steps:
            of = frozenset(o for n in step.nodes for o in origins.get(n, (n,)))
            origins.update((n.name, of) for n in step.draft.finished()[0])
        return frozenset(o for f in self.remaining for o in origins.get(f.node, (f.node,)))


@dataclass
class _State:
    graph: Graph
    steps: list[Step] = field(default_factory=list)
    depth: dict[str, int] = field(default_factory=dict)
    """Of nodes that rewrites made, how many led to each."""
    failures: dict[Failure, None] = field(default_factory=dict)


def refused(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Those of operators that the front end refuses in the file itself, or that end the converter behind it."""
    return tuple(f for f in findings if f.refused)


def first_of(candidates: Sequence[Candidate]) -> int:
    """The choice where nobody asks for prices: the first declared."""
    return 0


def settle(
    graph: Graph,
    target: Target,
    rewrites: Sequence[Rewrite],
    choose: Choose = first_of,
    findings: tuple[Finding, ...] | None = None,
) -> Settled:
    """``graph``, in canonical form, after every rewrite of ``rewrites`` that helps; ``findings`` are what ``judged`` says of it."""
    state = _State(graph)
    findings = judged(state.graph, target) if findings is None else findings
    for _ in range(ROUNDS):
        steps = _round(state, refused(findings), rewrites, choose)
        if not steps:
            break
        for step in steps:
            depth = 1 + max(state.depth.get(n, 0) for n in step.nodes)
            state.depth.update({n.name: depth for n in step.draft.finished()[0]})
        graph = constants_folded(without_identities(spliced(state.graph, [s.draft for s in steps])))
        wanted = max(s.rewrite.opset for s in steps)
        state.graph = raised(graph, wanted) or graph
        state.steps += steps
        state.graph = merged_reshapes(state.graph, state.depth)
        findings = judged(state.graph, target)
    return Settled(state.graph, tuple(state.steps), findings, tuple(state.failures))


def _round(
    state: _State, found: Sequence[Finding], rewrites: Sequence[Rewrite], choose: Choose
) -> list[Step]:
    """The steps of the first stage that has any, none of which touches another's nodes."""
    at: dict[str, list[Finding]] = {}
    for finding in found:
        at.setdefault(finding.node, []).append(finding)
    nodes = [n for n in state.graph.nodes if n.name in at and state.depth.get(n.name, 0) < DEPTH]
    liftable = raised(state.graph) is not None if any(r.opset > state.graph.opset for r in rewrites) else True
    rules = {f.rule for f in found}
    for stage in STAGES:
        known = [r for r in rewrites if r.stage == stage and (liftable or r.opset <= state.graph.opset)]
        of: dict[str, list[Rewrite]] = {}
        for rewrite in known:
            for op in rewrite.ops:
                of.setdefault(op, []).append(rewrite)
        steps: list[Step] = []
        taken: set[str] = set()
        wide = {op for r in known if r.everywhere and rules.intersection(r.answers) for op in r.ops}
        tried = (n for n in state.graph.nodes if n.name in at or n.op in wide) if wide else nodes
        for node in tried:
            if node.name in taken or state.depth.get(node.name, 0) >= DEPTH:
                continue
            site = Site(state.graph, node, at.get(node.name, ()))
            candidates = [
                c
                for c in _candidates(site, of.get(node.op, ()), state.failures)
                if not taken.intersection(n.name for n in c[1].replaces)
            ]
            if not candidates:
                continue
            index = choose(candidates) if len(candidates) > 1 else 0
            rewrite, draft = candidates[index]
            others = tuple(c for i, c in enumerate(candidates) if i != index)
            steps.append(Step(rewrite, draft, others))
            taken.update(n.name for n in draft.replaces)
        if steps:
            return steps
    return []


def _candidates(site: Site, known: Sequence[Rewrite], failures: dict[Failure, None]) -> list[Candidate]:
    """Every complete draft of the rewrites of such nodes that answer a finding at this one; ``failures`` takes those that fail."""
    found: dict[tuple[str, str], Candidate] = {}
    rules = {f.rule for f in site.findings}
    for rewrite in known:
        if rewrite.everywhere or rules.intersection(rewrite.answers):
            site.pinned = set()
            site.opset = max(site.graph.opset, rewrite.opset)
            try:
                for draft in rewrite.draw(site):
                    if whole(site.graph, draft):
                        found.setdefault((rewrite.id, draft.form), (rewrite, draft))
            except Exception as error:
                # Not with any other value: a rewrite may well fail on a file that ONNX infers nothing for.
                if os.environ.get("SENSORFIT_DEBUG") == "rewrites":
                    raise
                said = next(iter(str(error).splitlines()), "")
                failures[Failure(rewrite, site.node.name, f"{type(error).__name__}: {said}"[:200])] = None
    return [*found.values()]
