"""Groups of nodes that stand for one operator, found by their algebra.

    Gelu           x * (1 + erf(x / sqrt 2)) / 2, or with tanh(sqrt(2/pi) (x + 0.044715 x^3)) for erf
    Silu           x * sigmoid(x)
    HardSwish      x * hardsigmoid(x), or x * clip(x + 3, 0, 6) / 6
    Mish           x * tanh(softplus(x))
    Softmax        exp(z) / sum(exp(z))
    GroupNormalization   reshape(instancenorm(reshape(x, G groups))) [* scale + shift]
    LayerNormalization   (x - mean) / sqrt(mean((x - mean)^2) + eps) [* scale + shift]

A match is ``fused`` when the road to the sensor (MCT's export, the converter)
makes one operator of it; a decomposed LayerNormalization, a Mish or a spelled-out
clip stays the nodes it is. Nothing is matched across a tensor that somebody
else reads or that is an output: the pattern's inner values must be its own.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from .ir import Graph, Node

TOLERANCE = 1e-3
"""How far a constant of a formula may be off, relative: exporters round 1.4142, 0.7979 and 0.0447 differently."""


@dataclass(frozen=True)
class Match:
    """``nodes`` (in graph order) compute ``kind``; ``inputs`` are the data, then the parameters."""

    kind: str
    nodes: tuple[Node, ...]
    inputs: tuple[str, ...]
    output: str
    attrs: Mapping[str, Any] = field(default_factory=dict)
    fused: bool = True
    """Whether the road to the sensor makes one operator of it."""
    form: str = ""
    """Which spelling it was ("erf", "tanh", "clip", ...)."""


def find_patterns(graph: Graph) -> list[Match]:
    """The patterns that become one operator on the way to the sensor; no node is in two of them."""
    return [m for m in recognise(graph) if m.fused]


def recognise(graph: Graph) -> list[Match]:
    """Every pattern, the ones that stay decomposed too; no node is in two of them."""
    present = {n.op for n in graph.nodes}
    found: list[Match] = []
    taken: set[str] = set()
    position = {n.name: i for i, n in enumerate(graph.nodes)}
    for needs, anchors, matcher in _MATCHERS:
        if not needs <= present:
            continue
        for node in graph.nodes:
            if node.op not in anchors or node.domain or node.name in taken:
                continue
            match = matcher(_View(graph), node)
            if match is None or any(n.name in taken for n in match.nodes) or not _closed(graph, match):
                continue
            ordered = tuple(sorted({n.name: n for n in match.nodes}.values(), key=lambda n: position[n.name]))
            found.append(
                Match(match.kind, ordered, match.inputs, match.output, match.attrs, match.fused, match.form)
            )
            taken.update(n.name for n in ordered)
    return sorted(found, key=lambda m: position[m.nodes[0].name])


def _closed(graph: Graph, match: Match) -> bool:
    names = {n.name for n in match.nodes}
    return all(
        tensor not in graph.outputs and all(user.name in names for user in graph.consumers_of(tensor))
        for node in match.nodes
        for tensor in node.outputs
        if tensor and tensor != match.output
    )


class _View:
    """Questions a matcher asks of a graph."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph

    def made_by(self, tensor: str, *ops: str) -> Node | None:
        node = self.graph.producer_of(tensor)
        return node if node is not None and node.op in ops and not node.domain else None

    def only_user(self, tensor: str, *ops: str) -> Node | None:
        users = self.graph.consumers_of(tensor)
        if (
            len(users) == 1
            and users[0].op in ops
            and not users[0].domain
            and tensor not in self.graph.outputs
        ):
            return users[0]
        return None

    def scalar(self, tensor: str) -> float | None:
        found = self.graph.tensors.get(tensor)
        if found is None or not found.constant or found.elements != 1:
            return None
        value = found.value()
        return None if value is None else float(value.reshape(-1)[0])

    def is_near(self, tensor: str, target: float) -> bool:
        value = self.scalar(tensor)
        return value is not None and math.isclose(value, target, rel_tol=TOLERANCE)

    def other(self, node: Node, tensor: str) -> str:
        """The other operand of a binary node; the same one when both are."""
        return node.inputs[1] if node.inputs[0] == tensor else node.inputs[0]

    def split(self, node: Node) -> tuple[str, float] | None:
        """(tensor, scalar) of a binary node with one scalar constant, whichever side it is on."""
        if len(node.inputs) != 2:
            return None
        for tensor, constant in (node.inputs, node.inputs[::-1]):
            value = self.scalar(constant)
            if value is not None and not self.graph.is_constant(tensor):
                return tensor, value
        return None

    def scaled(self, tensor: str) -> tuple[str, float, list[Node]]:
        """``tensor`` as factor * source: what a Mul or Div by a scalar was applied to."""
        node = self.made_by(tensor, "Mul", "Div")
        parts = self.split(node) if node else None
        if node is None or parts is None or (node.op == "Div" and self.scalar(node.inputs[1]) in (None, 0.0)):
            return tensor, 1.0, []
        return parts[0], parts[1] if node.op == "Mul" else 1 / parts[1], [node]

    def axes(self, node: Node) -> tuple[int, ...] | None:
        """The reduced axes, from the attribute or the second input, as non-negative numbers."""
        axes = node.attrs.get("axes")
        if axes is None and node.input(1):
            value = self.graph.value(node.input(1))
            axes = None if value is None else tuple(int(v) for v in value.reshape(-1))
        rank = self.graph.shape(node.inputs[0])
        if not axes or rank is None:
            return None
        return tuple(sorted(a % len(rank) for a in axes))


def _product_of(view: _View, node: Node) -> tuple[list[str], float, list[Node]]:
    """The factors of a tree of Muls (and Divs by a scalar) that ends at ``node``, their scalar, the nodes."""
    factors: list[str] = []
    scalar, nodes = 1.0, [node]
    pending = [(node, i) for i in (0, 1)]
    while pending:
        owner, index = pending.pop(0)
        tensor = owner.inputs[index]
        value = view.scalar(tensor)
        if value is not None:
            if owner.op == "Div":
                if index == 0 or value == 0:
                    return [], 0.0, []
                value = 1 / value
            scalar *= value
            continue
        if owner.op == "Div" and index == 1:
            return [], 0.0, []
        inner = view.made_by(tensor, "Mul", "Div")
        if (
            inner is not None
            and len(nodes) < 3
            and view.only_user(tensor, "Mul", "Div") is owner
            and len(inner.inputs) == 2
        ):
            nodes.append(inner)
            pending += [(inner, 0), (inner, 1)]
        else:
            factors.append(tensor)
    return factors, scalar, nodes


def _gelu(view: _View, curve: Node) -> Match | None:
    """Anchored at Erf or Tanh: its argument, the 1 +, and the product around it."""
    one_plus = view.only_user(curve.outputs[0], "Add")
    if one_plus is None or not view.is_near(view.other(one_plus, curve.outputs[0]), 1.0):
        return None
    argument = _erf_argument(view, curve) if curve.op == "Erf" else _tanh_argument(view, curve)
    if argument is None:
        return None
    x, inner = argument
    product = view.only_user(one_plus.outputs[0], "Mul")
    while product is not None:
        factors, scalar, nodes = _product_of(view, product)
        if sorted(factors) == sorted((x, one_plus.outputs[0])) and math.isclose(
            scalar, 0.5, rel_tol=TOLERANCE
        ):
            powered = any(n.op == "Pow" for n in inner)  # stays decomposed: nn.GELU never exports a Pow
            form = "erf" if curve.op == "Erf" else "tanh-pow" if powered else "tanh"
            attrs = {"approximate": "none" if form == "erf" else "tanh"}
            return Match(
                "Gelu", (*inner, curve, one_plus, *nodes), (x,), product.outputs[0], attrs, not powered, form
            )
        product = view.only_user(product.outputs[0], "Mul", "Div")
    return None


def _erf_argument(view: _View, erf: Node) -> tuple[str, list[Node]] | None:
    x, factor, nodes = view.scaled(erf.inputs[0])
    return (x, nodes) if nodes and math.isclose(factor, math.sqrt(0.5), rel_tol=TOLERANCE) else None


def _tanh_argument(view: _View, tanh: Node) -> tuple[str, list[Node]] | None:
    total, factor, nodes = view.scaled(tanh.inputs[0])
    add = view.made_by(total, "Add")
    if add is None or not math.isclose(factor, math.sqrt(2 / math.pi), rel_tol=TOLERANCE):
        return None
    for x, cubic in (add.inputs, add.inputs[::-1]):
        cube, weight, scale = view.scaled(cubic)
        if scale and math.isclose(weight, 0.044715, rel_tol=TOLERANCE):
            inner = _cube(view, cube, x)
            if inner:
                return x, [*nodes, add, *scale, *inner]
    return None


def _cube(view: _View, tensor: str, x: str) -> list[Node]:
    power = view.made_by(tensor, "Pow")
    if power is not None:
        return [power] if power.inputs[0] == x and view.is_near(power.inputs[1], 3.0) else []
    outer = view.made_by(tensor, "Mul")
    if outer is None or x not in outer.inputs:
        return []
    square = view.made_by(view.other(outer, x), "Mul", "Pow")
    if square is None or square.inputs[0] != x:
        return []
    squares = square.inputs[1] == x if square.op == "Mul" else view.is_near(square.inputs[1], 2.0)
    return [outer, square] if squares else []


def _gated(
    view: _View, gate: Node, kind: str, fused: bool = True, before: tuple[Node, ...] = (), x: str = ""
) -> Match | None:
    """x * gate(x)."""
    x = x or gate.inputs[0]
    product = view.only_user(gate.outputs[0], "Mul")
    if product is None or view.other(product, gate.outputs[0]) != x:
        return None
    return Match(kind, (*before, gate, product), (x,), product.outputs[0], {}, fused)


def _silu(view: _View, sigmoid: Node) -> Match | None:
    return _gated(view, sigmoid, "Silu")


def _hard_swish(view: _View, gate: Node) -> Match | None:
    if (
        not math.isclose(gate.attrs.get("alpha", 0.2), 1 / 6, rel_tol=TOLERANCE)
        or gate.attrs.get("beta", 0.5) != 0.5
    ):
        return None
    return _gated(view, gate, "HardSwish")


def _hard_swish_clip(view: _View, clip: Node) -> Match | None:
    """x * clip(x + 3, 0, 6) / 6 in any order of the two products."""
    if not (view.scalar(clip.input(1)) == 0 and view.scalar(clip.input(2)) == 6):
        return None
    shift = view.made_by(clip.inputs[0], "Add")
    parts = view.split(shift) if shift else None
    if shift is None or parts is None or parts[1] != 3:
        return None
    product = view.only_user(clip.outputs[0], "Mul", "Div")
    while product is not None:
        factors, scalar, nodes = _product_of(view, product)
        if sorted(factors) == sorted((parts[0], clip.outputs[0])) and math.isclose(
            scalar, 1 / 6, rel_tol=TOLERANCE
        ):
            return Match(
                "HardSwish", (shift, clip, *nodes), (parts[0],), product.outputs[0], {}, False, "clip"
            )
        product = view.only_user(product.outputs[0], "Mul", "Div")
    return None


def _mish(view: _View, softplus: Node) -> Match | None:
    tanh = view.only_user(softplus.outputs[0], "Tanh")
    return _gated(view, tanh, "Mish", False, (softplus,), softplus.inputs[0]) if tanh else None


def _scale_shift(view: _View, tensor: str) -> tuple[tuple[str, ...], list[Node], str]:
    """An optional Mul by a constant and Add of a constant after ``tensor``."""
    parameters: list[str] = []
    nodes: list[Node] = []
    for op in ("Mul", "Add"):
        user = view.only_user(tensor, op)
        if user is None or not view.graph.is_constant(view.other(user, tensor)):
            break
        parameters.append(view.other(user, tensor))
        nodes.append(user)
        tensor = user.outputs[0]
    return tuple(parameters), nodes, tensor


def _group_norm(view: _View, norm: Node) -> Match | None:
    before = view.made_by(norm.inputs[0], "Reshape")
    after = view.only_user(norm.outputs[0], "Reshape")
    if before is None or after is None:
        return None
    shape, grouped = view.graph.shape(before.inputs[0]), view.graph.shape(norm.inputs[0])
    if shape is None or grouped is None or len(grouped) != 3 or view.graph.shape(after.outputs[0]) != shape:
        return None
    if grouped[0] != shape[0] or len(shape) < 3:
        return None
    parameters, nodes, output = _scale_shift(view, after.outputs[0])
    attrs = {"num_groups": grouped[1], "epsilon": norm.attrs.get("epsilon", 1e-5)}
    return Match(
        "GroupNormalization", (before, norm, after, *nodes), (before.inputs[0], *parameters), output, attrs
    )


def _layer_norm(view: _View, root: Node) -> Match | None:
    """Anchored at Sqrt: back to the two means, forward to the quotient."""
    add = view.made_by(root.inputs[0], "Add")
    parts = view.split(add) if add else None
    mean = view.made_by(parts[0], "ReduceMean") if parts else None
    square = view.made_by(mean.inputs[0], "Pow", "Mul") if mean else None
    if add is None or parts is None or mean is None or square is None:
        return None
    d = square.inputs[0]
    if not (square.inputs[1] == d if square.op == "Mul" else view.is_near(square.inputs[1], 2.0)):
        return None
    inner, x = [square, mean, add, root], d
    centre = view.made_by(d, "Sub")
    if centre is None:
        return None
    first = view.made_by(centre.inputs[1], "ReduceMean")
    if first is None or first.inputs[0] != centre.inputs[0] or view.axes(first) != view.axes(mean):
        return None
    inner, x = [first, centre, *inner], centre.inputs[0]
    quotient, more = _quotient(view, root, d)
    if quotient is None:
        return None
    parameters, nodes, output = _scale_shift(view, quotient.outputs[0])
    axes = view.axes(mean)
    return Match(
        "LayerNormalization", (*inner, *more, quotient, *nodes), (x, *parameters), output,
        {"axes": axes, "epsilon": parts[1]}, False,
    )  # fmt: skip


def _quotient(view: _View, root: Node, d: str) -> tuple[Node | None, list[Node]]:
    """d / root, or d * (1 / root)."""
    user = view.only_user(root.outputs[0], "Div", "Reciprocal")
    if user is None:
        return None, []
    if user.op == "Div" and user.inputs == (d, root.outputs[0]):
        return user, []
    if user.op == "Div" and not view.is_near(user.inputs[0], 1.0):
        return None, []
    product = view.only_user(user.outputs[0], "Mul")
    if product is None or view.other(product, user.outputs[0]) != d:
        return None, []
    return product, [user]


def _softmax(view: _View, exponential: Node) -> Match | None:
    """exp(z) / sum(exp(z))."""
    e = exponential.outputs[0]
    users = view.graph.consumers_of(e)
    total = next((n for n in users if n.op == "ReduceSum" and not n.domain), None)
    quotient = next((n for n in users if n.op == "Div" and not n.domain), None)
    if total is None or quotient is None or quotient.inputs != (e, total.outputs[0]):
        return None
    return Match(
        "Softmax",
        (exponential, total, quotient),
        (exponential.inputs[0],),
        quotient.outputs[0],
        {"axes": view.axes(total)},
        False,
    )


_MATCHERS: tuple[tuple[frozenset[str], frozenset[str], Callable[[_View, Node], Match | None]], ...] = (
    (frozenset({"Sqrt", "ReduceMean", "Sub"}), frozenset({"Sqrt"}), _layer_norm),
    (frozenset({"InstanceNormalization", "Reshape"}), frozenset({"InstanceNormalization"}), _group_norm),
    (frozenset({"Erf", "Mul"}), frozenset({"Erf"}), _gelu),
    (frozenset({"Tanh", "Add", "Mul"}), frozenset({"Tanh"}), _gelu),
    (frozenset({"Softplus", "Tanh", "Mul"}), frozenset({"Softplus"}), _mish),
    (frozenset({"HardSigmoid", "Mul"}), frozenset({"HardSigmoid"}), _hard_swish),
    (frozenset({"Clip", "Add"}), frozenset({"Clip"}), _hard_swish_clip),
    (frozenset({"Exp", "ReduceSum", "Div"}), frozenset({"Exp"}), _softmax),
    (frozenset({"Sigmoid", "Mul"}), frozenset({"Sigmoid"}), _silu),
)


def attention_softmax(graph: Graph, softmax: Node) -> bool:
    """Whether ``softmax`` weighs values: its scores come from a MatMul and a MatMul reads it."""
    view = _View(graph)
    users = graph.consumers_of(softmax.outputs[0])
    while len(users) == 1 and users[0].op in _PASS_THROUGH:
        users = graph.consumers_of(users[0].outputs[0])
    if not any(u.op in ("MatMul", "Einsum") for u in users):
        return False
    return any(n.op in ("MatMul", "Einsum") for n in _sources(view, softmax.inputs[0]))


def _sources(view: _View, tensor: str, depth: int = 8) -> Iterator[Node]:
    node = view.graph.producer_of(tensor)
    if node is None or not depth:
        return
    yield node
    if node.op in _PASS_THROUGH:
        for source in view.graph.activations(node):
            yield from _sources(view, source, depth - 1)


_PASS_THROUGH = frozenset(
    {"Mul", "Div", "Add", "Reshape", "Transpose", "Dropout", "Where", "Cast", "Identity"}
)


def recognised(graph: Graph) -> list[Match]:
    """``recognise(graph)``, kept with the graph like its other caches."""
    kept = graph.__dict__.get("_recognised")
    if kept is None:
        kept = graph.__dict__["_recognised"] = recognise(graph)
    return kept
