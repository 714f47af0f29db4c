"""A model's two charts for a paper: memory over the schedule, latency by layer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any, Final

from ..latency.model import LayerCost
from ..memory.model import MemoryReport
from ..report.phrases import interval_words
from ..report.report import Report
from .drawing import save
from .escape import plain

SIZE: Final = (7.16, 4.2)
"""Inches: the width of two columns of a paper."""
POINTS: Final = 8
COLOURS: Final = ("#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#f0e442")  # Okabe and Ito
BUDGET: Final = "#d55e00"
WEIGHTS, KEPT, REST = "#6e7781", "#afb8c1", "#6e7781"
KINDS: Final = len(COLOURS)
"""Kinds of layer with a colour of their own; what takes less is drawn as other."""
NAME: Final = 48
_MEBI: Final = 2**20


def draw(report: Report, file: str) -> None:
    """Write the charts of ``report``, whose memory plan is there step by step, to ``file`` (.svg, .png or .pdf)."""

    def both(figure: Any) -> None:
        above, below = figure.subplots(2, 1, height_ratios=(3, 2))
        _memory(above, report)
        _latency(below, report)

    save(file, SIZE, both, POINTS)


def _memory(axes: Any, report: Report) -> None:
    memory = report.memory
    kept = memory.input_persistence_bytes if memory.input_persistency else 0
    steps, budget = len(memory.steps), memory.budget_bytes / _MEBI
    weights, base = (
        memory.weights_bytes / _MEBI,
        (memory.weights_bytes + kept + memory.reserved_bytes) / _MEBI,
    )
    span = [0.5, max(steps, 1) + 0.5]
    axes.fill_between(span, 0, weights, color=WEIGHTS, linewidth=0, label="weights")
    axes.fill_between(span, weights, base, color=KEPT, linewidth=0, label="kept input,\nreserved block")
    _activations(axes, memory, base)
    axes.axhline(budget, color=BUDGET, linestyle="--", linewidth=1.2, label=f"budget,\n{budget:.2f} MiB")
    top = max([budget, base, *(base + s.bytes / _MEBI for s in memory.steps)])
    if 0 <= memory.peak_step < steps:
        _peak(axes, memory, base)
    axes.set(
        xlim=span, ylim=(0, top * 1.18), xlabel="step of the schedule", ylabel="memory (MiB)",
        title=f"{plain(report.model.title or report.model.name, NAME)}: memory over the schedule"
        + ("" if memory.complete else " (lower bound)"),
    )  # fmt: skip
    axes.xaxis.get_major_locator().set_params(integer=True)
    _legend(axes)


def _activations(axes: Any, memory: MemoryReport, base: float) -> None:
    """A tensor's bytes at each step of its life, one above the other; neighbours differ in colour, whatever prints it."""
    from matplotlib.collections import PolyCollection

    order: dict[str, int] = {}
    boxes, colours = [], []
    for index, step in enumerate(memory.steps, start=1):
        low, before = base, -1
        for item in step.live:
            colour = order.setdefault(item.tensor, len(order)) % len(COLOURS)
            high = low + item.bytes / _MEBI
            boxes.append([(index - 0.5, low), (index - 0.5, high), (index + 0.5, high), (index + 0.5, low)])
            colours.append(COLOURS[colour if colour != before else (colour + 1) % len(COLOURS)])
            low, before = high, colour
    edge = 0.4 if len(memory.steps) <= 100 else 0.0
    axes.add_collection(
        PolyCollection(boxes, facecolors=colours, edgecolors="white" if edge else "face", linewidths=edge)
    )
    axes.fill_between([], [], color=COLOURS[0], label="activations,\none colour each")


def _peak(axes: Any, memory: MemoryReport, base: float) -> None:
    from matplotlib.transforms import offset_copy

    step = memory.steps[memory.peak_step]
    x, y, right = memory.peak_step + 1, base + step.bytes / _MEBI, memory.peak_step > len(memory.steps) / 2
    above = offset_copy(axes.transData, axes.figure, y=4, units="points")
    axes.plot(x, y, marker="v", color="black", markersize=5, clip_on=False, zorder=5, transform=above)
    axes.annotate(
        f"peak {y:.2f} MiB, step {x}: {plain(step.node, NAME)}", (x, y), xytext=(-6 if right else 6, 6),
        textcoords="offset points", ha="right" if right else "left",
    )  # fmt: skip


def _latency(axes: Any, report: Report) -> None:
    from matplotlib.collections import PolyCollection

    latency = report.latency
    layers = latency.layers
    ms = [layer.cycles / latency.clock_hz * 1e3 for layer in layers]
    half = 0.425 if len(layers) <= 100 else 0.5
    for (kind, colour), shown in _kinds(
        layers
    ).items():  # one collection a kind: thousands of bars take seconds each way
        boxes = [
            [(i + 1 - half, 0), (i + 1 - half, ms[i]), (i + 1 + half, ms[i]), (i + 1 + half, 0)]
            for i in shown
        ]
        axes.add_collection(PolyCollection(boxes, facecolors=colour, linewidths=0, label=kind))
    tops: tuple[float, ...] = ()
    if half < 0.5:
        ends = [tuple(c / latency.clock_hz * 1e3 for c in (x.cycles_low, x.cycles_high)) for x in layers]
        lows, tops = zip(*ends, strict=True) if ends else ((), ())
        axes.vlines(range(1, len(layers) + 1), lows, tops, colors="black", linewidth=0.8)
    whole = interval_words(latency.dsp_ms, latency.dsp_ms_low, latency.dsp_ms_high, latency.complete)
    axes.set(
        xlim=(0.5, max(len(layers), 1) + 0.5),
        ylim=(0, max((*ms, *tops), default=0) * 1.05 or 1), xlabel="layer, in the order in which it runs", ylabel="DSP time (ms)",
        title=f"latency by layer: {whole} in all, estimated",
    )  # fmt: skip
    axes.xaxis.get_major_locator().set_params(integer=True)
    if layers:
        _legend(axes)


def _legend(axes: Any) -> None:
    """Beside the chart: below it, it would be read as the next one's."""
    axes.legend(
        loc="upper left", bbox_to_anchor=(1.0, 1.0), frameon=False, handlelength=1.2, borderaxespad=0.2
    )


def _kinds(layers: Sequence[LayerCost]) -> dict[tuple[str, str], list[int]]:
    """The layers by (kind, colour), the most costly kind first."""
    cycles: Counter[str] = Counter()
    for layer in layers:
        cycles[layer.kind or "other"] += layer.cycles
    own = [kind for kind, _ in cycles.most_common(KINDS)]
    found: dict[tuple[str, str], list[int]] = {(k, c): [] for k, c in zip(own, COLOURS, strict=False)}
    for index, layer in enumerate(layers):
        kind = layer.kind or "other"
        key = (kind, COLOURS[own.index(kind)]) if kind in own else ("other", REST)
        found.setdefault(key, []).append(index)
    return {(kind.replace("_", " "), colour): shown for (kind, colour), shown in found.items()}
