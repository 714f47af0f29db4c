"""What changed between two graphs, as values; renderers print them and compute nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from ..report.notebook import html_table
from ..report.outcome import Change, Figure
from ..report.phrases import FIGURE, VERDICT, amount, counted
from ..report.report import VERDICTS, Report
from ..report.serialise import SCHEMA_VERSION, finding_to_dict, judged_for
from ..version import __version__


@dataclass(frozen=True)
class NodeChange:
    """A node that only one of the graphs has, or whose signature changed (``was`` and ``now`` both set)."""

    node: str
    was: str
    now: str


@dataclass(frozen=True)
class Operator:
    """How often an operator stands in each graph."""

    op: str
    before: int
    now: int


@dataclass(frozen=True)
class Layer:
    """A layer of both device graphs whose MACs or cycles changed."""

    node: str
    op: str
    macs_before: int
    macs_now: int
    cycles_before: int
    cycles_now: int


@dataclass(frozen=True)
class Diff:
    """From ``old`` to ``new``."""

    old: Report
    new: Report
    figures: tuple[Figure, ...]
    operators: tuple[Operator, ...]
    """Only those whose number changed."""
    nodes: tuple[NodeChange, ...]
    layers: tuple[Layer, ...]
    """The largest change in cycles first."""
    findings: Change

    def __repr__(self) -> str:
        """One line: ``<Diff 'picosam2' -> 'picosam3': fits -> fits, 12 changed nodes>``."""
        names = f"{self.old.model.name!r} -> {self.new.model.name!r}"
        verdicts = " -> ".join(VERDICT[r.verdict] for r in (self.old, self.new))
        return f"<Diff {names}: {verdicts}, {counted(len(self.nodes), 'changed node')}>"

    def _repr_html_(self) -> str:
        """For a notebook: what moved, old beside new."""
        old, new = self.old, self.new
        rows = [("verdict", VERDICT[old.verdict], VERDICT[new.verdict])]
        rows += [
            (FIGURE[f.name], amount(f.name, f.before), amount(f.name, f.now))
            for f in self.figures
            if f.name in FIGURE
        ]
        rows += [(o.op, f"{o.before:,}", f"{o.now:,}") for o in self.operators]
        if self.nodes:
            rows.append(("changed nodes", "", f"{len(self.nodes):,}"))
        if self.findings.gone or self.findings.new:
            gone, come = (counted(len(found), "finding") for found in (self.findings.gone, self.findings.new))
            rows.append(("findings", f"{gone} gone", f"{come} new"))
        return html_table(f"{old.model.name} -> {new.model.name}", rows, ("", "old", "new"))

    @property
    def worse(self) -> bool:
        """Whether the baseline's rules would refuse the new graph for what is worse in it."""
        rank = VERDICTS.index
        return (
            rank(self.new.verdict) > rank(self.old.verdict)
            or bool(self.findings.grown)
            or any(f.severity == "error" for f in self.findings.new)
        )

    @property
    def same(self) -> bool:
        """Whether nothing differs that the check looks at."""
        moved = any(f.before != f.now for f in self.figures)
        return not (
            moved or self.operators or self.nodes or self.layers or self.findings.new or self.findings.gone
        )

    def to_dict(self) -> dict[str, Any]:
        """The JSON object of ``sensorfit diff --format json``."""
        return {
            "schema_version": SCHEMA_VERSION,
            "tool": {"name": "sensorfit", "version": __version__},
            "target": judged_for(self.new),
            "old": _model(self.old),
            "new": _model(self.new),
            "figures": {f.name: {"old": f.before, "new": f.now, "unit": f.unit} for f in self.figures},
            "operators": [{"op": o.op, "old": o.before, "new": o.now} for o in self.operators],
            "nodes": [{"node": n.node, "old": n.was or None, "new": n.now or None} for n in self.nodes],
            "layers": [asdict(layer) for layer in self.layers],
            "findings": {
                "new": [finding_to_dict(f) for f in self.findings.new],
                "gone": [dict(r) for r in self.findings.gone],
            },
            "worse": self.worse,
        }


def _model(report: Report) -> Mapping[str, Any]:
    return {
        "name": report.model.name,
        "path": report.model.path,
        "sha256": report.model.sha256,
        "verdict": report.verdict,
    }
