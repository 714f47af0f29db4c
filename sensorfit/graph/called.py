"""What a node is called in the file that sensorfit build hands to the converter, which orders steps by names where nothing else decides.

Layers keep the names of their nodes, a torch function is called as its operator and numbered: ``/encoder_conv1_Conv/layer/Conv``
beside ``/Add_3``.
"""

from __future__ import annotations

import re
from collections import Counter
from functools import cached_property
from typing import Final

from .ir import Graph, Node

LAYERS: Final = frozenset(
    {
        "AveragePool", "BatchNormalization", "Clip", "Conv", "ConvTranspose", "Gelu", "GroupNormalization", "HardSigmoid",
        "HardSwish", "InstanceNormalization", "LayerNormalization", "LeakyRelu", "MaxPool", "Mish", "Relu", "Selu", "Sigmoid",
        "Silu", "Softmax", "Softplus", "Tanh",
    }
)  # fmt: skip
"""Operators that become a torch layer; a product with constant weights does, too."""
OPERATOR: Final = re.compile(r"[A-Z][A-Za-z]*")
"""The last part of what torch's export calls a node, where the module has one of the kind."""
PART_OF_LAYER: Final = "part of a layer"
"""``Node.pattern`` of what the converter makes of one layer and calls as it: ``/stem_Conv/layer/Conv_dm0``."""


TAKEN: Final = "output"
"""What torch.fx calls the end of a graph: MCT takes a layer of that name, or of an input's, for that end or that input."""


def input_name(text: str) -> str:
    """``text`` as the name of an input of the torch module."""
    found = "".join(c if c.isalnum() and c.isascii() else "_" for c in text)
    return found if found and not found[0].isdigit() else f"input_{found}"


def layer_name(text: str) -> str:
    """``text`` as the name of a torch layer."""
    base = re.sub(r"\W+", "_", text).strip("_") or "node"
    return f"n{base}" if base[0].isdigit() else base


class Called:
    """What the nodes of a graph are called in the file that the converter reads.

    torch's export calls the operator of a module ``/encoder/conv1/Conv``; the layer is called as the module, as it
    would be if MCT were given the torch network itself: ``encoder_conv1``. What lies beside other nodes of its
    path is no module of its own and keeps the whole name: ``/encoder/Relu`` is ``encoder_relu``.
    """

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self._taken = {TAKEN, *map(input_name, graph.inputs)}
        self._containers: set[str] = set()
        """The paths that hold modules, or more than one node."""
        modules: set[str] = set()
        for node in graph.nodes:
            path = node.name.rpartition("/")[0]
            if path in modules:
                self._containers.add(path)
            modules.add(path)
        for path in modules:
            while path := path.rpartition("/")[0]:
                if path in self._containers:
                    break
                self._containers.add(path)

    def layer(self, node: str) -> str:
        """The layer of the node called ``node``."""
        path, _, last = node.rpartition("/")
        name = layer_name(
            path if path and OPERATOR.fullmatch(last) and path not in self._containers else node
        )
        return f"{name}_layer" if name in self._taken else name

    def __call__(self, node: Node) -> str:
        """The beginning of what the converter calls the steps of ``node``."""
        weighed = node.op in ("Gemm", "MatMul") and any(map(self._graph.is_constant, node.inputs[:2]))
        if not (weighed or node.op in LAYERS or node.pattern == PART_OF_LAYER):
            number = self._numbers[node.name]
            return f"{node.op}_{number}" if number else node.op
        first, *others = (*node.merged, node.name)
        name = self.layer(first)
        for other in others:
            name = f"{name}_{self.layer(other)}_collapsed"
        return re.sub("(?<=[a-z])(?=[A-Z])", "_", name).lower()  # as torch.fx names its nodes

    @cached_property
    def _numbers(self) -> dict[str, int]:
        """For each node, how many of its operator stand before it in the file that MCT writes."""
        before: Counter[str] = Counter()
        numbers: dict[str, int] = {}
        for node in sorted(self._graph.nodes, key=lambda node: self._graph.breadth_first[node.name]):
            numbers[node.name] = before[node.op]
            before[node.op] += 1
        return numbers
