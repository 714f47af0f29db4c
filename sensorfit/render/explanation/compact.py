"""The figures of an explanation in 80 columns: MiB instead of bytes, names cut to their end."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from rich.cells import cell_len, set_cell_size

from ...explanation.model import Page, Part, Sum
from ...explanation.what_if import EXCHANGED, mebibytes
from ...report.phrases import (
    at_least,
    interval_words,
    macs_words,
    percent_words,
    share_words,
    short_ms,
    weights_words,
)
from ...units import show_count, show_shape
from ..escape import terminal
from .phrases import besides_label, lift_left, lift_total

LABEL: Final = 21


def rows(page: Page, columns: int) -> list[str]:
    """The table of figures, a line each; a column for each part and their sum."""
    whole = page.together
    table: list[tuple[str, Callable[[Part], str], Callable[[Sum], str]]] = [
        ("input", _input, lambda s: ""),
        ("parameters", lambda p: show_count(p.report.model.parameters), lambda s: show_count(s.parameters)),
        ("weights", lambda p: weights_words(p.report, mebibytes(p.report.memory.weights_bytes)), lambda s: mebibytes(s.weights_bytes)),
        ("activations, peak", lambda p: at_least(mebibytes(p.report.memory.runtime_bytes), p.report.memory.complete, p.report.memory.runtime_bytes), lambda s: at_least(mebibytes(s.runtime_bytes), s.sized, s.runtime_bytes)),
        (besides_label(page.parts), _besides, lambda s: mebibytes(s.total_bytes - s.weights_bytes - s.runtime_bytes)),
        (f"total of {mebibytes(page.parts[0].report.memory.budget_bytes)}", _total, lambda s: at_least(mebibytes(s.total_bytes), s.sized, s.total_bytes)),
        ("of the budget", lambda p: share_words(p.report.memory), lambda s: at_least(percent_words(s.total_bytes / s.budget_bytes), s.sized, s.total_bytes)),
        ("MACs", lambda p: macs_words(p.report.latency), lambda s: at_least(show_count(s.macs), s.timed, s.macs)),
        ("latency, ms",  _time, lambda s: _interval(s.dsp_ms, s.dsp_ms_low, s.dsp_ms_high, s.timed)),
        ("peak at", _peak, lambda s: ""),
        ("slowest layer", _slowest, lambda s: ""),
        ("refused nodes", lambda p: f"{p.refused_nodes:,} of {p.nodes:,}", lambda s: f"{sum(p.refused_nodes for p in page.parts):,}"),
    ]  # fmt: skip
    count = len(page.parts) + bool(whole)
    width = max(8, min(42, (columns - LABEL + 2) // count - 2))
    head = [*(p.label for p in page.parts), *(["together"] if whole else [])]
    found = [_line("", head, width)] if count > 1 else []
    for label, of_part, of_whole in table:
        cells = [*(of_part(p) for p in page.parts), *([of_whole(whole)] if whole else [])]
        if any(cells):
            found.append(_line(label, cells, width, count == 1))
    return found


def _line(label: str, cells: list[str], width: int, left: bool = False) -> str:
    texts = [_end(terminal(cell), width) for cell in cells]
    aligned = texts if left else [" " * (width - cell_len(text)) + text for text in texts]
    return f"{set_cell_size(label, LABEL)}{'  '.join(aligned)}".rstrip()


def _end(text: str, width: int) -> str:
    """The last ``width`` columns of a text that is wider: names differ at their end."""
    if cell_len(text) <= width:
        return text
    while cell_len(text) > width - 1:
        text = text[1:]
    return f"…{text}"


def _input(part: Part) -> str:
    shapes = [i.judged or i.shape for i in part.report.model.inputs]
    first = "of unknown shape" if not shapes or shapes[0] is None else show_shape(shapes[0])
    return first + (f" +{len(shapes) - 1}" if len(shapes) > 1 else "") if shapes else "none"


def _besides(part: Part) -> str:
    memory = part.report.memory
    return mebibytes(memory.total_bytes - memory.weights_bytes - memory.runtime_bytes)


def _total(part: Part) -> str:
    memory = part.report.memory
    return at_least(
        mebibytes(memory.total_bytes), memory.complete, memory.weights_bytes + memory.runtime_bytes
    )


def _time(part: Part) -> str:
    latency = part.report.latency
    return _interval(latency.dsp_ms, latency.dsp_ms_low, latency.dsp_ms_high, latency.complete)


def _interval(middle: float, low: float, high: float, complete: bool) -> str:
    if not complete:
        return interval_words(middle, low, high, False).removesuffix(" ms")
    return f"{short_ms(middle)} ({short_ms(low)}-{short_ms(high)})"


def _peak(part: Part) -> str:
    memory = part.report.memory
    return memory.steps[memory.peak_step].node if 0 <= memory.peak_step < len(memory.steps) else ""


def _slowest(part: Part) -> str:
    latency = part.report.latency
    slowest = max(latency.layers, key=lambda layer: layer.cycles, default=None)
    return f"{slowest.cycles / latency.cycles:.0%} {slowest.node}" if slowest and latency.cycles else ""


def lift_rows(page: Page) -> Iterator[tuple[str, str, str, str, bool]]:
    """Change, memory, time, what remains and whether that is nothing: the change that leaves least first."""
    budget = page.parts[0].report.memory.budget_bytes
    for one in sorted(page.what_ifs[1:], key=lambda w: (len(w.remains), w.total_bytes)):
        time = f"{_interval(*one.dsp_ms, one.timed)} ms" if one.dsp_ms else ""
        yield (
            one.change.replace(EXCHANGED, "refused operators replaced"),
            lift_total(one),
            time,
            lift_left(one, budget),
            not one.remains,
        )
