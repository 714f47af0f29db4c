"""What a rewrite costs, by our own analysis of the part of the network that it changes and of the operators around that.

The neighbours belong to it: what a tensor takes depends on the layouts that they read and write.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from weakref import WeakKeyDictionary

from ..graph.ir import Graph, Node, Tensor
from ..graph.lower import lower
from ..target import Target
from .declare import Rewrite
from .draft import Draft
from .run import part
from .same import key
from .settle import Candidate, Choose, Settled, first_of, settle
from .splice import in_order

SEARCHED = 48
"""Steps of a part up to which their best order is searched for: heads side by side have too many."""
NEIGHBOURS = 8
"""Operators around a part at most; of a tensor that more read, the layout is one among many."""


@dataclass(frozen=True)
class Cost:
    """Of a part of a network on its own: bytes, multiply-accumulates, milliseconds."""

    runtime_bytes: int
    weights_bytes: int
    macs: int
    ms: float

    def __sub__(self, other: Cost) -> Cost:
        return Cost(
            self.runtime_bytes - other.runtime_bytes,
            self.weights_bytes - other.weights_bytes,
            self.macs - other.macs,
            self.ms - other.ms,
        )

    def nowhere_less(self, other: Cost) -> bool:
        """Whether it takes as much as ``other`` or more of everything: memory, weights, time."""
        return (
            self.runtime_bytes >= other.runtime_bytes
            and self.weights_bytes >= other.weights_bytes
            and self.ms >= other.ms
        )


Rank = tuple[int, bool, int, float]
"""Accepted first, then what fits, then the least bytes, then the least time."""


@dataclass(frozen=True)
class Priced:
    """A way to rewrite a node: its cost once it is rewritten to the end, and how many nodes are refused even then."""

    refused: int
    cost: Cost
    bytes_over: bool

    @property
    def rank(self) -> Rank:
        """The least is the best."""
        return self.refused, self.bytes_over, self.cost.runtime_bytes + self.cost.weights_bytes, self.cost.ms


def cost_of(graph: Graph, target: Target) -> Cost:
    """The cost of a graph by the memory and latency models."""
    from ..latency.estimate import figures
    from ..memory.analysis import runtime_and_weight_bytes

    device = lower(graph)
    runtime, weights = runtime_and_weight_bytes(device, target, search_up_to=SEARCHED)
    latency = figures(device, target, graph)
    return Cost(runtime, weights, latency.macs, latency.ms)


def price_of(settled: Settled, target: Target) -> Priced:
    """The price of a whole network."""
    cost = cost_of(settled.graph, target)
    total = cost.runtime_bytes + cost.weights_bytes + target.reserved_bytes
    return Priced(len({f.node for f in settled.remaining}), cost, total > target.budget_bytes)


class Prices:
    """Prices of ways; equal parts of a network among equal neighbours are priced once."""

    def __init__(self, target: Target, rewrites: Sequence[Rewrite]) -> None:
        self._target, self._rewrites = target, rewrites
        self._after: dict[str, Priced] = {}
        self._before: dict[str, Cost] = {}
        self._keys: WeakKeyDictionary[Draft, str] = WeakKeyDictionary()

    def after(self, candidate: Candidate, choose: Choose = first_of) -> Priced:
        """One way, rewritten to the end; ``choose`` says which where several follow."""
        which = self.key(candidate)
        if which not in self._after:
            draft = candidate[1]
            settled = settle(_after(draft), self._target, self._rewrites, choose)
            around = self._among(draft, settled.graph)
            whole = settled if around is settled.graph else Settled(around, (), settled.findings)
            self._after[which] = price_of(whole, self._target)
        return self._after[which]

    def before(self, candidate: Candidate) -> Cost:
        """The part as it was."""
        which = self.key(candidate)
        if which not in self._before:
            draft = candidate[1]
            self._before[which] = cost_of(self._among(draft, _before(draft)), self._target)
        return self._before[which]

    def key(self, candidate: Candidate) -> str:
        """Equal for two ways that cost the same."""
        draft = candidate[1]
        if draft not in self._keys:
            around = [(n.op, sorted(n.attrs.items()), _shapes(draft.graph, n)) for n in _neighbours(draft)]
            self._keys[draft] = f"{key(*candidate, floats=False)} {around!r}"
        return self._keys[draft]

    def _among(self, draft: Draft, inner: Graph) -> Graph:
        """``inner`` in the place of what the draft replaces, with the neighbours."""
        around = _neighbours(draft)
        if not around:
            return inner
        tensors: dict[str, Tensor] = {**draft.graph.tensors, **inner.tensors}
        made = {t for n in (*around, *inner.nodes) for t in n.outputs}
        nodes = in_order((*around, *inner.nodes))
        needed = dict.fromkeys(t for n in nodes for t in n.inputs if t)
        inputs = [t for t in needed if t not in made and not (t in tensors and tensors[t].constant)]
        read = {t for n in nodes for t in n.inputs}
        outputs = [t for n in nodes for t in n.outputs if t and t not in read]
        return part(draft.graph, nodes, tensors, inputs, outputs).replace(opset=inner.opset)


def _after(draft: Draft) -> Graph:
    """The part of the network that a draft makes, as a graph of its own."""
    nodes, tensors = draft.finished()
    return part(
        draft.graph, nodes, {**draft.graph.tensors, **tensors}, draft.inputs, (*draft.outputs,)
    ).replace(opset=draft.opset)


def _before(draft: Draft) -> Graph:
    """The part that it replaces."""
    return part(draft.graph, draft.replaces, draft.graph.tensors, draft.inputs, (*draft.outputs,))


def _neighbours(draft: Draft) -> list[Node]:
    """The operators that write what the part reads and those that read what it writes; none where they are many."""
    graph, own = draft.graph, {n.name for n in draft.replaces}
    found: dict[str, Node] = {}
    for tensor in draft.inputs:
        source = graph.producer_of(tensor)
        if source is not None and source.name not in own:
            found[source.name] = source
    for tensor in draft.outputs:
        found.update((n.name, n) for n in graph.consumers_of(tensor) if n.name not in own)
    return [*found.values()] if len(found) <= NEIGHBOURS else []


def _shapes(graph: Graph, node: Node) -> list[object]:
    names = (*node.inputs, *node.outputs)
    return [(graph.shape(t), graph.is_constant(t)) if t in graph.tensors else None for t in names]
