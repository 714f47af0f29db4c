"""The first screen of one model: at most 24 lines of 80 columns, whatever the model; the last one is what to do next.

picosam3  FITS  46% of the memory
input 1x3x96x96 · 1.37 M parameters · 88 nodes · opset 17 · imx500-converter 3.19.2

Memory   3.67 of 8.00 MiB, 46%
████████▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓·············································
█ weights 1.37  ▓ activations 2.26  ░ input 0.03  · free 4.33 MiB
Latency  about 5.11 ms (2.98 to 9.14), 182 frames a second (109 to 182)

FITS. Next: sensorfit build picosam3
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from rich.cells import cell_len, set_cell_size
from rich.console import Console
from rich.text import Text

from ..latency.model import LatencyReport
from ..report.causes import Cause, cannot_feed, causes, every_finding, refused_nodes
from ..report.next_step import ahead, last_line, verdict_word
from ..report.outcome import Outcome
from ..report.phrases import (
    NOT_SIZED,
    at_least,
    batch_words,
    counted,
    other_converter,
    other_verdicts,
    share_words,
    short_ms,
    weights_hidden,
)
from ..report.report import Report
from ..units import show_count, show_shape
from .columns import laid_out
from .escape import terminal
from .indent import indent
from .next_line import print_next
from .summary import change_lines

CAUSES_SHOWN: Final = 5
HINTS_SHOWN: Final = 3
"""Causes that are shown of a model that fits: what would make it cheaper."""
NARROW: Final = 72
"""Columns below which a cause may take several lines."""
STYLE: Final = {"FITS": "bold green", "UNKNOWN": "bold yellow"}
MARK: Final = {"error": ("x", "red"), "warning": ("!", "yellow"), "info": ("-", "cyan")}
GLYPHS: Final = "█▓░·"
"""Weights, activations, kept input, free: told apart without colour."""
ASCII: Final = "#=-."
LINES: Final = 24
_ADDED: Final = re.compile(r"[:,;] | \(| (?:on|where|unless|for|so) ")
"""What of a way out begins here only explains it."""
_DANGLING: Final = re.compile(r" (?:on|of|to|by|with|in|and|or|the|a)$")


def print_brief(outcome: Outcome, console: Console) -> None:
    """Write the first screen of ``outcome``, which has a report, to ``console``: all but the last line."""
    report = outcome.report
    assert report is not None
    console.print(headline(report))
    room = console.width
    console.print(Text(_clipped(about(report, max(room, NARROW)), console), "dim"))
    for text, style in remarks(report)[:3]:
        console.print(Text(_clipped(text, console), style))
    console.print()
    for line in memory_bar(report, room, ASCII if _poor(console) else GLYPHS):
        console.print(line)
    console.print(_latency(report))
    console.print()
    _causes(outcome, console)
    changed = change_lines(outcome)
    for line in changed if len(changed) < 3 else (changed[0], changed[-1]):
        more = (
            f" · {len(changed) - 2} more changes: --verbose"
            if line is changed[-1] and len(changed) > 2
            else ""
        )
        console.print(Text(_clipped(line.plain + more, console), line.style))


def print_last_line(outcome: Outcome, console: Console) -> None:
    """Write the verdict and the next command, which is never cut."""
    if outcome.report is None:
        return
    said, command = last_line(outcome)
    word = verdict_word(outcome.report)
    line = Text.assemble((said.partition(":")[0] if ":" in said else said, STYLE.get(word, "bold red")))
    line.append(said[len(line.plain) :])
    console.print()
    if more := ahead(outcome, console.width):
        console.print(Text(_clipped(more, console)))
    print_next(console, line, command)


def about(report: Report, columns: int) -> str:
    """``input 1x3x96x96 · 1.37 M parameters · ...``: the network in a line, less of it where ``columns`` are few."""
    model = report.model
    inputs = [_input(report, i) for i in range(len(model.inputs))]
    converter = f"converter {report.target.converter_version}"
    figures = [f"{show_count(model.parameters)} parameters", counted(model.folded or model.nodes, "node")]
    first = [*inputs[:1], f"{len(inputs) - 1} more"] if len(inputs) > 1 else inputs or ["no inputs"]
    ways = (
        (", ".join(inputs) or "no inputs", *figures, f"opset {model.opset}", converter),
        (", ".join(inputs) or "no inputs", *figures, converter),
        (", ".join(first), *figures, f"opset {model.opset}", converter),
        (", ".join(first), *figures, converter),
        (*figures, converter),
    )
    lines = [" · ".join(way) for way in ways]
    return next((line for line in lines if cell_len(line) <= columns), lines[-1])


def headline(report: Report) -> Text:
    """``picosam3  FITS  46% of the memory``: the verdict with the one number that it stands on."""
    word = verdict_word(report)
    return Text.assemble(
        (terminal(report.model.name), "bold"),
        "  ",
        (word, STYLE.get(word, "bold red")),
        "  ",
        headline_number(report),
    )


def headline_number(report: Report) -> str:
    """The number that the verdict stands on, in words."""
    if report.verdict != "fits" and report.model.closed and report.model.open_input is not None:
        weights, budget = report.memory.weights_bytes, report.memory.budget_bytes
        if weights > budget:
            return f"its weights alone take {weights / budget:.0%} of the memory"
        return terminal(f"the size of its input is open: {_input(report, 0)}")
    refused, unknown = refused_nodes(report), refused_nodes(report, "unknown")
    share = share_words(report.memory)
    share = f"memory {NOT_SIZED}" if share == NOT_SIZED else f"{share} of the memory"
    over = report.memory.headroom_bytes < 0
    if refused:
        others = f", {unknown:,} not known" if unknown else ""
        return f"{counted(refused, 'node')} refused{others}" + (f", {share}" if over else "")
    if report.verdict == "fits":
        feed = cannot_feed(report)
        return terminal(feed[0].reason.partition(";")[0]) if feed else share
    if unknown:
        return f"{counted(unknown, 'node')} not known" + (f", {share}" if over else "")
    if whole := [f for f in (*report.findings, *report.hidden) if f.support != "supported" and f.about_graph]:
        left = report.model.open_input
        if left is not None and whole[0].tensor == left.name:
            return terminal(
                f"the size of an input is open: {_input(report, report.model.inputs.index(left))}"
            )
        return terminal((whole[0].reason or whole[0].message).partition(";")[0])
    tiled = over and any(f.about_memory and f.support == "unknown" for f in every_finding(report))
    return f"{share}, unless the converter tiles it" if tiled else share


def remarks(report: Report) -> list[tuple[str, str]]:
    """What changes how the figures are to be read, the most important first."""
    # a stranger's network is judged as was asked, and no other way; the papers' rules matter to their own networks
    of_ours = report.model.title or report.profile != "converter"
    found = [(words, "yellow") for words in other_verdicts(report)] if of_ours else []
    found += [(words, "yellow") for words in (batch_words(report.model), other_converter(report)) if words]
    reasons = [*dict.fromkeys(f.reason.partition(";")[0] for f in cannot_feed(report))]
    if reasons and report.verdict == "fits":  # the headline has the first
        found.append(("; ".join(("the converter accepts it", *reasons[1:])), "yellow"))
    elif reasons:
        found.append((f"inputs: {'; '.join(reasons)}", "yellow"))
    return [*found, (report.model.note, "dim")] if report.model.note else found


def _input(report: Report, index: int) -> str:
    tensor = report.model.inputs[index]
    judged = (
        tensor.judged is not None and tensor.judged[1:] != (tensor.shape or ())[1:]
    )  # a batch of 1 needs no word
    return f"{tensor.name} {'of unknown shape' if tensor.shape is None else show_shape(tensor.shape)}" + (
        f" judged at {show_shape(tensor.judged or ())}" if judged else ""
    )


def memory_bar(report: Report, columns: int, glyphs: str = GLYPHS) -> list[Text]:
    """The total against the budget: a line of figures, a bar in proportion, its legend."""
    memory = report.memory
    total, budget = memory.total_bytes, memory.budget_bytes
    share = share_words(memory)
    hidden = weights_hidden(report)
    if report.model.open_input is not None and not memory.complete and memory.fits and not hidden:
        said = f"weights {_mebi(memory.weights_bytes)} of {_mebi(budget)} MiB; the rest depends on the input's size"
        return [Text.assemble(("Memory   ", "bold"), (said, "yellow"))]
    if share == NOT_SIZED:
        return [Text.assemble(("Memory   ", "bold"), (NOT_SIZED, "yellow"))]
    style = "green" if memory.fits and memory.complete else "red" if not memory.fits else "yellow"
    figure = at_least(f"{_mebi(total)} of {_mebi(budget)} MiB, {share}", memory.complete, total)
    kept = memory.input_persistence_bytes if memory.input_persistency else 0
    sizes = (memory.weights_bytes, memory.runtime_bytes, kept, max(0, memory.headroom_bytes))
    width = max(8, min(columns - 1, 78))
    bar = Text()
    whole = max(total, budget)
    ends = [round(sum(sizes[: i + 1]) / whole * width) for i in range(3)]
    colours = ("blue", "cyan", "magenta", "dim")
    for glyph, colour, start, end in zip(glyphs, colours, (0, *ends), (*ends, width), strict=True):
        bar.append(glyph * max(0, end - start), colour)
    names = ("weights", "activations", "input", "free")
    poor = glyphs == ASCII
    least, most = ("", "") if memory.complete else (">=", "<=") if poor else ("≥", "≤")
    bounds = {"activations": least, "input": least, "free": most}
    parts = [
        f"{glyph} {name} {bounds.get(name, '')}{_mebi(size)}"
        for glyph, name, size in zip(glyphs, names, sizes, strict=True)
        if size or name != "free"
    ]
    if total > budget:
        figure += f": {_mebi(total - budget)} MiB over"
        mark = min(width - 1, max(0, round(budget / whole * width)))
        bar = bar[:mark] + Text("|", "bold red") + bar[mark + 1 :]
    return [
        Text.assemble(("Memory   ", "bold"), (figure, style)),
        bar,
        Text("  ".join(parts) + " MiB" + ("  | budget" if total > budget else ""), "dim"),
    ]


def _mebi(size: int) -> str:
    return f"{size / 2**20:,.2f}"


def _latency(report: Report) -> Text:
    latency = report.latency
    if not latency.complete and report.model.open_input is not None:
        return Text.assemble(("Latency  ", "bold"), "depends on the input's size")
    low, middle, high = (short_ms(ms) for ms in (latency.dsp_ms_low, latency.dsp_ms, latency.dsp_ms_high))
    said = f"about {middle} ms ({low} to {high})"
    if not latency.complete:
        said = at_least(f"{low} ms", False, round(latency.dsp_ms_low, 2))
    elif latency.cycles:
        said += f", {_frames(latency, report.target.readout_3mp_ms)}"
    return Text.assemble(("Latency  ", "bold"), said)


def _frames(latency: LatencyReport, readout_ms: float) -> str:
    """``94 frames a second (69 to 128)``, each beside the sensor's readout; where that alone decides, it says so."""
    slow, rate, fast = (
        f"{each:.0f}" if each >= 10 else f"{each:.2g}"
        for each in (
            1e3 / max(ms, readout_ms) for ms in (latency.dsp_ms_high, latency.dsp_ms, latency.dsp_ms_low)
        )
    )
    if slow == fast:
        return f"at most {rate} frames a second (readout)"
    return f"{rate} frames a second ({slow} to {fast})"


def _causes(outcome: Outcome, console: Console) -> None:
    report = outcome.report
    assert report is not None
    known = tuple(f for f in report.findings if outcome.state(f) == "unchanged")
    found = causes(report, known)
    fits = not any(outcome.fails(f) for f in report.findings)
    hints = [c for c in found if not c.findings[0].about_file]
    first = hints[:HINTS_SHOWN] if fits else [c for c in found if outcome.fails(c.findings[0])][:CAUSES_SHOWN]
    unfed = [c for c in found if c.findings[0].about_source] if fits or report.verdict == "unknown" else []
    if unfed:  # the verdict says so, whatever the converter accepts
        kept = [] if report.verdict == "fits" else first
        first = [*kept, *(c for c in unfed if c not in kept)][:CAUSES_SHOWN]
    if first:
        title = "What to change"
        if fits and report.verdict == "unknown" and not unfed:
            title = "What is not known"
            first = [c for c in first if any(f.support == "unknown" for f in c.findings)] or first
        if fits and report.verdict == "fits" and not unfed:
            title = "What it could gain" if any(c.gain for c in first) else "Worth knowing"
        console.print(Text(title, "bold"))
        rows = [_row(c, [i.name for i in report.model.inputs]) for c in first]
        if console.width < NARROW:
            console.print(indent(laid_out(rows, console.width - 2), 2))
        else:
            _lines(rows, console)
    elif report.verdict == "fits" and not report.hidden:
        console.print(Text("Nothing to change: every operator is accepted."))
    notes = _left_out(outcome, found, first)
    if len(report.memory.notes):
        notes.append(counted(len(report.memory.notes), "caveat"))
    more = [f"{', '.join(notes)}: --verbose shows all"] if notes else []
    if known:
        more.append(f"{counted(len(known), 'finding')} accepted by the baseline")
    if report.hidden:
        rules = len({f.rule for f in report.hidden})
        more.append(f"{counted(rules, 'rule')} hidden ({counted(len(report.hidden), 'finding')})")
    if more:
        console.print(Text(_clipped("  " + " · ".join(more), console), "dim"))


def _left_out(outcome: Outcome, found: Sequence[Cause], shown: Sequence[Cause]) -> list[str]:
    """How many causes have no line, those to change counted as the last line counts them."""
    left = [c for c in found if c not in shown]
    wrong = sum(outcome.fails(c.findings[0]) for c in left)
    notes = [f"{wrong:,} more to change"] if wrong else []
    return notes + ([counted(len(left) - wrong, "lesser point")] if len(left) > wrong else [])


def _row(cause: Cause, inputs: Sequence[str]) -> tuple[Text, Text, Text]:
    glyph, style = MARK[cause.severity]
    return (
        Text.assemble((glyph, style), " ", _subject(cause, inputs)),
        Text(terminal(cause.fix)),
        Text(cause.gain),
    )


def _subject(cause: Cause, inputs: Sequence[str]) -> str:
    """``Transpose +3 ×100``; where it is about no operator one of the ``inputs``, or the rule."""
    operators = cause.operators
    count = f" ×{cause.nodes:,}" if cause.nodes > 1 else ""
    first = cause.findings[0]
    if not operators and first.tensor and first.tensor in inputs:
        tensors = len({f.tensor for f in cause.findings})
        return f"input {terminal(first.tensor, 18)}" + (f" ×{tensors:,}" if tensors > 1 else "")
    if not operators or (not first.about_operator and first.about_memory):
        return first.family.partition("-")[0] + count
    more = f" +{len(operators) - 1}" if len(operators) > 1 else ""
    return terminal(operators[0], 18) + more + count


def _lines(rows: Sequence[tuple[Text, Text, Text]], console: Console) -> None:
    """A line each: the subject, the fix cut to what is left, the gain at the right."""
    first = max(cell_len(row[0].plain) for row in rows)
    last = max(cell_len(row[2].plain) for row in rows)
    longest = max(cell_len(row[1].plain) for row in rows)
    room = min(longest, console.width - 2 - first - 2 - (last + 2 if last else 0))
    for subject, fix, gain in rows:
        subject.pad_right(first - cell_len(subject.plain))
        text = _phrase(fix.plain, room, _poor(console))
        line = Text.assemble("  ", subject, "  ", text)
        if gain.plain:
            line.append(" " * (room - cell_len(text) + 2 + last - cell_len(gain.plain)))
            line.append(gain.plain, "dim")
        console.print(line, no_wrap=True, overflow="ignore", crop=False)


def _phrase(text: str, room: int, poor: bool) -> str:
    """What is said of ``text`` in ``room`` columns: up to where it only explains, else up to a word."""
    if cell_len(text) <= room:
        return text
    dots = "..." if poor else "…"
    most = room - len(dots)
    ends = [m.start() for m in re.finditer(r"[:,;]? ", text) if cell_len(text[: m.start()]) <= most]
    ends = [end for end in ends if text[:end].count("(") == text[:end].count(")")]
    end = max((e for e in ends if _ADDED.match(text, e)), default=0)
    end = end if end > most // 2 else max(ends, default=0)
    said = _DANGLING.sub("", text[:end])
    return f"{said}{dots}" if end > most // 2 else _cut(text, room, poor)


def _clipped(text: str, console: Console) -> str:
    """``text`` on one line of a usual screen; a narrow one wraps it."""
    text = terminal(text)
    return text if console.width < NARROW else _cut(text, console.width, _poor(console))


def _cut(text: str, room: int, poor: bool) -> str:
    if cell_len(text) <= room:
        return text
    dots = "..." if poor else "…"
    return set_cell_size(text, max(1, room - len(dots))).rstrip() + dots


def _poor(console: Console) -> bool:
    """Whether the output's encoding has no blocks."""
    return not console.encoding.lower().startswith("utf")
