"""Whatever a model is called, no output of any command acts on a terminal or a CI runner, and JSON gives the names back."""

from __future__ import annotations

import csv
import io
import json
import re
import sys
import unicodedata
from collections.abc import Callable
from pathlib import Path
from typing import Any

import onnx
import pytest
from onnx import TensorProto, helper

from sensorfit import cli
from sensorfit.report.json_text import dumps

HOSTILE = "::error::a ##[error]b ##vso[task]c \x1b[31mred\x7f \u202eturned \u2028line \u200bhidden =1+1 [bold]x[/] aten::conv2d"
OURS = re.compile(r"::(error|warning|notice) file=")
"""How an annotation of the format ``github`` begins."""
COMMANDS = [
    *(["check", "{a}", "--format", f] for f in ("console", "json", "sarif", "junit", "markdown", "github")),
    *(["check", "{a}", "{b}", "--format", f] for f in ("console", "json", "sarif", "junit", "markdown", "github")),
    ["check", "{a}", "-v", "--memory"],
    ["check", "absent {a}"],
    *(["explain", "{a}", "--format", f] for f in ("console", "json", "markdown")),
    ["explain", "{a}", "-v"],
    *(["compare", "{a}", "{b}", "--format", f] for f in ("console", "json", "markdown", "csv", "html")),
    *(["diff", "{a}", "{b}", "--format", f] for f in ("console", "json", "markdown")),
    ["diff", "{a}", "{b}", "-v"],
]  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two models that say ``HOSTILE`` wherever a model says something, their files' names included."""
    folder = tmp_path_factory.mktemp("models")
    (folder / ".git").mkdir()
    for index, op in enumerate(("Elu", HOSTILE[:40])):
        nodes = [
            helper.make_node("Relu", [HOSTILE], ["t" + HOSTILE], name="n" + HOSTILE),
            helper.make_node(
                op, ["t" + HOSTILE], [HOSTILE + "y"], name=HOSTILE, domain="" if op == "Elu" else HOSTILE
            ),
        ]
        x = helper.make_tensor_value_info(HOSTILE, TensorProto.FLOAT, [1, 3, 8, 8 + index])
        y = helper.make_tensor_value_info(HOSTILE + "y", TensorProto.FLOAT, ["d" + HOSTILE])
        graph = helper.make_graph(nodes, HOSTILE, [x], [y])
        model = helper.make_model(
            graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8, producer_name=HOSTILE
        )
        onnx.save(model, folder / f"{HOSTILE.replace('/', '')}{index}.onnx")
    return folder


@pytest.fixture
def printed(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Callable[..., str]:
    """What a command prints, both streams."""
    monkeypatch.chdir(folder)
    names = dict(zip("ab", sorted(p.name for p in folder.glob("*.onnx")), strict=True))

    def call(*arguments: str) -> str:
        monkeypatch.setattr(sys, "argv", ["sensorfit", *(a.format(**names) for a in arguments)])
        with pytest.raises(SystemExit) as stop:
            cli.main()
        out, err = capfd.readouterr()
        assert stop.value.code in (0, 1, 2) and "internal error" not in err
        assert out or err
        _harmless(out + err)
        return out

    return call


def _harmless(text: str) -> None:
    acting = [c for c in text if unicodedata.category(c) in {"Cc", "Cf", "Cs", "Zl", "Zp"} and c != "\n"]
    assert not acting, acting
    assert not re.search(r"##(vso)?\[", text)
    assert not [line for line in text.splitlines() if "::error" in OURS.sub("", line, count=1)]


@pytest.mark.parametrize("arguments", COMMANDS, ids=" ".join)
def test_no_output_of_any_command_acts(printed: Callable[..., str], arguments: list[str]) -> None:
    out = printed(*arguments)
    if "json" in arguments or "sarif" in arguments:
        said = json.loads(out)
        if "sarif" not in arguments:
            assert any(HOSTILE[:40] in text for text in _strings(said))
    if "csv" in arguments:
        cells = [cell for row in csv.reader(io.StringIO(out)) for cell in row]
        assert not [cell for cell in cells if cell.startswith(("=", "+", "@", "\t", "\r"))]


def _strings(value: Any) -> Any:
    if isinstance(value, str):
        yield value
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _strings(inner)


@pytest.mark.parametrize(
    "value", [HOSTILE, "::", ":::::", "##[[", "###[", "a::b", "\ud800", "\x7f", "層", {"::": ["##["]}]
)
def test_json_gives_back_the_very_characters(value: Any) -> None:
    text = dumps(value)
    assert json.loads(text) == value
    assert text.isascii() and "::" not in text and "##[" not in text and "\x7f" not in text
