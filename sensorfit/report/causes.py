"""What stands in the way of a model, in the order of what mending it gains: findings with the same way out are one cause.

Five lines instead of two hundred: a window attention is refused in its Reshape, its
Transpose and its Softmax for one reason, and one change mends all.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from ..verify.finding import SEVERITIES, Finding, Severity

if TYPE_CHECKING:
    from .report import Report

_NUMBER: Final = re.compile(r"\d+(?:,\d{3})*")
_ELABORATION: Final = re.compile(r": |; |, (?:or|for|since|which|with) | \(or up to ")
"""What of a way out begins here, outside of brackets, is an example or an alternative."""


@dataclass(frozen=True)
class Cause:
    """Findings that one change mends."""

    severity: Severity
    findings: tuple[Finding, ...]
    gain: str
    """What mending it wins, in words: ``116 of 160 nodes``, ``36.74 MiB less``, ``0.32 ms less``; "" where that is not known."""

    @property
    def nodes(self) -> int:
        """How many nodes it stands at; 1 for what is about the network."""
        return len({f.node for f in self.findings if f.node}) or 1

    @property
    def operators(self) -> tuple[str, ...]:
        """The operators it stands at, the most frequent first."""
        found: dict[str, set[str]] = {}
        for f in self.findings:
            if f.op:
                found.setdefault(f.op, set()).add(f.node)
        return tuple(sorted(found, key=lambda op: -len(found[op])))

    @property
    def invalid(self) -> bool:
        """Whether it stands at a node that is no valid ONNX."""
        return any(f.invalid for f in self.findings)

    @property
    def fix(self) -> str:
        """The way out in a few words: without its examples and alternatives; without a fix, what is wrong."""
        first = self.findings[0]
        if not first.fix:
            return first.reason or first.message
        short = in_short(first.fix)
        different = len({in_short(f.fix) for f in self.findings}) > 1  # only in their numbers
        return f"{short} (the first of {len(self.findings):,})" if different else short

    @property
    def rules(self) -> tuple[str, ...]:
        """The ids of the rules that found it."""
        return tuple(dict.fromkeys(f.rule for f in self.findings))


def in_short(fix: str) -> str:
    """A way out without its examples and alternatives; one that names a command as it is."""
    if "`" in fix:
        return fix
    ends = (m.start() for m in _ELABORATION.finditer(fix))
    return fix[: next((end for end in ends if fix.count("(", 0, end) == fix.count(")", 0, end)), len(fix))]


def every_finding(report: Report) -> tuple[Finding, ...]:
    """Shown and hidden: what the verdict stands on."""
    return (*report.findings, *report.hidden)


def causes(report: Report, accepted: Iterable[Finding] = ()) -> tuple[Cause, ...]:
    """The causes among the findings that are shown: the most severe first, of those what is no valid ONNX, since nothing else
    can be tried before that is mended, then by how many nodes each mends.

    What follows from another finding is part of its cause's count nowhere: it is gone or judged anew
    once that is mended. ``accepted`` (a baseline's) are left out.
    """
    without = {id(f) for f in accepted}
    shown = [f for f in report.findings if id(f) not in without]
    rules = {f.rule for f in shown if not f.follows}
    groups: dict[tuple[str, str], list[Finding]] = {}
    for f in shown:
        if f.follows not in rules:
            key = _NUMBER.sub("#", f.fix or f.reason or f.message)
            groups.setdefault((f.severity, key), []).append(f)
    found = [
        Cause(members[0].severity, tuple(members), _gain(report, members)) for members in groups.values()
    ]
    judged = {f.node for f in shown if f.about_operator and f.support != "supported"}
    return tuple(
        sorted(
            found,
            key=lambda c: (
                -SEVERITIES.index(c.severity),
                not c.invalid,
                _at(c, judged),
                -_weight(report, c),
            ),
        )
    )


def _at(cause: Cause, judged: set[str]) -> bool:
    """Whether it is about no operator and stands where one is refused or unknown, which comes first: a shape that an unknown
    operator leaves open."""
    first = cause.findings[0]
    return not first.about_operator and bool(first.node) and all(f.node in judged for f in cause.findings)


def refused_nodes(report: Report, support: str = "unsupported") -> int:
    """How many nodes are refused (or, with "unknown", not known), hidden or not."""
    return len({f.node for f in every_finding(report) if f.about_operator and f.support == support})


def cannot_feed(report: Report) -> tuple[Finding, ...]:
    """The inputs that the converter accepts and the sensor has no source for."""
    return tuple(f for f in every_finding(report) if f.about_source)


def _weight(report: Report, cause: Cause) -> float:
    """For the order within a severity: what is about the whole network, then by nodes; of what could be saved the most."""
    if cause.severity == "info":
        return _saved_ms(report, cause.findings) * 1e6 + _saved_bytes(report, cause.findings) / 1e6
    return cause.nodes if cause.findings[0].about_operator else float("inf")


def _gain(report: Report, members: Sequence[Finding]) -> str:
    first = members[0]
    if any(f.invalid for f in members):
        return "no valid ONNX"
    if first.about_operator and first.support != "supported":
        word = {"unsupported": "refused", "unknown": "unknown"}[first.support]
        of = len({f.node for f in members})
        return f"{of:,} of {refused_nodes(report, first.support):,} {word}"
    if first.about_memory and first.support != "supported" and report.memory.headroom_bytes < 0:
        return f"{-report.memory.headroom_bytes / 2**20:,.2f} MiB over"
    if ms := _saved_ms(report, members):
        return f"{ms:.2g} ms less"
    if size := _saved_bytes(report, members):
        return f"up to {size / 2**20:.2f} MiB" if size >= 2**20 / 100 else f"up to {size:,} B"
    return ""


def _saved_ms(report: Report, members: Iterable[Finding]) -> float:
    """What the advice of latency behind ``members`` saves, by the cost model's own count."""
    asked = {(f.node, f.reason) for f in members}
    latency = report.latency
    return sum(a.saved for a in latency.advice if (a.node, a.reason) in asked) / latency.clock_hz * 1e3


def _saved_bytes(report: Report, members: Iterable[Finding]) -> int:
    """The padding of channels behind ``members``, of the widest tensor: they need not be alive at once."""
    tensors = {f.tensor for f in members if f.about_memory}
    return max((p.bytes for p in report.memory.padding if p.tensor in tensors), default=0)
