"""The Python API: the names it has, what they promise, and the helper for a repository's own tests."""

from __future__ import annotations

import dataclasses
import inspect
import subprocess
import sys
from pathlib import Path

import onnx
import onnx.parser
import pytest

import sensorfit
from sensorfit.errors import ConfigError, ModelError
from sensorfit.testing import assert_fits

HEADER = '<ir_version: 8, opset_import: ["" : 17]>\n'
GOOD = HEADER + "g (float[1,3,64,64] x) => (float[1,3,64,64] y) { y = Relu(x) }"
BAD = HEADER + "g (float[1,3,64,64] x) => (float[1,3,64,64] y) { y = Elu(x) }"


def test_the_exported_names_are_these() -> None:
    assert sorted(sensorfit.__all__) == [
        "Finding",
        "Report",
        "Target",
        "__version__",
        "build",
        "check",
        "compare",
        "diff",
        "explain",
        "fix",
        "load_target",
    ]
    for name in sensorfit.__all__:
        if name != "build":  # needs the extra
            assert getattr(sensorfit, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'chek'"):
        sensorfit.chek  # type: ignore[attr-defined]  # noqa: B018


def test_the_signature_of_check_is_this() -> None:
    parameters = inspect.signature(sensorfit.check).parameters
    names = ["model", "profile", "target", "input_persistency", "input_shapes", "confirm"]
    assert list(parameters)[: len(names)] == names
    assert all(p.kind is p.KEYWORD_ONLY for p in list(parameters.values())[1:])


def test_the_results_are_frozen_and_keep_their_fields() -> None:
    wanted = {
        sensorfit.Report: {"version", "model", "target", "profile", "verdicts", "findings", "memory", "latency"},
        sensorfit.Finding: {"rule", "severity", "node", "op", "message", "fix", "evidence", "basis", "reason", "support", "tensor", "shape"},
        sensorfit.Target: {"name", "converter", "budget_bytes", "reserved_bytes", "clock_hz", "mac_units"},
    }  # fmt: skip
    for kind, fields in wanted.items():
        assert fields <= {f.name for f in dataclasses.fields(kind)}  # type: ignore[arg-type]
        assert kind.__dataclass_params__.frozen  # type: ignore[attr-defined]


def test_a_path_and_a_model_in_memory_give_the_same_answer(tmp_path: Path) -> None:
    proto = onnx.parser.parse_model(GOOD)
    onnx.save(proto, tmp_path / "g.onnx")
    from_file, from_memory = sensorfit.check(tmp_path / "g.onnx"), sensorfit.check(proto)
    assert from_file.verdict == from_memory.verdict == "fits"
    assert from_file.memory == from_memory.memory
    assert from_file.findings == from_memory.findings
    assert proto == onnx.parser.parse_model(GOOD)


def test_importing_sensorfit_imports_nothing_heavy() -> None:
    code = "import sensorfit, sys; print([m for m in ('onnx', 'numpy', 'rich', 'click', 'torch') if m in sys.modules])"
    assert (
        subprocess.run(
            [sys.executable, "-c", code], check=True, capture_output=True, text=True
        ).stdout.strip()
        == "[]"
    )


def test_assert_fits_returns_the_report() -> None:
    report = assert_fits(onnx.parser.parse_model(GOOD), sram="1 MiB", latency="15 ms", headroom="1 MiB")
    assert report.verdict == "fits"


def test_assert_fits_says_why_not_and_what_to_change() -> None:
    with pytest.raises(AssertionError, match="does not fit") as caught:
        assert_fits(onnx.parser.parse_model(BAD))
    assert "Elu" in str(caught.value) and "fix: " in str(caught.value)


@pytest.mark.parametrize(
    ("budget", "rule"),
    [
        ({"sram": "1 kB"}, "SF601"),
        ({"latency": "1 us"}, "SF602"),
        ({"macs": 0}, "SF603"),
        ({"headroom": "8 MiB"}, "SF605"),
    ],
)
def test_assert_fits_holds_the_model_to_budgets(budget: dict[str, str], rule: str) -> None:
    weights = ",".join(["1"] * 81)
    conv = f"{HEADER}g (float[1,3,64,64] x) => (float[1,3,62,62] y) <float[3,3,3,3] w = {{{weights}}}> {{ y = Conv(x, w) }}"
    with pytest.raises(AssertionError, match=rule):
        assert_fits(onnx.parser.parse_model(conv), **budget)  # type: ignore[arg-type]


def test_assert_fits_refuses_a_budget_that_is_none() -> None:
    with pytest.raises(ConfigError, match="write a time"):
        assert_fits(onnx.parser.parse_model(GOOD), latency="fast")
    with pytest.raises(ModelError, match="no such file"):
        assert_fits("absent.onnx")


def test_completion_scripts_exist_for_three_shells() -> None:
    for shell in ("bash", "zsh", "fish"):
        env = {"_SENSORFIT_COMPLETE": f"{shell}_source", "PATH": "/usr/bin:/bin"}
        done = subprocess.run([sys.executable, "-m", "sensorfit"], capture_output=True, text=True, env=env)
        assert done.returncode == 0, done.stderr
        assert "_SENSORFIT_COMPLETE" in done.stdout and "complete" in done.stdout


def test_a_shell_is_offered_commands_and_options() -> None:
    env = {
        "_SENSORFIT_COMPLETE": "bash_complete",
        "COMP_WORDS": "sensorfit check --fo",
        "COMP_CWORD": "2",
        "PATH": "/usr/bin:/bin",
    }
    done = subprocess.run([sys.executable, "-m", "sensorfit"], capture_output=True, text=True, env=env)
    assert done.stdout.split() == ["plain,--format"]
