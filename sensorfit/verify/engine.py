"""All rules over all nodes: ``verify`` gathers findings, it stops at none.

The converter reports by stages and stops at the first that objects: the file,
the model's inputs, unknown operators, nodes it cannot read, forms it refuses.
We report everything at once; ``front_end_verdict`` says which word it would use.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import cache
from typing import Any

from ..graph.constants import without_constant_nodes
from ..graph.ir import Graph, Node
from ..target import Target
from .catalogue import find, rules
from .facts import converter, operators
from .finding import Finding
from .profiles import PROFILES
from .rule import CODES, Facts, Issue, Rule, Scope, finding

PROBES_SHOWN = 3
"""A finding names this many of its operator's probes; docs/operators.md names all."""


@cache
def _by_operator() -> dict[str, tuple[Rule, ...]]:
    table: dict[str, list[Rule]] = {}
    for rule in rules("node"):
        for op in rule.ops:
            table.setdefault(op, []).append(rule)
    return {op: tuple(found) for op, found in table.items()}


def verify(graph: Graph, target: Target, profile: str = "converter") -> tuple[Finding, ...]:
    """What the rules have to say about ``load``'s graph, in graph order."""
    return verify_profiles(graph, target)[profile]


def verify_profiles(graph: Graph, target: Target) -> dict[str, tuple[Finding, ...]]:
    """``verify`` under every profile, the rules run once."""
    found = judged(graph, target)
    return {profile: _under(profile, found) for profile in PROFILES}


def _under(profile: str, found: tuple[Finding, ...]) -> tuple[Finding, ...]:
    """``found`` with what ``profile`` refuses, accepted by the converter or not, made errors."""
    refused = {r.id for r in rules() if profile in r.refused_in}
    if not refused:
        return found
    return tuple(
        replace(one, severity="error", support="unsupported") if one.rule in refused else one for one in found
    )


def apply(scope: Scope, *arguments: Any, graph: Graph | None = None) -> Iterator[Finding]:
    """What the rules of a scope beyond the graph find in ``arguments``, in the order of their ids; ``graph`` has the shapes."""
    for rule in rules(scope):
        for issue in rule.check(*arguments):
            yield finding(rule, issue, graph)


def judged(graph: Graph, target: Target) -> tuple[Finding, ...]:
    """What the rules have to say, no profile applied; what follows from another finding says so."""
    graph = without_constant_nodes(graph)
    covered: dict[str, str] = {}
    found = (*_of_graph(graph, target, covered), *_of_nodes(graph, target))
    return tuple(
        replace(f, follows=covered[f.node]) if covered.get(f.node, f.rule) != f.rule else f for f in found
    )


def judged_nodes(graph: Graph, target: Target) -> tuple[Finding, ...]:
    """What the rules about single nodes have to say."""
    return tuple(_of_nodes(without_constant_nodes(graph), target))


def _of_graph(graph: Graph, target: Target, covered: dict[str, str]) -> Iterator[Finding]:
    """``covered`` takes the nodes whose findings follow from one of these, with its rule."""
    rows = operators(target)
    for rule in rules("graph", "file"):
        for issue in rule.check(graph, target):
            covered |= {node: rule.id for node in issue.covers if node not in covered}
            facts = rows.get(issue.node.op, {}) if issue.node else {}
            yield finding(rule, issue, graph, issue.node, _evidence(issue, facts, target))


def _of_nodes(graph: Graph, target: Target) -> Iterator[Finding]:
    rows = operators(target)
    table = _by_operator()
    anywhere = table.get("*", ())
    for node in graph.nodes:
        row = rows.get(node.op, {})
        facts = row if not node.domain else {"namesake": row.get("support", "")}
        specific = table.get(node.op, ()) if not node.domain else ()
        for rule in (*anywhere, *specific):
            for issue in _merged(_issues(rule, graph, node, facts)):
                yield finding(rule, issue, graph, node, _evidence(issue, facts, target))


def _merged(issues: list[Issue]) -> Iterable[Issue]:
    """A rule's issues at one node, those of the same reason as one that names the details of all."""
    if not issues:
        return ()
    groups: dict[tuple[str, str, str, str], list[Issue]] = {}
    for issue in issues:
        groups.setdefault((issue.reason, issue.code, issue.support, issue.severity), []).append(issue)
    return [
        group[0]._replace(detail=" and ".join(dict.fromkeys(issue.detail for issue in group if issue.detail)))
        for group in groups.values()
    ]


def _issues(rule: Rule, graph: Graph, node: Node, facts: Facts) -> list[Issue]:
    """The rule's issues; a form of the node that the rule did not expect is unknown, not a crash."""
    found: list[Issue] = []
    try:
        for issue in rule.check(graph, node, facts):
            found.append(issue)  # one by one: what comes before an exception counts
    except Exception as error:
        if os.environ.get("SENSORFIT_DEBUG"):
            raise
        found.append(
            Issue.unknown(
                "the rule cannot read this form of the operator",
                "check the node against the operator's definition, or ask the converter (--confirm)",
                f"{type(error).__name__}",
            )
        )
    return found


def _evidence(issue: Issue, facts: Facts, target: Target) -> str:
    probes = issue.probes or facts.get("probes", ())
    more = ", ..." if len(probes) > PROBES_SHOWN else ""
    shown = f": probe {', '.join(probes[:PROBES_SHOWN])}{more}" if probes else ""
    return f"{converter(target)}{shown}"


_STAGES = ("EXEC-file", "INVMOD", "EXEC-graph", "USOP", "EXEC", "INVOP")
"""The order in which the front end objects; it stops at the first stage that does."""


def front_end_verdict(findings: Iterable[Finding]) -> str:
    """The word the converter's front end has for the float graph, as its exit code says it.

    One of accepted, execution_error, unsupported_operator, invalid_operator, invalid_model_input.
    """
    return CODES[front_end_code(findings)]


def front_end_code(findings: Iterable[Finding]) -> str:
    """The code of that verdict, "" where the front end accepts."""
    stages = {_stage(f) for f in findings if f.converter_code}
    return next((s for s in _STAGES if s in stages), "").partition("-")[0]


def _stage(one: Finding) -> str:
    if one.converter_code == "EXEC" and (rule := find(one.rule)) is not None and rule.stage:
        return f"EXEC-{rule.stage}"
    return one.converter_code
