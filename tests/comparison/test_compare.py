"""The table: figures from graphs, published figures beside them, and nothing where there is none."""

import csv
import io
import json
import re
import shutil
from dataclasses import replace
from pathlib import Path

import onnx
import onnx.parser
import pytest
from click.testing import CliRunner

from sensorfit.api import compare
from sensorfit.cli.compare import command
from sensorfit.errors import ConfigError, ModelError
from sensorfit.gate.find_models import find_models
from sensorfit.models.published import Listed, listed, published
from sensorfit.models.registry import find
from sensorfit.render.comparison.cells import whole
from sensorfit.render.comparison.columns import fitted
from sensorfit.render.comparison.flat import PUBLISHED
from sensorfit.render.comparison.formats import print_table, to_csv, to_json, to_markdown
from sensorfit.render.comparison.sources import MARKS, Sources
from sensorfit.render.screen import recorded
from tests.comparison.tables import MODELS, below, cells_of, console, table
from tests.conftest import model_of


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
    assert "‡ 27 Gelu: built with --shift-negative (off by default)" in said
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


def test_each_note_on_bytes_has_a_mark_of_its_own() -> None:
    found = table("tinysam", "edgesam")
    totals = whole(found.rows, Sources(found.rows))["total, MiB"]
    notes = [line for line in below(found) if line[0] in MARKS]
    assert len(notes) > 2 and len({line.split()[0] for line in notes}) == len(notes)
    for line in notes:
        mark, rows = line.split()[0].removesuffix("<!--"), line.rpartition(" Rows: ")[2]
        for row in found.rows:
            assert (mark in totals[found.rows.index(row)]) == (row.title in rows)


def test_bytes_of_an_open_size_are_no_lower_bound(tmp_path: Path) -> None:
    text = """<ir_version: 8, opset_import: ["": 17]>
    wide (float[1,3,h,w] x) => (float[1,3,h,w] y) { y = Relu (x) }"""
    onnx.save(onnx.parser.parse_model(text), tmp_path / "wide.onnx")
    found = compare([tmp_path / "wide.onnx", "picosam3"])
    shown = console(found, 200)
    assert "size open" in shown and "at least" not in shown
    assert "size open: the file leaves the size of its input open, x 1x3x?x?" in " ".join(shown.split())
    cells = cells_of(found.rows[0])
    assert {cells[h] for h in ("total, MiB", "peak SRAM, MiB", "MACs", "predicted, ms")} == {"size open"}
    assert json.loads(to_json(found))["rows"][0]["open_inputs"] == ["x 1x3x?x?"]


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
        find_models([given])
    with pytest.raises(ConfigError, match=re.escape(str(said.value))):
        CliRunner().invoke(command, [given], catch_exceptions=False)


def test_a_file_is_a_row(tmp_path: Path) -> None:
    entry = find("picosam3")
    assert entry is not None
    shutil.copy(entry.graph, tmp_path / "mine.onnx")
    (row,) = compare([tmp_path / "mine.onnx"]).rows
    assert (row.title, row.figures, row.fits) == ("mine", {}, True)


def test_an_unknown_name_is_an_error() -> None:
    with pytest.raises(ModelError, match="nosuchmodel"):
        compare(["nosuchmodel"])


def test_of_networks_of_which_nothing_was_published_no_such_column_takes_the_room_of_a_figure(
    tmp_path: Path,
) -> None:
    """COCO mIoU stood there empty, and the milliseconds had no room."""
    onnx.save(
        model_of("m (float[1,3,64,64] x) => (float[1,3,64,64] y) { y = Relu (x) }"), tmp_path / "a.onnx"
    )
    table = compare([tmp_path / "a.onnx"])
    shown = recorded(lambda console: print_table(table, console), 80)
    assert "predicted" in shown and "mIoU" not in shown and "published" not in shown
    head = to_markdown(table).splitlines()[0]
    assert "predicted, ms" in head and "mIoU" not in head and "published" not in head
    assert "COCO mIoU, %" in to_markdown(compare(["picosam3"])).splitlines()[0]
