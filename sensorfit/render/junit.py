"""JUnit XML: a suite a model, a test case a question, for the test tab of a CI server.

    <testsuites> ─ <testsuite name=model> ─ <testcase name="fits the sensor">
                                          ─ <testcase name="SF101 ConvTranspose at /up/0">
                                                <failure type="SF101" message="...">

A finding that makes the gate fail is a failure, one accepted by the baseline is
skipped, any other passes with its text as output. A model that cannot be
checked is an error. Attributes are those of the Jenkins and Surefire schemas.
"""

from __future__ import annotations

from collections.abc import Sequence
from xml.etree import ElementTree as xml

from ..report.outcome import Outcome, outcomes, said
from ..report.phrases import figure_words, figures_of, judged_by, of_budget_words
from ..report.report import Report
from ..verify.finding import Finding
from .escape import plain

TITLE = {"fits": "fits", "does_not_fit": "does not fit", "unknown": "unknown: no evidence either way"}


def render(items: Sequence[Report | Outcome]) -> str:
    """A ``<testsuites>`` document over ``items``."""
    root = xml.Element("testsuites", name="sensorfit")
    for outcome in outcomes(items):
        _suite(root, outcome)
    for count in ("tests", "failures", "errors", "skipped"):
        root.set(count, str(sum(int(suite.get(count, "0")) for suite in root)))
    root.set("time", "0")
    xml.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + xml.tostring(root, encoding="unicode")


def _suite(root: xml.Element, outcome: Outcome) -> None:
    suite = xml.SubElement(root, "testsuite", name=plain(outcome.path))
    report = outcome.report
    if report is None:
        kind = "error" if outcome.exit_code > 1 else "failure"
        case = _case(suite, outcome, "can be checked")
        _verdict(case, kind, plain(outcome.error), "cannot be checked")
    else:
        properties = xml.SubElement(suite, "properties")
        for name, value in figures_of(report).items():
            xml.SubElement(properties, "property", name=name, value=str(value))
        _fits(suite, outcome, report)
        for finding in report.findings:
            _finding(suite, outcome, finding)
    cases = suite.findall("testcase")
    suite.set("tests", str(len(cases)))
    for count, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        suite.set(count, str(sum(case.find(tag) is not None for case in cases)))
    suite.set("time", "0")


def _fits(suite: xml.Element, outcome: Outcome, report: Report) -> None:
    case = _case(suite, outcome, "fits the sensor")
    memory = report.memory
    text = f"{TITLE[report.verdict]}; {of_budget_words(memory)}, {judged_by(report)}"
    accepted = (
        outcome.change is not None
        and outcome.change.known
        and outcome.change.verdict_before == report.verdict
    )
    if report.verdict == "does_not_fit" and not accepted:
        _verdict(case, "failure", text, "verdict")
    elif report.verdict == "does_not_fit":
        xml.SubElement(case, "skipped", message=f"{text} (as in the baseline)")
    else:
        xml.SubElement(case, "system-out").text = "\n".join((text, *map(plain, memory.notes)))
    if outcome.change is not None and outcome.change.known:
        case = _case(suite, outcome, "no figure is worse than the baseline")
        if outcome.change.grown:
            _verdict(case, "failure", "; ".join(figure_words(f) for f in outcome.change.grown), "baseline")


def _finding(suite: xml.Element, outcome: Outcome, finding: Finding) -> None:
    place = f" at {plain(finding.node)}" if finding.node else ""
    case = _case(suite, outcome, f"{finding.rule} {plain(finding.op)}{place}".replace("  ", " "))
    text = plain(said(finding))
    detail = "\n".join(
        part
        for part in (
            text,
            f"fix: {plain(finding.fix)}" if finding.fix else "",
            f"how known: {finding.basis}, {plain(finding.evidence)}",
        )
        if part
    )
    if outcome.fails(finding):
        _verdict(case, "failure", text, finding.rule, detail)
    elif outcome.state(finding) == "unchanged":
        xml.SubElement(case, "skipped", message=f"in the baseline: {text}")
    else:
        xml.SubElement(case, "system-out").text = f"{finding.severity}: {detail}"


def _case(suite: xml.Element, outcome: Outcome, name: str) -> xml.Element:
    return xml.SubElement(suite, "testcase", name=name, classname=plain(outcome.path), time="0")


def _verdict(case: xml.Element, tag: str, message: str, kind: str, detail: str = "") -> None:
    xml.SubElement(case, tag, message=message, type=kind).text = detail or message
