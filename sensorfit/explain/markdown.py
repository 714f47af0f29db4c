"""An explanation as Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ..models.published import Published
from ..report.escape import markdown, markdown_code
from ..report.words import (
    OUTSIDE,
    VERDICT,
    at_least,
    latency_words,
    macs_words,
    memory_words,
    outside,
    runtime_words,
    share_words,
)
from ..units import show_bytes, show_count
from .lifts import mebibytes, milliseconds, together, weights_form
from .model import Contrast, Group, Lift, Page, Part

OPERATORS_SHOWN = 12


def render(page: Page) -> str:
    """The page, headings from level 2 down."""
    blocks = [
        f"## {markdown(page.headline)}",
        _verdicts(page),
        _list("### What stands in the way", page.reasons),
        "### The figures\n\n" + _figures(page),
        *(block for part in page.parts for block in _part(part, len(page.parts) > 1)),
        _lifts(page),
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
    said = ", ".join(f"profile `{p}`: **{VERDICT[v]}**" for p, v in page.verdicts.items())
    return said + (f". {markdown(page.note)}." if page.note else ".")


def _figures(page: Page) -> str:
    head = ["", *(markdown(p.label) for p in page.parts), *(["together"] if page.together else [])]
    whole = page.together
    reports = [p.report for p in page.parts]
    rows = [
        ["parameters", *(f"{r.model.parameters:,}" for r in reports), f"{whole.parameters:,}" if whole else ""],
        [f"weights {weights_form(page.parts)}, on the device", *(show_bytes(r.memory.weights_bytes) for r in reports), show_bytes(whole.weights_bytes) if whole else ""],
        ["peak of activations", *(runtime_words(r.memory) for r in reports), at_least(show_bytes(whole.runtime_bytes), whole.sized, whole.runtime_bytes) if whole else ""],
        ["total", *(memory_words(r.memory, show_bytes(r.memory.total_bytes)) for r in reports), at_least(show_bytes(whole.total_bytes), whole.sized, whole.total_bytes) if whole else ""],
        ["of the budget", *(share_words(r.memory) for r in reports), at_least(f"{whole.total_bytes / whole.budget_bytes:,.0%}", whole.sized, whole.total_bytes) if whole else ""],
        ["MACs", *(macs_words(r.latency) for r in reports), at_least(show_count(whole.macs), whole.timed, whole.macs) if whole else ""],
        ["on the sensor (estimate)", *(latency_words(r) for r in reports), milliseconds(whole) if whole else ""],
        ["largest tensor", *(_largest(p) for p in page.parts), ""],
        ["refused nodes", *(f"{p.refused_nodes:,}" for p in page.parts), str(sum(p.refused_nodes for p in page.parts)) if whole else ""],
    ]  # fmt: skip
    return table(head, [row[: len(head)] for row in rows])


def _largest(part: Part) -> str:
    if part.largest is None:
        return "unknown"
    shape = "x".join(map(str, part.largest.shape))
    return f"{shape}, {show_bytes(part.largest.bytes)} {part.largest.form}"


def _part(part: Part, several: bool) -> list[str]:
    title = f"### {markdown(part.label).capitalize()}" if several else "### The network"
    counts = ", ".join(f"{markdown(op)} {n}" for op, n in list(part.operators.items())[:OPERATORS_SHOWN])
    more = len(part.operators) - OPERATORS_SHOWN
    blocks = [f"{title}\n\nOperators: {counts}" + (f" and {more} kinds more." if more > 0 else ".")]
    for heading, groups in (
        ("Refused by the converter in the form used", part.refused),
        ("Tried by nobody", part.unknown),
        ("Refused by the PicoSAM papers' constraint set only", part.flagged),
    ):
        if groups:
            blocks.append(f"**{heading}**\n\n" + _groups(groups))
    if part.front_end:
        blocks.append(_front_end(part))
    return blocks


def _groups(groups: Sequence[Group]) -> str:
    rows = (
        (
            markdown(g.rule),
            f"{markdown_code(g.op)} ×{g.count:,}" if g.op else "",
            markdown(g.reason),
            "<br>".join(markdown_code(b) for b in g.blocks),
            markdown(g.fix),
        )
        for g in groups
    )
    return table(("rule", "operator", "reason", "where", "way out"), rows)


def _front_end(part: Part) -> str:
    lines = ["**What the real converter's front end said**", ""]
    for answer in part.front_end:
        said = answer.verdict.replace("_", " ")
        if answer.operators:
            said += ": " + ", ".join(answer.operators)
        note = f" ({markdown(answer.note)})" if answer.note else ""
        lines.append(f"- {markdown(answer.form)}: **{markdown(said)}**{note}")
        lines += [f"  - {count}× {markdown(reason)}" for reason, count in answer.reasons]
    return "\n".join(lines)


def _lifts(page: Page) -> str:
    if not page.lifts:
        return ""
    rows = (
        (
            markdown(lift.change),
            lift_total(page, lift),
            "<br>".join(markdown(r) for r in lift.remains) or "nothing",
        )
        for lift in page.lifts
    )
    return "### What remains if it is lifted\n\n" + table(("change", "total memory", "what remains"), rows)


def converted(page: Page) -> list[str]:
    """What became of the parts that were quantized and converted for real, as sentences."""
    found = []
    for name, answer, predicted in page.converted:
        sizes = (
            f": weights {show_bytes(answer.weights_bytes)}, runtime {show_bytes(answer.runtime_bytes)}, total {show_bytes(answer.total_bytes)}; predicted here {show_bytes(predicted)}"
            if answer.total_bytes
            else ""
        )
        why = f" ({'; '.join(answer.reasons)})" if answer.reasons else ""
        found.append(
            f"{name}, quantized by MCT with random weights: {answer.verdict} by {page.converter}{sizes}{why}."
        )
    return found


def instead(contrast: Contrast) -> list[str]:
    """What the model that fits does, as sentences: its own figures, then what its authors say."""
    report, memory = contrast.report, contrast.report.memory
    shape = report.model.inputs[0].shape or ()
    counts = ", ".join(f"{op} ({n})" for op, n in contrast.operators.items())
    refused = [p for p, verdict in report.verdicts.items() if verdict != "fits"]
    return [
        f"The input is {'x'.join(map(str, shape))}: {report.model.parameters:,} parameters, "
        f"{show_count(report.latency.macs)} MACs, {latency_words(report)} estimated.",
        f"{show_bytes(memory.total_bytes)} in all, {memory.total_bytes / memory.budget_bytes:.0%} of the budget, "
        f"of which the peak of the activations is {show_bytes(memory.runtime_bytes)}.",
        f"The operators are {counts}; "
        + (f"refused under {', '.join(refused)}." if refused else "neither profile refuses any."),
        *(f"{sentence} [{source}]" for sentence, source in contrast.said),
    ]


def beyond(page: Page, figure: Published) -> str:
    """A sentence where ``figure`` is a latency that the estimate's interval does not hold, else ""."""
    whole = page.together or together(page.parts)
    if figure.figure != "latency" or not outside(
        figure.value, figure.unit, figure.covers, whole.dsp_ms_low, whole.dsp_ms_high, whole.timed
    ):
        return ""
    return OUTSIDE


def lift_total(page: Page, lift: Lift) -> str:
    """The memory that remains, a lower bound where sizes are unknown."""
    sized = all(part.report.memory.complete for part in page.parts)
    return at_least(mebibytes(lift.total_bytes), sized, lift.total_bytes)


def contrast_title(contrast: Contrast) -> str:
    """``What the authors of PicoSAM3 did instead``."""
    return f"What the authors of {contrast.report.model.title or contrast.report.model.name} did instead"


def _contrast(page: Page) -> str:
    return _list(f"### {contrast_title(page.contrast)}", instead(page.contrast)) if page.contrast else ""


def _published(page: Page) -> str:
    if not page.published:
        return ""
    rows = (
        (
            p.figure.replace("_", " ") + (f", {p.variant}" if p.variant else ""),
            f"{p.value:g} {p.unit}",
            markdown("; ".join(x for x in (p.covers, p.note, beyond(page, p)) if x)),
            markdown(p.source) + ("" if p.first_hand else " (second-hand)"),
        )
        for p in page.published
    )
    return "### Published figures\n\n" + table(("figure", "value", "remark", "source"), rows)
