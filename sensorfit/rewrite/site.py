"""The place where a rewrite is tried: one refused node, its neighbours, its constants."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from ..graph.ir import Graph, Node, Tensor
from ..graph.view import View
from .draft import Draft

if TYPE_CHECKING:
    import numpy as np

    from ..verify.finding import Finding


class Site:
    """One node of a graph, with what the rules said of it. Shapes are static wherever a rewrite may be used."""

    def __init__(self, graph: Graph, node: Node, findings: Sequence[Finding] = ()) -> None:
        self.graph = graph
        self.node = node
        self.findings = tuple(findings)
        self.opset = graph.opset
        """The opset at which the drafts' operators are written."""
        self.pinned: set[str] = set()
        """The constants whose values were read: what is drawn from them holds for these values only."""

    @property
    def view(self) -> View:
        """Questions about neighbours: ``only_user``, ``made_by``, ``scalar``."""
        return View(self.graph)

    def attr(self, name: str, default: Any = None) -> Any:
        """An attribute, ``default`` where it is not written."""
        value = self.node.attrs.get(name)
        return default if value is None else value

    def ints(self, name: str, default: Iterable[int]) -> list[int]:
        """An attribute of whole numbers."""
        return [int(v) for v in (self.node.attrs.get(name) or default)]

    def shape(self, tensor: str) -> tuple[int, ...]:
        """The shape of a tensor by name; () also where it is not fully known (``known`` asks)."""
        found = self.graph.tensors.get(tensor)
        return found.shape if found is not None and found.static else ()  # type: ignore[return-value]

    @property
    def x(self) -> tuple[int, ...]:
        """The shape of the first input."""
        return self.shape(self.node.inputs[0])

    @property
    def y(self) -> tuple[int, ...]:
        """The shape of the first output."""
        return self.shape(self.node.outputs[0])

    def known(self) -> bool:
        """Whether every tensor at the node is static."""
        names = [t for t in (*self.node.inputs, *self.node.outputs) if t]
        return all(self.graph.tensors[t].static for t in names if t in self.graph.tensors)

    def is_constant(self, tensor: str) -> bool:
        """Whether ``tensor`` is a weight or another constant."""
        return bool(tensor) and self.graph.is_constant(tensor)

    def numbers(self, tensor: str) -> list[float] | None:
        """The values of a small constant, row-major; None where there are none. The proof then holds for these values."""
        self.pinned.add(tensor)
        found = self.graph.numbers(tensor)
        return None if found is None else list(found)

    def whole_numbers(self, tensor: str) -> list[int] | None:
        """The same as integers."""
        found = self.numbers(tensor)
        return None if found is None else [int(v) for v in found]

    def array(self, tensor: str) -> np.ndarray | None:
        """The values of a constant in its shape; as ``numbers``."""
        self.pinned.add(tensor)
        found: Tensor | None = self.graph.tensors.get(tensor)
        return found._constant.array if found is not None and found._constant is not None else None

    def alone(self, *nodes: Node) -> bool:
        """Whether nothing but ``nodes`` reads what they write, the last one's outputs aside: they may go together."""
        inner = {o for n in nodes[:-1] for o in n.outputs if o}
        names = {n.name for n in nodes}
        return not inner & set(self.graph.outputs) and all(
            r.name in names for o in inner for r in self.graph.consumers_of(o)
        )

    def draft(self, *nodes: Node, form: str = "") -> Draft:
        """A draft that replaces ``nodes`` (the site's own where none are named); ``form`` names it among alternatives."""
        return Draft(self.graph, nodes or (self.node,), self.pinned, form, self.opset)
