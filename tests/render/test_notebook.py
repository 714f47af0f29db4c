"""A report in a notebook and in a log."""

from sensorfit.api import check, compare, diff, explain
from sensorfit.report.report import Report

from ..made_reports import HOSTILE, finding, report


def test_the_summary_is_short_and_says_what_to_change() -> None:
    lines = report(finding(node="/up/0")).summary().splitlines()
    assert lines[0].endswith("DOES NOT FIT")
    assert [line.split()[0] for line in lines[1:]] == ["memory", "latency", "change"]


def test_a_hostile_name_is_text_in_a_notebook() -> None:
    made: Report = report(finding(op=HOSTILE + "\n", fix=HOSTILE), name=HOSTILE)
    page = made._repr_html_()
    assert "<img" not in page and "<script" not in page and "\x1b" not in made.summary()
    assert made.summary().count("\n") == 3


def test_the_representation_is_one_short_line() -> None:
    assert len(repr(report(*[finding(node=str(i)) for i in range(500)]))) < 200


def test_every_answer_of_the_api_is_one_line_in_a_notebook() -> None:
    assert repr(explain("picosam3")) == "<Page: PicoSAM3 fits the IMX500.>"
    assert (
        repr(diff("picosam3", "picosam3")) == "<Diff 'picosam3' -> 'picosam3': fits -> fits, 0 changed nodes>"
    )
    assert repr(compare(["picosam3"])) == "<Table of 1 model, 1 fits>"
    assert repr(report(finding())).endswith(", 1 finding>")


def test_what_is_too_large_is_the_memory_and_not_the_operator_at_the_peak() -> None:
    summary = check("tinysam").summary()
    assert "\nchange  memory: take a smaller variant of the network" in summary
    assert "text-align:left" in report()._repr_html_(), "notebooks put cells at the right"
