"""Print what the memory model says of every recorded case beside what the converter said.

    python -m tools.memory_errors            all cases that differ, and the counts
    python -m tools.memory_errors --all      every case
    python -m tools.memory_errors --write    put the table into docs/memory.md

The reference is always the converter: ``tests/data/memory/corpus.json`` (given
networks and operators), ``probes.json`` (made by ``tools/memory_probes.py``) and
``bit_widths.json`` (quantized graphs, made by ``tools/bit_width_probes.py``).
"""

from __future__ import annotations

import argparse
import gzip
import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import onnx

from sensorfit.api import load_target
from sensorfit.graph.ir import Graph
from sensorfit.graph.load import load
from sensorfit.graph.lower import lower
from sensorfit.memory.analysis import analyse
from sensorfit.memory.model import MemoryReport
from sensorfit.verify.engine import verify
from tools.docs_table import DOCS, Place

DATA = Path(__file__).resolve().parent.parent / "tests" / "data" / "memory"
PLACE = Place(
    DOCS / "memory.md", "<!-- errors: python -m tools.memory_errors --write -->", "<!-- /errors -->"
)


@dataclass(frozen=True)
class Case:
    """A graph with the converter's bytes; runtime without input persistency."""

    name: str
    kind: str
    weights_bytes: int
    runtime_bytes: int
    path: Path

    def graph(self) -> Graph:
        """The same graph."""
        return load(onnx.load_from_string(gzip.decompress(self.path.read_bytes())), self.name)

    def report(self, graph: Graph | None = None) -> MemoryReport:
        """Our answer for it; ``graph`` where it is loaded already."""
        return analyse(lower(graph or self.graph()), load_target(), input_persistency=False)


def cases() -> Iterator[Case]:
    """Every recorded case: networks, operators, probes, other bit widths."""
    for name, found in json.loads((DATA / "corpus.json").read_text()).items():
        path = DATA / "corpus" / f"{name}.onnx.gz"
        yield Case(name, found["kind"], found["weights_bytes"], found["runtime_bytes"], path)
    for name, found in json.loads((DATA / "probes.json").read_text()).items():
        if "runtime_bytes" in found and not found["input_persistency"]:
            path = DATA / "probes" / f"{name}.onnx.gz"
            yield Case(name, found["kind"], found["weights_bytes"], found["runtime_bytes"], path)
    for name, found in json.loads((DATA / "bit_widths.json").read_text()).items():
        path = DATA / "bit_widths" / f"{name}.onnx.gz"
        yield Case(name, found["kind"], found["weights_bytes"], found["runtime_bytes"], path)


@dataclass(frozen=True)
class Error:
    """Predicted less measured, in bytes and per cent."""

    case: Case
    weights: int
    runtime: int
    notes: tuple[str, ...] = ()
    """What our report said beside the bytes."""
    order: tuple[str, ...] = ()
    """The names of the steps, as we think that they run."""
    accepted: bool = True
    """Whether the rules take every operator, as the converter did."""

    @property
    def worst(self) -> float:
        """The larger of the two relative errors."""
        return max(abs(self.weights) / self.case.weights_bytes, abs(self.runtime) / self.case.runtime_bytes)


@cache
def errors() -> list[Error]:
    """One Error a case; a few seconds, so that it is done once."""
    found = []
    for case in cases():
        graph = case.graph()
        report = case.report(graph)
        weights = report.weights_bytes - case.weights_bytes
        runtime = report.runtime_bytes - case.runtime_bytes
        order = tuple(step.node for step in report.steps)
        accepted = all(f.support == "supported" for f in verify(graph, load_target()))
        found.append(Error(case, weights, runtime, report.notes, order, accepted))
    return found


def table(found: list[Error], everything: bool = False) -> str:
    """A Markdown table of the cases that differ, then the counts by kind."""
    lines = [
        "| case | kind | weights (converter) | ours | runtime (converter) | ours | worst |",
        "|---|---|---:|---:|---:|---:|---:|",
    ]
    for error in sorted(found, key=lambda e: (-e.worst, e.case.name)):
        if everything or error.weights or error.runtime:
            case = error.case
            lines.append(
                f"| {case.name} | {case.kind} | {case.weights_bytes} | {error.weights:+d} "
                f"| {case.runtime_bytes} | {error.runtime:+d} | {error.worst:.2%} |"
            )
    lines += [
        "",
        "| kind | cases | exact | weights exact | runtime exact | within 1 % | worse |",
        "|---|---:|---:|---:|---:|---:|---:|",
    ]
    for kind in dict.fromkeys(error.case.kind for error in found):
        mine = [error for error in found if error.case.kind == kind]
        counts = (
            len(mine),
            sum(not e.weights and not e.runtime for e in mine),
            sum(not e.weights for e in mine),
            sum(not e.runtime for e in mine),
            sum(e.worst <= 0.01 for e in mine),
            sum(e.worst > 0.01 for e in mine),
        )
        lines.append(f"| {kind} | " + " | ".join(map(str, counts)) + " |")
    return "\n".join(lines)


def main() -> None:
    """Print the table, or write it into the docs."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--all", action="store_true", help="every case, not only those that differ")
    parser.add_argument("--write", action="store_true", help="replace the table in docs/memory.md")
    options = parser.parse_args()
    PLACE.show(table(errors(), options.all), options.write)


if __name__ == "__main__":
    main()
