"""The first screen: 24 lines at 80 columns whatever the model, a verdict that its findings do not contradict, a command at the end."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from io import StringIO
from pathlib import Path

import onnx
import pytest
from click.testing import CliRunner

import sensorfit
from sensorfit.api import check
from sensorfit.cli import group
from sensorfit.render.brief import print_brief, print_last_line
from sensorfit.render.screen import recorded
from sensorfit.report.causes import causes, in_short
from sensorfit.report.change import Change
from sensorfit.report.next_step import last_line, reached
from sensorfit.report.outcome import Figure, Outcome
from sensorfit.report.outlook import Outlook
from sensorfit.report.phrases import percent_words
from sensorfit.report.report import Report, TensorInfo

from ..conftest import model_of
from ..made_reports import HOSTILE, finding, report

MODELS = ["picosam3", "tinysam", "edgesam/decoder", "sam-vit-b"]


@cache
def checked(name: str) -> Report:
    return check(name)


def screen(outcome: Outcome, width: int = 80) -> str:
    def show(console: object) -> None:
        print_brief(outcome, console)  # type: ignore[arg-type]
        print_last_line(outcome, console)  # type: ignore[arg-type]

    return recorded(show, width)


def unfed() -> Report:
    return report(
        finding(
            rule="SF506", severity="warning", node="", op="", family="inputs-outputs", support="supported",
            basis="published", tensor="prompt", reason="the sensor feeds one image; the converter accepts several",
        )
    )  # fmt: skip


@pytest.mark.parametrize("name", MODELS)
def test_a_real_models_screen_has_24_lines_of_80_columns_and_ends_with_a_command(name: str) -> None:
    lines = screen(Outcome(name, checked(name), exit_code=checked(name).exit_code())).splitlines()
    assert len(lines) <= 24
    assert max(map(len, lines)) <= 80
    assert " Next: sensorfit " in lines[-1]
    assert lines[-1].endswith(name)


def test_the_worst_model_still_fits_the_screen() -> None:
    """Every remark at once: hostile and endless names, all severities, hidden rules, a baseline with every figure moved."""
    found = [
        finding(node=f"/{i}", op=HOSTILE * 9, fix=f"{'way ' * 90}{chr(97 + i)}", severity=s)
        for i in range(26)
        for s in ("error", "warning", "info")
    ]
    inputs = tuple(TensorInfo(HOSTILE * 9, (4, 3, 96, 96), "float32") for _ in range(40))
    bad = report(*found, path="net.onnx", inputs=inputs, note="note " * 90, runtime=90_000_000)
    bad = replace(
        bad,
        hidden=(finding(rule="SF999"),),
        other_converter="3.16.1",
        verdicts={**bad.verdicts, "picosam": "fits"},
        memory=replace(bad.memory, notes=("a note " * 80,) * 9),
        outlook=Outlook(26, 13, {"LinearIn4d": 9}, 10_000, "does_not_fit", 90_000_000, 12_345.6),
    )
    moved = tuple(Figure(name, 1, 2, "") for name in ("total_bytes", "dsp_ms", "macs", "parameters"))
    text = screen(
        Outcome("net.onnx", bad, exit_code=1, change=Change(True, tuple(found), ({"rule": "SF1"},), moved))
    )
    assert len(text.splitlines()) <= 24
    assert max(map(len, text.splitlines())) <= 80
    assert "\x1b" not in text and "::error" not in text
    assert "With fix: 13 nodes still refused" in text


def test_hidden_rules_are_counted_and_the_headline_stands_on_them() -> None:
    shown = report(finding(), finding(node="/up/1"))
    text = screen(Outcome("net.onnx", replace(shown, findings=(), hidden=shown.findings), exit_code=1))
    assert text.startswith("net  DOES NOT FIT  2 nodes refused")
    assert "1 rule hidden (2 findings)" in text
    assert "nothing is refused" not in text


def test_what_the_baseline_accepts_is_said_and_is_nothing_to_change() -> None:
    accepted = report(finding())
    text = screen(Outcome("net.onnx", accepted, exit_code=0, change=Change(True)))
    assert "1 finding accepted by the baseline" in text
    assert "things to change" not in text and "DOES NOT FIT, as in the baseline" in text


def test_what_the_sensor_cannot_feed_does_not_read_as_fitting() -> None:
    text = screen(Outcome("net.onnx", unfed()))
    assert text.startswith("net  CANNOT BE FED  the sensor feeds one image\n")
    assert "FITS" not in text
    assert "the converter accepts it" in text


def test_what_is_to_change_for_an_input_that_cannot_be_fed_is_named_before_any_hint() -> None:
    hint = finding(
        rule="SF403", severity="warning", support="supported", family="latency", fix="resize later"
    )
    made = replace(unfed(), findings=(hint, *unfed().findings))
    text = screen(Outcome("net.onnx", made))
    assert "What to change" in text and "resize later" not in text


def test_an_image_that_the_sensor_does_not_deliver_is_not_built_to_learn_its_bytes() -> None:
    over = finding(rule="SF301", node="", op="", family="memory", support="unknown", fix="ask the converter")
    made = Outcome("net.onnx", report(over, *unfed().findings), exit_code=1)
    assert last_line(made) == ("UNKNOWN, and the sensor cannot feed it.", "sensorfit explain net.onnx")
    text = screen(made)
    assert "ask the converter" in text and "! inputs" in text and "lesser point" not in text
    fed = Outcome("net.onnx", report(over), exit_code=1)
    assert last_line(fed)[1] == "sensorfit build net.onnx"


def test_the_build_that_comes_next_keeps_the_input_as_the_check_did() -> None:
    small = "g (float[1,3,498,400] x) => (float[1,3,498,400] y) { a = Relu (x) y = Sigmoid (a) }"
    full = small.replace("400", "442")
    freed = check(model_of(small), input_persistency=False)
    bare = replace(freed, model=replace(freed.model, not_built="no weights", weightless=True))
    assert last_line(Outcome("net.onnx", bare))[1] == "sensorfit build net.onnx --no-input-persistency"
    assert last_line(Outcome("net.onnx", freed))[1] == "sensorfit build net.onnx --no-input-persistency"
    assert last_line(Outcome("net.onnx", check(model_of(small))))[1] == "sensorfit build net.onnx"
    assert last_line(Outcome("net.onnx", check(model_of(full)))) == (
        "UNKNOWN: next to nothing of the memory is left.",
        "sensorfit build net.onnx --no-input-persistency",
    )


def test_what_a_profile_says_that_nobody_asked_for_is_said_of_built_in_networks_alone() -> None:
    strict = replace(report(), verdicts={"converter": "fits", "picosam": "does_not_fit"})
    papers = "by the PicoSAM papers' rules (--profile picosam): does not fit"
    assert "picosam" not in screen(Outcome("net.onnx", strict))
    assert papers in screen(Outcome("ours", replace(strict, model=replace(strict.model, title="Ours"))))
    asked = replace(strict, profile="picosam", verdicts={"converter": "does_not_fit", "picosam": "fits"})
    assert "by the converter's word (--profile converter)" in screen(Outcome("net.onnx", asked))


def test_what_the_build_writes_anew_takes_no_line_of_a_network_that_fits() -> None:
    spelled = finding(
        rule="SF512", severity="warning", node="", op="", family="inputs-outputs", support="supported",
        converter_code="EXEC", fix="to run the converter on this file yourself, name the nodes",
    )  # fmt: skip
    text = screen(Outcome("net.onnx", report(spelled)))
    assert "yourself" not in text and "1 lesser point: --verbose shows all" in text
    assert "Nothing to change" in text and "Next: sensorfit build" in text


def test_a_network_over_the_budget_that_tiles_may_save_says_why_it_is_unknown() -> None:
    over = finding(rule="SF301", node="", op="", family="memory", support="unknown")
    made = report(over, runtime=9_000_000)
    assert "of the memory, unless the converter tiles it" in screen(Outcome("net.onnx", made, exit_code=1))


def test_weights_over_the_budget_are_said_before_the_size_that_is_open() -> None:
    open_size = report(
        finding(rule="SF502", node="", op="", tensor="x", family="inputs-outputs"),
        inputs=(TensorInfo("x", (1, 3, None, None), "float32"),),
        closed=(1, 3, 224, 224),
    )
    light = Outcome(
        "net.onnx", replace(open_size, memory=replace(open_size.memory, complete=False)), exit_code=1
    )
    assert "the size of its input is open" in screen(light) and "while its input's size is open" in screen(
        light
    )
    memory = replace(open_size.memory, complete=False, weights_bytes=2 * open_size.memory.budget_bytes)
    heavy = screen(Outcome("net.onnx", replace(open_size, memory=memory), exit_code=1))
    assert "its weights alone take 200% of the memory" in heavy and "DOES NOT FIT at any input size." in heavy


def test_ways_out_that_differ_in_their_numbers_are_one_line_that_says_so() -> None:
    wide, narrow = (
        finding(severity="info", support="supported", family="memory", node=f"/{n}", fix=f"use {n} channels")
        for n in (96, 32)
    )
    (cause,) = causes(report(wide, narrow))
    assert cause.fix == "use 96 channels (the first of 2)"
    assert causes(report(wide))[0].fix == "use 96 channels"


def test_an_unknown_operator_comes_before_the_shape_that_it_leaves_open() -> None:
    operator = finding(severity="warning", support="unknown", rule="SF102", fix="ask the converter")
    shape = finding(
        severity="warning", support="unknown", rule="SF514", family="inputs", fix="export static shapes"
    )
    assert [c.fix for c in causes(report(shape, operator))] == ["ask the converter", "export static shapes"]


def test_the_next_command_suits_the_answer() -> None:
    ends = {
        "fits": report(),
        "refused": report(finding(fix="a"), finding(fix="b", node="/2")),
        "unknown": report(finding(support="unknown", severity="warning")),
    }
    said = {k: last_line(Outcome("a b.onnx", r, exit_code=r.exit_code())) for k, r in ends.items()}
    assert said["fits"] == ("FITS.", "sensorfit build 'a b.onnx'")
    assert said["refused"][0] == "DOES NOT FIT: 2 things to change."
    assert said["refused"][1] in ("sensorfit fix 'a b.onnx'", "sensorfit explain 'a b.onnx'")
    assert said["unknown"][1] == "sensorfit check 'a b.onnx' --confirm"


def test_causes_with_one_way_out_are_one_and_count_nodes_once() -> None:
    same = [
        finding(node=f"/{i}", op=op, reason=f"batch {i}")
        for i, op in enumerate(["Split", "Reshape", "Reshape"])
    ]
    found = causes(report(*same, finding(node="/0", op="Split", rule="SF107")))
    assert [(c.nodes, c.operators, c.gain) for c in found] == [(3, ("Reshape", "Split"), "3 of 3 refused")]


def test_the_bar_is_in_proportion_and_told_apart_without_colour() -> None:
    text = screen(Outcome("net.onnx", report(runtime=4_000_000)), 79)
    bar = next(line for line in text.splitlines() if line.startswith("█"))
    assert {c: bar.count(c) for c in "█▓"} == {
        "█": round(2e6 / 8_388_480 * 78),
        "▓": pytest.approx(37, abs=1),
    }
    over = screen(Outcome("net.onnx", report(runtime=40_000_000), exit_code=1))
    assert "MiB over" in over and "| budget" in over


def test_an_ascii_output_gets_a_bar_of_its_own() -> None:
    from rich.console import Console

    class Ascii(StringIO):
        encoding = "ascii"  # type: ignore[assignment]

    file = Ascii()
    print_brief(Outcome("net.onnx", report()), Console(file=file, width=80))
    assert "###" in file.getvalue() and "█" not in file.getvalue()


@pytest.mark.parametrize(
    ("model", "shape", "ends"),
    [
        ("picosam3", None, "Next: sensorfit build picosam3"),
        ("picosam3", "1x3x96x128", "Next: sensorfit build picosam3 --size 96x128"),
        (
            "edgesam/encoder@96",
            None,
            "FITS. Next: export it with its weights, then: sensorfit build edgesam-encoder@96.onnx",
        ),
        ("{open}", "1x3x64x96", "--size 64x96"),
        (
            "{fixed}",
            "1x3x64x96",
            "FITS at 64x96. Next: export it at that size, then: sensorfit build {fixed}",
        ),
        (
            "{weightless}",
            None,
            "FITS. Next: export it with its weights, then: sensorfit build {weightless}",
        ),
    ],
)
def test_a_build_is_named_only_where_it_can_begin(
    model: str, shape: str | None, ends: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    for name, sides in (("open", "h,w"), ("fixed", "96,96")):
        onnx.save(
            model_of(f"g (float[1,3,{sides}] x) => (float[1,3,{sides}] y) {{ y = Relu (x) }}"),
            str(tmp_path / name),
        )
    places = {
        "open": tmp_path / "open",
        "fixed": tmp_path / "fixed",
        "weightless": Path(sensorfit.__file__).parents[1] / "models" / "graphs" / "picosam3.onnx",
    }
    given = ["check", model.format(**places), *(["--input-shape", shape] if shape else [])]
    assert CliRunner().invoke(group, given).output.rstrip().endswith(ends.format(**places))


def test_a_way_out_in_short_ends_outside_of_brackets() -> None:
    assert in_short("take slices (x[:, :n], x[:, n:], or torch.chunk) instead of split, or leave it") == (
        "take slices (x[:, :n], x[:, n:], or torch.chunk) instead of split"
    )
    assert in_short("use another axis: keep axis 0 for the batch") == "use another axis"


@pytest.mark.parametrize(
    ("part", "said"),
    [(0.464, "46%"), (0.9949, "99%"), (0.9951, "99.5%"), (0.99998, "99.9%"), (1, "100%"), (1.00001, "100.1%"), (1.02, "102%")],
)  # fmt: skip
def test_only_what_is_just_as_large_as_the_budget_reads_100_per_cent(part: float, said: str) -> None:
    assert percent_words(part) == said


def test_what_a_rewrite_leaves_unfed_is_not_promised_to_fit() -> None:
    seen = Outlook(1, 0, {"LinearIn4d": 1}, 10, "fits", 1_000_000, 1.5)
    refused = report(finding())
    fed = replace(refused, outlook=seen)
    turned = replace(fed, findings=(*refused.findings, *unfed().findings))  # channels last, until it is fixed
    unfed_ = replace(turned, outlook=replace(seen, cannot_be_fed=True))
    for given, words in (
        (fed, "no node refused, fits, 12% of memory"),
        (turned, "no node refused, fits, 12% of memory"),
        (unfed_, "no node refused, cannot be fed, 12% of memory"),
    ):
        assert reached(Outcome("net.onnx", given, exit_code=1)) == f"With fix: {words}, 1.5 ms"


@pytest.mark.parametrize(("nodes", "said"), [(700, False), (701, True)])
def test_a_build_of_very_many_nodes_is_announced_as_one_of_minutes(nodes: int, said: bool) -> None:
    """In the words of ``fix``, wherever the converter is what comes next."""
    many = report(nodes=nodes)
    words = f"{nodes:,} nodes: the converter's front end takes minutes for a network of as many\n"
    assert (words in screen(Outcome("net.onnx", many))) == said
    assert words not in screen(Outcome("net.onnx", report(finding(), nodes=nodes), exit_code=1))
