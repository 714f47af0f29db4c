"""What ``fix`` did, in the terminal."""

from __future__ import annotations

import shlex
from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

from rich.console import Console, RenderableType
from rich.padding import Padding
from rich.text import Text

from ..report.phrases import counted
from .columns import GAP, laid_out
from .escape import terminal

if TYPE_CHECKING:
    from ..rewrite.declare import Rewrite
    from ..rewrite.result import Applied, Change, Cut, Fixed, State
    from ..target import Target

VERDICTS: Final = {
    "fits": ("FITS", "bold green"),
    "does_not_fit": ("DOES NOT FIT", "bold red"),
    "unknown": ("UNKNOWN", "bold yellow"),
}
UNFED: Final = ("CANNOT BE FED", "bold red")
"""What the converter accepts and the sensor has no source for, as ``check`` calls it."""
NODES_SHOWN: Final = 2
TENSORS_SHOWN: Final = 4
WIDE: Final = 100
"""Columns from which a proof is told in full; with fewer it takes a line for each rewrite."""


def print_fixed(fixed: Fixed, console: Console, target: Target) -> None:
    """Write the summary to ``console``: what changed, what is left, before beside after, the next command for ``target``."""
    console.print(_headline(fixed))
    if fixed.rewrites:
        console.print(Padding(_rewrites(fixed, console.width), (1, 0, 0, 0), expand=False))
    for one in _with_ways(fixed.rewrites):
        console.print(Padding(_ways(one, console.width), (1, 0, 0, 0), expand=False))
    console.print(Padding(_states(fixed, console.width), (1, 0, 0, 0), expand=False))
    for line in _remaining(fixed):
        console.print(line)
    for note in fixed.notes:
        console.print(Text.assemble(("note  ", "yellow"), terminal(note)))
    console.print()
    if fixed.rewrites or (fixed.notes and fixed.largest_output):
        said = (
            f"outputs before and after differ by {fixed.max_difference:.2g} at most (largest value {fixed.largest_output:.3g})"
            if fixed.largest_output
            else "outputs before and after are zero throughout: with these weights comparing them shows nothing"
        )
        console.print(Text(said))
    if fixed.cut is not None:
        for line in _cut(fixed.cut):
            console.print(line)
    if fixed.output:
        console.print(Text.assemble("written to ", (terminal(fixed.output), "bold")))
        console.print(Text(f"Next: sensorfit check {terminal(shlex.quote(fixed.output))}{target.option}"))


def listing(rewrites: Iterable[Rewrite]) -> str:
    """The rewrites, a line each."""
    lines = [
        f"{r.id}  {r.name:<26} {r.kind:<11} {r.proof:<12} {', '.join(r.answers):<14} {r.title}"
        for r in rewrites
    ]
    return "\n".join(lines) + "\n"


def _still_refused(fixed: Fixed) -> str:
    nodes = {f.node for f in fixed.remaining if f.node}
    return f"{counted(len(nodes), 'node').upper() if nodes else 'THE INPUT'} STILL REFUSED"


def _headline(fixed: Fixed) -> Text:
    count = len(fixed.rewrites)
    if not count and not fixed.remaining and fixed.before.verdict == fixed.after.verdict:
        said, style = "NEEDS NO REWRITE", "bold green"
    elif not fixed.remaining:
        said, style = "ALL OPERATORS ACCEPTED", "bold green"
    else:
        said, style = _still_refused(fixed), "bold red"
    more = f"  {count} rewrite{'s' if count != 1 else ''}, each proven" if count else ""
    return Text.assemble((terminal(fixed.model), "bold"), "  ", (said, style), more)


def _cut(cut: Cut) -> Iterable[Text]:
    tensors = cut.tensors or cut.inputs  # where all that is left comes before, at what that makes
    at = ", ".join(map(terminal, tensors[:TENSORS_SHOWN]))
    more = f" and {len(tensors) - TENSORS_SHOWN} more" if len(tensors) > TENSORS_SHOWN else ""
    yield Text(f"cut at {at}{more}: {cut.nodes:,} node{'s' * (cut.nodes != 1)} left to the host")
    for what, file in (
        ("what comes before, for the host", cut.prepare),
        ("what comes after, for the host", cut.host),
    ):
        if file:
            yield Text.assemble(f"{what}, written to ", (terminal(file), "bold"))


def _rewrites(fixed: Fixed, columns: int) -> RenderableType:
    groups: dict[tuple[str, str, str], list[Applied]] = {}
    for one in fixed.rewrites:
        groups.setdefault((one.rule, one.name, one.form), []).append(one)
    rows = []
    for (rule, name, form), found in groups.items():
        worst = max(found, key=lambda a: a.max_difference)
        rows.append(
            [
                Text(rule, "bold"),
                Text(f"{name} ×{len(found)}" + (f" ({form})" if form else "")),
                Text(found[0].kind),
                Text(f"{worst.max_difference:.2g}"),
                Text(terminal(worst.proof if columns >= WIDE else worst.proof.partition(":")[0])),
            ]
        )
    head = ("", "rewrite", "kind", "differs by", "proof")
    return laid_out(rows, columns, head, ("left", "left", "left", "right", "left"))


def _with_ways(rewrites: Iterable[Applied]) -> list[Applied]:
    """Those that had alternatives, one of each kind."""
    found: dict[tuple[str, str, object, tuple[object, ...]], Applied] = {}
    for one in rewrites:
        if one.alternatives:
            found.setdefault((one.rule, one.form, one.price, one.alternatives), one)
    return [*found.values()]


def _ways(one: Applied, columns: int) -> RenderableType:
    rows = [_way(one.name, one.form, one.price, "taken")]
    rows += [_way(w.name, w.form, w.price, "") for w in one.alternatives]
    head = (f"ways at {terminal(one.nodes[-1])}", "runtime, B", "weights, B", "MACs", "ms", "")
    return laid_out(rows, columns, head, ("left", "right", "right", "right", "right", "left"))


def _way(name: str, form: str, price: Change | None, taken: str) -> list[Text]:
    figures = ["", "", "", ""]
    if price is not None:
        figures = [
            f"{price.runtime_bytes:+,}",
            f"{price.weights_bytes:+,}",
            f"{price.macs:+,}",
            f"{price.ms:+.2f}",
        ]
    return [Text(name + (f" ({form})" if form else "")), *map(Text, figures), Text(taken, "green")]


def _states(fixed: Fixed, columns: int) -> RenderableType:
    rows = []
    for label, state in (("before", fixed.before), ("after", fixed.after)):
        rows.append([Text(label), *_state(state)])
    head = ("", "verdict", "refused", "nodes", "weights, B", "runtime, B", "total, B", "MACs", "ms")
    whole = [[Text(h) for h in head], *rows]
    if sum(max(len(row[i].plain) for row in whole) + GAP for i in range(len(head))) - GAP > columns:
        _, *figures = zip(*whole, strict=True)  # a figure a line, before beside after
        return laid_out(figures, columns, ("", "before", "after"), ("left", "right", "right"))
    return laid_out(
        rows, columns, head, ("left", "left", "right", "right", "right", "right", "right", "right", "right")
    )


def _state(state: State) -> list[Text]:
    """The figures, those that are lower bounds called so: what could not be counted is left out of them."""
    bound, slower = "" if state.sized else "at least ", "" if state.timed else "at least "
    return [
        Text(*(UNFED if state.cannot_be_fed and state.verdict == "fits" else VERDICTS[state.verdict])),
        *(Text(f"{f:,}") for f in (state.refused, state.nodes)),
        *(Text(f"{bound}{f:,}") for f in (state.weights_bytes, state.runtime_bytes, state.total_bytes)),
        Text(f"{slower}{state.macs:,}"),
        Text(f"{slower}{state.ms:.2f}"),
    ]


def _remaining(fixed: Fixed) -> Iterable[Text]:
    groups: dict[tuple[str, str, str, str], list[str]] = {}
    for found in fixed.remaining:
        groups.setdefault((found.rule, found.op, found.reason, found.fix), []).append(found.node)
    for (rule, op, reason, fix), nodes in groups.items():
        shown = ", ".join(nodes[:NODES_SHOWN]) + (", ..." if len(nodes) > NODES_SHOWN else "")
        said = f"{op} ×{len(nodes)}  {reason}  at {shown}" if op else reason
        yield Text()
        yield Text.assemble((f"{rule} ", "bold"), ("refused  ", "red"), terminal(said))
        others = ", ".join(fixed.left_out.get((rule, op), ()))
        known = f"left out by the options: {others}" if others else "no rewrite is known for this form"
        yield Text(f"      {known}; {terminal(fix)}")
