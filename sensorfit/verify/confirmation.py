"""What the real converter's answer does to the findings: its word settles what ours left open.

agrees                   nothing changes
accepts, ours unknown    the unknown operator findings become information
refuses, ours unknown    the unknown operator findings that foresaw its code become errors
accepts all, with bytes  the memory findings too (a quantized graph's memory report)
refuses, ours accepted   an error: the model does not fit, and our rules have a bug
accepts, ours refused    a warning: our verdict stands, and our rules have a bug
refuses, as ours         a warning, where it names other nodes than our findings

The last three are the rule of sensorfit.rules.confirmation.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from .catalogue import find
from .engine import apply, front_end_verdict
from .finding import Finding

if TYPE_CHECKING:
    from ..convert.frontend import Confirmation

ACCEPTED: Final = "accepted"
DOES_NOT_FIT: Final = "does_not_fit"
BEHIND: Final = ("GE",)
"""Codes of the converter behind the front end, which only quantized files reach."""
ASKED: Final = "the converter, asked by --confirm"
REPLACE: Final = "use an operator of docs/operators.md in its place, or export the network up to it"
FORM: Final = "INVOP"
"""The code of nodes in a form that is refused; the front end names every one."""


def apply_confirmation(findings: Sequence[Finding], answer: Confirmation) -> tuple[Finding, ...]:
    """``findings`` (of one profile) once the converter has answered."""
    return (
        *apply("confirmation", findings, answer),
        *(_told(f, answer, refused_unknown(findings, answer)) for f in findings),
    )


def refused_unknown(findings: Sequence[Finding], answer: Confirmation) -> frozenset[str]:
    """The nodes that we did not know, and that the converter refuses as we thought it might: what it names, else all of its code."""
    if answer.verdict in (ACCEPTED, DOES_NOT_FIT):
        return frozenset()
    feared = [
        f
        for f in findings
        if f.support == "unknown"
        and f.about_operator
        and f.converter_code
        and f.converter_code == answer.code
    ]
    named = [f for f in feared if f.op in answer.operators or f.node in answer.nodes]
    return frozenset(f.node for f in named or feared)


def refusal_expected(findings: Sequence[Finding], answer: Confirmation) -> bool:
    """Whether we predicted that the converter refuses: an operator or, where it counted bytes, the memory."""
    return predicted(findings, answer) != ACCEPTED or (answer.verdict == DOES_NOT_FIT and _over(findings))


def _told(finding: Finding, answer: Confirmation, refused: frozenset[str]) -> Finding:
    """``finding`` where the answer settles what it left open; ``refused``: the nodes of ``refused_unknown``."""
    if finding.node in refused and finding.support == "unknown" and finding.converter_code == answer.code:
        return replace(
            finding,
            severity="error",
            support="unsupported",
            basis="measured",
            fix=REPLACE,
            evidence=f"{ASKED}, refused it",
        )
    if answer.verdict == ACCEPTED and finding.support == "unknown" and _covered(finding, answer):
        return _settle(finding)
    return replace(finding, support="unsupported") if _open_memory(finding, answer) else finding


def predicted(findings: Sequence[Finding], answer: Confirmation) -> str:
    """The verdict as we expect it, for the copy that was shown: the front end's, or the one behind it where we named its code."""
    if answer.code in BEHIND and any(f.converter_code == answer.code for f in findings):
        return answer.verdict
    return front_end_verdict(f for f in findings if not _is(f, "mended_in_copy"))


def learnt(findings: Sequence[Finding]) -> bool:
    """Whether the converter's answer settled an operator that we had not known: these ``findings`` say it, none foresaw it."""
    return any(f.evidence.startswith(ASKED) and f.about_operator for f in findings)


def refused_nodes(findings: Sequence[Finding]) -> frozenset[str]:
    """The nodes that our findings say the front end refuses for their form, what MCT rewrites before among them."""
    return frozenset(f.node for f in findings if f.converter_code == FORM and f.node)


def other_nodes(findings: Sequence[Finding], answer: Confirmation) -> str:
    """Where the front end names other nodes than our findings; "" where they are the same.

    A node without a name is called otherwise in the copy, and nodes that no output needs have no findings of their own.
    """
    if answer.code != FORM or not answer.nodes or any(_is(f, "hides_nodes") for f in findings):
        return ""
    ours = refused_nodes(findings)
    more, less = [n for n in answer.nodes if n not in ours], sorted(ours.difference(answer.nodes))
    said = [f"it refuses {_some(more)}, which no finding names"] * bool(more)
    said += [f"it does not refuse {_some(less)}"] * bool(less)
    return "; ".join(said)


def _some(nodes: Sequence[str]) -> str:
    shown = ", ".join(nodes[:3])
    return shown if len(nodes) <= 3 else f"{shown} and {len(nodes) - 3} more"


def _covered(finding: Finding, answer: Confirmation) -> bool:
    """Whether the answer reaches what the finding left open: bytes need a memory report."""
    return answer.memory is not None or not finding.about_memory


def _settle(finding: Finding) -> Finding:
    return replace(
        finding,
        severity="info",
        support="supported",
        basis="measured",
        evidence=f"{ASKED}, accepted it",
    )


def _over(findings: Sequence[Finding]) -> bool:
    return any(f.about_memory and f.support != "supported" for f in findings)


def _open_memory(finding: Finding, answer: Confirmation) -> bool:
    return answer.verdict == DOES_NOT_FIT and finding.about_memory and finding.support == "unknown"


def _is(finding: Finding, attribute: str) -> bool:
    """Whether the rule of ``finding`` has the attribute."""
    rule = find(finding.rule)
    return rule is not None and bool(getattr(rule, attribute))
