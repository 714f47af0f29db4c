"""Whether a part of a network computes the same function at every place of its input.

Div, Erf, Add, Mul, Mul with scalars   the same: a value says as much at one place as at another
Mul by a constant for each channel     another for each channel
"""

from __future__ import annotations

from typing import Final

from ..graph.ir import Graph

BY_PLACE: Final = frozenset(
    ["Abs", "Acos", "Acosh", "Add", "And", "Asin", "Asinh", "Atan", "Atanh", "Cast", "Ceil", "Celu", "Clip", "Cos", "Cosh", "Div", "Elu", "Equal", "Erf", "Exp", "Floor", "Gelu", "Greater", "GreaterOrEqual", "HardSigmoid", "HardSwish", "IsInf", "IsNaN", "LeakyRelu", "Less", "LessOrEqual", "Log", "Max", "Mean", "Min", "Mish", "Mod", "Mul", "Neg", "Not", "Or", "PRelu", "Pow", "Reciprocal", "Relu", "Round", "Selu", "Sigmoid", "Sign", "Sin", "Sinh", "Softplus", "Softsign", "Sqrt", "Sub", "Sum", "Tan", "Tanh", "ThresholdedRelu", "Where", "Xor"]
)  # fmt: skip
"""Operators that read, for a place of their output, that place of their operands and no other."""


def alike_everywhere(graph: Graph) -> bool:
    """Whether every operator of ``graph`` works place by place, on its one input and scalars."""
    constants = (t for t in graph.tensors.values() if t.constant)
    return all(n.op in BY_PLACE and not n.domain for n in graph.nodes) and all(
        t.elements == 1 for t in constants
    )
