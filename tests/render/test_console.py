"""What a person reads: nothing that was not counted, no name of ours, no blanks, and an exit code that stays."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from io import StringIO
from pathlib import Path

import jsonschema
import onnx
import pytest

import sensorfit
from sensorfit.api import compare, explain
from sensorfit.errors import ConfigError
from sensorfit.gate.find_models import find_models
from sensorfit.memory.model import Live, Step
from sensorfit.models.published import Published
from sensorfit.render import markdown
from sensorfit.render.comparison.cells import COLUMNS, OPEN
from sensorfit.render.comparison.sources import Sources
from sensorfit.render.console import place
from sensorfit.render.explanation.markdown import render as page_of
from sensorfit.render.explanation.page import print_page
from sensorfit.render.outputs import output_plan
from sensorfit.render.screen import recorded
from sensorfit.render.show import write_console
from sensorfit.report.outcome import Outcome
from sensorfit.report.phrases import NOT_SIZED, OUTSIDE, outside, short_ms, status
from sensorfit.report.report import Report, TensorInfo
from sensorfit.report.serialise import schema
from tests.conftest import model_of

from ..made_reports import finding, report


def shown(*reports: Report, verbose: bool = False) -> str:
    """The console output of ``reports``."""
    buffer = StringIO()
    write_console([Outcome(r.model.path, r) for r in reports], buffer, verbose=verbose)
    return buffer.getvalue()


@pytest.fixture(scope="module")
def open_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model whose height and width are open."""
    path = tmp_path_factory.mktemp("open") / "open.onnx"
    onnx.save(model_of("g (float[N,3,H,W] x) => (float[N,3,H,W] y) { y = Relu(x) }"), path)
    return path


def test_no_operator_is_praised_unless_the_model_fits() -> None:
    praise = "every operator is accepted"
    fits = report()
    assert praise in shown(fits)
    assert praise not in shown(replace(fits, verdicts=dict.fromkeys(fits.verdicts, "unknown")))


def test_open_shapes_are_never_zero_milliseconds(open_model: Path) -> None:
    found = sensorfit.check(open_model)
    assert not found.memory.complete
    assert not found.latency.complete
    for text in (shown(found), shown(found, found), page_of(explain(open_model))):
        assert any(said in text for said in (NOT_SIZED, "depends on the input's size", "input size open"))
        assert "0%" not in text
        assert "0.00 ms" not in text
        assert "0 ms" not in text
    row = compare([open_model]).rows[0]
    assert COLUMNS["predicted, ms"](row, Sources([row])) == OPEN
    assert COLUMNS["total, MiB"](row, Sources([row])) == OPEN


def test_json_keeps_the_numbers_and_says_that_they_are_not_all(open_model: Path) -> None:
    found = json.loads(json.dumps(sensorfit.check(open_model).to_dict()))
    jsonschema.validate(found, schema(), cls=jsonschema.Draft202012Validator)
    assert (found["memory"]["complete"], found["latency"]["complete"]) == (False, False)
    assert report().to_dict()["memory"]["complete"] is True
    found["memory"]["complete"] = "no"
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(found, schema(), cls=jsonschema.Draft202012Validator)


def test_the_judged_shape_is_shown_where_it_is_another() -> None:
    image = TensorInfo("image", (None, 3, None, None), "float32", judged=(1, 3, 128, 128))
    asked = report(inputs=(image,))
    assert "image ?x3x?x? judged at 1x3x128x128" in shown(asked)
    assert asked.to_dict()["model"]["inputs"][0]["judged_shape"] == [1, 3, 128, 128]
    same = report(inputs=(replace(image, shape=image.judged),))
    assert "judged" not in shown(same)
    assert "judged_shape" not in same.to_dict()["model"]["inputs"][0]


def test_an_unknown_verdict_does_not_pass() -> None:
    fits = report()
    unknown = replace(fits, verdicts=dict.fromkeys(fits.verdicts, "unknown"))
    assert status(Outcome("a", unknown)) == "unknown"
    assert status(Outcome("a", unknown, exit_code=1)) == "fail"
    assert status(Outcome("a", fits)) == "pass"


def test_frames_a_second_are_bound_by_the_slower_of_compute_and_readout() -> None:
    latency = replace(report().latency, cycles=2_625_000)  # 10 ms
    assert latency.frames_a_second(5.5) == pytest.approx(100)
    assert latency.frames_a_second(16.5) == pytest.approx(1000 / 16.5)
    said = shown(report())  # about 3.8 ms of compute, 5.5 ms of readout
    assert "182 frames a second (" in said
    quick = replace(report(), latency=replace(report().latency, cycles=2_625))
    assert "at most 182 frames a second (readout)" in shown(quick)


def test_check_and_explain_give_the_milliseconds_in_the_same_digits() -> None:
    found = sensorfit.check("picosam3").latency
    low, middle, high = (short_ms(ms) for ms in (found.dsp_ms_low, found.dsp_ms, found.dsp_ms_high))
    assert f"about {middle} ms ({low} to {high})" in shown(sensorfit.check("picosam3"))
    assert f"{middle} ({low}-{high})" in recorded(lambda console: print_page(explain("picosam3"), console))


def test_a_published_latency_outside_the_interval_says_so() -> None:
    row = Published("net", "latency", 11.82, "ms", "paper", True, covers="IMX500")
    squeezed = " ".join(shown(replace(report(), published=(row,)), verbose=True).split())
    assert OUTSIDE in squeezed
    assert OUTSIDE not in shown(replace(report(), published=(replace(row, value=4.0),)), verbose=True)
    assert [outside(v, "s", "IMX500; DSP", 3, 5, "imx500") for v in (0.002, 0.004, 0.006)] == [
        True,
        False,
        True,
    ]
    assert not outside(9, "ms", "IMX500", 3, 5, "imx500", complete=False)
    assert not outside(9, "ms", "a single GPU", 3, 5, "imx500")  # another device's
    assert OUTSIDE in page_of(explain("picosam3"))


def test_the_peak_names_the_users_tensors_and_tells_namesakes_apart() -> None:
    live = (Live("x", 2000, "read here"), Live("x", 3000, "written here"), Live("z", 10, "kept for later"))
    found = report()
    steps = (Step("x/output-0", "Transform", live),)
    text = shown(replace(found, memory=replace(found.memory, steps=steps)), verbose=True)
    assert "peak at output x (layout change): x 3,000 B (written here), x 2,000 B (read here), z 10 B" in text
    assert [place(Step(n, "Transform", ())) for n in ("c/transform", "a/b/output")] == ["c", "output a/b"]
    assert place(Step("a/output", "Conv", ())) == "a/output"


def test_the_operator_is_named_once() -> None:
    text = shown(report(finding(op="Softmax", message="Softmax: Softmax: axis 1")), verbose=True)
    assert "Softmax  axis 1" in text


def test_columns_are_honoured_and_lines_end_without_blanks(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = {}
    for columns in ("70", "160", "wide"):
        monkeypatch.setenv("COLUMNS", columns)
        texts[columns] = shown(report(finding(fix="a long way out " * 20)))
        assert all(line == line.rstrip() for line in texts[columns].splitlines())
    assert max(map(len, texts["70"].splitlines())) <= 70 < max(map(len, texts["160"].splitlines()))
    assert texts["wide"] == texts["160"]


@pytest.mark.parametrize("name", ["", " "])
def test_an_empty_name_is_no_directory(name: str) -> None:
    with pytest.raises(ConfigError, match="name is empty"):
        find_models([name])


def test_an_unknown_format_of_output_is_named() -> None:
    with pytest.raises(ConfigError, match="there is no format 'foo'; choose from console, json"):
        output_plan((), ("foo=x",))


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("check", "picosam3"), 0),
        (("check", "picosam3", "--format", "json"), 0),
        (("check", "edgesam/decoder"), 1),
        (("explain", "picosam3"), 0),
        (("explain", "edgesam/decoder"), 1),
        (("diff", "picosam2", "picosam3"), 0),
        (("diff", "picosam2", "picosam3", "--exit-code"), 1),
        (("rules",), 0),
    ],
)
def test_a_reader_that_leaves_does_not_change_the_answer(arguments: tuple[str, ...], code: int) -> None:
    reading, writing = os.pipe()
    os.close(reading)  # from the start: every byte meets a closed pipe
    command = [sys.executable, "-m", "sensorfit", *arguments]
    done = subprocess.run(command, stdout=writing, stderr=subprocess.PIPE, text=True, check=False)
    os.close(writing)
    assert (done.returncode, done.stderr) == (code, "")


def test_what_is_refused_of_the_graph_is_no_node(open_model: Path) -> None:
    page = explain(open_model)
    assert any(f.rule.startswith("SF5") and f.support == "unsupported" for f in page.parts[0].report.findings)
    assert page.parts[0].refused_nodes == 0
    assert compare([open_model]).rows[0].refused_nodes == 0
    assert any("refused as a whole" in reason for reason in page.reasons)


def test_memory_is_no_node_in_the_headline() -> None:
    memory = finding(rule="SF304", support="unknown", node="/up/1", family="memory")
    assert "1 node refused\n" in shown(report(finding(), memory))
    assert "1 node refused, 1 not known\n" in shown(
        report(finding(), replace(memory, rule="SF102", family="operators"))
    )


@pytest.mark.parametrize(
    ("declared", "judged", "batch"),
    [
        ((4, 3, 96, 96), None, 4),
        ((1, 3, 96, 96), None, 1),
        ((4, 3, 96, 96), (1, 3, 96, 96), 1),
        ((7,), None, 1),
    ],
)
def test_figures_of_several_images_say_so(
    declared: tuple[int, ...], judged: tuple[int, ...] | None, batch: int
) -> None:
    one = report(inputs=(TensorInfo("image", declared, "float32", judged),))
    assert one.to_dict()["model"]["batch"] == batch
    outputs = (shown(one), markdown.render([one]).replace("\n", " "))
    assert [f"batch of {batch};" in " ".join(text.split()) for text in outputs] == [batch > 1] * 2


@pytest.mark.parametrize(
    "command", [("check", "picosam3"), ("explain", "picosam3"), ("compare", "picosam3", "fastsam")]
)
def test_an_encoding_that_lacks_a_character_ends_nothing(command: tuple[str, ...], tmp_path: Path) -> None:
    env = {**os.environ, "PYTHONIOENCODING": "ascii"}
    done = subprocess.run(
        [sys.executable, "-m", "sensorfit", *command],
        cwd=tmp_path,
        env=env,
        capture_output=True,
        text=True,
        check=True,
    )
    assert "picosam3" in done.stdout.lower()
    assert done.stderr == ""
