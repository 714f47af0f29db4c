"""BatchNormalization of an old file in training mode: up to opset 13 the number of its outputs tells the mode.

PyTorch writes five where weights are standardised (NFNet, BiT), and onnxruntime then normalises by the mean and variance of the
data itself. Nothing reads the other four, and ONNX's own converter to a later opset ends at them; from opset 14 on an attribute
says it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from onnx import GraphProto, NodeProto, helper

from .subgraphs import reads

BY_ATTRIBUTE: Final = 14
"""The first opset whose attribute ``training_mode`` tells the mode."""


def read_in(graph: GraphProto) -> frozenset[str]:
    """The tensors that anything in ``graph`` reads, and its outputs."""
    return frozenset(t for n in graph.node for t in reads(n)) | {o.name for o in graph.output}


def trains(node: NodeProto, opset: int, read: frozenset[str]) -> bool:
    """Whether ``node`` is such a normalisation, of which nothing but the first output is in ``read``."""
    several = node.op_type == "BatchNormalization" and not node.domain and len(node.output) > 1
    return several and opset < BY_ATTRIBUTE and read.isdisjoint(node.output[1:])


def with_first_output(node: NodeProto) -> NodeProto:
    """A copy with one output; what it then computes is another thing until ``in_training`` says so."""
    copy = NodeProto()
    copy.CopyFrom(node)
    del copy.output[1:]
    return copy


def in_training(node: NodeProto) -> NodeProto:
    """A copy for opset 14 and later, whose three outputs onnxruntime asks for."""
    copy = with_first_output(node)
    kept = [a for a in copy.attribute if a.name != "spatial"]
    del copy.attribute[:]
    copy.attribute.extend([*kept, helper.make_attribute("training_mode", 1)])
    copy.output.extend(f"{node.output[0]}/{what}" for what in ("mean", "variance"))
    return copy


def mark(nodes: Iterable[NodeProto], outputs: frozenset[str]) -> None:
    """Set the mode, in place, of the normalisations among ``nodes`` that write one of ``outputs``."""
    for node in nodes:
        if node.op_type == "BatchNormalization" and outputs.intersection(node.output):
            node.CopyFrom(in_training(node))
