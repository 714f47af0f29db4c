"""``check --plot``: the two charts of a model, the same bytes each time, whatever a node is called."""

from __future__ import annotations

import sys
import xml.etree.ElementTree as ET
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from sensorfit.cli import group
from sensorfit.latency.model import LayerCost
from sensorfit.memory.model import Live, Step
from sensorfit.render.figure import COLOURS, REST, _kinds, draw

from ..made_reports import HOSTILE, report

pytest.importorskip("matplotlib", reason="needs the extra 'plot'")


@pytest.mark.parametrize(("name", "begins"), [("a.svg", b"<?xml"), ("a.png", b"\x89PNG"), ("A.PDF", b"%PDF")])
def test_each_format_is_the_same_file_twice_and_whatever_the_users_matplotlibrc_says(
    name: str, begins: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import matplotlib

    first, second = tmp_path / name, tmp_path / f"again-{name}"
    draw(report(), str(first))
    monkeypatch.setitem(matplotlib.rcParams, "font.size", 20)
    draw(report(), str(second))
    assert first.read_bytes() == second.read_bytes()
    assert first.read_bytes().startswith(begins)
    assert matplotlib.rcParams["font.size"] == 20


def test_the_drawing_says_units_budget_and_peak(tmp_path: Path) -> None:
    """matplotlib draws letters as curves and keeps the words in comments."""
    file, found = tmp_path / "a.svg", report()
    draw(found, str(file))
    text = file.read_text(encoding="utf-8")
    peak = f"peak {found.memory.total_bytes / 2**20:.2f} MiB, step 1: /up/0"
    for words in (
        "memory (MiB)",
        "DSP time (ms)",
        "8.00 MiB",
        peak,
        "step of the schedule",
        "ms (3.00-5.00)",
    ):
        assert words in text
    assert "<dc:date>" not in text


def test_a_plan_that_counts_only_a_part_is_called_a_lower_bound(tmp_path: Path) -> None:
    found = report()
    file = tmp_path / "a.svg"
    draw(replace(found, memory=replace(found.memory, complete=False, missing=("sizes",))), str(file))
    assert "lower bound" in file.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", [HOSTILE, "$\\frac{", "-->", "<script>alert(1)</script>", "名前"])
def test_no_name_breaks_the_drawing(name: str, tmp_path: Path) -> None:
    found = report(title=name)
    found = replace(found, memory=replace(found.memory, steps=(Step(name, name, (Live(name, 9),)),)))
    file = tmp_path / "a.svg"
    draw(found, str(file))
    tags = {element.tag.rpartition("}")[2] for element in ET.parse(file).iter()}
    assert not tags & {"script", "img", "image", "foreignObject"}


def test_a_model_without_steps_or_layers_is_drawn(tmp_path: Path) -> None:
    found = report()
    bare = replace(
        found, memory=replace(found.memory, steps=(), peak_step=-1), latency=replace(found.latency, layers=())
    )
    draw(bare, str(tmp_path / "a.svg"))
    assert (tmp_path / "a.svg").stat().st_size > 1000


def test_kinds_of_layers_beyond_the_colours_are_other() -> None:
    layers = [LayerCost(f"n{i}", "Op", 0, 100 - i, f"kind_{i}") for i in range(len(COLOURS) + 2)]
    found = _kinds(layers)
    assert list(found)[-1] == ("other", REST) and len(found) == len(COLOURS) + 1
    assert sorted(i for shown in found.values() for i in shown) == list(range(len(layers)))


def run(*args: str) -> tuple[int, str]:
    done = CliRunner().invoke(group, ["check", *args])
    return done.exit_code, done.stderr


def test_check_draws_a_built_in_model(tmp_path: Path) -> None:
    file = tmp_path / "picosam3.svg"
    code, said = run("picosam3", "--plot", str(file))
    assert (code, said) == (0, f"sensorfit: wrote {file}\n")
    assert "peak 3.67 MiB, step 31: /up4/up4.1/up4.1.0/Conv" in file.read_text(encoding="utf-8")


def test_another_suffix_and_several_models_are_refused_before_anything_is_checked(tmp_path: Path) -> None:
    from sensorfit.errors import ConfigError

    for models, name, words in ((["absent.onnx"], "a.jpg", r"\.svg, \.png or \.pdf"),
                                (["picosam2", "picosam3"], "a.svg", "draws one model and 2 are checked")):  # fmt: skip
        with pytest.raises(ConfigError, match=words):
            CliRunner().invoke(
                group, ["check", *models, "--plot", str(tmp_path / name)], catch_exceptions=False
            )
    assert not list(tmp_path.iterdir())


def test_without_matplotlib_the_message_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from sensorfit.errors import MissingDependency

    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(MissingDependency, match=r'pip install "sensorfit\[plot\]"'):
        CliRunner().invoke(
            group, ["check", "picosam3", "--plot", str(tmp_path / "a.svg")], catch_exceptions=False
        )


def test_a_model_that_cannot_be_read_leaves_no_drawing(tmp_path: Path) -> None:
    code, said = run(str(tmp_path / "absent.onnx"), "--plot", str(tmp_path / "a.svg"))
    assert code == 2 and "wrote" not in said
    assert not (tmp_path / "a.svg").exists()
