"""What a pattern asks of a graph, and what it answers."""

from __future__ import annotations

import math
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from .ir import Graph, Node

TOLERANCE = 1e-3
"""How far a constant of a formula may be off, relative: exporters round 1.4142, 0.7979 and 0.0447 differently."""


class Match(NamedTuple):
    """``nodes`` compute ``kind``; ``inputs`` are the data, then the parameters."""

    kind: str
    nodes: tuple[Node, ...]
    inputs: tuple[str, ...]
    output: str
    attrs: Mapping[str, Any] = MappingProxyType({})
    fused: bool = True
    """Whether the toolchain makes one operator of it."""
    form: str = ""
    """Which spelling it was ("erf", "tanh", "clip", ...)."""


def near(value: float | None, target: float) -> bool:
    """Whether ``value`` is known and is ``target`` as an exporter may have rounded it."""
    return value is not None and math.isclose(value, target, rel_tol=TOLERANCE)


class View(NamedTuple):
    """Questions about the neighbours of a node; operators of other domains are nobody's neighbour."""

    graph: Graph

    def made_by(self, tensor: str, *ops: str) -> Node | None:
        """The node that writes ``tensor``, if it is one of ``ops``."""
        node = self.graph.producer_of(tensor)
        return node if node is not None and node.op in ops and not node.domain else None

    def only_user(self, tensor: str, *ops: str) -> Node | None:
        """The one node that reads ``tensor``, if it is one of ``ops``."""
        node = self.graph.only_reader(tensor)
        return node if node is not None and node.op in ops and not node.domain else None

    def scalar(self, tensor: str) -> float | None:
        """The value of a constant of one element."""
        found = self.graph.tensors.get(tensor)
        if found is None or not found.constant or found.elements != 1:
            return None
        return None if found.numbers is None else float(found.numbers[0])

    def is_near(self, tensor: str, target: float) -> bool:
        """Whether ``tensor`` is a constant of about ``target``."""
        return near(self.scalar(tensor), target)

    def other(self, node: Node, tensor: str) -> str:
        """The other operand of a binary node; the same one when both are."""
        return node.inputs[1] if node.inputs[0] == tensor else node.inputs[0]

    def split(self, node: Node) -> tuple[str, float] | None:
        """(tensor, scalar) of a binary node with one scalar constant, whichever side it is on."""
        if len(node.inputs) != 2:
            return None
        for tensor, constant in (node.inputs, node.inputs[::-1]):
            value = self.scalar(constant)
            if value is not None and not self.graph.is_constant(tensor):
                return tensor, value
        return None

    def scaled(self, tensor: str) -> tuple[str, float, list[Node]]:
        """``tensor`` as factor * source: what a Mul or Div by a scalar was applied to."""
        node = self.made_by(tensor, "Mul", "Div")
        parts = self.split(node) if node else None
        if node is None or parts is None or (node.op == "Div" and self.scalar(node.inputs[1]) in (None, 0.0)):
            return tensor, 1.0, []
        return parts[0], parts[1] if node.op == "Mul" else 1 / parts[1], [node]

    def squares(self, node: Node, x: str) -> bool:
        """Whether ``node``, a Mul or Pow, is x * x or x ** 2."""
        if node.inputs[0] != x:
            return False
        return node.inputs[1] == x if node.op == "Mul" else self.is_near(node.inputs[1], 2.0)

    def product(self, x: str, gate: str, scale: float, *first: str) -> tuple[Node, ...]:
        """The nodes that make scale * x * gate of ``gate``, the last one writing it; () where none do.

        ``first``: what may read ``gate``.
        """
        end = self.only_user(gate, *first)
        while end is not None:
            factors, scalar, nodes = self._factors(end)
            if sorted(factors) == sorted((x, gate)) and near(scalar, scale):
                return (*reversed(nodes),)
            end = self.only_user(end.outputs[0], "Mul", "Div")
        return ()

    def _factors(self, end: Node) -> tuple[list[str], float, list[Node]]:
        """The factors of a tree of Muls (and Divs by a scalar) that ends at ``end``, their scalar, the nodes."""
        factors: list[str] = []
        scalar, nodes = 1.0, [end]
        pending = [(end, 0), (end, 1)]
        while pending:
            owner, index = pending.pop(0)
            tensor = owner.inputs[index]
            value = self.scalar(tensor)
            if owner.op == "Div" and (index == 0) == (value is not None):
                return [], 0.0, []  # a scalar over a tensor, or a tensor over a tensor
            inner = self.made_by(tensor, "Mul", "Div")
            if value is not None:
                if owner.op == "Div" and value == 0:
                    return [], 0.0, []
                scalar *= 1 / value if owner.op == "Div" else value
            elif (
                inner is not None
                and len(nodes) < 3
                and self.only_user(tensor, "Mul", "Div") is owner
                and len(inner.inputs) == 2
            ):
                nodes.append(inner)
                pending += [(inner, 0), (inner, 1)]
            else:
                factors.append(tensor)
        return factors, scalar, nodes

    def axes(self, node: Node) -> tuple[int, ...] | None:
        """The reduced axes, from the attribute or the second input, as non-negative numbers."""
        axes = node.attrs.get("axes")
        if axes is None and node.input(1):
            values = self.graph.numbers(node.input(1))
            axes = None if values is None else tuple(map(int, values))
        shape = self.graph.shape(node.inputs[0])
        if not axes or shape is None:
            return None
        return tuple(sorted(a % len(shape) for a in axes))
