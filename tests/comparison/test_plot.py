"""The plot of mIoU over memory, and the files that the command writes."""

import json
import re
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from sensorfit.api import compare
from sensorfit.cli.compare import command
from sensorfit.errors import ConfigError, MissingDependency
from sensorfit.render.comparison.plot import plot, points
from tests.comparison.tables import MODELS, table


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
    plot, judged, networks, said, cited = page["sections"]
    assert judged["head"][:3] == ["model", "verdict", "total, MiB"] and networks["head"][:2] == [
        "model",
        "parameters",
    ]
    assert page["head"]["title"] == "2 of 6 models fit"
    assert {p["label"] for p in plot["points"]} == {"PicoSAM2", "PicoSAM3", "EdgeSAM", "TinySAM"}
    assert {p["group"] for p in plot["points"] if p["x"] < plot["line"]["at"]} == {"fits"}
    assert len(judged["rows"]) == len(networks["rows"]) == len(MODELS)
    assert any("n/a" in line for line in said["lines"]) and cited["lines"]


@pytest.mark.parametrize(("name", "begins"), [("a.csv", "name,"), ("a.json", "{"), ("a.md", "| model")])
def test_the_files_name_decides_the_format(name: str, begins: str, tmp_path: Path) -> None:
    target = tmp_path / name
    assert CliRunner().invoke(command, ["picosam3", "--output", str(target)]).exit_code == 0
    assert target.read_text(encoding="utf-8").startswith(begins)
