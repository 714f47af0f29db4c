"""A repository's own budgets (SF6xx): what sensorfit.toml or ``parse_budgets`` asks for.

They say nothing about the device, so they leave the verdict alone; a broken one
is an error and fails the gate.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from sensorfit.units import show_bytes, show_count
from sensorfit.verify.family import BUDGETS
from sensorfit.verify.finding import Finding, Severity
from sensorfit.verify.rule import Issue, rule

if TYPE_CHECKING:
    from sensorfit.gate.config import Budgets
    from sensorfit.report.report import Report

_SMALLER = "a smaller input, fewer channels at the peak or fewer parameters; `sensorfit explain` names where the peak is"


def findings(report: Report, budgets: Budgets) -> Iterator[Finding]:
    """A finding for each budget that ``report`` breaks, and a warning where the latency's interval reaches over."""
    from sensorfit.verify.engine import apply

    return apply("budget", report, budgets)


@rule("SF601", "MemoryBudget", BUDGETS, "budget")
def memory_budget(report: Report, budgets: Budgets) -> Iterator[Issue]:
    """Budget: total memory is within the repository's budget (sram).

    A number that the repository sets for itself in sensorfit.toml ([budgets]); a model that breaks it fails the gate.

    Fails:
        [budgets]
        sram = "3 MiB"

        sensorfit check picosam3

    Passes:
        [budgets]
        sram = "4 MiB"

        sensorfit check picosam3

    Fix: make the model smaller, or raise the budget and say why.
    """
    memory = report.memory
    total, sram = memory.packaged_bytes, budgets.sram
    if sram is not None and total > sram:
        tiles = " in the converter's tiles" if memory.tiled_total_bytes else ""
        over = f"{show_bytes(total - sram)} over the budget of {show_bytes(sram)}"
        yield _broken(
            "total memory is within the repository's budget (sram)",
            f"{show_bytes(total)} in total{tiles}, {over}",
            _SMALLER,
        )


@rule("SF602", "LatencyBudget", BUDGETS, "budget")
def latency_budget(report: Report, budgets: Budgets) -> Iterator[Issue]:
    """Budget: estimated latency is within the repository's budget (latency).

    A number that the repository sets for itself in sensorfit.toml ([budgets]); a model that breaks it fails the gate.

    Fails:
        [budgets]
        latency = "2 ms"

        sensorfit check picosam3

    Passes:
        [budgets]
        latency = "15 ms"

        sensorfit check picosam3

    Fix: make the model smaller, or raise the budget and say why.
    """
    latency, most = report.latency, budgets.latency
    if most is None or latency.dsp_ms_high <= most:
        return
    interval = f"{latency.dsp_ms:.2f} ms ({latency.dsp_ms_low:.2f} to {latency.dsp_ms_high:.2f})"
    fix = "measure on the camera and calibrate, or make the slowest layers cheaper, which `sensorfit explain` names"
    if latency.dsp_ms > most:
        yield _broken(
            "estimated latency is within the repository's budget (latency)",
            f"an estimated {interval}, over the budget of {most:g} ms",
            fix,
        )
    else:
        message = f"an estimated {interval}: the interval reaches over the budget of {most:g} ms"
        yield _broken(
            "estimated latency is within the repository's budget (latency)", message, fix, "warning"
        )


@rule("SF603", "MacBudget", BUDGETS, "budget")
def mac_budget(report: Report, budgets: Budgets) -> Iterator[Issue]:
    """Budget: multiply-accumulates are within the repository's budget (macs).

    A number that the repository sets for itself in sensorfit.toml ([budgets]); a model that breaks it fails the gate.

    Fails:
        [budgets]
        macs = "300 M"

        sensorfit check picosam3

    Passes:
        [budgets]
        macs = "400 M"

        sensorfit check picosam3

    Fix: make the model smaller, or raise the budget and say why.
    """
    macs = report.latency.macs
    if budgets.macs is not None and macs > budgets.macs:
        message = f"{show_count(macs)} MACs, more than the budget of {show_count(budgets.macs)}"
        yield _broken(
            "multiply-accumulates are within the repository's budget (macs)",
            message,
            "fewer channels, a smaller input or separable convolutions",
        )


@rule("SF604", "ParameterBudget", BUDGETS, "budget")
def parameter_budget(report: Report, budgets: Budgets) -> Iterator[Issue]:
    """Budget: parameters are within the repository's budget (parameters).

    A number that the repository sets for itself in sensorfit.toml ([budgets]); a model that breaks it fails the gate.

    Fails:
        [budgets]
        parameters = "1 M"

        sensorfit check picosam3

    Passes:
        [budgets]
        parameters = "2 M"

        sensorfit check picosam3

    Fix: make the model smaller, or raise the budget and say why.
    """
    parameters = report.model.parameters
    if budgets.parameters is not None and parameters > budgets.parameters:
        message = (
            f"{show_count(parameters)} parameters, more than the budget of {show_count(budgets.parameters)}"
        )
        yield _broken(
            "parameters are within the repository's budget (parameters)",
            message,
            "fewer channels or separable convolutions",
        )


@rule("SF605", "HeadroomBudget", BUDGETS, "budget")
def headroom_budget(report: Report, budgets: Budgets) -> Iterator[Issue]:
    """Budget: at least the repository's reserve of memory stays free (headroom).

    A number that the repository sets for itself in sensorfit.toml ([budgets]); a model that breaks it fails the gate.

    Fails:
        [budgets]
        headroom = "6 MiB"

        sensorfit check picosam3

    Passes:
        [budgets]
        headroom = "4 MiB"

        sensorfit check picosam3

    Fix: make the model smaller, or raise the budget and say why.
    """
    free = report.memory.budget_bytes - report.memory.packaged_bytes
    if budgets.headroom is not None and free < budgets.headroom:
        message = f"{show_bytes(free)} of headroom, less than the {show_bytes(budgets.headroom)} asked for"
        yield _broken("at least the repository's reserve of memory stays free (headroom)", message, _SMALLER)


def _broken(reason: str, message: str, fix: str, severity: Severity = "error") -> Issue:
    evidence = "budgets in the configuration"
    return Issue.accepted(
        reason, fix, message=message, severity=severity, evidence=evidence, basis="inferred"
    )
