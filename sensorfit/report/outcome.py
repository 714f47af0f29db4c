"""One model in a gate: its report or why there is none, and what the gate makes of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from ..verify.finding import SEVERITIES, Finding

if TYPE_CHECKING:
    from .report import Report, Verdict

State = Literal["new", "unchanged"]


@dataclass(frozen=True)
class Figure:
    """A figure then and now; ``unit`` is "B", "ms" or "". More is worse in all of them."""

    name: str
    before: float
    now: float
    unit: str

    @property
    def worse(self) -> bool:
        """Whether it grew, beyond the last digit that a baseline stores."""
        return self.now - self.before > 1e-4 * (self.unit == "ms")

    @property
    def better(self) -> bool:
        """Whether it shrank."""
        return self.before - self.now > 1e-4 * (self.unit == "ms")


@dataclass(frozen=True)
class Change:
    """What differs from the baseline; ``known`` is False for a model it does not contain."""

    known: bool
    new: tuple[Finding, ...] = ()
    gone: tuple[Mapping[str, Any], ...] = ()
    """Findings of the baseline that are no longer there, as it recorded them."""
    figures: tuple[Figure, ...] = ()
    verdict_before: Verdict | None = None

    @property
    def grown(self) -> tuple[Figure, ...]:
        """The figures that got worse."""
        return tuple(f for f in self.figures if f.worse)

    @property
    def shrunk(self) -> tuple[Figure, ...]:
        """The figures that got better."""
        return tuple(f for f in self.figures if f.better)


@dataclass(frozen=True)
class Outcome:
    """One model: ``report``, or ``error`` when there is none. ``exit_code`` is this model's share."""

    path: str
    """As the user named it."""
    report: Report | None
    error: str = ""
    exit_code: int = 0
    fail_on: str = "error"
    change: Change | None = None
    """Against the baseline; None when there is none."""
    reason: str = ""
    """Why the configuration judges this model by other rules, "" when it does not."""

    @property
    def findings(self) -> tuple[Finding, ...]:
        """The report's findings, () without one."""
        return self.report.findings if self.report else ()

    def state(self, finding: Finding) -> State | None:
        """Against the baseline: new or unchanged; None without a baseline."""
        if self.change is None:
            return None
        return "new" if not self.change.known or finding in self.change.new else "unchanged"

    def fails(self, finding: Finding) -> bool:
        """Whether this finding alone makes the gate fail."""
        reached = self.fail_on != "never" and _rank(finding.severity) >= _rank(self.fail_on)
        refused = finding.support == "unsupported"
        return (reached or refused) and self.state(finding) != "unchanged"


@dataclass(frozen=True)
class FindingGroup:
    """Findings that say the same of several nodes: same rule, severity, operator, reason."""

    first: Finding
    members: tuple[Finding, ...]
    following: int = 0
    """Findings that follow from these, and are not shown."""

    @property
    def text(self) -> str:
        """The message of one finding, the shared reason of several; how many follow from it."""
        text = said(self.first) if len(self.members) == 1 else self.first.reason or said(self.first)
        if not self.following:
            return text
        return (
            f"{text}; {self.following:,} finding{'s follow' if self.following > 1 else ' follows'} from this"
        )


def said(finding: Finding) -> str:
    """The message without the operator in front, where the output shows that beside it."""
    message, operator = finding.message, f"{finding.op}: "
    while finding.op and message.startswith(operator) and message != operator:
        message = message.removeprefix(operator)
    return message


def grouped(findings: Iterable[Finding]) -> list[FindingGroup]:
    """Findings grouped by (rule, severity, operator, reason), in order of first appearance; what follows from another
    finding is counted there."""
    findings = [*findings]
    causes = {f.rule for f in findings if not f.follows}
    held = Counter(f.follows for f in findings if f.follows in causes)
    groups: dict[tuple[str, ...], list[Finding]] = {}
    for f in findings:
        if f.follows not in causes:
            groups.setdefault((f.rule, f.severity, f.op, f.reason or f.message), []).append(f)
    return [
        FindingGroup(members[0], tuple(members), held.pop(members[0].rule, 0)) for members in groups.values()
    ]


def outcomes(items: Sequence[Report | Outcome]) -> list[Outcome]:
    """``items`` as outcomes: a bare report is judged by its own exit code."""
    return [
        item
        if isinstance(item, Outcome)
        else Outcome(item.model.path or item.model.name, item, exit_code=item.exit_code())
        for item in items
    ]


def _rank(severity: str) -> int:
    return SEVERITIES.index(severity)
