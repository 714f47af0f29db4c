"""The graph that every analysis reads: plain, typed, static.

A ``Graph`` is what is left of an ONNX file once shapes are inferred and
constants folded. ``load`` makes it, ``lower`` turns it into the device graph
(same type; BatchNorm folded, activations fused, identities gone). Weights stay
in the protobuf until somebody asks for a value.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from math import prod
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from .fold import Constant

Shape = tuple[int | None, ...]
QUANTIZER_DOMAIN = "mct_quantizers"


@dataclass(frozen=True)
class Tensor:
    """A named value: an activation, an initializer or a folded constant.

    ``shape`` is None when the rank is unknown; a None entry is a dynamic
    dimension. ``dtype`` is the numpy name ("float32"), "" when unknown.
    ``bits`` is the width a quantizer node gave it, None for a float graph.
    """

    name: str
    shape: Shape | None
    dtype: str = ""
    constant: bool = False
    bits: int | None = None
    _constant: Constant | None = field(default=None, repr=False, compare=False)

    @property
    def static(self) -> bool:
        """Whether every dimension is known."""
        return self.shape is not None and all(isinstance(d, int) for d in self.shape)

    @property
    def elements(self) -> int | None:
        """Number of elements, None where a dimension is unknown."""
        return prod(self.shape) if self.static else None  # type: ignore[arg-type]

    @property
    def numbers(self) -> Sequence[float] | None:
        """A constant's values in row-major order (a view of the file's bytes), None for activations and absent weights."""
        return self._constant.numbers if self._constant is not None else None


@dataclass(frozen=True)
class Node:
    """One operator. ``name`` is unique and never empty; an absent optional input is ""."""

    name: str
    op: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    attrs: Mapping[str, Any] = field(default_factory=dict)
    domain: str = ""
    pattern: str = ""
    """The pattern it was fused from ("LayerNormalization", "Gelu", ...), "" when it stood in the file."""
    activation: str = ""
    """After lowering: the operator fused onto the output ("Relu", "Clip", ...)."""
    merged: tuple[str, ...] = ()
    """After lowering: the names of the nodes before this one that MCT merges with it into one layer."""

    def input(self, index: int) -> str:
        """Name of input ``index``, "" when absent."""
        return self.inputs[index] if index < len(self.inputs) else ""


class Written(NamedTuple):
    """What the file holds beside the graph: the converter's front end reads the file itself and minds it."""

    unnamed: int = 0
    """How many nodes carry no name."""
    dead: tuple[tuple[str, str], ...] = ()
    """(name, operator) of the nodes that no output needs, constant expressions aside."""
    unread: tuple[str, ...] = ()
    """Initializers, Constants and results of constant expressions that nothing reads."""
    spelled: tuple[tuple[str, str], ...] = ()
    """(name, operator) of Constants without the attribute ``value`` that a node reads which the front end does not fold."""
    sparse: tuple[str, ...] = ()
    """Tensors stored by their values other than zero, which the front end does not read."""
    unfolded: tuple[Node, ...] = ()
    """The constant expressions that the front end does not fold."""
    tensors: Mapping[str, Tensor] = {}
    """What ``unfolded`` reads and writes, its results as computed tensors."""
    stale: tuple[Stale, ...] = ()
    """Shapes that the file records and that stop the front end."""
    unrecorded: tuple[str, ...] = ()
    """Results of MCT's quantizers whose shape is not recorded."""
    negative: tuple[tuple[str, int], ...] = ()
    """(tensor, axis) of the first dimension written as -1 of each input, output and recorded tensor."""


class Stale(NamedTuple):
    """A recorded shape or type that contradicts the inferred one; ``recorded`` is None where an output has no shape."""

    tensor: str
    recorded: Shape | None
    inferred: Shape
    dtype: str = ""
    """The type recorded, where that is what contradicts."""
    inferred_dtype: str = ""


@dataclass(frozen=True)
class Graph:
    """A static graph; ``nodes`` are in topological order that does not depend on the file's order."""

    name: str
    nodes: tuple[Node, ...]
    tensors: Mapping[str, Tensor]
    inputs: tuple[str, ...]
    """Data inputs only: initializers listed as inputs are not among them."""
    outputs: tuple[str, ...]
    opset: int
    quantized: bool = False
    """Whether the file carried mct_quantizers nodes."""
    declared_inputs: Mapping[str, Shape | None] = field(default_factory=dict)
    """The data inputs' shapes as the file declares them, before the batch was set to 1."""
    written: Written = field(default_factory=Written)
    """What else the file holds."""
    absent: Mapping[str, str] = field(default_factory=dict)
    """Constants whose external data is not there, with the file that is missing."""

    @cached_property
    def _producers(self) -> dict[str, Node]:
        return {t: n for n in self.nodes for t in n.outputs if t}

    @cached_property
    def _consumers(self) -> dict[str, tuple[Node, ...]]:
        users: dict[str, list[Node]] = {}
        for node in self.nodes:
            for tensor in dict.fromkeys(node.inputs):
                if tensor:
                    users.setdefault(tensor, []).append(node)
        return {t: tuple(n) for t, n in users.items()}

    @cached_property
    def breadth_first(self) -> Mapping[str, int]:
        """The place of each node, by name, in the file that MCT writes: one generation after the other.

        Each generation reads nothing but those before it, the readers of an earlier node first. An activation
        that is fused here is a node of its own there.
        """
        waiting = {
            node.name: sum(t in self._producers for t in self.activations(node)) for node in self.nodes
        }
        places: dict[str, int] = {}
        generation = [(node, bool(node.activation)) for node in self.nodes if not waiting[node.name]]
        while generation:
            following: list[tuple[Node, bool]] = []
            for node, activates in generation:
                places.setdefault(node.name, len(places))
                if activates:
                    following.append((node, False))
                    continue
                for reader in (r for tensor in node.outputs for r in self.consumers_of(tensor)):
                    waiting[reader.name] -= 1
                    if not waiting[reader.name]:
                        following.append((reader, bool(reader.activation)))
            generation = following
        return places

    def producer_of(self, tensor: str) -> Node | None:
        """The node that writes ``tensor``; None for inputs and constants."""
        return self._producers.get(tensor)

    def consumers_of(self, tensor: str) -> tuple[Node, ...]:
        """The nodes that read ``tensor``, each once."""
        return self._consumers.get(tensor, ())

    def only_reader(self, tensor: str) -> Node | None:
        """The one node that reads ``tensor``; None where nobody does, several do, or it is an output."""
        readers = self.consumers_of(tensor)
        return readers[0] if len(readers) == 1 and tensor not in self.outputs else None

    def shape(self, tensor: str) -> Shape | None:
        """Shape of ``tensor``, None when absent or of unknown rank."""
        found = self.tensors.get(tensor)
        return found.shape if found else None

    @cached_property
    def _constants(self) -> frozenset[str]:
        return frozenset(name for name, tensor in self.tensors.items() if tensor.constant)

    def is_constant(self, tensor: str) -> bool:
        """Whether ``tensor`` is an initializer or a folded constant."""
        return tensor in self._constants

    def numbers(self, tensor: str) -> Sequence[float] | None:
        """The values of a constant in row-major order, None when it is not one or its data is absent."""
        found = self.tensors.get(tensor)
        return found.numbers if found else None

    def activations(self, node: Node) -> Iterator[str]:
        """The inputs of ``node`` that are computed, not constant, each once."""
        return (t for t in dict.fromkeys(node.inputs) if t and t not in self._constants)

    def edited(self, changed: Mapping[str, Node], gone: Collection[str], **fields: Any) -> Graph:
        """A copy with the nodes called ``gone`` left out and others put in the place of their names."""
        nodes = tuple(changed.get(n.name, n) for n in self.nodes if n.name not in gone)
        return self.replace(nodes=nodes, **fields)

    def replace(self, **changes: Any) -> Graph:
        """A copy with other fields; the caches are built anew."""
        return replace(self, **changes)
