"""A diff of two graphs for a terminal or, as Markdown, for a pull request: what changed first, what did not in a word."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Final

from rich.console import Console, RenderableType
from rich.text import Text

from ..difference.model import Diff, NodeChange
from ..models.registry import find
from ..report.outcome import Figure, grouped
from ..report.phrases import VERDICT, amount, counted, judged_by, other_converter
from ..report.report import ModelInfo, TensorInfo
from ..units import show_shape
from .columns import laid_out
from .console import SEVERITY_STYLE, VERDICT_STYLE
from .escape import markdown, markdown_code, terminal

LABEL: Final = {
    "total_bytes": "memory, total", "runtime_bytes": "memory, runtime", "weights_bytes": "memory, weights", "macs": "MACs",
    "cycles": "cycles", "dsp_ms": "latency (estimate)", "parameters": "parameters", "nodes": "nodes",
}  # fmt: skip
SHOWN: Final = 8
"""Nodes and layers listed without --verbose."""
SUMMED: Final = ("total_bytes", "dsp_ms")
SAME: Final = "no difference in operators, memory, MACs or latency"

Line = tuple[str, str]
"""A line and its style."""


def print_diff(diff: Diff, console: Console, verbose: bool = False) -> None:
    """Write ``diff`` to ``console``."""
    old, new = (terminal(_named(report.model)) for report in (diff.old, diff.new))
    title = Text.assemble((old, "bold"), " -> ", (new, "bold"), ": ", verdicts(diff))
    console.print(title.append(f"; {SAME}") if diff.same else title)
    if not diff.same:
        _changes(diff, console, verbose)
    _print(console, [(judged(diff), "dim")])
    if len(diff.nodes) + len(diff.findings.new) + len(diff.findings.gone) > SHOWN:
        console.print(_summary(diff))


def _summary(diff: Diff) -> Text:
    """``Verdict: fits -> does not fit; memory, total -86.9%; latency (estimate) +14.6%``: for where the first line has left the screen."""
    moved = {f.name: f for f in diff.figures}
    said = Text.assemble(("Verdict: ", "bold"), verdicts(diff))
    for name in SUMMED:
        figure = moved.get(name)
        if figure is not None and figure.before:
            by = (figure.now - figure.before) / figure.before
            said.append(f"; {LABEL[name]} ").append(
                f"{by:+.1%}", "red" if figure.worse else "green" if by else ""
            )
    return said


def _changes(diff: Diff, console: Console, verbose: bool) -> None:
    _print(console, findings(diff))
    if moved := [f for f in diff.figures if f.before != f.now]:
        console.print(_figures(moved, console.width))
    _print(
        console,
        [(_unchanged(diff), "dim"), *((note, "yellow") for note in notes(diff)), (_operators(diff), "")],
    )
    _print(console, details(diff, None if verbose else SHOWN))


def _print(console: Console, lines: Sequence[Line]) -> None:
    for line, style in lines:
        if line:
            console.print(Text(terminal(line), style))


def _named(model: ModelInfo) -> str:
    """A file's path; a built-in model's name, with what it stands for where that is one part of several."""
    entry = find(model.name) if model.title else None
    if entry is None:
        return model.path or model.name
    return f"{model.name} ({entry.part})" if entry.part else model.name


def judged(diff: Diff) -> str:
    """Whose answer both graphs are held to, and what else is installed."""
    return "; ".join(filter(None, (judged_by(diff.new), other_converter(diff.new))))


def verdicts(diff: Diff) -> Text:
    """``fits``, or ``fits -> does not fit``."""
    words = dict.fromkeys((diff.old.verdict, diff.new.verdict))
    return Text(" -> ").join(Text(VERDICT[v], VERDICT_STYLE[v][1]) for v in words)


def _figures(moved: Sequence[Figure], columns: int) -> RenderableType:
    rows = [
        (
            Text(LABEL[figure.name]),
            Text(_short(figure.name, figure.before)),
            Text(_short(figure.name, figure.now)),
            Text(change(figure), "red" if figure.worse else "green"),
        )
        for figure in moved
    ]
    return laid_out(rows, columns, sides=("left", "right", "right", "right"))


def _short(name: str, value: float) -> str:
    return f"{value / 2**20:,.2f} MiB" if name.endswith("bytes") else amount(name, value)


def change(figure: Figure) -> str:
    """``+116,512 B (+3.1%)``."""
    by = figure.now - figure.before
    size = (
        f"{by:+,.0f} B" if figure.unit == "B" else f"{'+' if by > 0 else '-'}{amount(figure.name, abs(by))}"
    )
    return size + (f" ({by / figure.before:+.1%})" if figure.before else "")


def _unchanged(diff: Diff) -> str:
    still = [LABEL[f.name] for f in diff.figures if f.before == f.now]
    if len(still) == len(LABEL):
        return "unchanged: every figure"
    compared = {f.name for f in diff.figures}
    open_ = [label for name, label in LABEL.items() if name not in compared]
    return ". ".join(
        f"{what}: {'; '.join(labels)}"
        for what, labels in (("unchanged", still), (f"Not compared, as {_why_not(diff)}", open_))
        if labels
    )


def _why_not(diff: Diff) -> str:
    """Why figures of one of the two are lower bounds, and what makes them whole."""
    sides = (("old", diff.old), ("new", diff.new))
    open_ = [(side, i) for side, report in sides if (i := report.model.open_input) is not None]
    if open_:
        which = ", ".join(f"{i.name} {_shape(i)} of the {side} one" for side, i in open_)
        return f"the input's size is open ({which}; --input-shape gives both one)"
    partly = [side for side, report in sides if not (report.memory.complete and report.latency.complete)]
    return f"the {' and the '.join(partly)} one could be counted only in part"


def _shape(tensor: TensorInfo) -> str:
    shape = tensor.judged or tensor.shape
    return "of unknown shape" if shape is None else show_shape(shape)


def notes(diff: Diff) -> list[str]:
    """What the memory figures leave open, with the graph where it is true of one of them only."""
    old, new = diff.old.memory.notes, diff.new.memory.notes
    return [
        note if note in old and note in new else f"{'new' if note in new else 'old'}: {note}"
        for note in dict.fromkeys((*old, *new))
    ]


def _operators(diff: Diff) -> str:
    moved = ", ".join(f"{o.op} {o.before} -> {o.now}" for o in diff.operators)
    return f"operators: {moved}" if moved else ""


def findings(diff: Diff) -> list[Line]:
    """A line for what is new or gone for one reason."""
    lines = []
    for group in grouped(diff.findings.new):
        first, nodes = group.first, len(group.members)
        where = f"×{nodes}" if nodes > 1 else f"at {first.node}" if first.node else ""
        head = " ".join(word for word in (first.rule, first.severity, first.op, where) if word)
        lines.append((f"new: {head}: {group.text}", SEVERITY_STYLE[first.severity]))
    gone = Counter(f"{r.get('rule')} {r.get('op')}".strip() for r in diff.findings.gone)
    return lines + [(f"gone: {what}" + (f" ×{n}" if n > 1 else ""), "green") for what, n in gone.items()]


def details(diff: Diff, most: int | None) -> list[Line]:
    """Nodes and layers, at most so many of each; all with None."""
    lines = [_node(node, brief=most is not None) for node in diff.nodes[:most]]
    lines += _more(len(diff.nodes), most, "node")
    for layer in diff.layers[:most]:
        text = f"{layer.node} ({layer.op}): {layer.cycles_before:,} -> {layer.cycles_now:,} cycles, {layer.macs_before:,} -> {layer.macs_now:,} MACs"
        lines.append((f"~ {text}", "red" if layer.cycles_now > layer.cycles_before else "green"))
    return lines + _more(len(diff.layers), most, "layer")


def _node(node: NodeChange, brief: bool) -> Line:
    """What came or went, without its attributes where ``brief``; of a change, the words that differ."""
    if node.was and node.now:
        was, now = node.was.split(), node.now.split()
        left, new = (" ".join(w for w in a if w not in b) for a, b in ((was, now), (now, was)))
        return f"~ {node.node} ({now[0]}): {left or 'nothing'} => {new or 'nothing'}", "yellow"
    words = (node.now or node.was).split()
    text = " ".join(w for w in words if not (brief and "=" in w))
    return (f"+ {node.node}: {text}", "green") if node.now else (f"- {node.node}: {text}", "red")


def _more(number: int, most: int | None, noun: str) -> list[Line]:
    if most is None or number <= most:
        return []
    return [(f"… and {counted(number - most, noun)} more (--verbose lists all)", "dim")]


def render_markdown(diff: Diff) -> str:
    """``diff`` as GitHub-flavoured Markdown."""
    old, new = (markdown_code(_named(report.model)) for report in (diff.old, diff.new))
    title = f"### {old} → {new}: **{verdicts(diff).plain.replace('->', '→')}**"
    if diff.same:
        return f"{title}\n\n{SAME[:1].upper()}{SAME[1:]}.\n\n{markdown(judged(diff))}\n"
    blocks = [title, "\n".join(f"- {markdown(text)}" for text, _ in findings(diff))]
    if moved := [f for f in diff.figures if f.before != f.now]:
        blocks.append("| | old | new | change |\n|---|--:|--:|--:|\n" + "\n".join(map(_row, moved)))
    blocks += [
        markdown(_unchanged(diff)),
        "\n".join(f"- {markdown(note)}" for note in notes(diff)),
        markdown(_operators(diff)),
    ]
    if lines := [f"- {markdown(text)}" for text, _ in details(diff, SHOWN)]:
        blocks.append(
            "<details><summary>Nodes and layers</summary>\n\n" + "\n".join(lines) + "\n\n</details>"
        )
    return "\n\n".join(block for block in (*blocks, markdown(judged(diff))) if block) + "\n"


def _row(figure: Figure) -> str:
    old, new = (amount(figure.name, value) for value in (figure.before, figure.now))
    return f"| {LABEL[figure.name]} | {old} | {new} | {change(figure)} |"
