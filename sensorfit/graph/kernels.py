"""Kernels of another rank than the image they are laid over: no ONNX, so that no runtime computes the network.

PyTorch pools an image without a batch axis, (C, H, W), and its exporter writes that as it stands; ONNX knows of no such form.
"""

from __future__ import annotations

from typing import Final

from .ir import Graph, Node

OPERATORS: Final = frozenset({"Conv", "ConvTranspose", "MaxPool", "AveragePool", "LpPool"})


def other_rank(graph: Graph, node: Node) -> bool:
    """Whether the kernel of ``node`` has more or fewer axes than its input has beside the batch and the channels."""
    kernel, shape = node.attrs.get("kernel_shape"), graph.shape(node.input(0))
    return (
        node.op in OPERATORS
        and not node.domain
        and isinstance(kernel, (list, tuple))
        and shape is not None
        and len(kernel) != len(shape) - 2
    )
