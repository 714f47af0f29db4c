"""The table: figures from graphs, published figures beside them, and nothing where there is none."""

import csv
import io
import json
import sys
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest
from click.testing import CliRunner

from sensorfit.cli.compare import command
from sensorfit.compare import Table, compare
from sensorfit.compare.cells import COLUMNS
from sensorfit.compare.columns import LONGEST, fitted
from sensorfit.compare.plot import plot, points
from sensorfit.compare.render import print_table, to_csv, to_json, to_markdown
from sensorfit.errors import ConfigError, MissingDependency, ModelError
from sensorfit.report.screen import recorded

MODELS = ("picosam2", "picosam3", "edgesam", "tinysam", "litesam", "fastsam")


@cache
def table() -> Table:
    return compare(MODELS)


def test_rows_come_in_the_order_asked_for() -> None:
    assert [row.name for row in table().rows] == list(MODELS)


def test_only_the_picosams_fit() -> None:
    assert [row.name for row in table().rows if row.fits] == ["picosam2", "picosam3"]


def test_a_model_of_two_networks_is_their_sum() -> None:
    row = next(r for r in table().rows if r.name == "edgesam")
    assert row.parts == ("encoder", "decoder")
    assert row.parameters == 5_517_552 + 4_064_560
    assert row.macs == pytest.approx(21.86e9, rel=0.01)


def test_a_model_without_a_graph_says_nothing_of_ours() -> None:
    row = next(r for r in table().rows if r.name == "litesam")
    ours = (
        row.parameters,
        row.weights_bytes,
        row.macs,
        row.runtime_bytes,
        row.total_bytes,
        row.refused_nodes,
    )
    assert set(ours) == {None}
    assert row.verdicts == {}
    cells = {heading: cell(row) for heading, cell in COLUMNS.items()}
    assert cells["verdict"] == cells["refused nodes"] == cells["total, MiB"] == "n/a"
    assert cells["parameters"] == "4.2 M (published)"


def test_published_figures_show_float_and_int8() -> None:
    row = next(r for r in table().rows if r.name == "picosam3")
    assert row.published("coco_miou") == "65.45 / 65.34"
    assert "11.82 ms" in COLUMNS["published latency"](row)


def test_flagged_operators_go_by_what_they_are() -> None:
    row = next(r for r in table().rows if r.name == "edgesam")
    assert set(row.flagged) == {"Softmax", "LayerNormalization"}


def test_csv_has_plain_numbers() -> None:
    rows = list(csv.DictReader(io.StringIO(to_csv(table()))))
    by_name = {row["name"]: row for row in rows}
    assert by_name["picosam3"]["parameters"] == "1371418"
    assert by_name["picosam3"]["verdict_converter"] == "fits"
    assert by_name["litesam"]["total_bytes"] == ""
    assert by_name["picosam3"]["coco_miou"] == "65.45"


def test_csv_marks_lower_bounds() -> None:
    row = replace(table().rows[0], sized=False, timed=False)
    one, two, none = csv.DictReader(io.StringIO(to_csv(replace(table(), rows=(row, *table().rows[1::3])))))
    assert (one["sized"], one["timed"], two["sized"], two["timed"]) == ("false", "false", "true", "true")
    assert none["sized"] == none["timed"] == ""


def test_json_carries_sources() -> None:
    found = json.loads(to_json(table()))
    row = next(r for r in found["rows"] if r["name"] == "tinysam")
    assert row["figures"]["coco_miou"]["source"]
    assert row["fits"] is False
    assert found["target"]["budget_bytes"] == 8_388_480


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
    shown = recorded(lambda console: print_table(table(), console), 260)
    assert "No room" not in shown
    assert "48: MatMul, Cast, Not, Tile" in shown


def test_where_the_profiles_differ_a_short_verdict_says_so() -> None:
    shown = recorded(lambda console: print_table(compare(["edgesam@96", "picosam3"]), console), 60)
    assert "fits *" in shown and "* the converter's word" in shown


def test_a_long_path_keeps_its_end(tmp_path: Path) -> None:
    (row,) = table().rows[:1]
    cell = fitted([replace(row, name=f"{tmp_path}/{'deep/' * 20}net.onnx")], 80)["model"][0]
    assert cell.startswith("…") and cell.endswith("/net.onnx") and len(cell) == LONGEST


def test_a_file_is_a_row(tmp_path: Path) -> None:
    import shutil

    from sensorfit.models.registry import find

    entry = find("picosam3")
    assert entry is not None
    shutil.copy(entry.graph, tmp_path / "mine.onnx")
    (row,) = compare([tmp_path / "mine.onnx"]).rows
    assert (row.title, row.figures, row.fits) == ("mine", {}, True)


def test_an_unknown_name_is_an_error() -> None:
    with pytest.raises(ModelError, match="nosuchmodel"):
        compare(["nosuchmodel"])


def test_the_plot_holds_models_with_a_graph_and_a_miou() -> None:
    assert {row.name for row, _, _, _ in points(table())} == {"picosam2", "picosam3", "edgesam", "tinysam"}


def test_the_plot_is_drawn_and_reproducible(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib", reason="needs the extra 'plot'")
    files = [tmp_path / name for name in ("a.svg", "b.svg")]
    for file in files:
        plot(table(), str(file))
    assert files[0].read_bytes() == files[1].read_bytes()
    assert b"PicoSAM3" in files[0].read_bytes() or b"<svg" in files[0].read_bytes()


def test_a_plot_needs_a_known_suffix() -> None:
    with pytest.raises(ConfigError, match=r"\.svg, \.png or \.pdf"):
        plot(table(), "plot.txt")


def test_a_plot_of_nothing_is_refused() -> None:
    with pytest.raises(ConfigError, match="none of these models"):
        plot(compare(["litesam"]), "plot.svg")


def test_without_matplotlib_the_message_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(MissingDependency, match=r"sensorfit\[plot\]"):
        plot(table(), "plot.svg")


@pytest.mark.parametrize("form", ["console", "markdown", "csv", "json"])
def test_every_format_comes_out_of_the_command(form: str, tmp_path: Path) -> None:
    target = tmp_path / "table"
    result = CliRunner().invoke(command, ["picosam3", "litesam", "--format", form, "--output", str(target)])
    assert (result.exit_code, result.output) == (0, "")
    assert "picosam3" in target.read_text(encoding="utf-8").lower()
