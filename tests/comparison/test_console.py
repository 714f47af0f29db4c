"""The table in a terminal and in Markdown: one line a model, what is left out is named."""

from dataclasses import replace
from pathlib import Path

import pytest

from sensorfit.api import compare
from sensorfit.render.comparison.cells import COLUMNS
from sensorfit.render.comparison.columns import LONGEST, fitted
from sensorfit.render.comparison.formats import print_table, to_markdown
from sensorfit.render.comparison.present import show
from sensorfit.render.screen import recorded
from tests.comparison.tables import MODELS, table


def test_markdown_has_a_row_each_and_names_its_sources() -> None:
    text = to_markdown(table())
    lines = [line for line in text.splitlines() if line.startswith("| ")]
    assert len(lines) == 1 + len(MODELS)
    assert "2603.11917" in text
    assert "(second-hand)" in text


@pytest.mark.parametrize("width", [40, 60, 80, 120, 160, 240])
def test_a_model_is_one_line_at_any_width(width: int) -> None:
    shown = recorded(lambda console: print_table(table(), console), width)
    lines = shown.partition("\n\n")[0].splitlines()
    assert [line.split()[0] for line in lines[-len(MODELS) :]] == list(MODELS)
    assert all(line == line.rstrip() and len(line) <= width for line in lines)
    assert "…" not in shown


@pytest.mark.parametrize("width", [40, 60, 80, 120, 240])
def test_only_columns_that_are_shown_are_explained(width: int) -> None:
    text = recorded(lambda console: print_table(table(), console), width)
    below = " ".join(text.partition("\n\n")[2].split())
    notes = below.partition("has them all.")[2] or below
    shown = fitted(table().rows, width)
    assert ("Flagged:" in notes) == ("flagged nodes" in shown)
    assert ("mIoU" in notes) == any("mIoU" in heading for heading in shown)
    assert ("peak SRAM" in notes) == ("peak SRAM, MiB" in shown)
    assert ("interval" in notes) == ("predicted, ms" in shown)
    assert len(notes) > len("Target imx500")


@pytest.mark.parametrize("width", [60, 80, 120])
def test_what_a_narrow_terminal_leaves_out_is_named(width: int) -> None:
    shown = fitted(table().rows, width)
    assert set(shown) >= {"model", "verdict", "total, MiB", "refused nodes"}
    said = " ".join(recorded(lambda console: print_table(table(), console), width).split())
    named = said.partition("No room here for: ")[2].partition(". --format")[0].split("; ")
    assert named == [heading for heading in COLUMNS if heading not in shown]


def test_a_wide_terminal_has_every_column_and_names_the_operators() -> None:
    shown = recorded(lambda console: print_table(table(), console), 300)
    assert "No room" not in shown
    assert "54: MatMul, Cast, Equal, Not, Tile" in shown


def test_where_the_profiles_differ_a_short_verdict_says_so() -> None:
    shown = recorded(lambda console: print_table(compare(["edgesam@96", "picosam3"]), console), 60)
    assert "fits *" in shown and "* by the converter" in shown


def test_a_long_path_keeps_its_end(tmp_path: Path) -> None:
    (row,) = table().rows[:1]
    cell = fitted([replace(row, name=f"{tmp_path}/{'deep/' * 20}net.onnx")], 80)["model"][0]
    assert cell.startswith("…") and cell.endswith("/net.onnx") and len(cell) == LONGEST


def test_a_pipe_and_a_file_lose_no_column_that_a_wide_terminal_shows(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("COLUMNS", raising=False)
    found = compare(["picosam2", "picosam3", "tinysam"])
    wide = recorded(lambda console: print_table(found, console), 1000)
    show(found, "console", None, None)
    show(found, "console", str(tmp_path / "table.txt"), None)
    for text in (capsys.readouterr().out, (tmp_path / "table.txt").read_text()):
        assert "No room here" not in text and "whether transfer or readout is included" in text
        assert text.split() == wide.split()
