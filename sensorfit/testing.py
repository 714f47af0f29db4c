"""For a model repository's own tests.

from sensorfit.testing import assert_fits

def test_the_model_fits_the_sensor():
    assert_fits("models/picosam3.onnx", sram="6 MiB", latency="15 ms")
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from .api import check
from .gate.config import Policy, parse_budgets
from .render.escape import plain
from .report.outcome import grouped
from .report.phrases import VERDICT, of_budget_words
from .report.report import Report
from .rules.budgets import findings as broken_budgets
from .target import DEFAULT

if TYPE_CHECKING:
    import onnx

__all__ = ["assert_fits"]


def assert_fits(
    model: str | Path | onnx.ModelProto,
    *,
    profile: str = "converter",
    target: str = DEFAULT,
    input_persistency: bool = True,
    input_shapes: Mapping[str, Iterable[int]] | None = None,
    fail_on: str = "error",
    ignore: Iterable[str] = (),
    sram: str | int | None = None,
    latency: str | None = None,
    macs: str | int | None = None,
    parameters: str | int | None = None,
    headroom: str | int | None = None,
) -> Report:
    """The report of ``model``, which fits the sensor and these budgets; otherwise an AssertionError that says why.

    A verdict of "unknown" is no fit either: nothing shows that it would run.
    ``fail_on`` also refuses findings from that severity up ("error", "warning",
    "info", "never"), those of the rules in ``ignore`` (ids, names or prefixes) aside.
    Budgets take units: ``sram="6 MiB"``, ``latency="15 ms"``, ``macs="330 M"``.
    Raises ModelError for a file that cannot be checked, ConfigError for a
    budget that cannot be read.
    """
    __tracebackhide__ = True  # pytest then shows the caller's line
    budgets = parse_budgets(sram=sram, latency=latency, macs=macs, parameters=parameters, headroom=headroom)
    report = check(
        model,
        profile=profile,
        target=target,
        input_persistency=input_persistency,
        input_shapes=input_shapes,
    )
    shown = Policy(ignore=tuple(ignore))
    found = (*broken_budgets(report, budgets), *report.findings)
    report = replace(report, findings=tuple(f for f in found if shown.shows(f.rule)))
    if report.verdict != "fits" or report.exit_code(fail_on):
        raise AssertionError(_why(report))
    return report


def _why(report: Report) -> str:
    memory = report.memory
    name = plain(report.model.path or report.model.name)
    lines = [
        f"{name}: {VERDICT[report.verdict]} ({report.target.name}, profile {report.profile}), "
        f"{of_budget_words(memory)}"
    ]
    for group in grouped(report.findings):
        first = group.first
        count = f" x{len(group.members)}" if len(group.members) > 1 else ""
        place = f" at {plain(first.node)}" if first.node else ""
        head = f"{first.rule} {first.severity} {plain(first.op)}".rstrip()
        lines.append(f"  {head}{count}{place}: {plain(group.text)}")
        if first.fix:
            lines.append(f"    fix: {plain(first.fix)}")
    return "\n".join(lines)
