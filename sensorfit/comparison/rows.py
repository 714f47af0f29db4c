"""``compare``: a row a model, from the checks of its parts and from published figures."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from ..analysis import analyse
from ..convert.installed import other_installed
from ..explanation.model import Part, ReasonGroup, shape_words
from ..explanation.page import own_parts, part, worst
from ..explanation.what_if import together
from ..models.published import FIGURES as KINDS
from ..models.published import Listed, Published, figure, known_by_figures, listed
from ..models.registry import Entry, entry_for, find, names
from ..report.phrases import other_converter_words
from ..target import Target
from .model import FIGURES, GRAPH, VARIANT, Row, Table

SMALL = "@96"
"""The variant for the input that the models which fit take."""


def compare(
    target: Target,
    models: Sequence[str | Path] = (),
    input_persistency: bool = True,
    each: Callable[[Sequence[str], Callable[[str], Row]], Iterable[Row]] = lambda models, row: map(
        row, models
    ),
) -> Table:
    """The table of ``models`` (names, parts or files); of every built-in and every published one when empty.

    ``each`` asks for the row of one model after the other: in a process of their own, beside a progress bar.
    """
    reader = _Reader(target, input_persistency)

    def row(model: str) -> Row:
        one = None if Path(model).exists() else known_by_figures(model)
        return _without_graph(one) if one else reader.row(model)

    wanted = [str(model) for model in models] or [*built_in(), *(one.name for one in listed())]
    other = other_installed(target)
    remark = other_converter_words(target, other)
    return Table(tuple(each(wanted, row)), target.name, target.converter, target.budget_bytes, other, remark)


def built_in() -> tuple[str, ...]:
    """Every built-in model, each followed by its variant for a 96x96 image where there is one."""
    return tuple(n for name in names() for n in (name, f"{name}{SMALL}") if find(n))


def _without_graph(one: Listed) -> Row:
    figures = _figures(one.name)
    note = f"no graph: {one.why}" + ("" if figures else "; no published figure is known either")
    return Row(one.name, one.title, FIGURES, figures=figures, note=note)


class _Reader:
    """Checks parts; a graph that several models share is checked once."""

    def __init__(self, target: Target, input_persistency: bool) -> None:
        self.target, self.input_persistency = target, input_persistency
        self.seen: dict[Path, Part] = {}

    def row(self, model: str) -> Row:
        entry = entry_for(model)
        parts = tuple(self.part(name) for name in own_parts(entry) or (model,))
        whole = together(parts)
        profiles = parts[0].report.verdicts
        return Row(
            name=entry.name if entry else model,
            title=entry.title if entry else parts[0].report.model.name,
            basis=GRAPH,
            parts=_networks(entry, parts),
            parameters=whole.parameters,
            weights_bytes=whole.weights_bytes,
            macs=whole.macs,
            runtime_bytes=whole.runtime_bytes,
            total_bytes=whole.total_bytes,
            tiled_total_bytes=parts[0].report.memory.tiled_total_bytes or None if len(parts) == 1 else None,
            budget_bytes=whole.budget_bytes,
            refused=_operators(g for p in parts for g in p.refused),
            refused_nodes=sum(p.refused_nodes for p in parts),
            flagged=_operators(g for p in parts for g in p.flagged),
            flagged_nodes=sum(g.count for p in parts for g in p.flagged),
            unknown_nodes=sum(p.unknown_nodes for p in parts),
            verdicts={
                p: _verdict([x.report.verdicts[p] for x in parts], whole.fits or len(parts) == 1)
                for p in profiles
            },
            dsp_ms=whole.dsp_ms,
            dsp_ms_low=whole.dsp_ms_low,
            dsp_ms_high=whole.dsp_ms_high,
            figures=_figures(entry.name) if entry else {},
            note=entry.note if entry else "",
            sized=whole.sized,
            timed=whole.timed,
            foreign_inputs=_foreign(parts),
            open_inputs=tuple(dict.fromkeys(o for p in parts for o in _open(p))),
            memory_notes=tuple(dict.fromkeys(note for p in parts for note in _estimated(p))),
        )

    def part(self, name: str) -> Part:
        entry = entry_for(name)
        key = entry.graph if entry else Path(name)
        if key not in self.seen:
            self.seen[key] = part(name, analyse(name, self.target, input_persistency=self.input_persistency))
        return replace(self.seen[key], name=name, label=(entry and name.partition("/")[2]) or name)


def _networks(entry: Entry | None, parts: Sequence[Part]) -> tuple[str, ...]:
    """What the parts are called; () for a model that is one network, and for a part asked for by its own name."""
    if entry and entry.part and not entry.parts:  # a variant that stands for one of its networks
        return (entry.part.partition("/")[2].partition("@")[0],)
    return tuple(p.label for p in parts) if len(parts) > 1 or (entry and entry.parts) else ()


def _foreign(parts: Sequence[Part]) -> tuple[str, ...]:
    """Inputs that neither the sensor nor an earlier part gives."""
    written: set[str] = set()
    found = []
    for item in parts:
        for given in item.foreign_inputs:
            if given.name not in written:
                found.append(given.form + (f" ({given.why})" if given.kind == "size" else ""))
        written |= {o.name for o in item.report.model.outputs}
    return tuple(found)


def _open(item: Part) -> tuple[str, ...]:
    """The input whose size is open, where its memory could not be counted for that."""
    left = item.report.model.open_input
    return () if left is None or item.report.memory.complete else (f"{left.name} {shape_words(left.shape)}",)


def _estimated(item: Part) -> tuple[str, ...]:
    """The memory report's notes, without those that already make its figures lower bounds."""
    memory = item.report.memory
    return tuple(note for note in memory.notes if note not in memory.missing)


def _verdict(each: Sequence[str], together_fits: bool) -> str:
    verdict = worst(each)
    return "does_not_fit" if verdict == "fits" and not together_fits else verdict


def _operators(groups: Iterable[ReasonGroup]) -> tuple[str, ...]:
    counts: dict[str, int] = {}
    for group in groups:
        name = group.subject or group.op or group.rule
        counts[name] = counts.get(name, 0) + group.count
    return tuple(sorted(counts, key=lambda op: -counts[op]))


def _figures(model: str) -> dict[str, Published]:
    found = {kind: figure(model, kind) for kind in KINDS}
    found |= {f"{kind} {VARIANT}": figure(model, kind, VARIANT) for kind in KINDS}
    return {kind: value for kind, value in found.items() if value}
