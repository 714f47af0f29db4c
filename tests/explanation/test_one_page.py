"""explain is one page in a terminal, whatever the model; a file has all of it."""

from pathlib import Path

import onnx
import pytest
from click.testing import CliRunner
from onnx import parser

from sensorfit.api import explain
from sensorfit.cli.explain import command
from sensorfit.explanation import Page
from sensorfit.render.explanation.html import render as html
from sensorfit.render.explanation.markdown import render as markdown
from sensorfit.render.explanation.page import LINES, print_page
from sensorfit.render.screen import recorded
from tests.explanation.pages import page, saved

SHOWN = ("picosam3", "tinysam", "tinysam/decoder@96")


def shown(found: Page, width: int = 80) -> list[str]:
    return recorded(lambda console: print_page(found, console), width).splitlines()


@pytest.mark.parametrize("width", [80, 100, 160])
@pytest.mark.parametrize("model", SHOWN)
def test_a_page_is_at_most_60_lines(model: str, width: int) -> None:
    lines = shown(page(model), width)
    assert len(lines) <= LINES
    command_line = lines[-1] if lines[-1].startswith(("Next", "The whole")) else lines[-2]
    assert all(len(line) <= width for line in lines if line != command_line)


@pytest.mark.parametrize("model", SHOWN)
def test_what_the_page_leaves_out_is_counted(model: str) -> None:
    """Of every reason the page shows its beginning, or counts it."""
    found, text = page(model), "\n".join(shown(page(model)))
    stated = text.partition("What stands in the way")[2].partition("The figures")[0]
    more = stated.rpartition("  and ")[2].split()[0] if "  and " in stated else "0"
    assert stated.count("• ") + int(more) == len(found.reasons)
    assert f"sensorfit explain {model} --output explain.html" in text


def stranger(path: Path, body: str = "y = Softmax<axis=1>(x)") -> Path:
    text = f"""<ir_version: 8, opset_import: ["" : 17]> g (float[1,3,64,64] x) => (float[1,3,64,64] y)
    {{ s = Constant<value = float[1] {{1.0}}>() {body} }}"""
    model = parser.parse_model(text)
    model.graph.node[1].name = "n"
    onnx.save(model, path / "mine.onnx")
    return path / "mine.onnx"


def test_a_strangers_network_is_not_set_beside_picosam3(tmp_path: Path) -> None:
    found = explain(stranger(tmp_path, "y = Erf(x)"))
    for text in ("\n".join(shown(found)), markdown(found), html(found)):
        assert "PicoSAM" not in text and "picosam" not in text
    asked = explain(stranger(tmp_path), profile="picosam")
    assert "PicoSAM papers" in "\n".join(shown(asked))
    assert "What the authors of PicoSAM3 did instead" in markdown(page("tinysam"))


@pytest.mark.parametrize(
    ("name", "begins"), [("why.md", "## "), ("why.html", "<!doctype"), ("why.json", "{")]
)
def test_a_files_name_says_its_format(name: str, begins: str, tmp_path: Path) -> None:
    target = tmp_path / name
    result = CliRunner().invoke(command, ["picosam3", "--output", str(target)])
    assert (result.exit_code, result.output) == (0, f"sensorfit: wrote {target}\n")
    assert target.read_text(encoding="utf-8").startswith(begins)


def test_a_format_that_explain_has_not_is_refused(tmp_path: Path) -> None:
    result = CliRunner().invoke(command, ["picosam3", "--output", str(tmp_path / "why.sarif")])
    assert "sarif is not among console, markdown, html, json" in str(result.exception)


def test_the_last_line_is_the_next_command() -> None:
    assert shown(page("picosam3"))[-1] == "Next: sensorfit build picosam3"
    assert shown(page("tinysam"))[-2:] == [
        "The whole page: sensorfit explain tinysam --output explain.html",
        "Next: change the network as said above, then: sensorfit check model.onnx",
    ]


def test_what_the_sensor_cannot_feed_is_checked_again_once_changed(tmp_path: Path) -> None:
    two = saved(
        tmp_path / "two.onnx",
        """<ir_version: 8, opset_import: ["" : 17]> g (float[1,3,96,96] image, float[1,3,96,96] prompt)
        => (float[1,3,96,96] y) { y = Add(image, prompt) }""",
    )
    lines = shown(explain(two), 200)
    assert lines[-1] == f"Next: change the network as said above, then: sensorfit check {two}"


def test_verbose_has_all_of_it() -> None:
    result = CliRunner().invoke(command, ["tinysam/decoder@96", "--verbose"])
    assert len(result.output.splitlines()) > LINES


def test_a_file_whose_name_stands_for_nothing_that_is_written_is_refused(tmp_path: Path) -> None:
    result = CliRunner().invoke(command, ["picosam3", "--output", str(tmp_path / "why.pdf")])
    assert "which format? write --format with it (console" in str(result.exception)
    assert not (tmp_path / "why.pdf").exists()
    assert CliRunner().invoke(command, ["picosam3", "--output", str(tmp_path / "why.txt")]).exit_code == 0


def test_what_is_done_by_hand_comes_before_the_next_command() -> None:
    said = CliRunner().invoke(command, ["edgesam/encoder@96"]).output.rstrip().splitlines()
    assert "Next: export it with its weights, then: sensorfit build edgesam-encoder@96.onnx" in " ".join(
        said[-2:]
    )
