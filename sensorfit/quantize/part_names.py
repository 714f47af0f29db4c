"""Names in the exported graph that leave room for the parts into which the converter takes a grouped convolution.

    /Mul_1 ─► Conv, 3 groups        /Mul_10, /Mul_11, /Mul_12 ─► a Conv each

It calls the parts of the input as what computes it, with their number behind, and stops where the network has nodes of these names
("expecting nodes to have unique id's"): eleven functions of a kind are enough, since torch numbers them.
"""

from __future__ import annotations

import onnx


def free_for_parts(graph: onnx.GraphProto) -> None:
    """Rename, in place, what computes the input of a grouped convolution where a part of it would be called as another node."""
    names = {node.name for node in graph.node}
    makers = {output: node for node in graph.node for output in node.output}
    for node in graph.node:
        groups = next((a.i for a in node.attribute if a.name == "group"), 1)
        maker = makers.get(node.input[0]) if node.op_type == "Conv" and groups > 1 else None
        while maker is not None and maker.domain:  # quantizers, which become part of what they follow
            maker = makers.get(maker.input[0])
        if maker is None:
            continue
        names.discard(maker.name)
        while maker.name in names or any(f"{maker.name}{part}" in names for part in range(groups)):
            maker.name += "_"
        names.add(maker.name)
