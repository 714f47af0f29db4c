"""The table: figures from graphs, published figures beside them, and nothing where there is none."""

import csv
import io
import json
import re
import shutil
import sys
from dataclasses import replace
from functools import cache
from pathlib import Path

import onnx
import onnx.parser
import pytest
from click.testing import CliRunner

from sensorfit.api import compare
from sensorfit.cli.compare import command
from sensorfit.comparison import Row, Table
from sensorfit.errors import ConfigError, MissingDependency, ModelError
from sensorfit.gate.expand import expand
from sensorfit.models.published import Listed, listed, published
from sensorfit.models.registry import find
from sensorfit.render.comparison.cells import COLUMNS
from sensorfit.render.comparison.columns import LONGEST, fitted
from sensorfit.render.comparison.flat import PUBLISHED
from sensorfit.render.comparison.formats import print_table, to_csv, to_json, to_markdown
from sensorfit.render.comparison.plot import plot, points
from sensorfit.render.comparison.sources import Sources
from sensorfit.render.screen import recorded

MODELS = ("picosam2", "picosam3", "edgesam", "tinysam", "litesam", "fastsam")


@cache
def table(*models: str) -> Table:
    return compare(models or MODELS)


def cells_of(row: Row, *others: Row) -> dict[str, str]:
    """The row's cells by heading, in full."""
    sources = Sources([row, *others])
    return {heading: cell(row, sources) for heading, cell in COLUMNS.items()}


def console(found: Table, width: int) -> str:
    """The table in a terminal of ``width`` columns, the blanks between words one each."""
    return " ".join(recorded(lambda out: print_table(found, out), width).split())


def below(found: Table) -> list[str]:
    """The lines under the Markdown table, without its escapes."""
    return [
        line.removeprefix("- ").replace("\\", "")
        for line in to_markdown(found).splitlines()
        if line[:1] == "-"
    ]


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
    cells = cells_of(row)
    assert cells["verdict"] == cells["refused nodes"] == cells["total, MiB"] == "n/a"
    assert cells["parameters"].startswith("4.2 M [")
    assert (row.fits, row.sized, row.timed, row.budget_bytes) == (None, None, None, None)


def test_published_figures_show_float_and_int8() -> None:
    row = next(r for r in table().rows if r.name == "picosam3")
    assert [p.value for p in row.published("coco_miou")] == [65.45, 65.34]
    cells = cells_of(row)
    assert cells["COCO mIoU, %"] == "65.45 [2] / 65.34 [1]"
    assert cells["published latency"].startswith("11.82 ms [2], IMX500")


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


def test_nothing_is_claimed_of_a_model_without_a_graph() -> None:
    found = json.loads(to_json(compare(["fastsam"])))["rows"][0]
    ours = ("fits", "sized", "timed", "budget_bytes", "parameters", "total_bytes", "dsp_ms", "refused_nodes")
    assert {found[key] for key in ours} == {None}
    (line,) = csv.DictReader(io.StringIO(to_csv(compare(["fastsam"]))))
    assert {line[key] for key in ours} == {""}


@pytest.mark.parametrize("one", listed(), ids=lambda one: one.name)
def test_everything_published_of_a_model_without_a_graph_is_in_the_table(one: Listed) -> None:
    found = compare([one.name])
    in_markdown, in_console = to_markdown(found).replace("\\", ""), console(found, 240)
    for text in (in_markdown, in_console):
        assert one.why in text
        for given in published(one.name):
            assert f"{given.value:,g}" in text and given.cited in text
        assert ("no published figure is known" in text) == (not published(one.name))


def test_csv_gives_published_figures_with_their_sources() -> None:
    rows = {
        r["name"]: r
        for r in csv.DictReader(io.StringIO(to_csv(compare(["litesam", "q-tinysam", "picosam3"]))))
    }
    assert (rows["litesam"]["published_parameters"], rows["litesam"]["published_size_bytes"]) == (
        "4200000",
        "16000000",
    )
    assert "2407.08965" in rows["litesam"]["published_parameters_source"]
    assert "(second-hand)" in rows["litesam"]["published_size_bytes_source"]
    assert rows["q-tinysam"]["published_macs"] == "20300000000"
    assert "abstract" in rows["picosam3"]["coco_miou_source"]
    assert "comparison table" in rows["picosam3"]["coco_miou_int8_source"]
    for row in rows.values():
        assert all(bool(row[f"{key}"]) == bool(row[f"{key}_source"]) for key in PUBLISHED)


@pytest.mark.parametrize("width", [40, 80, 120, 160, 240])
def test_a_published_figure_never_stands_unmarked_among_ours(width: int) -> None:
    shown = fitted(compare(["picosam3", "litesam", "fastsam", "q-tinysam"]).rows, width)
    for heading in ("parameters", "MACs"):
        ours, *theirs = shown.get(heading, [""])
        assert all(cell == "n/a" or "[" in cell for cell in map(str.strip, theirs))
        assert "[" not in ours.partition(" (")[0]


def test_what_nobody_printed_is_marked_as_derived() -> None:
    row = next(r for r in table().rows if r.name == "fastsam")
    assert cells_of(row)["COCO mIoU, %"].startswith("51.6 (derived) [")
    assert "51.6 (derived)" in console(table(), 240)
    (line,) = csv.DictReader(io.StringIO(to_csv(compare(["fastsam"]))))
    assert "derived: PicoSAM3" in line["coco_miou_source"]
    printed = replace(row, figures={k: replace(p, derived=False) for k, p in row.figures.items()})
    assert "derived" not in cells_of(printed)["COCO mIoU, %"]


def test_a_number_leads_from_a_figure_to_its_source() -> None:
    row = next(r for r in table().rows if r.name == "tinysam")
    sources = [line for line in below(table()) if re.match(r"\[\d+\] ", line)]
    number = re.search(r"50\.9 (\[\d+\])", to_markdown(table()).replace("\\", ""))
    assert number is not None
    assert f"{number[1]} {row.figures['coco_miou'].cited}" in sources
    assert len(sources) == len(set(sources))


@pytest.mark.parametrize("width", [60, 80, 120, 240])
def test_only_sources_of_what_is_shown_are_listed_and_under_the_same_number(width: int) -> None:
    shown = recorded(lambda out: print_table(table(), out), width)
    grid, _, notes = shown.partition("\n\n")
    listed_here = re.findall(r"^(\[\d+\]) ", notes, re.MULTILINE)
    assert set(re.findall(r"\[\d+\]", grid)) == set(listed_here)
    everywhere = " ".join(below(table()))
    assert all(f"{line}" in everywhere for line in re.findall(r"^\[\d+\] \S+", notes, re.MULTILINE))


def test_a_published_figure_of_another_extent_says_so() -> None:
    found = table("sam2.1-tiny", "mobilesam")
    assert "SAM 2.1 Hiera-Tiny, published parameters: the whole model." in below(found)
    assert any("MobileSAM, published MACs: encoder and decoder at 1024x1024" in line for line in below(found))
    assert "the decoder 4.06 M" in " ".join(below(table("sam-vit-b")))  # digits as they were noted


@pytest.mark.parametrize("width", [40, 80, 160, 240])
def test_a_terminal_says_which_rows_are_an_encoder_alone(width: int) -> None:
    names = fitted(table("tinysam", "edgesam@96", "efficientsam-ti", "picosam3").rows, width)["model"]
    assert names == ["tinysam", "edgesam@96 (encoder)", "efficientsam-ti (encoder)", "picosam3"]
    assert [r.parts for r in table("edgesam@96", "edgesam/encoder@96").rows] == [("encoder",), ()]


@pytest.mark.parametrize("width", [60, 80, 240])
def test_bytes_that_quantization_may_raise_are_marked(width: int) -> None:
    found = table("edgesam-deploy@96", "picosam3")
    totals = fitted(found.rows, width)["total, MiB"]
    assert [cell.strip()[-1] == "‡" for cell in totals] == [True, False]
    assert len({len(cell) - cell.index(".") for cell in totals}) == 1  # the figures stand in line
    said = console(found, width)
    assert "‡ 27 Gelu: quantization may shift" in said
    assert "Rows: edgesam-deploy@96 (encoder)." in said
    noted, plain = json.loads(to_json(found))["rows"]
    assert ("may shift" in noted["memory_notes"][0], plain["memory_notes"]) == (True, [])
    first, second = csv.DictReader(io.StringIO(to_csv(found)))
    assert ("may shift" in first["memory_notes"], second["memory_notes"]) == (True, "")


def test_notes_that_differ_in_numbers_are_one() -> None:
    found = table("edgesam@96", "efficientsam-ti")
    assert sum("may shift" in line for line in below(found)) == 1
    (line,) = [line for line in below(found) if line.startswith("‡ 12, 27 Gelu: ")]
    assert line.endswith(" Rows: EdgeSAM encoder at 96x96; EfficientSAM-Ti.")


def test_inputs_the_sensor_does_not_deliver_are_said_beside_fits(tmp_path: Path) -> None:
    text = """<ir_version: 8, opset_import: ["": 17]>
    two (float[1,3,96,96] x, float[1,3,96,96] prompt) => (float[1,3,96,96] y) { y = Add (x, prompt) }"""
    onnx.save(onnx.parser.parse_model(text), tmp_path / "two.onnx")
    found = compare([tmp_path / "two.onnx", "picosam3"])
    two, one = found.rows
    assert (two.fits, two.foreign_inputs, one.foreign_inputs) == (True, ("prompt 1x3x96x96",), ())
    assert (cells_of(two)["verdict"], cells_of(one)["verdict"]) == ("fits †", "fits")
    assert "† takes inputs the sensor does not deliver: prompt 1x3x96x96. Rows: two." in below(found)
    assert "fits †" in console(found, 80)
    assert json.loads(to_json(found))["rows"][0]["foreign_inputs"] == ["prompt 1x3x96x96"]


def test_what_an_encoder_hands_to_its_decoder_is_not_foreign() -> None:
    whole, decoder = table("tinysam@96", "tinysam/decoder@96").rows
    assert whole.foreign_inputs == ()
    assert len(decoder.foreign_inputs) > 2
    (both,) = table("tinysam").rows
    assert [given.partition(" ")[0] for given in both.foreign_inputs] == ["image", "points", "labels"]


def test_directories_and_globs_are_searched_as_check_does(tmp_path: Path) -> None:
    for name in ("a", "b"):
        entry = find("picosam3")
        assert entry is not None
        shutil.copy(entry.graph, tmp_path / f"{name}.onnx")
    for given in (str(tmp_path), str(tmp_path / "*.onnx")):
        result = CliRunner().invoke(command, [given, "litesam", "--format", "csv"])
        assert [r["title"] for r in csv.DictReader(io.StringIO(result.output))] == ["a", "b", "Lite-SAM"]


@pytest.mark.parametrize("given", ["", "no*such.onnx"])
def test_what_names_no_model_is_refused_in_the_words_of_check(given: str) -> None:
    with pytest.raises(ConfigError) as said:
        expand([given])
    with pytest.raises(ConfigError, match=re.escape(str(said.value))):
        CliRunner().invoke(command, [given], catch_exceptions=False)


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
    assert "fits *" in shown and "* the converter's word" in shown


def test_a_long_path_keeps_its_end(tmp_path: Path) -> None:
    (row,) = table().rows[:1]
    cell = fitted([replace(row, name=f"{tmp_path}/{'deep/' * 20}net.onnx")], 80)["model"][0]
    assert cell.startswith("…") and cell.endswith("/net.onnx") and len(cell) == LONGEST


def test_a_file_is_a_row(tmp_path: Path) -> None:
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


def test_the_plot_leaves_out_what_nobody_printed() -> None:
    row = next(r for r in table().rows if r.name == "tinysam")
    derived = replace(row, figures={k: replace(p, derived=True) for k, p in row.figures.items()})
    assert points(replace(table(), rows=(derived,))) == []


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
    assert (result.exit_code, result.output) == (0, f"sensorfit: wrote {target}\n")
    assert "picosam3" in target.read_text(encoding="utf-8").lower()


def test_the_page_holds_the_plot_the_table_and_the_sources(tmp_path: Path) -> None:
    target = tmp_path / "table.html"
    result = CliRunner().invoke(command, [*MODELS, "--output", str(target)])
    assert (result.exit_code, result.output) == (0, f"sensorfit: wrote {target}\n")
    text = target.read_text(encoding="utf-8")
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', text, re.DOTALL)
    assert found is not None
    page = json.loads(found[1])
    plot, grid, said, cited = page["sections"]
    assert page["head"]["title"] == "2 of 6 models fit"
    assert {p["label"] for p in plot["points"]} == {"PicoSAM2", "PicoSAM3", "EdgeSAM", "TinySAM"}
    assert {p["group"] for p in plot["points"] if p["x"] < plot["line"]["at"]} == {"fits"}
    assert (
        len(grid["rows"]) == len(MODELS) and any("n/a" in line for line in said["lines"]) and cited["lines"]
    )


@pytest.mark.parametrize(("name", "begins"), [("a.csv", "name,"), ("a.json", "{"), ("a.md", "| model")])
def test_the_files_name_decides_the_format(name: str, begins: str, tmp_path: Path) -> None:
    target = tmp_path / name
    assert CliRunner().invoke(command, ["picosam3", "--output", str(target)]).exit_code == 0
    assert target.read_text(encoding="utf-8").startswith(begins)
