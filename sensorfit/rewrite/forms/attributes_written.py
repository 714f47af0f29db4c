"""Attributes and inputs in the spelling that the front end reads."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from ...graph.shapes import schema_for
from ..declare import rewrite
from ..draft import Draft
from ..site import Site

DEFAULTS: Final[dict[str, dict[str, Any]]] = {
    "LeakyRelu": {"alpha": 0.01},
    "Gelu": {"approximate": "none"},
}
"""ONNX's, of the attributes that the front end wants to see."""
WITHOUT_EFFECT: Final = {"Cast": ("saturate",), "Dropout": ("seed",)}
"""Attributes that newer opsets added: one is about float8, one about training."""


@rewrite(
    "RW164",
    "AttributesWrittenOut",
    answers=("SF104",),
    ops=("LeakyRelu", "Gelu", "Cast", "Dropout", "Conv", "ConvTranspose", "Gemm", "Split",
         "ReduceMean", "ReduceSum", "ReduceMax", "ReduceL2"),
    proof="permutation",
)  # fmt: skip
def written(site: Site) -> Iterator[Draft]:
    """The same operator in the spelling that the front end reads.

    A default written out (the slope of LeakyRelu, the formula of Gelu), an attribute without effect left out, an optional
    input that is an empty name at the end left out.
    """
    node, op = site.node, site.node.op
    attrs = {**DEFAULTS.get(op, {}), **node.attrs}
    attrs = {k: v for k, v in attrs.items() if k not in WITHOUT_EFFECT.get(op, ())}
    inputs = [*node.inputs]
    while inputs and not inputs[-1]:
        inputs.pop()
    if attrs == dict(node.attrs) and len(inputs) == len(node.inputs):
        return
    draft = site.draft()
    if schema_for(op, draft.opset, "") is None:  # a newer operator in a file of an older opset
        return
    made = draft.op(op, *inputs, outputs=len(node.outputs), **attrs)
    for output, name in zip(node.outputs, [made] if isinstance(made, str) else made, strict=True):
        if output:
            draft.gives(name, output)
    yield draft


@rewrite(
    "RW165",
    "AutoPadWrittenOut",
    answers=("SF105",),
    ops=("MaxPool", "AveragePool", "ConvTranspose", "LpPool"),
    proof="permutation",
)
def pads(site: Site) -> Iterator[Draft]:
    """auto_pad SAME as paddings.

    SAME pads the whole (out - 1) s + d (k - 1) + 1 - in of an axis, half at each end, the odd cell at the end (SAME_UPPER)
    or at the beginning (SAME_LOWER); of a transposed convolution it cuts (in - 1) s + d (k - 1) + 1 - out in the same way.
    """
    node, mode = site.node, site.attr("auto_pad", "NOTSET")
    if mode not in ("SAME_UPPER", "SAME_LOWER"):
        return
    rank = len(site.x) - 2
    kernel = site.ints("kernel_shape", site.shape(node.input(1))[2:])
    strides, dilations = site.ints("strides", [1] * rank), site.ints("dilations", [1] * rank)
    ends = []
    for i in range(rank):
        into, out = site.x[2 + i], site.y[2 + i]
        if node.op == "ConvTranspose":
            into, out = out, into
        whole = max(0, (out - 1) * strides[i] + dilations[i] * (kernel[i] - 1) + 1 - into)
        ends.append(
            (whole // 2, whole - whole // 2) if mode == "SAME_UPPER" else (whole - whole // 2, whole // 2)
        )
    attrs = {k: v for k, v in node.attrs.items() if k not in ("auto_pad", "output_shape")}
    attrs["pads"] = [e[0] for e in ends] + [e[1] for e in ends]
    draft = site.draft()
    made = draft.op(node.op, *node.inputs, outputs=len(node.outputs), **attrs)
    for output, name in zip(node.outputs, [made] if isinstance(made, str) else made, strict=True):
        if output:
            draft.gives(name, output)
    yield draft
