"""Matrix products."""

from __future__ import annotations

from collections.abc import Iterator

from sensorfit.graph.ir import Graph, Node, Shape
from sensorfit.verify.family import OPERATORS
from sensorfit.verify.rule import Facts, Issue, rule

from .batch_axis import batch_fix

_FULLY_CONNECTED = "Only 2d input (N,D) or 4d (N, D0, D1, D2) input is supported"
_TWO_ACTIVATIONS = "Only dynamic 2d inputs (N, D0, D1) are supported"


@rule("SF119", "MatrixProduct", OPERATORS, ops=("MatMul", "Gemm"))
def product(graph: Graph, node: Node, facts: Facts) -> Iterator[Issue]:
    """A matrix product in the wrong rank, or with the weights first.

    With constant weights (a fully connected layer) the activation comes first
    and is 2-D or 4-D with 1 in front, the weights are a matrix (Cin, Cout): an
    nn.Linear on 3-D tokens is refused. With two activations (attention) both are 3-D
    (1, rows, columns). A 4-D product of batch 1, multi-head attention as most
    write it, is refused on the raw float graph, too; but MCT takes it apart
    into one 3-D product a head (its matmul decomposition), and what comes out
    converts (memory probes att1, yatt2, mm2). So it counts as accepted, with a
    warning. One whose first axis is not 1, as in windowed attention, stays refused.

    Fails:
        (float[1,1024,16] x) => (float[1,1024,8] y) <float[16,8] w> { y = MatMul (x, w) }

    Passes:
        (float[1,32,32,16] x) => (float[1,32,32,8] y) <float[16,8] w> { y = MatMul (x, w) }

    Fix: a Linear on tokens becomes a 1x1 Conv on (1, C, H, W), or stays a Linear on 4-D (1, H, W, C); attention goes
    through sensorfit build with batch 1, or runs one head at a time on (1, tokens, channels) with Split and Concat.
    """
    first, second = graph.shape(node.inputs[0]), graph.shape(node.input(1))
    if graph.is_constant(node.inputs[0]):
        yield Issue(
            "Only dynamic first input is supported",
            "swap the operands: (W x)^T = x^T W^T, with Transpose on both sides",
            f"input 0 is a constant of shape {first}",
        )
    if node.op == "Gemm":
        if not graph.is_constant(node.input(1)):
            yield Issue(
                "Only const second input is supported (originated from fully connected)",
                "use MatMul on 3-D tensors (1, rows, columns) for a product of two activations",
                f"input 1 of shape {second}",
            )
        elif first and first[0] not in (1, None):
            yield Issue(_FULLY_CONNECTED, batch_fix(graph, first[0]), f"input shape {first}")
        return
    if graph.is_constant(node.inputs[0]):
        return
    if graph.is_constant(node.input(1)):
        if second is not None and len(second) != 2:
            yield Issue(
                "When the second input is const, its shape must be (Cin, Cout) (originated from fully connected layer)",
                "store the weights as a matrix (Cin, Cout); for weights per head or per channel use a grouped 1x1 Conv",
                f"weights of shape {second}",
            )
        elif first and first[0] not in (1, None) and len(first) in (2, 4):
            yield Issue(_FULLY_CONNECTED, batch_fix(graph, first[0]), f"input shape {first}")
        elif first is not None and len(first) not in (2, 4):
            yield Issue(
                _FULLY_CONNECTED,
                "replace the Linear by a 1x1 Conv on (1, C, H, W), or Reshape the tokens to 4-D (1, H, W, C) around it",
                f"input shape {first}",
            )
        return
    apart = by_head(first, second)
    for index, shape in enumerate((first, second)):
        if apart:
            yield Issue.accepted(
                "Only dynamic 2d inputs (N, D0, D1) are supported on the raw float graph; MCT takes the product apart by "
                "head, and the converter judges each",
                "go through sensorfit build; to hand the float file over, multiply one head at a time",
                f"input {index} of shape {shape}",
                code="INVOP",
                probes=("matmul_4d_tt", "matmul_3d_tt"),
            )
        elif shape is None:
            yield Issue.unknown(
                "the rank of an operand is not known", "export with static shapes", node.input(index)
            )
        elif len(shape) == 3 and shape[0] not in (1, None):
            yield Issue(_TWO_ACTIVATIONS, batch_fix(graph, shape[0]), f"input {index} of shape {shape}")
        elif len(shape) != 3:
            yield Issue(
                _TWO_ACTIVATIONS,
                "multiply 3-D tensors (1, tokens, channels): one head at a time, with Split before and Concat after",
                f"input {index} of shape {shape}",
            )


def by_head(first: Shape | None, second: Shape | None) -> bool:
    """Whether MCT makes 3-D products of batch 1 of this one: (1, heads, m, k) by (1, heads, k, n)."""
    return (
        first is not None
        and second is not None
        and len(first) == len(second) == 4
        and first[0] == second[0] == 1
        and first[1] == second[1]
    )
