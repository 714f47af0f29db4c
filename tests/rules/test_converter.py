"""What the converter behind the front end does with networks that MCT quantized: packages them, refuses, crashes.

``tests/data/converter``: float graphs without weights, and the exit codes and messages of imxconv-pt
(``python -m tools.memory_probes`` asks; 0 packaged, 1 it crashed, 3 it refused).
"""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import onnx
import pytest

import sensorfit

DATA = Path(__file__).parents[1] / "data" / "converter"
ANSWERS = json.loads((DATA / "answers.json").read_text(encoding="utf-8"))
FRESH = {
    "3x24x40 | a=conv x 20 k3 | f=split a n8,12 a1 | p=get f 0 | q=get f 1 | b=conv q 24 k1 | d=cat p b | e=conv d 16 k1 | e": 1,
    "3x24x40 | a=conv x 20 k3 | f=split a n8,12 a1 | p=get f 0 | q=get f 1 | b=conv q 24 k3 | d=cat p b | e=conv d 16 k1 | e": 0,
}


def refusals(model: onnx.ModelProto) -> set[str]:
    """The codes of what is refused, memory aside."""
    report = sensorfit.check(model)
    return {
        f.converter_code
        for f in report.findings
        if f.support == "unsupported" and not f.rule.startswith("SF3")
    }


@pytest.mark.parametrize("name", sorted(ANSWERS))
def test_what_is_refused_is_what_the_converter_refused(name: str) -> None:
    packed = (DATA / f"{name}.onnx.gz").read_bytes()
    codes = refusals(onnx.load_from_string(gzip.decompress(packed)))
    assert bool(codes) == bool(ANSWERS[name]["exit_code"])
    assert ("GE" in codes) == ("[GE]" in ANSWERS[name].get("message", ""))


@pytest.mark.toolchain
@pytest.mark.parametrize("line", sorted(FRESH))
def test_a_fresh_network_is_packaged_or_crashes_it_as_we_said(line: str, tmp_path: Path) -> None:
    from tools.memory_probes import convert, quantize

    quantize(line, tmp_path / "float.onnx", tmp_path / "fresh.onnx")
    codes = refusals(onnx.load(tmp_path / "float.onnx"))
    answer = convert(tmp_path / "fresh.onnx", tmp_path / "out", persistency=False)
    assert answer["exit_code"] == FRESH[line]
    assert codes == ({"GE"} if FRESH[line] else set())
