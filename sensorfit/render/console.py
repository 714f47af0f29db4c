"""The report as a person reads it in a terminal: verdict first, then what to change, then the figures."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich.console import Console, Group, RenderableType
from rich.text import Text

from ..memory.model import Live
from ..report.causes import cannot_feed
from ..report.next_step import verdict_word
from ..report.outcome import FindingGroup, grouped, said
from ..report.phrases import (
    NOT_SIZED,
    at_least,
    batch_words,
    counted,
    judged_by,
    operator_words,
    other_converter,
    other_verdicts,
    place,
    share_words,
    short_ms,
)
from ..report.report import ModelInfo, Report, TensorInfo
from ..units import show_shape
from .columns import laid_out
from .escape import terminal
from .indent import indent

VERDICT_STYLE = {
    "fits": ("FITS", "bold green"),
    "does_not_fit": ("DOES NOT FIT", "bold red"),
    "unknown": ("UNKNOWN", "bold yellow"),
}
FED_STYLE = "bold yellow"
"""Of what the converter accepts and the sensor cannot feed."""
SEVERITY_STYLE = {"error": "red", "warning": "yellow", "info": "cyan"}
NODES_SHOWN = 3
LAYERS_SHOWN = 5
TENSORS_SHOWN = 6
BAR_WIDTH = 40
NARROWEST_BAR = 8
BESIDE_THE_BAR = 62
"""Columns of the line that the bar leaves to the figures before and behind it."""


def print_report(report: Report, console: Console, verbose: bool = False, memory: bool = False) -> None:
    """Write the whole report to ``console``; ``memory`` adds the timeline of the plan."""
    console.print(_headline(report))
    console.print()
    console.print(_findings(report, verbose))
    console.print()
    console.print(_memory(report, console.width))
    if memory:
        from .memory import render_timeline

        render_timeline(report.memory, console)
    if report.latency.layers:
        from .latency import render_latency

        console.print()
        render_latency(report.latency, console, report.target, report.published)
    if report.confirmation is not None:
        console.print()
        console.print(_confirmation(report, console.width))


def _headline(report: Report) -> RenderableType:
    word = verdict_word(report)
    style = (
        FED_STYLE if cannot_feed(report) and report.verdict == "fits" else VERDICT_STYLE[report.verdict][1]
    )
    model = report.model
    title = Text.assemble((terminal(model.name), "bold"), "  ", (word, style))
    shapes = ", ".join(_input(t) for t in model.inputs) or "no inputs"
    about = f"{shapes} · opset {model.opset} · {model.parameters:,} parameters · {_nodes(model)}"
    against = judged_by(report)
    lines = [title, _in_short(report), Text(about, "dim"), Text(against, "dim")]
    if report.other_converter:
        lines.append(Text(terminal(other_converter(report)), "yellow"))
    if model.note:
        lines.append(Text(terminal(model.note), "dim"))
    if batch := batch_words(model):
        lines.append(Text(batch, "yellow"))
    lines += [Text(words, "yellow") for words in other_verdicts(report)]
    return Group(*lines)


def _nodes(model: ModelInfo) -> str:
    """Those that are judged, as everywhere; and the file's where constants are folded."""
    folded = model.folded or model.nodes
    return counted(folded, "node") + (f" ({model.nodes:,} in the file)" if model.nodes != folded else "")


def _in_short(report: Report) -> Text:
    """Refused nodes, share of the memory, milliseconds: the three answers on one line."""
    nodes = [f for f in report.findings if f.about_operator]
    refused, unknown = (
        len({f.node for f in nodes if f.support == support}) for support in ("unsupported", "unknown")
    )
    operators = f"{counted(refused, 'node')} refused" if refused else "no node refused"
    operators += f", {unknown:,} not known" if unknown else ""
    memory, latency = report.memory, report.latency
    share = share_words(memory)
    share = f"memory {NOT_SIZED}" if share == NOT_SIZED else f"{share} of the memory"
    low, middle, high = (short_ms(ms) for ms in (latency.dsp_ms_low, latency.dsp_ms, latency.dsp_ms_high))
    time = f"about {middle} ms ({low} to {high})"
    if not latency.complete:
        time = at_least(f"{low} ms", False, latency.dsp_ms_low).replace(
            NOT_SIZED, f"milliseconds {NOT_SIZED}"
        )
    return Text(" · ".join((operators, share, time)))


def _findings(report: Report, verbose: bool) -> RenderableType:
    findings = report.findings
    if not findings and report.verdict == "fits":
        return Text("No findings to show: every operator is accepted.")
    if not findings:
        return Text(
            "No findings to show."
            if report.memory.complete
            else "No findings, but not every size is known, so nothing can be promised."
        )
    return Group(*(_group(group, verbose) for group in grouped(findings)))


def _group(group: FindingGroup, verbose: bool) -> RenderableType:
    first = group.first
    members = list({(f.node, "" if f.node else f.message): f for f in group.members}.values())  # a node once
    style = SEVERITY_STYLE[first.severity]
    subject = (terminal(first.op) + (f" ×{len(members):,}" if len(members) > 1 else "")).strip()
    lines: list[RenderableType] = [
        Text.assemble(
            (first.rule, f"bold {style}"), " ", (first.severity, style), "  ",
            (subject, "bold"), "  " if subject else "",
            terminal(said(first) if len(members) == 1 and not group.following else group.text),
        )
    ]  # fmt: skip
    shown = members if verbose else members[:NODES_SHOWN]
    if places := [terminal(f.node) + (f" {_shape(f.shape)}" if f.shape else "") for f in shown if f.node]:
        left = len(members) - len(shown)
        more = f" and {left:,} more (--verbose lists all)" if left else ""
        lines.append(
            indent(Text.assemble(("at  ", "dim"), ("\n" if verbose else ", ").join(places), more), 6)
        )
    if first.fix:
        lines.append(indent(Text.assemble(("fix ", "dim"), terminal(first.fix)), 6))
    if by_fix := sum(f.fixable for f in members):
        of = "" if by_fix == len(members) else f"{by_fix:,} of {len(members):,} nodes: "
        lines.append(indent(Text.assemble(("    ", "dim"), f"{of}`sensorfit fix` rewrites it"), 6))
    how = f"{first.basis}: {terminal(first.evidence)}"
    lines.append(indent(Text(f"how {how}", "dim"), 6))
    return Group(*lines)


def _memory(report: Report, columns: int) -> RenderableType:
    memory = report.memory
    table: list[tuple[Text, Text, Text]] = []
    bound = f"no schedule can need less than {memory.bound_bytes:,} B" if memory.complete else ""
    rows: Iterable[tuple[str, int, str]] = (
        ("weights", memory.weights_bytes, ""),
        ("runtime", memory.runtime_bytes, bound),
        (
            "input persistence",
            memory.input_persistence_bytes,
            "" if memory.input_persistency else "off, not counted",
        ),
        ("reserved", memory.reserved_bytes, ""),
    )
    for label, size, remark in rows:
        open_ = not memory.complete and label in ("runtime", "input persistence")
        table.append((Text(label), Text(_bytes(size, not open_)), Text(remark, "dim")))
    of_budget = f" of {memory.budget_bytes:,} B"
    width = max(NARROWEST_BAR, min(BAR_WIDTH, columns - BESIDE_THE_BAR))
    filled = max(0, min(width, round(memory.total_bytes / memory.budget_bytes * width)))
    style = "green" if memory.fits else "red"
    bar = Text.assemble(
        ("━" * filled, style),
        ("━" * (width - filled), "dim"),
        f" {share_words(memory)}{of_budget}",
    )
    if not memory.complete:
        share = share_words(memory)
        bar = Text("" if share == NOT_SIZED else share + of_budget, "yellow")
    table.append((Text("total", "bold"), Text(_bytes(memory.total_bytes, memory.complete), "bold"), bar))
    if memory.tiled_total_bytes:
        tiled = Text(_bytes(memory.tiled_total_bytes, True))
        table.append((Text("total in tiles"), tiled, Text("as the converter would cut it", "dim")))
    lines: list[RenderableType] = [
        Text("Memory", "bold"),
        indent(laid_out(table, columns - 2, sides=("left", "right")), 2),
    ]
    if 0 <= memory.peak_step < len(memory.steps) and memory.complete:
        peak = memory.steps[memory.peak_step]
        alive = sorted(peak.live, key=lambda t: -t.bytes)
        listed = ", ".join(_live(t, alive) for t in alive[:TENSORS_SHOWN])
        more = f" and {len(alive) - TENSORS_SHOWN} more" if len(alive) > TENSORS_SHOWN else ""
        lines.append(
            indent(
                Text.assemble(
                    "peak at ",
                    (terminal(place(peak)), "bold"),
                    f" ({terminal(operator_words(peak))}): {listed}{more}",
                ),
                2,
            )
        )
    lines += [indent(Text(terminal(note), "yellow"), 2) for note in memory.notes]
    return Group(*lines)


def _bytes(value: int, complete: bool) -> str:
    return at_least(f"{value:,} B", complete, value)


def _live(item: Live, among: Sequence[Live]) -> str:
    """``x 884,736 B``, with the reason where that alone tells it from its namesake, or from a tensor."""
    named = sum(other.tensor == item.tensor for other in among) == 1 and item.why != "scratch"
    return f"{terminal(item.tensor)} {item.bytes:,} B" + ("" if named or not item.why else f" ({item.why})")


def _input(tensor: TensorInfo) -> str:
    judged = tensor.judged is not None and tensor.judged != tensor.shape
    return f"{terminal(tensor.name)} {_shape(tensor.shape)}" + (
        f" judged at {_shape(tensor.judged)}" if judged else ""
    )


def print_confirmation(report: Report, console: Console) -> None:
    """Write the real converter's answer beside ours, where it was asked."""
    if report.confirmation is not None:
        console.print(_confirmation(report, console.width))


def _confirmation(report: Report, columns: int) -> RenderableType:
    from ..verify.confirmation import learnt, other_nodes, predicted, refused_nodes

    answer = report.confirmation
    open_ = learnt(report.findings)  # what the answer has taught is no prediction
    ours = "not known" if open_ else predicted(report.findings, answer)
    rows = [("quantized graph" if report.model.quantized else "front end, float graph", ours, answer.verdict)]
    if answer.nodes:
        rows.append(("nodes refused", f"{len(refused_nodes(report.findings)):,}", f"{len(answer.nodes):,}"))
    if answer.memory:
        for key in ("weights_bytes", "runtime_bytes"):
            rows.append((key, f"{getattr(report.memory, key):,}", f"{answer.memory[key]:,}"))
    table = laid_out(rows, columns - 2, ("", "sensorfit", report.target.converter))
    lines: list[RenderableType] = [Text("Predicted and confirmed", "bold"), indent(table, 2)]
    if not answer.memory and answer.verdict == "accepted":
        lines.append(
            Text(
                "It judges operators, not memory: the bytes above stay predicted (sensorfit build has them reported).",
                "dim",
            )
        )
    lines += [Text(terminal(reason), "dim") for reason in dict.fromkeys(answer.reasons)]
    if not open_ and (ours != answer.verdict or other_nodes(report.findings, answer)):
        lines.append(
            Text(
                "They differ: that is a bug in sensorfit's rules; please report it with the model's operator list.",
                "bold yellow",
            )
        )
    return Group(*lines)


def _shape(shape: tuple[int | None, ...] | None) -> str:
    return "unknown shape" if shape is None else show_shape(shape)
