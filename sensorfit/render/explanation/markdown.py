"""An explanation as Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ...explanation.model import Page, Part, ReasonGroup
from ...report.phrases import VERDICT
from ..escape import markdown, markdown_code
from .phrases import (
    LIFTS,
    PUBLISHED,
    contrast_title,
    converted,
    figures,
    front_end_notes,
    front_end_words,
    instead,
    lift_left,
    lift_time,
    lift_total,
    objections,
    published_row,
)

OPERATORS_SHOWN = 12


def render(page: Page, verbose: bool = False) -> str:
    """The page, headings from level 2 down; ``verbose`` names every node of a group."""
    blocks = [
        f"## {markdown(page.headline)}",
        _verdicts(page),
        _list("### What stands in the way", page.reasons),
        "### The figures\n\n" + _figures(page),
        *(block for part in page.parts for block in _part(part, page, verbose)),
        _what_ifs(page),
        _list("### Taken all the way", converted(page)),
        _contrast(page),
        _published(page),
        _list("### To bear in mind", page.caveats),
    ]
    return "\n\n".join(b for b in blocks if b) + "\n"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table; cells are escaped already."""
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    lines += ["| " + " | ".join(row) + " |" for row in rows]
    return "\n".join(lines)


def _list(title: str, sentences: Sequence[str]) -> str:
    return f"{title}\n\n" + "\n".join(f"- {markdown(s)}" for s in sentences) if sentences else ""


def _verdicts(page: Page) -> str:
    said = ", ".join(f"profile `{p}`: **{VERDICT[v]}**" for p, v in page.shown_verdicts.items())
    note = f" {markdown(page.note)}." if page.note else ""
    return f"{said}, by {markdown(page.judged_by)}.{note}"


def _figures(page: Page) -> str:
    head, *rows = ([markdown(cell) for cell in row] for row in figures(page))
    return table(head, rows)


def _part(part: Part, page: Page, verbose: bool) -> list[str]:
    several = len(page.parts) > 1
    title = f"### {markdown(part.label).capitalize()}" if several else "### The network"
    counts = ", ".join(f"{markdown(op)} {n}" for op, n in list(part.operators.items())[:OPERATORS_SHOWN])
    more = len(part.operators) - OPERATORS_SHOWN
    blocks = [f"{title}\n\nOperators: {counts}" + (f" and {more} kinds more." if more > 0 else ".")]
    for one in objections(part, page.built_in):
        blocks.append(f"**{one.heading[:1].upper() + one.heading[1:]}**\n\n{_groups(one.groups, verbose)}")
        blocks += [markdown(one.note)] if one.note else []
    if part.front_end:
        blocks.append(_front_end(part))
    return blocks


def _groups(groups: Sequence[ReasonGroup], verbose: bool) -> str:
    rows = [
        [
            markdown(g.rule),
            f"{markdown_code(g.op)} ×{g.count:,}" if g.op else "",
            markdown(g.reason),
            "<br>".join(markdown_code(b) for b in g.blocks),
            markdown(g.fix),
            *(["<br>".join(markdown_code(n) for n in g.nodes)] if verbose else []),
        ]
        for g in groups
    ]
    return table(("rule", "operator", "reason", "where", "way out", *(["nodes"] if verbose else [])), rows)


def _front_end(part: Part) -> str:
    lines = ["**What the real converter's front end said**", ""]
    for answer in part.front_end:
        said, remark = front_end_words(answer)
        note = f" ({markdown(remark)})" if remark else ""
        lines.append(f"- {markdown(answer.form)}: **{markdown(said)}**{note}")
        lines += [f"  - {count}× {markdown(reason)}" for reason, count in answer.reasons]
    lines += ["", markdown(" ".join(notes))] if (notes := front_end_notes(part)) else []
    return "\n".join(lines)


def _what_ifs(page: Page) -> str:
    if not page.what_ifs:
        return ""
    rows = (
        (
            markdown(what_if.change),
            lift_total(what_if),
            lift_time(what_if),
            "<br>".join(
                markdown(r)
                for r in what_if.remains or (lift_left(what_if, page.parts[0].report.memory.budget_bytes),)
            ),
        )
        for what_if in page.what_ifs
    )
    return "### What would remain after a change\n\n" + table(LIFTS, rows)


def _contrast(page: Page) -> str:
    return _list(f"### {contrast_title(page.contrast)}", instead(page.contrast)) if page.contrast else ""


def _published(page: Page) -> str:
    if not page.published:
        return ""
    rows = (map(markdown, published_row(page, p)) for p in page.published)
    return "### Published figures\n\n" + table(PUBLISHED, map(tuple, rows))
