"""Activations spelled out.

    Gelu           x * (1 + erf(x / sqrt 2)) / 2, or with tanh(sqrt(2/pi) (x + 0.044715 x^3)) for erf
    Silu           x * sigmoid(x)
    HardSwish      x * hardsigmoid(x), or x * clip(x + 3, 0, 6) / 6
    Mish           x * tanh(softplus(x))

A Mish or a spelled-out clip stays the nodes it is.
"""

from __future__ import annotations

import math

from .ir import Node
from .view import Match, View, near


def gelu(view: View, curve: Node) -> Match | None:
    """Anchored at Erf or Tanh: its argument, the 1 +, and the product around it."""
    one_plus = view.only_user(curve.outputs[0], "Add")
    if one_plus is None or not view.is_near(view.other(one_plus, curve.outputs[0]), 1.0):
        return None
    argument = _erf_argument(view, curve) if curve.op == "Erf" else _tanh_argument(view, curve)
    if argument is None:
        return None
    x, inner = argument
    nodes = view.product(x, one_plus.outputs[0], 0.5, "Mul")
    if not nodes:
        return None
    powered = any(n.op == "Pow" for n in inner)  # stays decomposed: nn.GELU never exports a Pow
    form = "erf" if curve.op == "Erf" else "tanh-pow" if powered else "tanh"
    attrs = {"approximate": "none" if form == "erf" else "tanh"}
    return Match(
        "Gelu", (*inner, curve, one_plus, *nodes), (x,), nodes[-1].outputs[0], attrs, not powered, form
    )


def _erf_argument(view: View, erf: Node) -> tuple[str, list[Node]] | None:
    x, factor, nodes = view.scaled(erf.inputs[0])
    return (x, nodes) if nodes and near(factor, math.sqrt(0.5)) else None


def _tanh_argument(view: View, tanh: Node) -> tuple[str, list[Node]] | None:
    total, factor, nodes = view.scaled(tanh.inputs[0])
    add = view.made_by(total, "Add")
    if add is None or not near(factor, math.sqrt(2 / math.pi)):
        return None
    for x, cubic in (add.inputs, add.inputs[::-1]):
        cube, weight, scale = view.scaled(cubic)
        if scale and near(weight, 0.044715):
            inner = _cube(view, cube, x)
            if inner:
                return x, [*nodes, add, *scale, *inner]
    return None


def _cube(view: View, tensor: str, x: str) -> list[Node]:
    power = view.made_by(tensor, "Pow")
    if power is not None:
        return [power] if power.inputs[0] == x and view.is_near(power.inputs[1], 3.0) else []
    outer = view.made_by(tensor, "Mul")
    if outer is None or x not in outer.inputs:
        return []
    square = view.made_by(view.other(outer, x), "Mul", "Pow")
    return [outer, square] if square is not None and view.squares(square, x) else []


def _gated(
    view: View, gate: Node, kind: str, fused: bool = True, before: tuple[Node, ...] = (), x: str = ""
) -> Match | None:
    """x * gate(x)."""
    x = x or gate.inputs[0]
    product = view.only_user(gate.outputs[0], "Mul")
    if product is None or view.other(product, gate.outputs[0]) != x:
        return None
    return Match(kind, (*before, gate, product), (x,), product.outputs[0], {}, fused)


def silu(view: View, sigmoid: Node) -> Match | None:
    """x * sigmoid(x)."""
    return _gated(view, sigmoid, "Silu")


def hard_swish(view: View, gate: Node) -> Match | None:
    """x * hardsigmoid(x)."""
    if not near(gate.attrs.get("alpha", 0.2), 1 / 6) or gate.attrs.get("beta", 0.5) != 0.5:
        return None
    return _gated(view, gate, "HardSwish")


def hard_swish_clip(view: View, clip: Node) -> Match | None:
    """x * clip(x + 3, 0, 6) / 6 in any order of the two products."""
    if not (view.scalar(clip.input(1)) == 0 and view.scalar(clip.input(2)) == 6):
        return None
    shift = view.made_by(clip.inputs[0], "Add")
    parts = view.split(shift) if shift else None
    if shift is None or parts is None or parts[1] != 3:
        return None
    x = parts[0]
    nodes = view.product(x, clip.outputs[0], 1 / 6, "Mul", "Div")
    if not nodes:
        return None
    return Match("HardSwish", (shift, clip, *nodes), (x,), nodes[-1].outputs[0], fused=False, form="clip")


def mish(view: View, softplus: Node) -> Match | None:
    """x * tanh(softplus(x))."""
    tanh = view.only_user(softplus.outputs[0], "Tanh")
    return _gated(view, tanh, "Mish", False, (softplus,), softplus.inputs[0]) if tanh else None
