"""``compare``: a row a model, from the checks of its parts and from published figures."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from ..explain.lifts import together
from ..explain.model import Group, Part
from ..explain.page import own_parts, part, worst
from ..models.published import FIGURES as KINDS
from ..models.published import Published, figure, listed
from ..models.registry import find, meant, names
from ..target import Target, load_target
from .model import FIGURES, GRAPH, Row, Table

VARIANT = "INT8"
SMALL = "@96"
"""The variant for the input that the models which fit take."""
SUBJECTS = {"SF201": "Softmax", "SF202": "LayerNormalization"}
"""What a rule is about, where the operator it points at is only the last node of a pattern."""


def compare(
    models: Sequence[str | Path] = (),
    input_persistency: bool = True,
    follow: Callable[[Sequence[str | Path]], Iterable[str | Path]] = iter,
) -> Table:
    """The table of ``models`` (names, parts or files); of every built-in and every published one when empty.

    ``follow`` hands out the models one by one, as a progress bar does.
    """
    target = load_target()
    reader = _Reader(target, input_persistency)
    without_graph = {one.name: one for one in listed()}
    rows = []
    for model in follow(models or (*built_in(), *without_graph)):
        one = without_graph.get(str(model).lower())
        if one is not None and not Path(model).exists():
            rows.append(
                Row(one.name, one.title, FIGURES, figures=_figures(one.name), note=f"no graph: {one.why}")
            )
        else:
            rows.append(reader.row(str(model)))
    return Table(tuple(rows), target.name, target.converter, target.budget_bytes)


def built_in() -> tuple[str, ...]:
    """Every built-in model, each followed by its variant for a 96x96 image where there is one."""
    return tuple(n for name in names() for n in (name, f"{name}{SMALL}") if find(n))


class _Reader:
    """Checks parts; a graph that several models share is checked once."""

    def __init__(self, target: Target, input_persistency: bool) -> None:
        self.target, self.input_persistency = target, input_persistency
        self.seen: dict[Path, Part] = {}

    def row(self, model: str) -> Row:
        entry = meant(model)
        parts = tuple(self.part(name) for name in own_parts(entry) or (model,))
        whole = together(parts)
        profiles = parts[0].report.verdicts
        return Row(
            name=entry.name if entry else model,
            title=entry.title if entry else parts[0].report.model.name,
            basis=GRAPH,
            parts=tuple(p.label for p in parts) if len(parts) > 1 or (entry and entry.parts) else (),
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
        )

    def part(self, name: str) -> Part:
        entry = meant(name)
        key = entry.graph if entry else Path(name)
        if key not in self.seen:
            self.seen[key] = part(name, self.target, input_persistency=self.input_persistency)
        return replace(self.seen[key], name=name, label=(entry and name.partition("/")[2]) or name)


def _verdict(each: Sequence[str], together_fits: bool) -> str:
    verdict = worst(each)
    return "does_not_fit" if verdict == "fits" and not together_fits else verdict


def _operators(groups: Iterable[Group]) -> tuple[str, ...]:
    counts: dict[str, int] = {}
    for group in groups:
        name = SUBJECTS.get(group.rule, group.op) or group.rule
        counts[name] = counts.get(name, 0) + group.count
    return tuple(sorted(counts, key=lambda op: -counts[op]))


def _figures(model: str) -> dict[str, Published]:
    found = {kind: figure(model, kind) for kind in KINDS}
    found |= {f"{kind} {VARIANT}": figure(model, kind, VARIANT) for kind in KINDS}
    return {kind: value for kind, value in found.items() if value}
