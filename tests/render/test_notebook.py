"""A report in a notebook and in a log."""

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
