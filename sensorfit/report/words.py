"""Phrases that several outputs share."""

from __future__ import annotations

from typing import Final

from ..units import show_bytes, show_count
from .outcome import Figure, Outcome
from .report import Report

VERDICT: Final = {"fits": "fits", "does_not_fit": "does not fit", "unknown": "unknown"}
FIGURE: Final = {"total_bytes": "memory", "dsp_ms": "latency", "macs": "MACs", "parameters": "parameters"}


def figures_of(report: Report) -> dict[str, object]:
    """The figures of one model under the JSON contract's names."""
    memory, latency = report.memory, report.latency
    return {
        "verdict": report.verdict,
        "profile": report.profile,
        "total_bytes": memory.total_bytes,
        "weights_bytes": memory.weights_bytes,
        "runtime_bytes": memory.runtime_bytes,
        "headroom_bytes": memory.headroom_bytes,
        "macs": latency.macs,
        "dsp_ms": round(latency.dsp_ms, 4),
        "parameters": report.model.parameters,
    }


def amount(name: str, value: float) -> str:
    """A figure with its unit."""
    if name.endswith("bytes"):
        return show_bytes(round(value))
    return f"{value:.2f} ms" if name.endswith("_ms") else show_count(round(value))


def figure_words(figure: Figure) -> str:
    """``memory 4.10 MiB -> 4.35 MiB (+6.1%)``."""
    share = f" ({(figure.now - figure.before) / figure.before:+.1%})" if figure.before else ""
    return f"{FIGURE[figure.name]} {amount(figure.name, figure.before)} -> {amount(figure.name, figure.now)}{share}"


def status(outcome: Outcome) -> str:
    """One word for the gate: pass, fail, or why there is no answer."""
    return {0: "pass", 1: "fail", 2: "cannot be checked"}.get(outcome.exit_code, "tool failure")


def latency_words(report: Report) -> str:
    """``3.22 ms (2.90-3.60)``."""
    latency = report.latency
    return f"{latency.dsp_ms:.2f} ms ({latency.dsp_ms_low:.2f}-{latency.dsp_ms_high:.2f})"


def counted(number: int, noun: str) -> str:
    """``1 model``, ``2 models``."""
    return f"{number:,} {noun}" + ("" if number == 1 else "s")
