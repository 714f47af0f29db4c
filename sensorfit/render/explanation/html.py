"""An explanation as a page to look at: what it says, then each of its networks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ...explanation.model import Page, Part
from ...report.outcome import Outcome
from ...report.phrases import VERDICT
from ..document import Head, document, listing, table
from ..html import model_data
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


def render(page: Page) -> str:
    """The whole page as one HTML file."""
    said = ", ".join(f"profile {p}: {VERDICT[v]}" for p, v in page.shown_verdicts.items())
    head = Head(page.headline, page.verdict, "; ".join(filter(None, (page.note, said, page.judged_by))))
    networks = [Outcome(part.name, part.report, exit_code=part.report.exit_code()) for part in page.parts]
    return document(page.headline, [model_data(o) for o in networks], list(_sections(page)), head)


def _sections(page: Page) -> Iterator[dict[str, Any]]:
    several = len(page.parts) > 1
    yield listing("What stands in the way", page.reasons)
    names, *rows = figures(page)
    yield table("The figures", names, rows)
    for part in page.parts:
        who = f"{part.label}: " if several else ""
        for one in objections(part, page.built_in):
            rows_ = [
                (g.rule, f"{g.op} ×{g.count:,}" if g.op else "", g.reason, ", ".join(g.blocks), g.fix)
                for g in one.groups
            ]
            title = f"{who}{one.heading}"
            head = ("rule", "operator", "reason", "where", "way out")
            yield table(title[:1].upper() + title[1:], head, rows_, one.note)
        yield listing(f"{who}what the real converter's front end said".capitalize(), _front_end(part))
    if page.what_ifs:
        budget = page.parts[0].report.memory.budget_bytes
        lifts = [(w.change, lift_total(w), lift_time(w), lift_left(w, budget)) for w in page.what_ifs]
        yield table("What would remain after a change", LIFTS, lifts)
    yield listing("Taken all the way", converted(page))
    if page.contrast:
        yield listing(contrast_title(page.contrast), instead(page.contrast))
    yield table("Published figures", PUBLISHED, [published_row(page, one) for one in page.published])
    yield listing("To bear in mind", page.caveats)


def _front_end(part: Part) -> Iterator[str]:
    for answer in part.front_end:
        said, remark = front_end_words(answer)
        why = "; ".join(f"{count}× {reason}" for reason, count in answer.reasons)
        yield f"{answer.form}: {said}" + (f" ({remark})" if remark else "") + (f": {why}" if why else "")
    yield from front_end_notes(part)
