"""What a page says in words and rows, for every output: the renderers escape it and lay it out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from ...explanation.model import REFUSER, Contrast, Page, Part, ReasonGroup, Sum, Taken, WhatIf, shape_words
from ...explanation.what_if import mebibytes, milliseconds, together, weights_form
from ...memory.model import MemoryReport
from ...models.evidence import FrontEndAnswer
from ...models.published import Published
from ...report.phrases import (
    OUTSIDE,
    at_least,
    counted,
    interval_words,
    latency_words,
    macs_words,
    outside,
    peak_words,
    percent_words,
    runtime_words,
    share_words,
    slowest_words,
    total_words,
    weights_words,
)
from ...units import show_bytes, show_count, show_shape

LIFTS = ("change", "total memory", "latency (estimate)", "what remains")
PUBLISHED = ("figure", "value", "remark", "source")
"""Headings of the tables."""


def figures(page: Page) -> list[list[str]]:
    """The table of figures: a heading for each part and their sum, then rows with their label."""
    whole = page.together
    rows: list[tuple[str, Callable[[Part], str], Callable[[Sum], str]]] = [
        ("inputs", _inputs, lambda s: ""),
        ("nodes", _nodes, lambda s: ""),
        ("parameters", lambda p: f"{p.report.model.parameters:,}", lambda s: f"{s.parameters:,}"),
        (f"weights {weights_form(page.parts)}", lambda p: weights_words(p.report, show_bytes(p.report.memory.weights_bytes)), lambda s: show_bytes(s.weights_bytes)),
        ("activations, peak", lambda p: runtime_words(p.report.memory), lambda s: at_least(show_bytes(s.runtime_bytes), s.sized, s.runtime_bytes)),
        (besides_label(page.parts), lambda p: _besides(p.report.memory, p.report.memory.complete), lambda s: _besides(s, s.sized)),
        ("peak at", lambda p: peak_words(p.report.memory), lambda s: ""),
        ("total", _total, lambda s: at_least(show_bytes(s.total_bytes), s.sized, s.total_bytes)),
        ("of the budget", lambda p: share_words(p.report.memory), lambda s: at_least(percent_words(s.total_bytes / s.budget_bytes), s.sized, s.total_bytes)),
        ("MACs", lambda p: macs_words(p.report.latency), lambda s: at_least(show_count(s.macs), s.timed, s.macs)),
        ("latency (estimate)", lambda p: latency_words(p.report), milliseconds),
        ("slowest layers", lambda p: slowest_words(p.report.latency), lambda s: ""),
        ("largest tensor, not padded", _largest, lambda s: ""),
        ("refused nodes", lambda p: f"{p.refused_nodes:,}", lambda s: f"{sum(p.refused_nodes for p in page.parts):,}"),
    ]  # fmt: skip
    head = ["", *(p.label for p in page.parts), *(["together"] if whole else [])]
    return [head] + [
        [label, *(of_part(p) for p in page.parts), *([of_whole(whole)] if whole else [])]
        for label, of_part, of_whole in rows
    ]


def besides_label(parts: Sequence[Part]) -> str:
    """``kept input, reserved``, or ``reserved`` where no input is kept."""
    return "kept input, reserved" if parts[0].report.memory.input_persistency else "reserved"


def _besides(memory: MemoryReport | Sum, sized: bool) -> str:
    """What the total holds besides weights and activations."""
    rest = memory.total_bytes - memory.weights_bytes - memory.runtime_bytes
    return at_least(show_bytes(rest), sized, rest)


def _total(part: Part) -> str:
    return total_words(part.report.memory)


def _largest(part: Part) -> str:
    if part.largest is None:
        return "unknown"
    return f"{show_shape(part.largest.shape)}: {show_bytes(part.largest.bytes)} {part.largest.form}"


def _inputs(part: Part) -> str:
    """The inputs with the shapes they were judged at."""
    return ", ".join(f"{i.name} {shape_words(i.judged or i.shape)}" for i in part.report.model.inputs)


def _nodes(part: Part) -> str:
    whole = part.report.model.nodes
    return f"{part.nodes:,}" + (f" ({whole:,} before constants are folded)" if whole != part.nodes else "")


class Objection(NamedTuple):
    """Groups of nodes against which there is the same thing to say."""

    heading: str
    groups: Sequence[ReasonGroup]
    colour: str

    @property
    def note(self) -> str:
        """A sentence where the groups' counts add up to more than there are nodes, else ""."""
        counts, nodes = sum(g.count for g in self.groups), len({n for g in self.groups for n in g.nodes})
        if counts <= nodes:
            return ""
        return f"{counts:,} in all for {counted(nodes, 'node')}: a node may be refused for several reasons."


def objections(part: Part, papers: bool = True) -> list[Objection]:
    """What there is against a part, each with groups; without ``papers`` not what only their constraint set refuses."""
    found = [
        Objection(f"refused by {REFUSER[part.report.profile]} in the form used", part.refused, "red"),
        Objection("tried by nobody", part.unknown, "yellow"),
        Objection(
            "refused by the PicoSAM papers' constraint set only", part.flagged if papers else (), "yellow"
        ),
    ]
    return [one for one in found if one.groups]


REMARKS = {
    "weights of equal shape shared by all layers": "asked of a copy in which layers of equal shape share one tensor of "
    "weights, which keeps the file small; operators and shapes are the graph's"
}
"""What remarks in the recorded answers mean."""


def front_end_words(answer: FrontEndAnswer) -> tuple[str, str]:
    """The verdict with the operators that the front end does not know, and a remark or ""."""
    said = answer.verdict.replace("_", " ")
    if answer.operators:
        said += f": {', '.join(answer.operators)}"
    return said, REMARKS.get(answer.note, answer.note)


def front_end_notes(part: Part) -> list[str]:
    """How to read what the front end said: what its numbers count, and where it stopped."""
    found = []
    if any(answer.reasons for answer in part.front_end):
        found.append(
            "A number before a reason counts lines of the front end's log, one for each tensor or argument that it "
            "objects to: one node may stand in several."
        )
    if any(answer.operators for answer in part.front_end):
        stop = "Where the front end names unsupported operators it stopped there and judged no other node in that run"
        named = part.front_end[-1].operators
        others = dict.fromkeys(
            g.op for g in part.refused if named and g.op not in named and g.basis == "measured"
        )
        rest = f": what is said above of {', '.join(others)} rests on its answers about single operators"
        found.append(f"{stop}{rest if others else ''}.")
    return found


def converted(page: Page) -> list[str]:
    """What became of the parts that were quantized and converted for real, as sentences."""
    found = []
    for taken in page.converted:
        answer = taken.answer
        sizes = (
            f": weights {show_bytes(answer.weights_bytes)}, runtime {show_bytes(answer.runtime_bytes)}, total {show_bytes(answer.total_bytes)}; predicted here {_predicted(taken)}"
            if answer.total_bytes
            else ""
        )
        why = f" ({'; '.join(answer.reasons)})" if answer.reasons else ""
        found.append(
            f"{taken.name}, quantized by MCT with random weights: {answer.verdict} by {page.converter}{sizes}{why}.{_shifted(taken)}"
        )
    return found


def _predicted(taken: Taken) -> str:
    runtime = show_bytes(taken.runtime_bytes)
    kept = " and the kept input, which the converter counted" if taken.kept_bytes else ""
    return f"{show_bytes(taken.total_bytes)} with a runtime of {runtime}{kept}"


def _shifted(taken: Taken) -> str:
    """Why the converter's runtime is above the prediction, where shifted activations may be the reason."""
    more = taken.answer.runtime_bytes - taken.runtime_bytes
    if more <= 0 or not taken.shiftable:
        return ""
    return (
        f" The converter's runtime is {show_bytes(more)} more: quantization may shift {taken.shiftable} activations of "
        "this network, and each so shifted writes 16 bits, which the prediction leaves out."
    )


def contrast_title(contrast: Contrast) -> str:
    """``What the authors of PicoSAM3 did instead``."""
    return f"What the authors of {contrast.report.model.title or contrast.report.model.name} did instead"


def instead(contrast: Contrast) -> list[str]:
    """What the model that fits does, as sentences: its own figures, then what its authors say."""
    report, memory = contrast.report, contrast.report.memory
    counts = ", ".join(f"{op} ({n})" for op, n in contrast.operators.items())
    refused = [p for p, verdict in report.verdicts.items() if verdict != "fits"]
    return [
        f"The input is {show_shape(report.model.inputs[0].shape or ())}: {report.model.parameters:,} parameters, "
        f"{show_count(report.latency.macs)} MACs, {latency_words(report)} estimated.",
        f"{show_bytes(memory.total_bytes)} in all, {share_words(memory)} of the budget, "
        f"of which the peak of the activations is {show_bytes(memory.runtime_bytes)}.",
        f"The operators are {counts}; "
        + (f"refused under {', '.join(refused)}." if refused else "neither profile refuses any."),
        *(f"{sentence} [{source}]" for sentence, source in contrast.said),
    ]


def lift_total(what_if: WhatIf) -> str:
    """The memory that remains, a lower bound where sizes are unknown."""
    return at_least(mebibytes(what_if.total_bytes), what_if.sized, what_if.total_bytes)


def lift_time(what_if: WhatIf) -> str:
    """The estimate after the change; "" where the changed network is not there to be timed."""
    return interval_words(*what_if.dsp_ms, what_if.timed) if what_if.dsp_ms else ""


def lift_left(what_if: WhatIf, budget_bytes: int) -> str:
    """What still stands against the model after ``lift``, or how full the memory is where nothing does."""
    return (
        "; ".join(what_if.remains)
        or f"nothing; {percent_words(what_if.total_bytes / budget_bytes)} of the memory"
    )


def published_row(page: Page, one: Published) -> tuple[str, str, str, str]:
    """Figure, value, remark and source of something published."""
    name = one.figure.replace("_", " ") + (f", {one.variant}" if one.variant else "")
    note = "" if one.derived else one.note  # how it was derived stands with the source
    remark = "; ".join(part for part in (one.covers, note, _beyond(page, one)) if part)
    return name, f"{one.value:g} {one.unit}", remark, one.cited


def _beyond(page: Page, one: Published) -> str:
    """A sentence where ``one`` is a latency that the estimate's interval does not hold, else ""."""
    whole = page.together or together(page.parts)
    if one.figure != "latency" or not outside(
        one.value,
        one.unit,
        one.covers,
        whole.dsp_ms_low,
        whole.dsp_ms_high,
        page.parts[0].report.target.name,
        whole.timed,
    ):
        return ""
    return OUTSIDE
