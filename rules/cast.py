"""Conversions of type."""

from __future__ import annotations

from collections.abc import Iterator

from sensorfit.graph.ir import Graph, Node
from sensorfit.graph.lower import between_floats
from sensorfit.verify.family import OPERATORS
from sensorfit.verify.rule import Facts, Issue, rule


@rule("SF120", "Cast", OPERATORS, ops=("Cast",))
def cast(graph: Graph, node: Node, facts: Facts) -> Iterator[Issue]:
    """A conversion between types.

    The network is quantized as a whole; the converter takes a Cast only where
    it changes nothing (float32 to float32). Integer inputs and masks made by
    comparisons meet this wall. Half precision does in the file itself, but
    sensorfit build computes in float32 throughout, where a Cast
    from one float to another is gone: that is a warning about the file.

    Fails:
        (float[1,16,32,32] x) => (int32[1,16,32,32] y) { y = Cast <to = 6> (x) }

    Passes:
        (float[1,16,32,32] x) => (float[1,16,32,32] y) { y = Cast <to = 1> (x) }

    Fix: leave the indices of ArgMax and the result of
    comparisons unconverted as outputs, and convert on the host.
    """
    source, result = graph.tensors.get(node.inputs[0]), graph.tensors.get(node.outputs[0])
    before, after = source.dtype if source else "", result.dtype if result else ""
    if not before or not after:
        yield Issue.unknown("the type before or after the Cast is not known", "check with --confirm")
    elif _stored(before) != _stored(after):
        refused = f"Cast from {before} to {after} is not supported"
        if between_floats(before, after):
            yield Issue.accepted(
                f"{refused}: the raw file stops the front end; sensorfit build computes in float32, without the Cast",
                "to run the converter on this file yourself, export in float32 (model.float()) with a float32 input",
                code="INVOP",
            )
        else:
            yield Issue(refused, _HOST)


_HOST = "leave the value as it is and convert on the host; make the input float32"


def _stored(dtype: str) -> str:
    """bfloat16 has no numpy type: the front end reads it as float32."""
    return "float32" if dtype == "bfloat16" else dtype
