"""Nodes the converter has, in a spelling that crashes it."""

from __future__ import annotations

from collections.abc import Iterator

from sensorfit.graph.ir import Graph, Node
from sensorfit.verify.family import OPERATORS
from sensorfit.verify.rule import Facts, Issue, rule


@rule("SF104", "UnreadableSpelling", OPERATORS, ops="*")
def spelling(graph: Graph, node: Node, facts: Facts) -> Iterator[Issue]:
    """Valid ONNX that the converter's front end crashes on.

    It insists on some attributes that ONNX lets you leave out (LeakyRelu alpha,
    Gelu approximate), does not know some that newer opsets added (Cast
    saturate), cannot take a computed value where it expects a constant (the
    bounds of Clip, the exponent of Pow), and stumbles over an optional input
    written as "". It ends with an exception (EXEC).

    Fails:
        (float[1,16,32,32] x) => (float[1,16,32,32] y) { y = LeakyRelu (x) }

    Passes:
        (float[1,16,32,32] x) => (float[1,16,32,32] y) { y = LeakyRelu <alpha = 0.01> (x) }

    Fix: write the attribute out, leave the empty input out, or make the operand a constant; torch.onnx.export does the
    first two by itself.
    """
    if node.domain or not facts:
        return
    for name in facts.get("required", ()):
        if name not in node.attrs:
            yield Issue(
                f"attribute '{name}' is missing: the front end has no default for it",
                f"write {name} out, at its ONNX default if you mean that",
                code="EXEC",
            )
    for name in facts.get("unreadable", ()):
        if name in node.attrs:
            yield Issue(
                f"attribute '{name}' is not known to the front end",
                f"remove the attribute {name}: at its default it changes nothing",
                code="EXEC",
            )
    for index in facts.get("given", ()):
        if index < len(node.inputs) and not node.inputs[index]:
            yield Issue(
                "an optional input written as an empty name",
                "leave the trailing empty input out of the node's input list",
                f"input {index}",
                code="EXEC",
            )
    for index in facts.get("constant", ()):
        tensor = node.input(index)
        if tensor and not graph.is_constant(tensor):
            yield Issue(
                f"input {index} is computed; the front end needs a constant",
                "make it a constant: export with static shapes and fold constants (onnxslim)",
                tensor,
                code="EXEC",
            )
    for index in facts.get("scalar_constant", ()):
        yield from _scalar(graph, node, index)
    if "outputs" in facts and sum(1 for o in node.outputs if o) > facts["outputs"]:
        yield Issue(
            "more outputs than the front end expects",
            "export in inference mode: model.eval() before torch.onnx.export",
            f"{len(node.outputs)} outputs",
            code="EXEC",
        )


def _scalar(graph: Graph, node: Node, index: int) -> Iterator[Issue]:
    tensor = node.input(index)
    if not tensor:
        return
    if not graph.is_constant(tensor):
        yield Issue(
            f"input {index} is computed; the front end needs a constant",
            "use a constant; for a computed bound use Min and Max, for x^y write Mul or Exp",
            tensor,
            code="EXEC",
        )
    elif graph.shape(tensor) != ():
        yield Issue(
            f"input {index} is not a scalar (rank 0)",
            "store the constant with rank 0; for a value a channel write it with Mul, Min or Max",
            f"shape {graph.shape(tensor)}",
            code="EXEC",
        )
