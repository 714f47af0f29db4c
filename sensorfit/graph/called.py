"""What a node is called in the file that sensorfit build hands to the converter, which orders steps by names where nothing else decides.

Layers keep the names of their nodes, a torch function is called as its operator: ``/encoder_conv1_Conv/layer/Conv``
beside ``/Add_3``.
"""

from __future__ import annotations

import re
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
PART_OF_LAYER: Final = "part of a layer"
"""``Node.pattern`` of what the converter makes of one layer and calls as it: ``/stem_Conv/layer/Conv_dm0``."""


def layer_name(node: str) -> str:
    """A node's name as the name of a torch layer."""
    base = re.sub(r"\W+", "_", node).strip("_") or "node"
    return f"n{base}" if base[0].isdigit() else base


def called(graph: Graph, node: Node) -> str:
    """The beginning of what the converter calls the steps of ``node``, without the number of a function."""
    weighed = node.op in ("Gemm", "MatMul") and any(map(graph.is_constant, node.inputs[:2]))
    layer = weighed or node.op in LAYERS or node.pattern == PART_OF_LAYER
    return layer_name(node.name) if layer else node.op
