"""An operator on (1, B, ...) in the place of one on (B, ...)."""

from __future__ import annotations

from ..draft import Draft
from ..site import Site

ELEMENTWISE = (
    "Add", "Sub", "Mul", "Div", "Pow", "Max", "Min", "Relu", "Sigmoid", "Tanh", "Clip", "LeakyRelu", "HardSwish", "HardSigmoid",
    "Gelu", "Exp", "Sqrt", "Abs", "Neg", "Erf", "Sin", "Cos", "Elu", "Softplus", "Log", "Where", "Cast",
)  # fmt: skip
REDUCTIONS = ("ReduceSum", "ReduceMean", "ReduceMax", "ReduceMin", "ReduceL2", "ReduceL1", "ReduceSumSquare")
BY_AXIS = ("Softmax", "LogSoftmax", "LayerNormalization", "Concat", "Split", "Gather", "ArgMax")
LIFTED = (*ELEMENTWISE, *REDUCTIONS, *BY_AXIS, "Transpose", "Slice", "Expand", "Pad", "BatchNormalization")


def several(site: Site) -> bool:
    """Whether an axis other than 1 stands in front of a tensor at the node or is all it has, or its first axis is worked on."""
    activations = [t for t in (*site.node.inputs, *site.node.outputs) if t and not site.is_constant(t)]
    if not all(site.shape(t) or site.graph.tensors[t].shape == () for t in activations):
        return False
    return any(site.shape(t)[:1] != (1,) or len(site.shape(t)) == 1 for t in activations) or _along_first(
        site
    )


def _along_first(site: Site) -> bool:
    """Whether a refused operator works along axis 0, though that is 1."""
    if site.node.op not in BY_AXIS or not site.findings or not site.x:
        return False
    default = {"Softmax": -1, "LogSoftmax": -1, "LayerNormalization": -1}.get(site.node.op, 0)
    return int(site.attr("axis", default)) % len(site.x) == 0


def lifted(site: Site, draft: Draft) -> bool:
    """Draw the node with a 1 in front of every activation; False where it is no such node."""
    node, op = site.node, site.node.op
    rank = max((len(site.shape(t)) for t in node.inputs if t), default=0)
    if op == "BatchNormalization":
        return _normalised(site, draft)
    attrs = dict(node.attrs)
    inputs = [
        t
        if not t or site.is_constant(t) or (op == "Clip" and not site.shape(t))
        else draft.reshape(t, _raised(site, t, rank))
        for t in node.inputs
    ]
    if op in ELEMENTWISE:
        if any(site.is_constant(t) and len(site.shape(t)) > rank for t in node.inputs if t):
            return False
    elif op == "Transpose":
        perm = site.ints("perm", range(rank - 1, -1, -1))
        attrs["perm"] = [0, *(p + 1 for p in perm)]
    elif op in BY_AXIS:
        default = {"Softmax": -1, "LogSoftmax": -1, "LayerNormalization": -1}.get(op, 0)
        attrs["axis"] = int(site.attr("axis", default)) % rank + 1
        if op == "Gather" and (not site.is_constant(node.inputs[1]) or len(site.shape(node.inputs[1])) > 1):
            return False
        if op == "Concat":
            inputs = [draft.derived((1, *site.shape(t)), lambda w: w[None], t) if site.is_constant(t) else i
                      for t, i in zip(node.inputs, inputs, strict=True)]  # fmt: skip
    elif op == "Slice":
        given = [site.whole_numbers(t) if t else None for t in node.inputs[1:5]]
        if given[0] is None or given[1] is None:
            return False
        axes = (given[2] if len(given) > 2 else None) or [*range(len(given[0]))]
        inputs = [inputs[0], *node.inputs[1:3], draft.ints(a % rank + 1 for a in axes), *node.inputs[4:5]]
    elif op == "Expand":
        if not site.is_constant(node.inputs[1]) or not site.y:
            return False
        inputs = [
            draft.reshape(node.inputs[0], _raised(site, node.inputs[0], len(site.y))),
            draft.ints((1, *site.y)),
        ]
    elif op == "Pad":
        sizes = site.whole_numbers(node.input(1)) if node.input(1) else None
        if sizes is None or node.input(3) or any(t and not site.is_constant(t) for t in node.inputs[2:]):
            return False
        pads = draft.ints([0, *sizes[:rank], 0, *sizes[rank:]])
        inputs = [inputs[0], pads, *node.inputs[2:3]]
    elif op in REDUCTIONS:
        axes = (
            site.attr("axes")
            or (site.whole_numbers(node.input(1)) if node.input(1) else None)
            or [*range(rank)]
        )
        moved = [a % rank + 1 for a in axes]
        if rank > 3 and min(moved) > 2:  # what is counted in front is counted as channels: no fifth axis
            inputs[0] = draft.reshape(node.inputs[0], (1, site.x[0] * site.x[1], *site.x[2:]))
            moved = [a - 1 for a in moved]
        if not site.y:
            attrs["keepdims"] = 1  # a result of two axes at least
        if "axes" in attrs or (op != "ReduceSum" and site.opset < 18):
            attrs["axes"], inputs = moved, inputs[:1]
        else:
            inputs = [inputs[0], draft.ints(moved)]
    made = draft.op(op, *inputs, outputs=len(node.outputs), **attrs)
    for output, name in zip(node.outputs, [made] if isinstance(made, str) else made, strict=True):
        if output:
            draft.gives(draft.reshape(name, site.shape(output)), output)
    return True


def _raised(site: Site, tensor: str, rank: int) -> tuple[int, ...]:
    shape = site.shape(tensor)
    return (1,) * (max(rank + 1, 2) - len(shape)) + shape  # two axes at least


def _normalised(site: Site, draft: Draft) -> bool:
    """BatchNormalization of (B, C, ..): a factor and a summand for each channel, as floats are."""
    if len(site.node.outputs) != 1 or len(site.x) < 2:
        return False
    scale, shift, mean, variance = site.node.inputs[1:]
    epsilon = float(site.attr("epsilon", 1e-5))
    channels = (site.x[1], *[1] * (len(site.x) - 2))
    factor = draft.derived(
        channels, lambda s, v: (s / (v + epsilon) ** 0.5).reshape(channels), scale, variance
    )
    summand = draft.derived(
        channels,
        lambda s, b, m, v: (b - m * s / (v + epsilon) ** 0.5).reshape(channels),
        *(scale, shift, mean, variance),
    )
    x = draft.reshape(site.node.inputs[0], (1, *site.x))
    draft.gives(draft.reshape(draft.op("Add", draft.op("Mul", x, factor), summand), site.y))
    return True
