"""Attribute values, numbers of operands and outputs that the converter's table does not list."""

from __future__ import annotations

from collections.abc import Iterator

from sensorfit.graph.ir import Graph, Node
from sensorfit.verify.facts import attribute
from sensorfit.verify.family import OPERATORS
from sensorfit.verify.rule import Facts, Issue, rule


@rule("SF105", "ArgumentForm", OPERATORS, ops="*")
def arguments(graph: Graph, node: Node, facts: Facts) -> Iterator[Issue]:
    """An attribute value, an operand or an output that the converter does not accept.

    For many attributes the converter takes a closed list of values, often one:
    ceil_mode 0, transA 0, alpha 1, Pad mode "constant", Resize mode "nearest"
    or "linear". Max and Min take exactly two operands; the indices of MaxPool
    and the statistics of LayerNormalization must not be used.

    Fails:
        (float[1,16,32,32] x) => (float[1,16,16,16] y) { y = MaxPool <kernel_shape = [2, 2], strides = [2, 2], ceil_mode = 1> (x) }

    Passes:
        (float[1,16,32,32] x) => (float[1,16,16,16] y) { y = MaxPool <kernel_shape = [2, 2], strides = [2, 2]> (x) }

    Fix: use one of the listed values; the finding says what replaces the other one.
    """
    if node.domain or not facts:
        return
    for name, allowed in facts.get("attributes", {}).items():
        value = attribute(node, name, facts)
        if value not in allowed:
            yield Issue(
                f"{name}: Supported values: {allowed}",
                _FIXES.get((node.op, name), f"set {name} to {' or '.join(map(str, allowed))}"),
                f"{name} = {value}",
            )
    if "last_axis" in facts:
        axis, shape = attribute(node, "axis", facts), graph.shape(node.input(0))
        if axis != -1 and (shape is None or axis != len(shape) - 1):
            yield Issue(facts["last_axis"], "Transpose the axis to the last place before", f"axis {axis}")
    computed = facts.get("computed")
    if computed and graph.is_constant(node.input(computed["input"])):
        yield Issue(
            computed["reason"], "use Gather or Slice where they are constant, or leave it to the host"
        )
    operands = facts.get("operands")
    if operands and len(node.inputs) != operands["number"]:
        yield Issue(
            operands["reason"], f"chain {node.op} nodes of two inputs each", f"{len(node.inputs)} inputs"
        )
    if "single_output" in facts:
        for output in node.outputs[1:]:
            if output:
                yield Issue(
                    facts["single_output"],
                    "drop the output from the node; compute indices or statistics on the host",
                    output,
                )


_FIXES = {
    (
        "MaxPool",
        "ceil_mode",
    ): "set ceil_mode=False and pad the input (Pad, value of the lowest activation) where the last window matters",
    (
        "Pad",
        "mode",
    ): "pad with zeros (mode 'constant'); reflect or edge padding becomes zero padding inside the convolution, at some cost at the borders",
    (
        "Resize",
        "mode",
    ): "use mode='bilinear' with align_corners=False (linear, half_pixel) instead of bicubic: slightly softer edges",
    ("Resize", "antialias"): "set antialias=False, or downsample with a strided convolution or AveragePool",
    ("Gemm", "alpha"): "fold alpha into the weight matrix (B * alpha) and leave the attribute out",
    ("Gemm", "beta"): "fold beta into the bias (C * beta) and leave the attribute out",
    (
        "Gemm",
        "transA",
    ): "put the activation first as (1, features) and transpose the weights instead (transB=1)",
    ("TopK", "largest"): "negate the values (Neg) before and after, with largest=1",
    ("TopK", "sorted"): "set sorted=1",
    ("ConvTranspose", "auto_pad"): "leave auto_pad out: ConvTranspose without padding, then crop with Slice",
}
