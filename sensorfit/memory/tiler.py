"""Which layers the converter cuts into tiles of rows when a network is over the memory, and into how many.

Its messages tell how it looks: from the first to the last step that is over
the memory, it moves the start back and the end on until the region

- begins and ends with a convolution,
- is entered by its first node and left by its last one alone,
- reads and writes little enough.

The tiles are as many as leave each at most about three quarters of the memory
as its share of the peak. There is one region and one attempt: what is still
over then does not fit. Three tiles and more stand in the order that the search
finds, as all steps do; of two either was seen to be first, so that the order
that needs more counts. Numbers and
evidence: ``[tiling]`` in ``rules/imx500/memory.toml``.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil

from ..graph.ir import Graph, Node
from .bound import bound_bytes
from .convolution import blocks, read_convolution
from .device import Operation, Program
from .layout import MemoryFacts
from .lifetimes import lifetimes
from .model import Tiling
from .peak import Needs
from .schedule import schedule
from .steps import device_steps
from .tiles import height, is_chain, tile, window_of

BOUNDARIES = frozenset({"Conv"})


def advise(
    graph: Graph, program: Program, needed: Sequence[int], available: int, kept: int, facts: MemoryFacts
) -> Tiling | None:
    """The tiles for a ``program`` (of ``graph``, scheduled) whose steps have ``available`` bytes; None for no region.

    ``needed`` holds the bytes of each step, ``kept`` those of an input that is kept besides.
    """
    over = [index for index, size in enumerate(needed) if size + kept > available]
    if not over or available <= 0:
        return None
    search = _Search(graph, program)
    limits = [share * available for share in facts.tile_boundary_shares]
    sure, other = (search.region(over[0], over[-1], limit) for limit in limits)
    region = sure or other
    if not region:
        return None
    pieces = [share * available for share in facts.tile_shares]
    peaks = (max(needed), max(needed) + kept)  # whether the kept input counts was not seen
    counts = {max(2, ceil(peak / piece)) for piece in pieces for peak in peaks}
    count = max(counts)
    operators = tuple(sorted({n.op for n in sure} & {n.op for n in other}))
    names = region[0].name, region[-1].name
    windows = [w for n in region if (w := window_of(graph, n, facts)) is not None]
    counted = len(windows) == len(region) and is_chain(graph, region)
    if sure != other or len(counts) > 1 or not counted or height(graph, region[-1].outputs[0]) < count:
        return Tiling(*names, count, operators)
    cut = device_steps(tile(graph, region, windows, count), facts)
    one_by_one = _needed(cut, facts.align) if count == 2 else []
    tiles = [size for size, op in zip(one_by_one, cut.operations, strict=False) if "@" in op.name]
    cut.operations = schedule(cut, facts)
    runtime = max(*_needed(cut, facts.align), *tiles, 0)
    more_weights = (count - 1) * _again(graph, region, facts)
    return Tiling(*names, count, operators, runtime, more_weights, bound_bytes(cut, lifetimes(cut)))


def _needed(program: Program, align: int) -> list[int]:
    """Bytes of each step of a program, in its order."""
    return Needs(lifetimes(program), len(program.operations), align).bytes


def _again(graph: Graph, region: Sequence[Node], facts: MemoryFacts) -> int:
    """Bytes of the model memory that one more tile takes: a record per block of outputs; kernels are shared."""
    convolutions = [c for n in region if n.op == "Conv" and (c := read_convolution(graph, n)) is not None]
    return sum(blocks(c.outputs, facts) for c in convolutions) * facts.tile_block_bytes


class _Search:
    """The nodes by index, who reads whom, and through which nodes every way passes."""

    def __init__(self, graph: Graph, program: Program) -> None:
        self.graph = graph
        self.program = program
        self.limit = 0.0
        self.steps: dict[str, Operation] = {op.name: op for op in program.operations}
        self.index = {n.name: i for i, n in enumerate(graph.nodes)}
        self.order = [self.index.get(op.name, -1) for op in program.operations]
        self.parents = [self._parents(n) for n in graph.nodes]
        self.children: list[list[int]] = [[] for _ in graph.nodes]
        for i, parents in enumerate(self.parents):
            for parent in parents:
                self.children[parent].append(i)
        self.gate = gates([p if self._inner(i) else [*p, OUTSIDE] for i, p in enumerate(self.parents)])
        count = len(graph.nodes)
        mirrored = [[count - 1 - c for c in self.children[i]] for i in range(count)]
        for i, node in enumerate(graph.nodes):
            if not self.children[i] or any(t in graph.outputs for t in node.outputs):
                mirrored[i].append(OUTSIDE)
        self.exit = [count - 1 - g for g in gates(mirrored[::-1])][::-1]

    def region(self, first: int, last: int, limit: float) -> list[Node]:
        """The region for the steps from ``first`` to ``last``; empty when the search runs off the graph.

        ``limit``: bytes that its input may have, and its result.
        """
        self.limit = limit
        starts = [i for i in reversed(self.order[: first + 1]) if i >= 0]
        ends = [self._tail(i) for i in self.order[last:] if i >= 0]
        if not starts or not ends:
            return []
        entries = self._through(self.gate, ends[0])
        start = next((i for i in starts if i in entries and self._starts(i)), None)
        if start is None:
            return []
        exits = self._through(self.exit, start)
        end = next(
            (i for i in ends if i in exits and self._ends(i) and start in self._through(self.gate, i)), None
        )
        return [] if end is None else self._between(start, end)

    def _starts(self, index: int) -> bool:
        node = self.graph.nodes[index]
        reads = [t for t in self.graph.activations(node) if t in self.program.buffers]
        return node.op in BOUNDARIES and self._bytes(reads) <= self.limit

    def _ends(self, index: int) -> bool:
        step = self._step_of(index)
        return step.op in BOUNDARIES and self._bytes(step.writes) <= self.limit

    def _parents(self, node: Node) -> list[int]:
        producers = (self.graph.producer_of(t) for t in self.graph.activations(node))
        return [self.index[p.name] for p in producers if p is not None]

    def _inner(self, index: int) -> bool:
        """Whether a node reads other nodes' results only."""
        sources = list(self.graph.activations(self.graph.nodes[index]))
        return bool(sources) and not any(t in self.graph.inputs for t in sources)

    def _bytes(self, buffers: Sequence[str]) -> int:
        return sum(self.program.buffers[name].bytes for name in buffers)

    def _tail(self, index: int) -> int:
        """The last node of those that run as part of the step of node ``index``."""
        while (
            len(readers := self.children[index]) == 1 and self.graph.nodes[readers[0]].name not in self.steps
        ):
            index = readers[0]
        return index

    def _step_of(self, index: int) -> Operation:
        """The step that makes the result of node ``index``."""
        while self.graph.nodes[index].name not in self.steps:
            index = max(self.parents[index])
        return self.steps[self.graph.nodes[index].name]

    def _through(self, gates: Sequence[int], index: int) -> set[int]:
        """The nodes that every way to (or from) ``index`` passes, itself included."""
        found = set()
        while 0 <= index < len(gates):
            found.add(index)
            index = gates[index]
        return found

    def _between(self, start: int, end: int) -> list[Node]:
        """The nodes on the ways from ``start`` to ``end``."""
        below, above = {start}, {end}
        for i in range(start + 1, end + 1):
            if not below.isdisjoint(self.parents[i]):
                below.add(i)
        for i in range(end - 1, start - 1, -1):
            if not above.isdisjoint(self.children[i]):
                above.add(i)
        return [self.graph.nodes[i] for i in sorted(below & above)]


OUTSIDE = -1


def gates(parents: Sequence[Sequence[int]]) -> list[int]:
    """For each node, in topological order, the last one that every way to it passes; OUTSIDE where there is none.

    Immediate dominators (Cooper, Harvey and Kennedy, "A Simple, Fast Dominance Algorithm", 2001):
    in an acyclic graph one pass over the nodes is enough. networkx has them, too (a test compares), and stays out: a
    check of any network over the memory passes here, and importing networkx takes longer than all of that check's
    analysis (0.5 s of processor time beside 0.3 s for TinySAM); on 10,000 nodes it takes 95 ms where this takes 2.
    """
    gate: list[int] = []
    for sources in parents:
        meet = sources[0] if sources else OUTSIDE
        for other in sources[1:]:
            while meet != other:
                if meet > other:
                    meet = gate[meet]
                else:
                    other = gate[other]
        gate.append(meet)
    return gate
