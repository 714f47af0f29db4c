"""Twenty more reports from public forums: what we say of each form, and what the real front end says of the same file."""

from __future__ import annotations

import onnx
import pytest

import sensorfit
from sensorfit.verify.engine import front_end_verdict
from tools.probes.front_end import FrontEnd

from ..public_reports import REPORTS
from ..verify.text import model


@pytest.mark.parametrize("name", REPORTS)
def test_a_reported_form_gets_the_verdict_that_the_front_end_and_the_memory_give(name: str) -> None:
    reported = REPORTS[name]
    made = model(reported.text)
    onnx.checker.check_model(made, full_check=True)
    report = sensorfit.check(made)
    assert report.verdict == reported.verdict
    errors = {f.rule for f in report.findings if f.severity == "error"}
    assert errors == ({reported.rule} if reported.rule else set())
    assert front_end_verdict(report.findings) == reported.front_end


def test_every_report_is_named_by_its_address() -> None:
    addresses = {r.address for r in REPORTS.values()}
    assert len(addresses) == 20 and all(a.startswith("https://github.com/") for a in addresses)


@pytest.mark.toolchain
def test_the_real_front_end_says_what_is_recorded_of_each() -> None:
    front_end = FrontEnd()
    said = {name: front_end.judge(model(r.text))["verdict"] for name, r in REPORTS.items()}
    assert said == {name: r.front_end for name, r in REPORTS.items()}
