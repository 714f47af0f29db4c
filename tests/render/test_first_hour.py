"""What a newcomer met: sizes left open, inputs that are no images, one count of what is to change, commands that can be copied."""

from __future__ import annotations

import shlex
from dataclasses import replace
from pathlib import Path

import onnx
import pytest
from click.testing import CliRunner

from sensorfit.api import check, explain
from sensorfit.cli import group
from sensorfit.render.brief import print_brief, print_last_line
from sensorfit.render.explanation.page import print_page
from sensorfit.render.screen import recorded
from sensorfit.report.next_step import last_line
from sensorfit.report.outcome import Outcome

from ..conftest import model_of
from ..made_reports import finding, report
from ..rewrite.harness import model

SHUFFLED = "(float[1,16,32,32] x) => (float[1,4,64,64] y) { y = DepthToSpace <blocksize = 2> (x) }"
OPEN = """(float[n,3,h,w] x) => (float[n,8,h,w] y) <float[8,3,3,3] k>
{ c = Conv <kernel_shape = [3, 3], pads = [1, 1, 1, 1]> (x, k) y = HardSwish (c) }"""
STRIP = """(float[n,3,h,w] x) => (float[1,8,1,w] y) <float[8,3,3,3] k, int64[4] s = {1, 8, 1, 320}>
{ c = Conv <kernel_shape = [3, 3], pads = [1, 1, 1, 1], strides = [48, 1]> (x, k) y = Reshape (c, s) }"""
"""Takes images of 48 rows and no other."""
SOUND = """(float[n,t] x) => (float[n,t] y) { y = Sigmoid (x) }"""
LONG_SOUND = "(float[1,6000000] x) => (float[1,6000000] y) { y = Sigmoid (x) }"


def screen(made: onnx.ModelProto, name: str = "net.onnx", width: int = 80) -> list[str]:
    found = check(made)
    outcome = Outcome(name, found, exit_code=found.exit_code())

    def show(console: object) -> None:
        print_brief(outcome, console)  # type: ignore[arg-type]
        print_last_line(outcome, console)  # type: ignore[arg-type]

    return recorded(show, width).splitlines()


@pytest.mark.parametrize(("text", "size"), [(OPEN, "1x3x224x224"), (STRIP, "1x3x48x320")])
def test_an_open_size_leads_and_the_size_proposed_is_one_that_the_network_takes(
    text: str, size: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = model(text)
    lines = screen(made)
    assert "DOES NOT FIT  the size of its input is open: x ?x3x?x?" in lines[0]
    assert not any("at least" in line for line in lines)
    assert any(line == "Latency  depends on the input's size" for line in lines)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    onnx.save(made, "net.onnx")
    command = last_line(Outcome("net.onnx", check("net.onnx"), exit_code=1))[1]
    assert command.endswith(f"--input-shape {size}")
    followed = CliRunner().invoke(group, shlex.split(command)[1:])
    assert followed.exit_code in (0, 1) and "is open" not in followed.output


def test_advice_for_an_input_that_is_no_image_speaks_of_no_height_and_no_sides() -> None:
    for text in (SOUND, LONG_SOUND):
        found = check(model_of(text))
        assert found.verdict == "does_not_fit"
        assert not any(word in f.fix for f in found.findings for word in ("height and width", "sides"))
    assert "--input-shape" not in last_line(Outcome("net.onnx", check(model_of(SOUND)), exit_code=1))[1]


def test_what_is_to_change_is_one_count() -> None:
    many = report(*[finding(fix=f"way {chr(97 + i)}", node=f"/{i}") for i in range(7)])
    outcome = Outcome("net.onnx", many, exit_code=1)
    text = recorded(lambda console: print_brief(outcome, console), 80)
    assert text.count("\n  x ") == 5 and "2 more to change" in text
    assert last_line(outcome)[0] == "DOES NOT FIT: 7 things to change."


def test_the_line_about_the_network_is_cut_nowhere() -> None:
    for inputs in ("float[1,3,64,64] x", "float[1,3,64,64] an_input_with_a_long_name, float[1,3,64,64] x"):
        made = model_of(f"({inputs}) => (float[1,3,64,64] y) {{ y = Relu (x) }}")
        assert screen(made)[1].endswith(check(made).target.converter_version)


def test_a_command_that_has_no_room_on_the_line_stands_whole_on_its_own() -> None:
    name = f"{'a-directory/' * 8}net.onnx"
    lines = screen(model_of(SHUFFLED), name)
    assert lines[-2].endswith(" Next:") and lines[-1] == f"sensorfit fix {name}"


def test_one_number_of_nodes_is_said_and_constants_are_none() -> None:
    made = model_of(
        "(float[1,3,64,64] x) => (float[1,3,64,64] y) { c = Constant <value = float {2.0}> () y = Mul (x, c) }"
    )
    found = check(made)
    assert (found.model.nodes, found.model.folded) == (2, 1)
    assert "1 node " in screen(made)[1]
    assert found.to_dict()["model"]["folded_nodes"] == 1


def test_explain_names_fix_and_what_it_reaches(tmp_path: Path) -> None:
    file = tmp_path / "net.onnx"
    onnx.save(model_of(SHUFFLED), file)
    page = explain(file)
    lines = recorded(lambda console: print_page(page, console), 120).splitlines()
    assert lines[-1] == f"Next: sensorfit fix {file}" or lines[-1] == f"sensorfit fix {file}"
    assert any(line.startswith("With fix: no node refused, ") for line in lines)
    (reached,) = [w for w in page.what_ifs if "sensorfit fix" in w.change]
    seen = check(file).outlook
    assert seen is not None and reached.total_bytes == seen.total_bytes and reached.dsp_ms is not None
    assert reached.dsp_ms[1] <= reached.dsp_ms[0] <= reached.dsp_ms[2]


def test_a_lower_bound_of_what_fix_reaches_is_called_one() -> None:
    text = """(float[1,1,256,256] x) => (float[1,1,4,4] z) <float[1,1,3,3] w>
    { y = Conv <kernel_shape = [3, 3], strides = [64, 64], pads = [1, 1, 1, 1]> (x, w) z = Sinh (y) }"""
    found = check(model(text))
    assert found.outlook is not None and not found.outlook.sized
    assert any("at least " in line for line in screen(model(text)) if line.startswith("With fix: "))


def test_weights_of_fewer_bits_keep_the_outlook_and_the_largest_inputs() -> None:
    text = """(float[1,3,64,64] x) => (float[1,4,128,128] z) <float[64,3,3,3] k, float[16,64,3,3] l>
    { c = Conv <kernel_shape = [3, 3], pads = [1, 1, 1, 1]> (x, k)
      y = Conv <kernel_shape = [3, 3], pads = [1, 1, 1, 1]> (c, l) z = DepthToSpace <blocksize = 2> (y) }"""
    whole, low = (check(model(text), largest_inputs=True, weight_bits=bits) for bits in (8, 4))
    assert whole.outlook is not None and low.outlook is not None
    assert low.outlook.total_bytes < whole.outlook.total_bytes
    assert low.memory.largest_inputs and low.memory.largest_inputs[0].size is not None
    assert low.memory.largest_inputs[0].total_bytes < whole.memory.largest_inputs[0].total_bytes or (
        low.memory.largest_inputs[0].size > (whole.memory.largest_inputs[0].size or (0, 0))
    )


SCATTERED = """(float[1,3,64,64] x) => (float[1,8,64,64] y) <float[8,3,3,3] k, int64[3] flat = {1, 8, 4096}, int64[4] map = {1, 8, 64, 64}, int64[2048] i = {PLACES}>
{ c = Conv <kernel_shape = [3, 3], pads = [1, 1, 1, 1]> (x, k) f = Reshape (c, flat) a = Gather <axis = 2> (f, i) b = Gather <axis = 2> (a, i)
  t = Concat <axis = 2> (b, a) y = Reshape (t, map) }"""


def test_where_the_host_is_the_way_out_the_next_command_names_the_tensor_and_works(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    onnx.save(
        model(SCATTERED.replace("PLACES", ", ".join(str(2 * k) for k in range(1024)) + ", 1" * 1024)),
        tmp_path / "net.onnx",
    )
    monkeypatch.chdir(tmp_path)
    report = check("net.onnx")
    assert any("sensorfit fix MODEL --cut f)" in f.fix for f in report.findings)
    sentence, command = last_line(Outcome("net.onnx", report, exit_code=report.exit_code()))
    assert sentence == "UNKNOWN: part of it is for the host." and command == "sensorfit fix net.onnx --cut f"
    assert CliRunner().invoke(group, shlex.split(command)[1:]).exit_code == 0
    assert check("net.fixed.onnx").verdict == "fits" and (tmp_path / "host.onnx").exists()


TINY = """(float[1,3,32,32] x) => (float[1,8,32,32] y) <float[8,3,3,3] k>
{ y = Conv <kernel_shape = [3, 3], pads = [1, 1, 1, 1]> (x, k) }"""
"""The converter takes it; the sensor's images begin at 64x64."""


def test_every_screen_gives_what_cannot_be_fed_one_verdict(tmp_path: Path) -> None:
    onnx.save(model(TINY), path := tmp_path / "net.onnx")

    def said(*more: str) -> str:
        return CliRunner().invoke(group, ["check", str(path), *more]).output

    assert "CANNOT BE FED" in said() and "FITS" not in said()
    assert "net  CANNOT BE FED" in said("--verbose") and "FITS" not in said("--verbose")
    assert "### ⚠️ net cannot be fed" in said("--format", "markdown") and "✅" not in said(
        "--format", "markdown"
    )


def test_a_table_ends_with_the_command_that_shows_what_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, text in (("a.onnx", TINY.replace("32", "64")), ("b c.onnx", SHUFFLED), ("d.onnx", SHUFFLED)):
        onnx.save(model(text), tmp_path / name)
    monkeypatch.chdir(tmp_path)
    run = CliRunner()
    last = run.invoke(group, ["check", "."]).output.splitlines()[-1]
    assert last == "3 models: 1 pass, 2 fail. Next: sensorfit check 'b c.onnx'"
    assert run.invoke(group, shlex.split(last.partition("Next: sensorfit ")[2])).exit_code == 1
    assert "Next:" not in run.invoke(group, ["check", "a.onnx", "picosam3"]).output


def test_a_page_about_two_files_writes_their_names_as_they_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, text in (("old.onnx", TINY), ("new.onnx", SHUFFLED)):
        onnx.save(model(text), tmp_path / name)
    monkeypatch.chdir(tmp_path)
    assert CliRunner().invoke(group, ["diff", "old.onnx", "new.onnx", "--output", "diff.html"]).exit_code == 0
    assert "Old.onnx" not in (tmp_path / "diff.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "text",
    [
        "(float[n,3,h,w] x, float[n,3,h,w] z) => (float[n,3,h,w] y) { y = Add (x, z) }",
        "(float[n,3,h,w] x) => (float[n,3,h,w] y) { y = Det (x) }",
    ],
    ids=["cannot be fed", "refused"],
)
def test_the_next_command_is_about_the_shape_that_was_judged(text: str) -> None:
    shapes = {name: (1, 3, 96, 160) for name in ("x", "z") if f" {name}" in text.partition("=>")[0]}
    found = check(model(text), input_shapes=shapes)
    command = last_line(Outcome("net.onnx", found, exit_code=found.exit_code()))[1]
    for name in shapes:
        assert f" --input-shape {name}=1x3x96x160" in command


def test_no_figure_of_what_fix_reaches_is_cut() -> None:
    found = check(model(SHUFFLED))
    assert found.outlook is not None
    wide = replace(found.outlook, remaining=12, left_to_host=1234, verdict="does_not_fit", ms=1234.5)
    outcome = Outcome("net.onnx", replace(found, outlook=wide), exit_code=1)
    (line,) = (
        x
        for x in recorded(lambda c: print_last_line(outcome, c), 80).splitlines()
        if x.startswith("With fix")
    )
    assert line.endswith("% of memory") or line.endswith("does not fit")
    assert "…" not in line and len(line) <= 80


def test_an_open_size_of_one_of_several_inputs_is_said_in_the_same_words() -> None:
    text = "(float[1,3,64,64] x, float[1,3,h,w] z) => (float[1,3,64,64] y, float[1,3,h,w] u) { y = Relu (x) u = Relu (z) }"
    assert "DOES NOT FIT  the size of an input is open: z 1x3x?x?" in screen(model(text))[0]


WIDE = """(float[1,3,320,320] x) => (float[1,96,320,320] y) <float[96,3,7,7] k, float[96,96,3,3] l>
{ a = Conv <kernel_shape = [7, 7], pads = [3, 3, 3, 3]> (x, k) b = Relu (a)
  c = Conv <kernel_shape = [3, 3], pads = [1, 1, 1, 1]> (b, l) d = Add (c, b) y = Relu (d) }"""


def test_a_smaller_input_is_tried_by_the_next_command_before_anything_is_exported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    onnx.save(model(WIDE), tmp_path / "net.onnx")
    monkeypatch.chdir(tmp_path)
    first = last_line(Outcome("net.onnx", check("net.onnx"), exit_code=1))[1]
    assert first.startswith("sensorfit check net.onnx --input-shape 1x3x")
    shape = tuple(int(d) for d in first.split()[-1].split("x"))
    again = check("net.onnx", input_shapes={"": shape})
    sentence, command = last_line(Outcome("net.onnx", again))
    assert sentence == f"FITS at {shape[2]}x{shape[3]}. Next: export it at that size, then:"
    assert command == "sensorfit build net.onnx"


@pytest.mark.parametrize(
    ("fix", "wanted"),
    [
        ("replace the Linear by a 1x1 Conv on (1, C, H, W)", "replace the Linear by a 1x1 Conv… "),
        ("set ceil_mode=False and pad the input (Pad, value of the lowest)", "pad the input… "),
        ("one " * 30, "one one… "),
    ],
)
def test_what_to_change_ends_where_a_phrase_does(fix: str, wanted: str) -> None:
    many = [finding(fix=fix, op="Conv", node=f"/{i}") for i in range(500)]
    outcome = Outcome("net.onnx", report(*many), exit_code=1)
    lines = recorded(lambda console: print_brief(outcome, console), 80).splitlines()
    (line,) = (line for line in lines if "500 of 500 refused" in line)
    assert wanted in line and len(line) <= 80
