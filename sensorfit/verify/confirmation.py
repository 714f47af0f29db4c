"""What the real converter's answer does to the findings: its word settles what ours left open.

agrees                   nothing changes
accepts, ours unknown    the unknown operator findings become information
accepts all, with bytes  the memory findings too (a quantized graph's memory report)
refuses, ours accepted   SF122, an error: the model does not fit, and our rules have a bug
accepts, ours refused    SF122, a warning: our verdict stands, and our rules have a bug
refuses, as ours         SF122, a warning, where it names other nodes than our findings
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from .engine import front_end_verdict
from .finding import Finding

if TYPE_CHECKING:
    from ..convert.frontend import Confirmation

ACCEPTED: Final = "accepted"
DOES_NOT_FIT: Final = "does_not_fit"
RULE: Final = "SF122"
MEMORY: Final = "SF3"
BEHIND: Final = ("GE",)
"""Codes of the converter behind the front end, which only quantized files reach."""
FORM: Final = "INVOP"
"""The code of nodes in a form that is refused; the front end names every one."""
NOT_COMPARED: Final = ("SF511", "SF512")
MENDED: Final = ("SF512",)
"""What the copy that the converter is shown no longer has: nodes without a name."""


def apply_confirmation(findings: Sequence[Finding], answer: Confirmation) -> tuple[Finding, ...]:
    """``findings`` (of one profile) once the converter has answered."""
    ours = predicted(findings, answer)
    if answer.verdict == ACCEPTED:
        settled = tuple(_settle(f) if f.support == "unknown" and _covered(f, answer) else f for f in findings)
        return settled if ours == ACCEPTED else (_difference(ours, answer, "warning"), *settled)
    if ours != ACCEPTED or (answer.verdict == DOES_NOT_FIT and _over(findings)):
        told = tuple(replace(f, support="unsupported") if _open_memory(f, answer) else f for f in findings)
        said = other_nodes(findings, answer)
        return (_warning(f"the converter names other nodes than sensorfit: {said}"), *told) if said else told
    return (_difference(ours, answer, "error"), *findings)


def predicted(findings: Sequence[Finding], answer: Confirmation) -> str:
    """The verdict as we expect it, for the copy that was shown: the front end's, or the one behind it where we named its code."""
    if answer.code in BEHIND and any(f.converter_code == answer.code for f in findings):
        return answer.verdict
    return front_end_verdict(f for f in findings if f.rule not in MENDED)


def refused_nodes(findings: Sequence[Finding]) -> frozenset[str]:
    """The nodes that our findings say the front end refuses for their form, what MCT rewrites before among them."""
    return frozenset(f.node for f in findings if f.converter_code == FORM and f.node)


def other_nodes(findings: Sequence[Finding], answer: Confirmation) -> str:
    """Where the front end names other nodes than our findings; "" where they are the same.

    A node without a name is called otherwise in the copy, and nodes that no output needs have no findings of their own.
    """
    if answer.code != FORM or not answer.nodes or any(f.rule in NOT_COMPARED for f in findings):
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
    return answer.memory is not None or not finding.rule.startswith(MEMORY)


def _settle(finding: Finding) -> Finding:
    return replace(
        finding,
        severity="info",
        support="supported",
        basis="measured",
        evidence="the converter, asked by --confirm, accepted it",
    )


def _over(findings: Sequence[Finding]) -> bool:
    return any(f.rule.startswith(MEMORY) and f.support != "supported" for f in findings)


def _open_memory(finding: Finding, answer: Confirmation) -> bool:
    return answer.verdict == DOES_NOT_FIT and finding.rule.startswith(MEMORY) and finding.support == "unknown"


def _difference(ours: str, answer: Confirmation, severity: str) -> Finding:
    why = "; ".join((*answer.operators, *answer.reasons)[:3])
    message = f"the converter says {answer.verdict}{f' ({why})' if why else ''}, sensorfit predicted {ours}"
    if severity == "error":
        return replace(_warning(message), severity="error", support="unsupported")
    return _warning(message)


def _warning(message: str) -> Finding:
    return Finding(
        rule=RULE,
        severity="warning",
        node="",
        op="",
        message=message,
        fix="believe the converter, and report the model's operators as a bug in sensorfit's rules",
        evidence="the converter's own answer, asked by --confirm",
        basis="measured",
        reason="the converter's answer differs from the prediction",
        support="supported",
    )
