"""``sensorfit explain``: its formats, exit codes and files, and names of a model spelt as they are."""

import json
from pathlib import Path

import numpy as np
import onnx
import pytest
from click.testing import CliRunner
from onnx import numpy_helper, parser

from sensorfit.api import explain
from sensorfit.cli.explain import command
from sensorfit.render.explanation.json import to_dict
from sensorfit.render.explanation.phrases import (
    figures,
)
from tests.explanation.pages import operators, page


def test_json_is_plain_and_complete() -> None:
    found = json.loads(json.dumps(to_dict(page("tinysam"))))
    assert found["verdict"] == "does_not_fit"
    assert [p["label"] for p in found["parts"]] == ["encoder", "decoder"]
    assert found["parts"][0]["model"]["parameters"] == 5_743_892
    assert {"reasons", "lifts", "instead", "published", "caveats"} <= found.keys()


def hostile(path: Path) -> Path:
    given = parser.parse_model(
        '<ir_version: 8, opset_import: ["" : 17]> g (float[1,3,64,64] x) => (float[1,3,64,64] y) { y = Erf(x) }'
    )
    given.graph.node[0].name = "/evil|<img>/\x1b[31m::error::/Erf"
    given.graph.initializer.append(numpy_helper.from_array(np.zeros(1, np.float32), "unused"))
    onnx.save(given, path / "m.onnx")
    return path / "m.onnx"


def test_names_of_a_file_are_escaped(tmp_path: Path) -> None:
    file = hostile(tmp_path)
    for form in ("markdown", "console"):
        shown = CliRunner().invoke(command, [str(file), "--format", form]).output
        assert "\x1b" not in shown
        assert "<img>" not in shown or form == "console"
        assert "::error::" not in shown


def test_a_file_is_explained_as_one_network(tmp_path: Path) -> None:
    found = explain(hostile(tmp_path))
    assert found.together is None
    assert [part.label for part in found.parts] == ["m"]
    assert operators(found.parts[0]) == {"Erf"}
    assert found.verdict == "does_not_fit"


def test_a_directory_called_like_a_model_does_not_hide_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "picosam3").mkdir()
    assert explain("picosam3").verdict == "fits"


@pytest.mark.parametrize(("model", "code"), [("picosam3", 0), ("tinysam/decoder@96", 1)])
def test_exit_codes(model: str, code: int) -> None:
    assert CliRunner().invoke(command, [model]).exit_code == code


@pytest.mark.parametrize("form", ["console", "markdown", "json"])
def test_output_goes_to_a_file(form: str, tmp_path: Path) -> None:
    target = tmp_path / "page"
    result = CliRunner().invoke(command, ["picosam3", "--format", form, "--output", str(target)])
    assert (result.exit_code, result.output) == (0, f"sensorfit: wrote {target}\n")
    assert "PicoSAM3 fits the IMX500." in target.read_text(encoding="utf-8")


def test_a_piped_page_has_no_blanks_at_the_end_of_a_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    shown = CliRunner().invoke(command, ["edgesam/decoder"]).output
    assert [line for line in shown.splitlines() if line != line.rstrip()] == []


@pytest.mark.parametrize("form", ["console", "markdown"])
def test_every_form_has_the_same_figures_and_spells_names_as_they_are(form: str) -> None:
    shown = CliRunner().invoke(command, ["edgesam@96", "--format", form, "--verbose"]).output
    rows = figures(page("edgesam@96"))[1:]
    said = " ".join(shown.replace("|", " ").split())
    assert all(" ".join(word for word in row if word) in said for row in rows)
    assert "Refused by the PicoSAM papers' constraint set only" in said
