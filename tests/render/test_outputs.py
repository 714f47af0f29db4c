"""Formats and files pair as a person would expect, and what is ambiguous is asked back."""

from __future__ import annotations

from io import StringIO
from pathlib import Path

import pytest

from sensorfit.errors import ConfigError
from sensorfit.render.outputs import output_plan
from sensorfit.render.show import show, write_console
from sensorfit.report.outcome import Outcome

from ..made_reports import HOSTILE, finding, report


@pytest.mark.parametrize(
    ("formats", "outputs", "shown", "written"),
    [
        ((), (), ("console",), ()),
        (("json",), (), ("json",), ()),
        (("sarif",), ("out.sarif",), (), (("sarif", "out.sarif"),)),
        (("sarif",), ("out.json",), (), (("sarif", "out.json"),)),
        (("junit",), ("report",), (), (("junit", "report"),)),
        (("json",), ("report.txt",), (), (("json", "report.txt"),)),
        ((), ("out.sarif", "report.md", "junit.xml", "r.json"), ("console",), (("sarif", "out.sarif"), ("markdown", "report.md"), ("junit", "junit.xml"), ("json", "r.json"))),
        (("console", "sarif"), ("out.sarif",), ("console",), (("sarif", "out.sarif"),)),
        (("sarif", "console"), ("out.sarif",), ("console",), (("sarif", "out.sarif"),)),
        (("github",), ("out.sarif", "sum.md"), ("github",), (("sarif", "out.sarif"), ("markdown", "sum.md"))),
        (("json", "sarif"), ("b.sarif", "a"), (), (("sarif", "b.sarif"), ("json", "a"))),
        (("json", "sarif"), ("a.json", "b.json"), (), (("json", "a.json"), ("sarif", "b.json"))),
        (("console", "github"), (), ("console", "github"), ()),
        ((), ("junit=x.txt",), ("console",), (("junit", "x.txt"),)),
        ((), ("log.txt",), ("console",), (("console", "log.txt"),)),
    ],
)  # fmt: skip
def test_formats_and_files_pair(
    formats: tuple[str, ...],
    outputs: tuple[str, ...],
    shown: tuple[str, ...],
    written: tuple[tuple[str, str], ...],
) -> None:
    found = output_plan(formats, outputs)
    assert found.shown == shown
    assert found.written == tuple((f, Path(name)) for f, name in written)


@pytest.mark.parametrize(
    ("formats", "outputs", "match"),
    [
        (("json", "sarif"), (), "only one of json, sarif"),
        (("console", "junit"), (), "only one of"),
        ((), ("report",), "which format"),
        ((), ("a.md", "a.md"), "given twice"),
    ],
)
def test_what_does_not_go_together_is_refused(
    formats: tuple[str, ...], outputs: tuple[str, ...], match: str
) -> None:
    with pytest.raises(ConfigError, match=match):
        output_plan(formats, outputs)


def test_an_unwritable_file_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be written"):
        show(
            output_plan(("sarif",), (str(tmp_path / "absent" / "out.sarif"),)), [Outcome("m.onnx", report())]
        )


def test_files_and_standard_output_hold_their_formats(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    outcomes = [Outcome("m.onnx", report(finding()), exit_code=1)]
    show(output_plan(("github",), (str(tmp_path / "o.sarif"), str(tmp_path / "o.xml"))), outcomes)
    assert capsys.readouterr().out.startswith("::error file=m.onnx")
    assert '"version": "2.1.0"' in (tmp_path / "o.sarif").read_text(encoding="utf-8")
    assert (tmp_path / "o.xml").read_text(encoding="utf-8").startswith("<?xml")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["o.sarif", "o.xml"]


def test_json_of_an_unusable_model_leaves_standard_output_empty(capsys: pytest.CaptureFixture[str]) -> None:
    show(output_plan(("json",), ()), [Outcome("m.onnx", None, error="m.onnx: is empty", exit_code=2)])
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("number", [1, 2], ids=["one", "several"])
@pytest.mark.parametrize("verbose", [False, True], ids=["short", "verbose"])
def test_the_console_prints_hostile_names_as_text(number: int, verbose: bool) -> None:
    names = {
        "node": HOSTILE,
        "op": HOSTILE,
        "message": HOSTILE,
        "reason": HOSTILE,
        "fix": HOSTILE,
        "evidence": HOSTILE,
    }
    outcome = Outcome(
        HOSTILE,
        report(finding(**names), path=HOSTILE, name=HOSTILE, note=HOSTILE),
        exit_code=1,
        reason=HOSTILE,
    )
    buffer = StringIO()
    write_console([outcome] * number, buffer, verbose=verbose)
    text = buffer.getvalue()
    assert "\x1b" not in text and "\u202e" not in text
    assert not [line for line in text.splitlines() if line.strip().startswith("::")]
    assert "[red]c[/red]" in text


def test_colour_needs_a_terminal_and_yields_to_no_color(monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.delenv("FORCE_COLOR", raising=False)
    outcomes = [Outcome("m.onnx", report(finding()), exit_code=1)] * 2

    def printed(file: StringIO) -> str:
        write_console(outcomes, file)
        return file.getvalue()

    assert "\x1b[31m" in printed(Terminal())
    assert "\x1b" not in printed(StringIO())
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b[31m" not in printed(Terminal())
