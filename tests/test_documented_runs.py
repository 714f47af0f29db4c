"""Every `sensorfit` command that README and docs show is run, page by page from top to bottom, or named here with why it is not."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Final

import onnx
import pytest
from click.testing import CliRunner

from sensorfit.cli import group
from sensorfit.latency.candidates import filled
from sensorfit.models.net import Net

from .conftest import ROOT, model_of
from .test_documented_commands import FOUND, Command, words_of

pytestmark = pytest.mark.heavy  # a whole sweep, the table of all built-in models

NOT_RUN: Final = {
    r"build ": "quantizes and converts: tests/pipeline and `make demo` run it (mark toolchain)",
    r".*--confirm": "asks the converter: tests/verify and tests/cli run it (mark toolchain)",
    r"calibrate kit .*--build": "twenty conversions: tests/latency/test_kit.py builds three (mark toolchain)",
    r"calibrate fit kit-log.json": "takes a log measured on a sensor: tests/latency/test_kit.py fits a simulated one",
    r"calibrate .*--write": "writes the facts of this repository",
    r"data ": "downloads 30 MB, or composes scenes from them: tests/vision runs it on material of its own",
    r"(teach|train|evaluate|segment)\b": "trains, or takes what was trained: tests/vision runs each on a small data set",
    r"sweep .*--accuracy train": "trains candidates: tests/sweep runs two steps of it",
    r"sweep pick": "takes the sweep of the line before it: tests/sweep runs it",
}
"""Which commands are not run, as regular expressions of what follows ``sensorfit``, and why."""
STANDS_FOR: Final = re.compile(r"\b[A-Z]{3,}\b|^$")
"""A word in a command that the reader replaces: MODEL, FILE, DIR."""


def reason(words: list[str]) -> str:
    """Why a command is not run; "" where it is."""
    text = " ".join(words)
    return next((why for which, why in NOT_RUN.items() if re.match(which, text)), "")


def shown(page: str) -> list[list[str]]:
    """The commands of ``page``: lines of code, and those in prose that are whole."""
    found = [
        words
        for where, command in FOUND
        if where == page
        for words in words_of(command.text)
        if not (command.mention and (len(words) < 2 or any(STANDS_FOR.search(w) for w in words)))
    ]
    return [words for words in found if words and not reason(words)]


@pytest.fixture
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A reader's folder: the files that the pages name."""
    net = filled(Net("net", 3, 64, 64).conv(16).conv(8).model())
    for name in ("a", "b", "m", "main", "net", "other"):
        onnx.save(net, tmp_path / f"{name}.onnx")
    onnx.save(filled(Net("wide", 3, 64, 64).conv(32).conv(8).model()), tmp_path / "branch.onnx")
    onnx.save(filled(Net("r", 3, 64, 64).conv(384).conv(384).conv(384).model()), tmp_path / "resnet18.onnx")
    refused = """g (float[1,3,64,64] image) => (float[1,8,64,64] y) <float[8,3,3,3] k = {WEIGHTS}>
    { logits = Conv <kernel_shape = [3, 3], pads = [1, 1, 1, 1]> (image, k) n = Elu (logits) y = Sigmoid (n) }"""
    text = refused.replace("WEIGHTS", ", ".join(f"{i % 7 / 7:g}" for i in range(216)))
    onnx.save(model_of(text), tmp_path / "model.onnx")
    cut = text.replace("Elu (logits)", "Acosh (logits)")
    onnx.save(model_of(cut), tmp_path / "detector.onnx")
    (tmp_path / "models").mkdir()
    shutil.copy(tmp_path / "net.onnx", tmp_path / "models" / "net.onnx")
    (tmp_path / "space.toml").write_text(
        'family = "picosam"\nobjectives = ["dsp_ms", "maximize parameters"]\n[parameters]\nencoder1 = [32, 48]\n'
    )
    (tmp_path / "docs").mkdir()
    shutil.copy(ROOT / "docs" / "showcase.toml", tmp_path / "docs")
    (tmp_path / "net.jsonl").write_text('{"dnn_ms": 1.53, "dsp_ms": 0.4}\n' * 200)
    monkeypatch.chdir(tmp_path)
    assert CliRunner().invoke(group, ["init"]).exit_code == 0
    return tmp_path


@pytest.mark.parametrize("page", sorted({page for page, _ in FOUND if shown(page)}))
def test_every_command_of_a_page_answers(page: str, work: Path) -> None:
    """0 or 1, the answer that a model fits or does not; 2 and 3 are what a reader who copies a line must not get."""
    wrong = {}
    for words in shown(page):
        answer = CliRunner().invoke(group, words)
        if answer.exit_code not in (0, 1) or not isinstance(answer.exception, (type(None), SystemExit)):
            wrong[" ".join(words)] = str(answer.exception or answer.output[-300:])
    assert wrong == {}


def test_most_commands_are_run_and_no_reason_is_left_over() -> None:
    every = [w for page, command in FOUND for w in words_of(command.text) if not command.mention]
    run = [w for w in every if not reason(w)]
    assert len(run) > 0.6 * len(every)
    said = [" ".join(w) for page, command in FOUND for w in words_of(command.text)]
    assert [which for which in NOT_RUN if not any(re.match(which, text) for text in said)] == []


def test_every_page_with_commands_is_read() -> None:
    with_commands = {
        p.relative_to(ROOT).as_posix()
        for p in (ROOT / "docs").glob("*.md")
        if "\n    sensorfit " in p.read_text()
    }
    assert with_commands <= {page for page, _ in FOUND}
    assert {"docs/picosam.md", "docs/sweep.md"} <= with_commands
    assert Command("sensorfit sweep space.toml -o out") in [c for page, c in FOUND if page == "docs/sweep.md"]
