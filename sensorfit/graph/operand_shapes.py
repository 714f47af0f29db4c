"""Operands that cannot meet: what no runtime could run, whatever the device.

ONNX's own inference lets some of it pass (the channels of a Conv's weights) and
says of the rest only that it failed. A dimension that is not known agrees with all.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import prod
from typing import Any, Final

from onnx import NodeProto, helper

from ..units import show_shape
from .ir import Shape

BROADCASTING: Final = frozenset(
    {"Add", "Sub", "Mul", "Div", "Pow", "Mod", "Min", "Max", "Mean", "Sum", "And", "Or", "Xor", "Equal", "Less", "LessOrEqual",
     "Greater", "GreaterOrEqual", "Where", "BitShift", "BitwiseAnd", "BitwiseOr", "BitwiseXor"}
)  # fmt: skip
BROADCASTS_SINCE: Final = 8
"""Before this opset some of these took `axis` and `broadcast` attributes, or equal shapes only."""

Shapes = Sequence[Shape | None]


def contradiction(node: NodeProto, inputs: Shapes, output: Shape | None, opset: int) -> str:
    """Why ``node`` cannot run on inputs of these shapes, "" where it can or where that is not known.

    ``output`` is the inferred shape of its first output. The sentence names operator, node and tensors.
    """
    if node.domain not in ("", "ai.onnx"):
        return ""
    if node.op_type in BROADCASTING:
        return _broadcast(node, inputs) if opset >= BROADCASTS_SINCE else ""
    check = _CHECKS.get(node.op_type)
    return check(node, [*inputs, None, None, None], output) if check else ""


def _name(node: NodeProto) -> str:
    return f"{node.op_type} '{node.name or next((o for o in node.output if o), '')}'"


def _differ(a: int | None, b: int | None) -> bool:
    return a is not None and b is not None and a != b


def _meet(node: NodeProto, shapes: Shapes) -> str:
    named = list(dict.fromkeys(show_shape(s) for s in shapes if s is not None))
    return f"the shapes {' and '.join(named)} do not go together at {_name(node)}"


def _broadcast(node: NodeProto, shapes: Shapes) -> str:
    known = [s for s in shapes if s is not None]
    for axis in range(1, max(map(len, known), default=0) + 1):
        if len({s[-axis] for s in known if len(s) >= axis} - {1, None}) > 1:
            return _meet(node, known)
    return ""


def _concat(node: NodeProto, shapes: Shapes, output: Shape | None) -> str:
    # an empty part is dropped by runtimes, whatever its rank
    known = [s for s in shapes if s is not None and 0 not in s]
    axis = _attributes(node).get("axis", 1)
    for other in known[1:]:
        first = known[0]
        if len(first) != len(other):
            return _meet(node, known)
        if any(
            _differ(a, b) for i, (a, b) in enumerate(zip(first, other, strict=True)) if i != axis % len(first)
        ):
            return _meet(node, known)
    return ""


def _conv(node: NodeProto, shapes: Shapes, output: Shape | None) -> str:
    x, w = shapes[:2]
    if x is None or w is None or len(x) < 3 or len(x) != len(w):
        return ""
    if node.op_type == "Conv":
        wanted = None if w[1] is None else w[1] * _attributes(node).get("group", 1)
    else:
        wanted = w[0]
    return _channels(node, "weights", wanted, x[1])


def _normalization(node: NodeProto, shapes: Shapes, output: Shape | None) -> str:
    x = shapes[0]
    for vector in shapes[1:]:
        if x is not None and len(x) >= 2 and vector is not None and len(vector) == 1:
            said = _channels(node, "statistics", vector[0], x[1])
            if said:
                return said
    return ""


def _channels(node: NodeProto, what: str, wanted: int | None, given: int | None) -> str:
    if not _differ(wanted, given):
        return ""
    return f"{_name(node)} has {what} for {wanted} input channels, its input '{node.input[0]}' has {given}"


def _gemm(node: NodeProto, shapes: Shapes, output: Shape | None) -> str:
    a, b = shapes[:2]
    if a is None or b is None or len(a) != 2 or len(b) != 2:
        return ""
    given = _attributes(node)
    return _product(node, a[::-1] if given.get("transA") else a, b[::-1] if given.get("transB") else b)


def _matmul(node: NodeProto, shapes: Shapes, output: Shape | None) -> str:
    a, b = shapes[:2]
    if not a or not b:
        return ""
    said = _product(node, a, b if len(b) > 1 else (b[0], None))
    return said or (_meet(node, (a, b)) if _broadcast(node, (a[:-2], b[:-2])) else "")


def _product(node: NodeProto, a: Shape, b: Shape) -> str:
    if not _differ(a[-1], b[-2]):
        return ""
    return f"{_name(node)} multiplies rows of {a[-1]} ('{node.input[0]}') by columns of {b[-2]} ('{node.input[1]}')"


def _reshape(node: NodeProto, shapes: Shapes, output: Shape | None) -> str:
    x = shapes[0]
    if x is None or output is None or None in x or None in output:
        return ""
    if prod(x) == prod(output):  # type: ignore[arg-type]
        return ""
    return f"{_name(node)} makes {show_shape(output)} of '{node.input[0]}', whose shape {show_shape(x)} has another number of elements"


def _attributes(node: NodeProto) -> Mapping[str, Any]:
    return {a.name: helper.get_attribute_value(a) for a in node.attribute}


_CHECKS: Final[Mapping[str, Callable[[NodeProto, Shapes, Shape | None], str]]] = {
    "Concat": _concat,
    "Conv": _conv,
    "ConvTranspose": _conv,
    "BatchNormalization": _normalization,
    "Gemm": _gemm,
    "MatMul": _matmul,
    "Reshape": _reshape,
}
