"""Multiply-accumulates of a node, exact, in the field's convention.

One MAC is one multiplication and one addition. What is counted: convolutions,
with their groups, strides and padding as the output shape shows them;
transposed convolutions, by their input; Gemm, MatMul, Einsum and the recurrent
operators. Biases and folded BatchNorm count nothing. Element-wise work,
pooling, normalization and resampling are no MACs: ``elements`` counts them apart.
"""

from __future__ import annotations

from math import prod
from typing import TypeGuard

from ..graph.ir import Graph, Node, Shape

CONVOLUTIONS = {"Conv": 1, "DeformConv": 1, "ConvInteger": 1, "QLinearConv": 3}
"""Operator -> which input holds the weights, (Cout, Cin / groups, *kernel)."""
PRODUCTS = {"Gemm": (0, 1), "MatMul": (0, 1), "MatMulInteger": (0, 1), "QLinearMatMul": (0, 3)}
"""Operator -> its two factors."""
RECURRENT = frozenset({"LSTM", "GRU", "RNN"})
COUNTED = frozenset({*CONVOLUTIONS, *PRODUCTS, *RECURRENT, "ConvTranspose", "Einsum"})
"""Every operator that has MACs."""


def macs(graph: Graph, node: Node) -> int | None:
    """MACs of one inference of ``node``; 0 where it has none, None where a shape is unknown."""
    if node.domain not in ("", "com.microsoft") or node.op not in COUNTED:
        return 0
    if node.op in CONVOLUTIONS:
        weight = _known(graph.shape(node.input(CONVOLUTIONS[node.op])))
        out = _known(graph.shape(first_output(node)))
        return prod(out) * prod(weight[1:]) if _is_kernel(weight) and out is not None else None
    if node.op == "ConvTranspose":
        weight, given = _known(graph.shape(node.input(1))), _known(graph.shape(node.input(0)))
        return prod(given) * prod(weight[1:]) if _is_kernel(weight) and given is not None else None
    if node.op in PRODUCTS:
        out, inner = _known(graph.shape(first_output(node))), inner_size(graph, node)
        return prod(out) * inner if out is not None and inner is not None else None
    if node.op in RECURRENT:
        given = _known(graph.shape(node.input(0)))
        matrices = [_known(graph.shape(node.input(i))) for i in (1, 2)]
        if not given or None in matrices:
            return None
        return prod(given[:2]) * sum(prod(m) for m in matrices if m)
    return _einsum(graph, node)


def first_output(node: Node) -> str:
    """The first output that ``node`` writes, "" when it writes none."""
    return next((o for o in node.outputs if o), "")


def total_macs(graph: Graph) -> tuple[int, tuple[Node, ...]]:
    """MACs of a whole graph, and the nodes whose share is unknown."""
    counts = [(node, macs(graph, node)) for node in graph.nodes]
    return sum(m for _, m in counts if m is not None), tuple(node for node, m in counts if m is None)


def elements(graph: Graph, node: Node) -> int | None:
    """Output elements of ``node``, None where a shape is unknown."""
    shapes = [_known(graph.shape(o)) for o in node.outputs if o]
    return None if None in shapes else sum(prod(s) for s in shapes if s is not None)


def inner_size(graph: Graph, node: Node) -> int | None:
    """Length of the sum in a matrix product; None where unknown."""
    first, second = PRODUCTS[node.op]
    left, right = graph.shape(node.input(first)), graph.shape(node.input(second))
    if left:
        inner = left[-2] if node.op == "Gemm" and node.attrs.get("transA") and len(left) > 1 else left[-1]
        if inner is not None:
            return inner
    if right:
        last = len(right) == 1 or (node.op == "Gemm" and node.attrs.get("transB"))
        return right[-1] if last else right[-2]
    return None


def _is_kernel(weight: tuple[int, ...] | None) -> TypeGuard[tuple[int, ...]]:
    """Whether ``weight`` is shaped like a convolution's: two channel counts at least."""
    return weight is not None and len(weight) > 1


def _einsum(graph: Graph, node: Node) -> int | None:
    """The product of all index sizes, for two factors and more; a lone factor is a sum, not a product."""
    equation = node.attrs.get("equation", "")
    equation = (equation.decode() if isinstance(equation, bytes) else str(equation)).replace(" ", "")
    terms = equation.split("->")[0].split(",")
    if len(terms) != len(node.inputs):
        return None
    sizes: dict[str, int] = {}
    batch: Shape = ()
    for term, name in zip(terms, node.inputs, strict=True):
        shape = _known(graph.shape(name))
        if shape is None:
            return None
        head, dots, tail = term.partition("...")
        spread = len(shape) - len(head) - len(tail)
        if spread < 0 or (spread and not dots):
            return None
        labelled = [
            *zip(head, shape[: len(head)], strict=True),
            *zip(tail, shape[len(shape) - len(tail) :], strict=True),
        ]
        for label, size in labelled:
            sizes[label] = max(sizes.get(label, 1), size)
        batch = max(batch, shape[len(head) : len(head) + spread], key=lambda s: prod(s))  # type: ignore[arg-type]
    return prod(sizes.values()) * prod(batch) if len(terms) > 1 else 0  # type: ignore[arg-type]


def _known(shape: Shape | None) -> tuple[int, ...] | None:
    """``shape`` when every dimension is known."""
    return shape if shape is not None and None not in shape else None  # type: ignore[return-value]
