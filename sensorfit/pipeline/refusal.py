"""A build that stops before quantizing: the check's findings in brief."""

from __future__ import annotations

import shlex
from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

from ..errors import Refused
from ..units import show_shape
from .request import Request

if TYPE_CHECKING:
    from ..report.report import Report
    from ..verify.finding import Finding

SHOWN: Final = 3
"""Reasons that are named; the others are counted."""


def stop_where_it_does_not_fit(report: Report, request: Request, *, carried: bool = True) -> None:
    """Refused with the reasons in brief where ``report`` says that the network does not fit.

    ``carried``: whether it could be quantized all the same. Not with ``--force``, nor where smaller weights were asked for and only the memory stands against it.
    """
    if report.verdict != "does_not_fit" or request.force:
        return
    against = [f for f in report.findings if f.support == "unsupported"]
    if request.quantization.weights_budget is not None and all(f.about_memory for f in against):
        return
    rewrite = not request.fix and any(f.refused for f in against)
    raise Refused(
        f"{report.model.name}: does not fit, so nothing was quantized: {'; '.join(_brief(against))}"
        f" (`{_check(report, request)}` says what to change"
        f"{', --fix first rewrites what it can' if rewrite else ''}{', --force builds all the same' if carried else ''})"
    )


def _check(report: Report, request: Request) -> str:
    """The command that judges the same network: at the size that was asked for."""
    command = f"sensorfit check {shlex.quote(request.model)}{report.target.option}"
    if request.size is None or not report.model.inputs or not (shape := report.model.inputs[0].shape):
        return command
    height, width = request.size
    size = show_shape((*(d or 1 for d in shape[:2]), height, width))
    return f"{command} --input-shape {size}"


def unknowns(report: Report) -> tuple[str, ...]:
    """Why the check could not say whether the network fits, in brief."""
    reasons = [f for f in report.findings if f.support == "unknown"]
    return tuple(_brief(reasons)) if reasons else report.memory.missing


def _brief(findings: Iterable[Finding]) -> list[str]:
    """``SF119 MatMul x20: reason`` for each group, the first few."""
    groups: dict[tuple[str, str], list[Finding]] = {}
    for one in findings:
        groups.setdefault((one.rule, one.op if one.about_operator else ""), []).append(one)
    said = []
    for (rule, op), members in groups.items():
        times = f" x{len(members)}" if op and len(members) > 1 else ""
        reason = (members[0].reason if op else "") or members[0].message
        said.append(f"{rule} {op}{times}: {reason}".replace(f"{rule} :", f"{rule}:").rstrip("."))
    more = len(said) - SHOWN
    return [*said[:SHOWN], f"and {more} more kinds of finding"] if more > 0 else said
