"""An image whose channels stand last, as the sensor delivers it: channels first.

    x (1, H, W, C) ─► Transpose (0, 3, 1, 2) ─► f      ─►      x (1, C, H, W) ─► f

Exporters of TensorFlow and Keras write such inputs. The Transpose that follows at once goes; where another operator reads the
image, one that turns it back stands in front. The numbers are the same, and the image is fed turned.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Final

import numpy as np

from ..graph.ir import Graph, Node

TO_FIRST: Final = (0, 3, 1, 2)
TO_LAST: Final = (0, 2, 3, 1)
Asked = Callable[[Mapping[str, np.ndarray]], list[np.ndarray]]


def with_channels_first(graph: Graph, names: Iterable[str]) -> Graph:
    """``graph`` with these inputs as (1, C, H, W)."""
    for name in names:
        graph = _turned(graph, name)
    return graph


class TakesLast:
    """A network that takes images with their channels last, asked with channels first."""

    def __init__(self, asked: Asked, names: Iterable[str]) -> None:
        self._asked, self._names = asked, tuple(names)

    def __call__(self, feeds: Mapping[str, np.ndarray]) -> list[np.ndarray]:
        """The outputs, in their order."""
        return self._asked({n: a.transpose(TO_LAST) if n in self._names else a for n, a in feeds.items()})


def _turned(graph: Graph, name: str) -> Graph:
    image = graph.tensors[name]
    shape = image.shape or ()
    first = {n.outputs[0]: n.name for n in graph.consumers_of(name) if _to_first(n)}
    first = {tensor: node for tensor, node in first.items() if tensor not in graph.outputs}
    gone, last = frozenset(first.values()), f"{name}/channels_last"
    alias = {**dict.fromkeys(first, name), name: last}
    nodes = [
        replace(n, inputs=tuple(alias.get(i, i) for i in n.inputs)) for n in graph.nodes if n.name not in gone
    ]
    tensors = {t: v for t, v in graph.tensors.items() if t not in first}
    tensors[name] = replace(image, shape=tuple(shape[axis] for axis in TO_FIRST))
    if any(last in n.inputs for n in nodes):
        tensors[last] = replace(image, name=last)
        nodes.insert(0, Node(f"{last}/Transpose", "Transpose", (name,), (last,), {"perm": TO_LAST}))
    return graph.replace(nodes=tuple(nodes), tensors=tensors)


def _to_first(node: Node) -> bool:
    return node.op == "Transpose" and not node.domain and tuple(node.attrs.get("perm") or ()) == TO_FIRST
