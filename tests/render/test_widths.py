"""What a terminal shows is whole at any width: figures wrap between words, columns go with a note, nothing is cut."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import cache

import pytest
from rich.text import Text

from sensorfit.api import check, diff
from sensorfit.difference import Diff
from sensorfit.explanation import Page
from sensorfit.render.columns import laid_out, widths
from sensorfit.render.console import print_report
from sensorfit.render.difference import print_diff
from sensorfit.render.explanation.console import print_page
from sensorfit.render.screen import recorded
from sensorfit.render.summary import HEADINGS, print_summary
from sensorfit.report.outcome import Outcome
from sensorfit.report.report import Report, TensorInfo

from ..explanation.pages import page
from ..made_reports import finding, report

WIDTHS = [40, 50, 60, 72, 80, 100, 120, 160, 200]
WIDE = 400
FIGURE = re.compile(r"(?<![\w/.…-])[\d][\d,.]*(?![\w/])")


def figures(text: str) -> set[str]:
    """The numbers in a text, those in names aside."""
    return {found.rstrip(",.") for found in FIGURE.findall(text)}


@cache
def compared() -> tuple[Diff, Page]:
    return diff("picosam2", "picosam3"), page("edgesam")


@pytest.fixture(scope="module")
def checked() -> Report:
    return check("picosam3", largest_inputs=True)


@pytest.mark.parametrize("width", WIDTHS)
def test_a_report_with_its_plan_loses_no_figure(checked: Report, width: int) -> None:
    wide, narrow = (
        recorded(lambda console: print_report(checked, console, memory=True), columns)
        for columns in (WIDE, width)
    )
    assert figures(wide) - figures(narrow) == set()
    assert all(len(line) <= width for line in narrow.splitlines())
    assert re.search(r"^step +bytes", narrow, re.MULTILINE)


@pytest.mark.parametrize("width", WIDTHS)
def test_a_table_of_models_cuts_no_figure_and_names_what_it_leaves_out(width: int) -> None:
    tiled = report(path="models/one/quite/deep/below.onnx", runtime=123_456_789)
    several = [
        Outcome("models/one/quite/deep/below.onnx", tiled, exit_code=1),
        Outcome("other.onnx", report(finding())),
        Outcome("lost.onnx", None, error="gone", exit_code=2),
        Outcome("part.onnx", replace(tiled, memory=replace(tiled.memory, complete=False))),
    ]
    wide, narrow = (recorded(lambda c: print_summary(several, c), columns) for columns in (WIDE, width))
    table = narrow[narrow.index("┏") :]
    assert figures(table) <= figures(wide)
    assert "…" not in table
    assert all(
        len(line) <= width for line in table.splitlines() if not line.startswith("sensorfit ")
    )  # a command is whole
    said = " ".join(table.split())
    heading = " ".join(re.split("[┃│]", " ".join(table.splitlines()[1:3])))
    left_out = said.partition("No room here for: ")[2].partition(".")[0].split("; ")
    assert all((name in left_out) or set(name.split()) <= set(heading.split()) for name in HEADINGS)


def test_at_80_columns_a_models_name_stays_whole_before_a_column_of_counts_is_kept() -> None:
    rows = [Outcome(name, report()) for name in ("nets/opt_dynamic_hw.onnx", "nets/unet_convt4.onnx")]
    shown = recorded(lambda console: print_summary(rows, console), 80)
    assert all(outcome.path in shown for outcome in rows)
    assert "No room here for: Errors; Warnings" in shown


def test_a_table_of_models_counts_causes_and_gives_no_figure_that_an_open_size_decides() -> None:
    open_size = report(
        finding(rule="SF502", node="", op=""),
        finding(follows="SF502"),
        finding(follows="SF502", node="/up/1"),
        inputs=(TensorInfo("x", (1, 3, None, None), "float32"),),
    )
    made = replace(open_size, memory=replace(open_size.memory, complete=False))
    table = recorded(lambda c: print_summary([Outcome("net.onnx", made, exit_code=1)], c), WIDE)
    row = [cell.strip() for cell in table.splitlines()[-3].split("│")[1:-1]]
    assert row == ["net.onnx", "does not fit", "1", "0", "input size open", "", "", "", "fail"]


@pytest.mark.parametrize("width", WIDTHS)
def test_a_diff_and_a_page_lose_no_figure(width: int) -> None:
    changed, page = compared()
    for show in (lambda c: print_diff(changed, c), lambda c: print_page(page, c)):
        wide, narrow = (recorded(show, columns) for columns in (WIDE, width))
        assert figures(wide) - figures(narrow) == set()
        assert all(len(line) <= width for line in narrow.splitlines())


def test_columns_get_their_longest_word_and_what_is_left_goes_round() -> None:
    columns = [["weights", "input persistence"], ["28,448 B", "1 B"], ["a remark of many words"]]
    assert widths(columns, 100) == [17, 8, 22]
    assert widths(columns, 40) == [17, 8, 11]
    assert widths(columns, 26) is None


def test_rows_without_room_for_columns_are_stacked() -> None:
    rows = [("runtime", Text("123,456,789 B"), "as it stands")]
    shown = recorded(lambda console: console.print(laid_out(rows, 20, ("", "bytes", ""))), 20)
    assert shown.splitlines() == ["runtime", "  bytes  123,456,789", "  B", "  as it stands"]
