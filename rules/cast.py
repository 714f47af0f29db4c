"""Conversions of type."""

from __future__ import annotations

from collections.abc import Iterator

from sensorfit.graph.ir import Graph, Node
from sensorfit.verify.family import OPERATORS
from sensorfit.verify.rule import Facts, Issue, rule


@rule("SF120", "Cast", OPERATORS, ops=("Cast",))
def cast(graph: Graph, node: Node, facts: Facts) -> Iterator[Issue]:
    """A conversion between types.

    The network is quantized as a whole; the converter takes a Cast only where
    it changes nothing (float32 to float32). Half precision, integer inputs and
    masks made by comparisons meet this wall.

    Fails:
        (float[1,16,32,32] x) => (int32[1,16,32,32] y) { y = Cast <to = 6> (x) }

    Passes:
        (float[1,16,32,32] x) => (float[1,16,32,32] y) { y = Cast <to = 1> (x) }

    Fix: export the whole model in float32 with a float32 input; leave the indices of ArgMax and the result of
    comparisons unconverted as outputs, and convert on the host.
    """
    source, result = graph.tensors.get(node.inputs[0]), graph.tensors.get(node.outputs[0])
    before, after = source.dtype if source else "", result.dtype if result else ""
    if not before or not after:
        yield Issue.unknown("the type before or after the Cast is not known", "check with --confirm")
    elif _stored(before) != _stored(after):
        fix = (
            "export in float32 (model.float()) with a float32 input"
            if "float" in before and "float" in after
            else _HOST
        )
        yield Issue(f"Cast from {before} to {after} is not supported", fix)


_HOST = "leave the value as it is and convert on the host; make the input float32"


def _stored(dtype: str) -> str:
    """bfloat16 has no numpy type: the front end reads it as float32."""
    return "float32" if dtype == "bfloat16" else dtype
