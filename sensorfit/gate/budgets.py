"""A repository's own budgets as findings: SF601 to SF605.

They say nothing about the device, so they leave the verdict alone; a broken one
is an error and fails the gate.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..report.report import Report
from ..units import show_bytes, show_count
from ..verify.finding import Finding, Severity
from .config import Budgets

RULES = {
    "SF601": "total memory is within the repository's budget (sram)",
    "SF602": "estimated latency is within the repository's budget (latency)",
    "SF603": "multiply-accumulates are within the repository's budget (macs)",
    "SF604": "parameters are within the repository's budget (parameters)",
    "SF605": "at least the repository's reserve of memory stays free (headroom)",
}


def budget_findings(report: Report, budgets: Budgets) -> Iterator[Finding]:
    """A finding for each budget that ``report`` breaks, and a warning where the latency's interval reaches over."""
    memory, latency = report.memory, report.latency
    smaller = "a smaller input, fewer channels at the peak or fewer parameters; `sensorfit explain` names where the peak is"
    total = memory.packaged_bytes
    tiles = " in the converter's tiles" if memory.tiled_total_bytes else ""
    free = memory.budget_bytes - total
    if budgets.sram is not None and total > budgets.sram:
        over = total - budgets.sram
        yield _broken(
            "SF601",
            f"{show_bytes(total)} in total{tiles}, {show_bytes(over)} over the budget of {show_bytes(budgets.sram)}",
            smaller,
        )
    if budgets.headroom is not None and free < budgets.headroom:
        yield _broken(
            "SF605",
            f"{show_bytes(free)} of headroom, less than the {show_bytes(budgets.headroom)} asked for",
            smaller,
        )
    if budgets.latency is not None and latency.dsp_ms_high > budgets.latency:
        interval = f"{latency.dsp_ms:.2f} ms ({latency.dsp_ms_low:.2f} to {latency.dsp_ms_high:.2f})"
        broken = latency.dsp_ms > budgets.latency
        text = f"an estimated {interval}, over the budget of {budgets.latency:g} ms"
        if not broken:
            text = f"an estimated {interval}: the interval reaches over the budget of {budgets.latency:g} ms"
        fix = "measure on the camera and calibrate, or make the slowest layers cheaper, which `sensorfit explain` names"
        yield _broken("SF602", text, fix, "error" if broken else "warning")
    if budgets.macs is not None and latency.macs > budgets.macs:
        text = f"{show_count(latency.macs)} MACs, more than the budget of {show_count(budgets.macs)}"
        yield _broken("SF603", text, "fewer channels, a smaller input or separable convolutions")
    if budgets.parameters is not None and report.model.parameters > budgets.parameters:
        text = f"{show_count(report.model.parameters)} parameters, more than the budget of {show_count(budgets.parameters)}"
        yield _broken("SF604", text, "fewer channels or separable convolutions")


def _broken(rule: str, text: str, fix: str, severity: Severity = "error") -> Finding:
    return Finding(
        rule=rule,
        severity=severity,
        node="",
        op="",
        message=text,
        fix=fix,
        evidence="budgets in the configuration",
        basis="inferred",
        reason=RULES[rule],
    )
