"""Phrases that several outputs share."""

from __future__ import annotations

import re
from math import ceil, floor
from typing import TYPE_CHECKING, Final

from ..latency.model import LatencyReport
from ..memory.model import MemoryReport, Step
from ..target import Target, converter_versions
from ..units import MILLISECONDS, show_bytes, show_count, show_shape
from .outcome import Figure, Outcome

if TYPE_CHECKING:
    from .report import ModelInfo, Report

VERDICT: Final = {"fits": "fits", "does_not_fit": "does not fit", "unknown": "unknown"}
NOT_SIZED: Final = "n/a (sizes unknown)"
"""For a figure of which nothing could be counted."""
OUTSIDE: Final = "outside the estimate's interval; docs/latency.md says why"
"""For a published latency that the estimate does not explain."""
TRANSFORM: Final = "Transform"
"""The memory plan's operator for a change of layout."""
MANY_NODES: Final = 700
"""The front end takes minutes for more: 728 nodes took four, 954 seven, 1,660 twenty-three on two busy cores."""
_OUTPUT: Final = re.compile(r"(.+)/output(?:-\d+)?")
FIGURE: Final = {"total_bytes": "memory", "dsp_ms": "latency", "macs": "MACs", "parameters": "parameters"}


def slow_front_end(nodes: int) -> str:
    """What to expect of the converter where a network has as many ``nodes``; "" where nothing."""
    if nodes <= MANY_NODES:
        return ""
    return f"{nodes:,} nodes: the converter's front end takes minutes for a network of as many"


def figures_of(report: Report) -> dict[str, object]:
    """The figures of one model under the JSON contract's names; lower bounds where one is not complete."""
    memory, latency = report.memory, report.latency
    return {
        "verdict": report.verdict,
        "profile": report.profile,
        "target": report.target.name,
        "converter": report.target.converter,
        **({"installed": report.other_converter} if report.other_converter else {}),
        "total_bytes": memory.total_bytes,
        **({"tiled_total_bytes": memory.tiled_total_bytes} if memory.tiled_total_bytes else {}),
        "weights_bytes": memory.weights_bytes,
        "runtime_bytes": memory.runtime_bytes,
        "headroom_bytes": memory.headroom_bytes,
        "memory_complete": memory.complete,
        "macs": latency.macs,
        "dsp_ms": round(latency.dsp_ms, 4),
        "latency_complete": latency.complete,
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


PROFILE: Final = {
    "picosam": "by the PicoSAM papers' rules (--profile picosam)",
    "converter": "by the converter's word (--profile converter)",
}


def other_verdicts(report: Report) -> tuple[str, ...]:
    """``by the PicoSAM papers' rules (--profile picosam): does not fit``, of each profile that says something else."""
    return tuple(
        f"{PROFILE.get(profile, f'by profile {profile}')}: {VERDICT[verdict]}"
        for profile, verdict in report.verdicts.items()
        if verdict != report.verdict
    )


def weights_hidden(report: Report) -> bool:
    """Whether weights lie where they are not counted, in branches and loops: fewer bytes than two bits a parameter."""
    return report.memory.weights_bytes < report.model.parameters // 4


def weights_words(report: Report, text: str) -> str:
    """``text`` about the weights, as a lower bound where some lie in branches or loops, which nobody counts."""
    return at_least(text, not weights_hidden(report), report.memory.weights_bytes)


def batch_words(model: ModelInfo) -> str:
    """What the figures are for where that is not one image, which is all the sensor runs; else ""."""
    if model.batch == 1:
        return ""
    shape = show_shape((1, *(model.inputs[0].shape or ())[1:]))
    return (
        f"memory, MACs and latency are those of the file's batch of {model.batch}; the sensor runs one image "
        f"(--input-shape {shape} gives its figures)"
    )


def judged_by(report: Report) -> str:
    """``imx500 · imx500-converter 3.18.2 · profile converter``: whose answer it is."""
    return f"{report.target.name} · {report.target.converter} · profile {report.profile}"


def other_converter(report: Report) -> str:
    """That another version of the converter is installed than the one that is judged by, and what to do; else ""."""
    return other_converter_words(report.target, report.other_converter)


def other_converter_words(target: Target, installed: str) -> str:
    """As ``other_converter``, of the version that is ``installed`` ("" where it is that of ``target``)."""
    if not installed:
        return ""
    judged = target.converter_version
    known = installed in converter_versions(target.name)
    remedy = f"--converter {installed} judges by it" if known else "there are no facts of that version"
    return f"converter {installed} is installed, judged as {judged} does: {remedy}"


def status(outcome: Outcome) -> str:
    """One word for the gate: pass, fail, unknown, or why there is no answer."""
    if outcome.exit_code == 0 and outcome.report is not None and outcome.report.verdict == "unknown":
        return "unknown"
    return {0: "pass", 1: "fail", 2: "cannot be checked"}.get(outcome.exit_code, "tool failure")


def latency_words(report: Report) -> str:
    """``3.22 ms (2.90-3.60)``; where something was left out, ``at least 2.90 ms``."""
    latency = report.latency
    return interval_words(latency.dsp_ms, latency.dsp_ms_low, latency.dsp_ms_high, latency.complete)


def interval_words(middle: float, low: float, high: float, complete: bool = True) -> str:
    """Milliseconds with their interval; the lower end alone where not everything was counted."""
    if complete:
        return f"{middle:,.2f} ms ({low:,.2f}-{high:,.2f})"
    return at_least(f"{low:,.2f} ms", False, round(low, 2))


def short_ms(ms: float) -> str:
    """``5.05``: three digits, as every screen has them."""
    return f"{ms:,.0f}" if ms >= 100 else f"{ms:.3g}"


def at_least(text: str, complete: bool, value: float) -> str:
    """``text``, as a lower bound where not everything was counted, as not available where nothing was."""
    if complete:
        return text
    return f"at least {text}" if value else NOT_SIZED


def memory_words(memory: MemoryReport, text: str) -> str:
    """``text`` about the total, as a lower bound where sizes are unknown."""
    return at_least(text, memory.complete, memory.weights_bytes + memory.runtime_bytes)


def total_words(memory: MemoryReport) -> str:
    """The total; of what the converter cuts into tiles as it stands and in these."""
    words = memory_words(memory, show_bytes(memory.total_bytes))
    if memory.tiled_total_bytes:
        words += f" as it stands, {show_bytes(memory.tiled_total_bytes)} in tiles"
    return words


def of_budget_words(memory: MemoryReport) -> str:
    """``3,843,296 B (3.67 MiB) of 8,388,480 B (8.00 MiB)``, with the tiles where there are any."""
    comma = "," if memory.tiled_total_bytes else ""
    return f"{total_words(memory)}{comma} of {show_bytes(memory.budget_bytes)}"


def share_words(memory: MemoryReport, digits: int = 0) -> str:
    """``46%`` of the budget; "at least 0%" says nothing, so that becomes not available."""
    part = memory.total_bytes / memory.budget_bytes
    if not memory.complete:  # "at least" is never rounded up
        part = floor(part * 10 ** (digits + 2)) / 10 ** (digits + 2)
    share = percent_words(part, digits)
    if not memory.complete and not share.strip("0.%"):
        return NOT_SIZED
    if memory.tiled_total_bytes:
        share += f" ({percent_words(memory.tiled_total_bytes / memory.budget_bytes, digits)} in tiles)"
    return memory_words(memory, share)


def percent_words(part: float, digits: int = 0) -> str:
    """``46%``; beside the whole with one digit more, ``99.9%`` or ``100.1%``: only the whole itself reads 100 %."""
    if part == 1 or f"{part:.{digits}%}" != f"{1:.{digits}%}":
        return f"{part:,.{digits}%}"
    places = 10 ** (digits + 3)
    return f"{(floor if part < 1 else ceil)(part * places) / places:,.{digits + 1}%}"


def runtime_words(memory: MemoryReport) -> str:
    """The peak of the activations, likewise."""
    return at_least(show_bytes(memory.runtime_bytes), memory.complete, memory.runtime_bytes)


def operator_words(step: Step) -> str:
    """``Conv``; a change of layout has no operator."""
    return "layout change" if step.op == TRANSFORM else step.op


def peak_words(memory: MemoryReport) -> str:
    """``/up4/Conv (Conv)``: where the memory's peak is; "" where it is not known."""
    if not memory.complete or not 0 <= memory.peak_step < len(memory.steps):
        return ""
    peak = memory.steps[memory.peak_step]
    return f"{place(peak)} ({operator_words(peak)})"


def slowest_words(latency: LatencyReport, most: int = 3) -> str:
    """``60% /0/Conv, 34% /2/Conv``: the layers that take most of the estimate."""
    slowest = sorted(latency.layers, key=lambda layer: -layer.cycles)[:most]
    return ", ".join(
        f"{layer.cycles / latency.cycles:.0%} {layer.node}" for layer in slowest if latency.cycles
    )


def macs_words(latency: LatencyReport) -> str:
    """``330.16 M``, likewise."""
    return at_least(show_count(latency.macs), latency.complete, latency.macs)


def place(step: Step) -> str:
    """The file's node or output that ``step`` belongs to; a layout change has a name of its own in the plan."""
    if step.op != TRANSFORM:
        return step.node
    if output := _OUTPUT.fullmatch(step.node):
        return f"output {output[1]}"
    return step.node.removesuffix("/transform")


def outside(
    value: float,
    unit: str,
    covers: str,
    low: float,
    high: float,
    device: str,
    complete: bool = True,
) -> bool:
    """Whether a latency published for ``device`` lies outside the estimate's interval; False where there is no estimate."""
    factor = MILLISECONDS.get(unit.lower()) if device in covers.lower() else None
    return complete and high > 0 and factor is not None and not low <= value * factor <= high


def counted(number: int, noun: str) -> str:
    """``1 model``, ``2 models``."""
    return f"{number:,} {noun}" + ("" if number == 1 else "s")
