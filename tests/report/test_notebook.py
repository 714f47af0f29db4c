"""A report in a notebook and in a log."""

import re
from html import unescape
from pathlib import Path

import onnx

from sensorfit.api import check, compare, diff, explain
from sensorfit.report.report import Report
from sensorfit.units import show_bytes

from ..conftest import model_of
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


def plain(page: str) -> list[list[str]]:
    """The cells of a table, row by row."""
    rows = re.findall(r"<tr>(.*?)</tr>", page)
    return [[unescape(cell) for cell in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row)] for row in rows]


def test_a_diff_stands_old_beside_new_in_a_notebook() -> None:
    found = diff("picosam2", "picosam3")
    rows = {row[0]: row[1:] for row in plain(found._repr_html_())}
    assert rows["verdict"] == ["fits", "fits"]
    assert rows["memory"] == [show_bytes(r.memory.total_bytes) for r in (found.old, found.new)]
    assert int(rows["changed nodes"][1]) > 0


def test_a_comparison_is_a_model_a_line_in_a_notebook() -> None:
    page = compare(["picosam3", "tinysam"])._repr_html_()
    head, pico, tiny = plain(page)
    assert head[1:3] == ["verdict", "total, of 8.00 MiB"]
    assert pico[:3] == ["PicoSAM3", "fits", "3.67 MiB"] and pico[-1] == "0"
    assert tiny[1] == "does not fit" and int(tiny[-1]) > 100


def test_an_explanation_says_in_a_notebook_what_stands_in_the_way() -> None:
    found = explain("tinysam")
    page = found._repr_html_()
    assert "<caption>TinySAM does not fit the IMX500.</caption>" in page
    rows = plain(page)
    assert [row[1] for row in rows if row[0] == "in the way"] == list(found.reasons)
    assert any(row[0] == "encoder: memory" for row in rows)


def test_no_answer_of_the_api_makes_a_hostile_name_markup(tmp_path: Path) -> None:
    graph = model_of("m (float[1,3,64,64] x) => (float[1,3,64,64] y) { y = Relu (x) }")
    graph.graph.node[0].name = graph.graph.node[0].input[0] = graph.graph.input[0].name = HOSTILE
    file = tmp_path / "<img src=x onerror=alert(1)>.onnx"
    onnx.save(graph, file)
    for answer in (check(file), explain(file), diff(file, "picosam3"), compare([file])):
        page = answer._repr_html_()
        assert "<img" not in page and "<script" not in page and "\x1b" not in page
