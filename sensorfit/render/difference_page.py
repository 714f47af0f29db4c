"""A diff as a page to look at: what changed, then each of the two networks with its changed nodes marked."""

from __future__ import annotations

from ..difference.model import Diff
from ..report.outcome import Outcome
from ..report.phrases import amount
from .difference import LABEL, SAME, change, findings, judged, notes, verdicts
from .document import Head, document, listing, table
from .html import model_data


def render(diff: Diff) -> str:
    """The whole diff as one HTML file."""
    old, new = (report.model.path or report.model.name for report in (diff.old, diff.new))
    title = f"{old} -> {new}: {verdicts(diff).plain}"
    moved = [f for f in diff.figures if f.before != f.now]
    figures = [(LABEL[f.name], amount(f.name, f.before), amount(f.name, f.now), change(f)) for f in moved]
    layers = [(x.node, x.op, x.macs_before, x.macs_now, x.cycles_before, x.cycles_now) for x in diff.layers]
    sections = [
        listing("Findings", [text for text, _ in findings(diff)]),
        table("Figures", ("figure", "old", "new", "change"), figures),
        table("Operators", ("operator", "old", "new"), [(o.op, o.before, o.now) for o in diff.operators]),
        table("Nodes", ("node", "old", "new"), [(n.node, n.was, n.now) for n in diff.nodes]),
        table("Layers", ("node", "operator", "MACs, old", "MACs, new", "cycles, old", "cycles, new"), layers),
        listing("To bear in mind", notes(diff)),
    ]
    changed = {n.node for n in diff.nodes} | {x.node for x in diff.layers}
    models = [
        model_data(
            Outcome(
                r.model.name if r.model.title else r.model.path or r.model.name, r, exit_code=r.exit_code()
            ),
            changed,
        )
        for r in (diff.new, diff.old)
    ]
    text = (
        SAME
        if diff.same
        else f"In every table {old} comes first, {new} second; changed nodes are marked in the drawings."
    )
    return document(
        title,
        models,
        sections,
        Head(title, diff.new.verdict, f"{text[:1].upper()}{text[1:].removesuffix('.')}. {judged(diff)}"),
    )
