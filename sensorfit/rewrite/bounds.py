"""How large whole numbers may be so that a graph of sums and products computes them exactly in float32.

float32 holds every whole number up to 2^24. By node, the largest magnitude and the degree as a polynomial are carried
forward; what is neither sum, product nor a move of data raises NotPolynomial.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import lcm, prod
from typing import Final, NamedTuple

from ..graph.ir import Graph, Node

EXACT: Final = 2**24
MOVES: Final = frozenset(
    {"Reshape", "Transpose", "Slice", "Concat", "Split", "Gather", "Pad", "Squeeze", "Unsqueeze", "Flatten", "Expand",
     "Identity", "DepthToSpace", "SpaceToDepth", "Tile", "Neg", "Dropout", "Trilu"}
)  # fmt: skip
SUMS: Final = frozenset({"ReduceSum", "ReduceMean", "AveragePool", "GlobalAveragePool", "CumSum"})


MOST_FACTORS: Final = 24
"""Of a product: the whole numbers -1, 0 and 1 are all that float32 leaves room for beyond."""


class NotPolynomial(ValueError):
    """The graph holds an operator that is no sum, product or move of data."""


class Size(NamedTuple):
    """Of the values of a tensor: the largest magnitude, the degree in inputs and weights."""

    largest: int
    degree: int


def divisor(graph: Graph) -> int:
    """What the inputs must be multiples of so that every mean is a whole number."""
    found = 1
    for node in graph.nodes:
        if node.op == "AveragePool":
            kernel = node.attrs["kernel_shape"]
            counts = [1]
            for k in kernel:
                counts = [c * i for c in counts for i in range(1, k + 1)]
            found *= lcm(*counts)
        elif node.op in ("ReduceMean", "GlobalAveragePool"):
            found *= _elements(graph, node.inputs[0]) // max(1, _elements(graph, node.outputs[0]))
    return found


def sizes(graph: Graph, given: Mapping[str, int], constants: Mapping[str, int]) -> dict[str, Size]:
    """Of every tensor, with inputs and weights at most ``given`` and other constants as they are."""
    found = {name: Size(largest, 1) for name, largest in given.items()}
    found |= {name: Size(largest, 0) for name, largest in constants.items() if name not in found}
    for node in graph.nodes:
        size = _size(graph, node, [found[i] for i in node.inputs if i in found])
        found |= {o: size for o in node.outputs if o}
    return found


def _size(graph: Graph, node: Node, read: list[Size]) -> Size:
    if node.domain:
        raise NotPolynomial(node.op)
    if node.op in MOVES:
        return Size(
            max(r.largest for r in read),
            read[0].degree if node.op != "Concat" else max(r.degree for r in read),
        )
    if node.op in ("Add", "Sub", "Sum"):
        return Size(sum(r.largest for r in read), max(r.degree for r in read))
    if node.op == "Mul":
        return Size(prod(r.largest for r in read), sum(r.degree for r in read))
    if node.op in ("Conv", "ConvTranspose", "MatMul", "Gemm"):
        alpha, beta = (_whole_factor(node, name) for name in ("alpha", "beta"))
        bias = beta * read[2].largest if len(read) > 2 else 0
        largest = alpha * _terms(graph, node) * read[0].largest * read[1].largest + bias
        return Size(largest, read[0].degree + read[1].degree)
    if node.op == "Where":
        return Size(max(r.largest for r in read), max(r.degree for r in read))
    if node.op == "ReduceSumSquare":
        return Size(_elements(graph, node.inputs[0]) * read[0].largest ** 2, 2 * read[0].degree)
    if node.op == "ReduceProd":
        factors = _elements(graph, node.inputs[0]) // max(1, _elements(graph, node.outputs[0]))
        if factors > MOST_FACTORS:
            raise NotPolynomial(node.op)
        return Size(read[0].largest ** factors, factors * read[0].degree)
    if node.op == "Col2Im":
        over = (graph.shape(node.inputs[0]) or (1, 1))[1] or 1  # blocks over a cell: at most the taps of one
        return Size(over * read[0].largest, read[0].degree)
    if node.op == "Einsum":
        summed = prod(_elements(graph, i) for i in node.inputs)  # more than there are
        return Size(summed * prod(r.largest for r in read), sum(r.degree for r in read))
    if node.op in SUMS:
        # the sum is made before it is divided
        window = (
            prod(node.attrs["kernel_shape"]) if node.op == "AveragePool" else _elements(graph, node.inputs[0])
        )
        return Size(window * read[0].largest, read[0].degree)
    if node.op == "Resize" and node.attrs.get("mode", "nearest") == "nearest":
        return read[0]
    raise NotPolynomial(node.op)


def _whole_factor(node: Node, name: str) -> int:
    """The magnitude of a factor of a Gemm; NotPolynomial for one that float32 rounds in a product."""
    factor = float(node.attrs.get(name, 1.0)) if node.op == "Gemm" else 1.0
    if factor != round(factor):
        raise NotPolynomial(f"{name} is no whole number")
    return max(1, int(abs(factor)))


def _terms(graph: Graph, node: Node) -> int:
    """How many products a result sums up."""
    shape = [d or 1 for d in graph.shape(node.inputs[1]) or ()]
    if node.op == "Conv":
        return prod(shape[1:])
    if node.op == "ConvTranspose":
        return shape[0] // int(node.attrs.get("group", 1)) * prod(shape[2:])
    first = [d or 1 for d in graph.shape(node.inputs[0]) or (1,)]
    return first[0] if node.op == "Gemm" and node.attrs.get("transA") else first[-1]


def _elements(graph: Graph, tensor: str) -> int:
    return prod(d or 1 for d in graph.shape(tensor) or ())
