"""Reports made by hand, so that an output is tested for what it prints and not for what the rules find."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from sensorfit.api import load_target
from sensorfit.latency.model import LatencyReport, LayerCost
from sensorfit.memory.model import Live, MemoryReport, Step
from sensorfit.report.report import ModelInfo, Report, TensorInfo
from sensorfit.verify.finding import Finding

HOSTILE = "a\x1b[31m|b](http://x) <img src=x> [red]c[/red]\n::error file=x::boom\u202e@octocat ##[error]`"
"""A node name with a bit of every language that an output could read."""


def finding(**changes: Any) -> Finding:
    """An error about a refused ConvTranspose."""
    base = Finding(
        rule="SF101",
        severity="error",
        node="/up/0",
        op="ConvTranspose",
        message="ConvTranspose with padding is refused",
        fix="drop the padding and crop with Slice",
        evidence="converter 3.19: USOP",
        basis="measured",
        reason="padding",
        support="unsupported",
        tensor="y",
        shape=(1, 8, 4, 4),
        converter_code="USOP",
        family="operators",
    )
    return replace(base, **changes)


def report(
    *findings: Finding, path: str = "models/net.onnx", runtime: int = 1_000_000, **model: Any
) -> Report:
    """A report on ``path`` with these findings; ``runtime`` bytes of activations."""
    target = load_target()
    memory = MemoryReport(
        budget_bytes=target.budget_bytes,
        weights_bytes=2_000_000,
        runtime_bytes=runtime,
        input_persistence_bytes=27_648,
        reserved_bytes=target.reserved_bytes,
        input_persistency=True,
        bound_bytes=runtime,
        steps=(Step("/up/0", "ConvTranspose", (Live("x", runtime),)),),
        peak_step=0,
    )
    latency = LatencyReport(
        macs=330_000_000,
        cycles=1_000_000,
        clock_hz=target.clock_hz,
        mac_units=target.mac_units,
        dsp_ms_low=3.0,
        dsp_ms_high=5.0,
        layers=(LayerCost("/up/0", "ConvTranspose", 330_000_000, 1_000_000),),
    )
    info = ModelInfo(
        name="net",
        path=path,
        sha256="0" * 64,
        opset=17,
        inputs=(TensorInfo("x", (1, 3, 96, 96), "float32"),),
        outputs=(TensorInfo("y", (1, 1, 96, 96), "float32"),),
        parameters=1_300_000,
        nodes=3,
    )
    refused = any(f.support == "unsupported" for f in findings) or not memory.fits
    unknown = any(f.support == "unknown" for f in findings)
    verdict = "does_not_fit" if refused else "unknown" if unknown else "fits"
    return Report(
        version="0.1.0",
        model=replace(info, **model),
        target=target,
        profile="converter",
        verdicts={"converter": verdict, "picosam": verdict},  # type: ignore[dict-item]
        findings=findings,
        memory=memory,
        latency=latency,
    )


@pytest.fixture
def hostile() -> str:
    """A name that attacks every output."""
    return HOSTILE


@pytest.fixture
def make_finding() -> Callable[..., Finding]:
    return finding


@pytest.fixture
def make_report() -> Callable[..., Report]:
    return report
