"""Normalizations spelled out.

    Softmax              exp(z) / sum(exp(z))
    GroupNormalization   reshape(instancenorm(reshape(x, G groups))) [* scale + shift]
    LayerNormalization   (x - mean) / sqrt(mean((x - mean)^2) + eps) [* scale + shift]

A decomposed LayerNormalization or Softmax stays the nodes it is.
"""

from __future__ import annotations

from .ir import Node
from .view import Match, View


def _scale_shift(view: View, tensor: str) -> tuple[tuple[str, ...], list[Node], str]:
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


def group_norm(view: View, norm: Node) -> Match | None:
    """Anchored at InstanceNormalization: a Reshape to groups before it, one back after it."""
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
    if any(view.graph.tensors[n.outputs[0]].bits for n in (norm, after, *nodes[:-1])):
        attrs["quantized_inside"] = True
    return Match(
        "GroupNormalization", (before, norm, after, *nodes), (before.inputs[0], *parameters), output, attrs
    )


def layer_norm(view: View, root: Node) -> Match | None:
    """Anchored at Sqrt: back to the two means, forward to the quotient."""
    add = view.made_by(root.inputs[0], "Add")
    parts = view.split(add) if add else None
    mean = view.made_by(parts[0], "ReduceMean") if parts else None
    square = view.made_by(mean.inputs[0], "Pow", "Mul") if mean else None
    if add is None or parts is None or mean is None or square is None:
        return None
    d = square.inputs[0]
    centre = view.made_by(d, "Sub")
    first = view.made_by(centre.inputs[1], "ReduceMean") if centre else None
    if centre is None or first is None or not view.squares(square, d):
        return None
    x, axes = centre.inputs[0], view.axes(mean)
    if first.inputs[0] != x or view.axes(first) != axes:
        return None
    quotient = _quotient(view, root, d)
    if not quotient:
        return None
    parameters, nodes, output = _scale_shift(view, quotient[-1].outputs[0])
    return Match(
        "LayerNormalization", (first, centre, square, mean, add, root, *quotient, *nodes), (x, *parameters), output,
        {"axes": axes, "epsilon": parts[1]}, fused=False,
    )  # fmt: skip


def _quotient(view: View, root: Node, d: str) -> tuple[Node, ...]:
    """The nodes of d / root, or of d * (1 / root); () where there is neither."""
    user = view.only_user(root.outputs[0], "Div", "Reciprocal")
    if user is None:
        return ()
    if user.op == "Div" and user.inputs == (d, root.outputs[0]):
        return (user,)
    if user.op == "Div" and not view.is_near(user.inputs[0], 1.0):
        return ()
    product = view.only_user(user.outputs[0], "Mul")
    if product is None or view.other(product, user.outputs[0]) != d:
        return ()
    return user, product


def softmax(view: View, exponential: Node) -> Match | None:
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
        fused=False,
    )
