"""One pass a network: whatever the command, no network is loaded, lowered, laid out or judged a second time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import onnx
import pytest

import sensorfit.analysis
import sensorfit.latency.estimate
import sensorfit.memory.analysis
import sensorfit.memory.largest_input
import sensorfit.verify.engine
from sensorfit import api
from sensorfit.analysis import analyse
from sensorfit.api import load_target
from sensorfit.graph.ir import Graph
from sensorfit.models.net import Net

Calls = Counter[tuple[str, str, tuple[Any, ...]]]


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> Calls:
    """How often each stage saw each network at each input shape; the memory of other weight widths is another plan."""
    found: Calls = Counter()

    def counted(module: Any, name: str, graph_of: Callable[..., Graph]) -> None:
        real = getattr(module, name)

        def stage(*args: Any, **options: Any) -> Any:
            answer = real(*args, **options)
            graph = graph_of(args, answer)
            shapes = tuple(graph.shape(tensor) for tensor in graph.inputs)
            widths = sum(t.bits or 0 for t in graph.tensors.values())
            found[name, graph.name, (*shapes, widths)] += 1
            return answer

        monkeypatch.setattr(module, name, stage)

    for module in (sensorfit.analysis, sensorfit.memory.largest_input):
        counted(module, "load", lambda args, answer: answer)
        counted(module, "lower", lambda args, answer: answer)
    for module in (sensorfit.memory.analysis, sensorfit.memory.largest_input):
        counted(module, "analyse", lambda args, answer: args[0])
    counted(sensorfit.latency.estimate, "estimate", lambda args, answer: args[0])
    counted(sensorfit.verify.engine, "verify_profiles", lambda args, answer: args[0])
    return found


COMMANDS: dict[str, Callable[[Path, Path], Any]] = {
    "check": lambda a, b: api.check(a),
    "check the largest inputs": lambda a, b: api.check(a, largest_inputs=True),
    "explain": lambda a, b: api.explain(a),
    "explain one too large": lambda a, b: api.explain(b),
    "explain a built-in model": lambda a, b: api.explain("picosam3"),
    "compare": lambda a, b: api.compare([a, b, "picosam3"]),
    "diff": lambda a, b: api.diff(a, b),
}


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_analyses_a_network_once(command: str, tmp_path: Path, calls: Calls) -> None:
    small, large = tmp_path / "small.onnx", tmp_path / "large.onnx"
    onnx.save(Net("small", 3, 64, 64).conv(8).model(), small)
    onnx.save(Net("large", 3, 640, 640).conv(64).model(), large)
    COMMANDS[command](small, large)  # the larger one is over the budget: explain looks for inputs that fit
    assert {stage for stage, _, _ in calls} >= {"load", "lower", "analyse", "estimate", "verify_profiles"}
    assert {key: count for key, count in calls.items() if count > 1} == {}


def test_an_analysis_is_a_value_with_everything_that_a_report_holds(tmp_path: Path) -> None:
    onnx.save(Net("small", 3, 64, 64).conv(8).model(), tmp_path / "small.onnx")
    found = analyse(tmp_path / "small.onnx", load_target())
    with pytest.raises(AttributeError):
        found.memory = None  # type: ignore[misc, assignment]
    report = found.report("converter")
    assert (report.memory, report.latency, report.target) == (found.memory, found.latency, found.target)
    assert report.findings == found.findings["converter"] and report.verdict == "fits"
