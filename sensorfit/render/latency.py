"""Latency for a reader: what it costs, how wrong that may be, and what the figure stands on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ..report.phrases import NOT_SIZED, OUTSIDE, at_least, outside
from .escape import plain, terminal

if TYPE_CHECKING:
    from rich.console import Console

    from ..latency.calibrate import Refit, Row
    from ..latency.model import LatencyReport
    from ..models.published import Published
    from ..target import Target

LAYERS_SHOWN = 5


def render_latency(
    report: LatencyReport,
    console: Console,
    target: Target,
    published: Sequence[Published] = (),
) -> None:
    """Print ``report``: totals, frames a second beside the sensor's readout, the slowest layers, the evidence.

    ``published``: the model's published figures; those of latency stand beside the estimate.
    """
    from rich.text import Text

    from .columns import laid_out
    from .indent import indent

    console.print(Text("Latency", "bold"))
    facts = [
        (Text(label), Text(value, "bold"), Text(remark, "dim"))
        for label, value, remark in (*_facts(report, target), *_published(published, report, target))
    ]
    console.print(indent(laid_out(facts, console.width - 2), 2))
    slowest = sorted(report.layers, key=lambda c: -c.cycles)[:LAYERS_SHOWN]
    if slowest and report.cycles:
        layers = [
            (
                Text(f"{layer.cycles / report.cycles:.0%}"),
                Text(terminal(layer.node, 60)),
                Text(layer.kind.replace("_", " ")),
                Text(layer.bound, "dim"),
            )
            for layer in slowest
        ]
        table = laid_out(layers, console.width - 4, sides=("right",))
        console.print(indent(Text("slowest layers", "dim"), 2))
        console.print(indent(table, 4))
        for layer in slowest:
            if layer.hint:
                line = Text.assemble(
                    ("cheaper ", "dim"), terminal(layer.node, 60), ": ", terminal(layer.hint)
                )
                console.print(indent(line, 4))
    for note in report.notes:
        style = "yellow" if not report.complete and note == report.notes[0] else "dim"
        console.print(indent(Text(terminal(note), style), 2))


def _published(
    figures: Sequence[Published], report: LatencyReport, target: Target
) -> list[tuple[str, str, str]]:
    """Published latencies, each with what it covers, its source and whether the estimate holds it."""
    low, high, rows = report.dsp_ms_low, report.dsp_ms_high, []
    for one in (p for p in figures if p.figure == "latency"):
        held = not outside(one.value, one.unit, one.covers, low, high, target.name, report.complete)
        remarks = (one.variant, one.covers or "coverage not stated", one.cited, "" if held else OUTSIDE)
        shown = "; ".join(terminal(part) for part in remarks if part)
        rows.append(("published", f"{one.value:g} {one.unit}", shown))
    return rows


def _facts(report: LatencyReport, target: Target) -> list[tuple[str, str, str]]:
    fast, slow = (report.frames_a_second(ms) for ms in (target.readout_3mp_ms, target.readout_12mp_ms))
    readouts = (
        f"beside a readout of {target.readout_3mp_ms:g} ms at 3.1 MP; "
        f"at most {_rate(slow)} beside {target.readout_12mp_ms:g} ms at 12.3 MP"
    )
    source = "your" if report.calibration != "shipped" else "shipped"
    evidence = f"fitted on {report.measurements} {source} measurements, median error {report.error_median:.0%}, each network left out in turn"
    if report.calibration != "shipped":
        evidence = f"calibration {terminal(report.calibration)}: fitted on {report.measurements} measurements, median error {report.error_median:.0%}, each network left out in turn"
    if not report.complete:
        return [
            (
                "DSP runtime",
                at_least(f"{_ms(report.dsp_ms_low)} ms", False, report.dsp_ms_low),
                "not every layer could be counted",
            ),
            (
                "frame rate",
                f"at most {_rate(fast)} a second" if report.dsp_ms_low else NOT_SIZED,
                readouts if report.dsp_ms_low else "",
            ),
            ("MACs", at_least(f"{report.macs:,}", False, report.macs), ""),
            ("evidence", report.basis, evidence),
        ]
    return [
        (
            "DSP runtime",
            f"{_ms(report.dsp_ms)} ms",
            f"estimate, {_ms(report.dsp_ms_low)} to {_ms(report.dsp_ms_high)} ms",
        ),
        ("frame rate", f"at most {_rate(fast)} a second", readouts),
        ("MACs", f"{report.macs:,}", f"and {report.elements:,} elements of other layers"),
        ("cycles", f"{report.cycles:,}", f"at {report.clock_hz / 1e6:g} MHz"),
        ("MACs/cycle", f"{report.macs_per_cycle:,.0f}", f"{report.utilization:.0%} of {report.mac_units:,}"),
        ("evidence", report.basis, evidence),
    ]


def _rate(frames: float) -> str:
    """``182``, ``2.1``: two significant digits below ten."""
    return f"{frames:,.0f}" if frames >= 10 else f"{frames:.2g}"


def render_refit(result: Refit) -> str:
    """The leave-one-out table and what is held against it, as Markdown that reads well in a terminal."""
    fitted = result.fit
    constants = fitted.constants
    parts = [
        table(
            ["network", "measured", "fitted", "left out", "error", "interval", "holds", "evidence"],
            [
                [
                    _cell(r.measured.name), f"{_ms(r.measured.ms)}", _ms(r.predicted), _ms(r.left_out), f"{r.error:+.0%}",
                    f"{_ms(r.low)} to {_ms(r.high)}", "yes" if r.inside else "no", f"{r.measured.basis}, {r.measured.confidence}",
                ]
                for r in result.rows
            ],
        ),
        f"Leave-one-out over {len({p.group for p in fitted.points})} networks ({len(fitted.points)} measurements): median absolute error "
        f"{fitted.error_median:.1%}, worst {fitted.error_worst:.1%}; {result.inside} of {len(result.rows)} intervals hold the measurement, "
        f"{sum(_narrow(r) for r in result.rows)} of {len(result.rows)} are narrower than a factor of three.",
        f"Constants: {1 / constants.dense_cycles_per_mac:.0f} MACs a cycle in k x k windows, {1 / constants.cycles_per_byte:.2f} bytes a cycle "
        f"to and from memory, {constants.layer_cycles:.0f} cycles a layer. The model's form is off by {fitted.posterior.sigma:.0%} "
        f"(one standard deviation); an interval is {fitted.deviations:.2f} deviations either way.",
        "What is known of each parameter, before any measurement and by these (ranges that hold it nine times in ten):",
        table(["parameter", "before", "now"], _parameters(result)),
    ]  # fmt: skip
    if result.others:
        parts += [
            "Shown, not fitted:",
            table(
                ["network", "published", "predicted", "interval", "holds", "left", "what the figure covers"],
                [
                    [
                        _cell(r.measured.name), _ms(r.measured.ms), _ms(r.predicted), f"{_ms(r.low)} to {_ms(r.high)}",
                        "yes" if r.inside else "no", f"{r.left:.1f}", _cell(r.measured.covers),
                    ]
                    for r in result.others
                ],
            ),
        ]  # fmt: skip
    if result.bounds:
        rows = [
            [
                _cell(r.measured.name),
                f"{r.bracket[0]:.1f} to {r.bracket[1]:.1f}",
                _ms(r.predicted),
                "yes" if r.inside else "no",
                f"{r.left:.1f}",
                _cell(r.measured.source),
            ]
            for r in result.bounds
        ]
        parts += [
            "Frame periods, from the highest whole rate without dropped results, and what is left of them beside the prediction, in ms:",
            table(["network", "period", "predicted", "kept", "left", "source"], rows),
        ]
    if result.demands:
        rows = [
            [
                _cell(d.name),
                f"{d.macs / 1e9:.2f} G",
                f"{d.fps:g}",
                f"at least {d.macs_per_cycle:.0f}",
                _cell(d.source),
            ]
            for d in result.demands
        ]
        parts += ["Frame rates of networks without a graph here, and the MACs a cycle they demand:",
                  table(["network", "MACs", "frames/s", "MACs/cycle", "source"], rows)]  # fmt: skip
    open_kind = [r for r in (*result.rows, *result.others) if r.implied is not None]
    if open_kind:
        rows = [
            [
                _cell(r.measured.name),
                f"{r.depthwise / r.predicted:.0%}",
                "none" if (r.implied or 0) <= 0 else f"{r.implied:.2g}",
                r.measured.confidence,
            ]
            for r in open_kind
        ]
        parts += ["Depthwise convolution, the open kind: its share of each prediction, and the factor on its cost that would make the prediction exact:",
                  table(["network", "share", "factor", "confidence"], rows)]  # fmt: skip
    if result.alternatives:
        rows = [[a.name, f"{a.error_median:.1%}", f"{a.error_worst:.1%}"] for a in result.alternatives]
        parts += [
            "Other models of the same measurements, judged the same way:",
            table(["model", "median error", "worst error"], rows),
        ]
    return "\n\n".join(parts) + "\n"


def _parameters(result: Refit) -> list[list[str]]:
    rows = []
    for one in result.fit.known:
        digits = "{:.0f}" if one.now[1] >= 30 else "{:.2f}"
        cells = [" to ".join(digits.format(end) for end in ends) for ends in (one.before, one.now)]
        rows.append([one.words, *cells])
    return rows


def _narrow(row: Row) -> bool:
    return row.high <= 3 * row.low


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """An aligned Markdown table."""
    widths = [max(len(row[i]) for row in (head, *rows)) for i in range(len(head))]
    lines = [head, ["-" * w for w in widths], *rows]
    return "\n".join(
        "| " + " | ".join(cell.ljust(w) for cell, w in zip(line, widths, strict=True)) + " |"
        for line in lines
    )


def _cell(text: str) -> str:
    """``text`` for a table that is read in a terminal and as Markdown."""
    return plain(text).replace("|", "\\|")


def _ms(value: float) -> str:
    """Milliseconds with three significant digits."""
    return f"{value:.3g}" if value < 100 else f"{value:,.0f}"
