"""Resize."""

from __future__ import annotations

import torch.nn.functional as F

from ...graph.ir import Node
from .builder import Builder, Value
from .registry import NoRoad, lowers

MODES = {"nearest": "nearest", "linear": "bilinear", "cubic": "bicubic"}


@lowers("Resize", "Upsample")
def resize(b: Builder, node: Node) -> Value:
    old, new = b.shape(node.inputs[0]), b.shape(node.outputs[0])
    if len(old) != 4 or old[:2] != new[:2]:
        raise NoRoad("a resize of other axes than height and width")
    mode = MODES[node.attrs.get("mode", "nearest")]
    where = node.attrs.get(
        "coordinate_transformation_mode", "half_pixel" if node.op == "Resize" else "asymmetric"
    )
    corners = where == "align_corners"
    if mode == "bicubic" and float(node.attrs.get("cubic_coeff_a", -0.75)) != -0.75:
        raise NoRoad("cubic_coeff_a other than torch's -0.75")
    scale = [n / o for n, o in zip(new[2:], old[2:], strict=True)]
    given = b.constant(node.input(1 if b.graph.opset < 11 or node.op == "Upsample" else 2))
    if (
        given is not None and given.size == 4
    ):  # not the ratio of the sizes: where pixels are taken depends on it
        scale = [float(s) for s in given[2:]]
    whole = all(s.is_integer() for s in scale)
    exact = given is not None and given.size == 4 and not corners
    target = {"scale_factor": tuple(scale)} if whole or exact else {"size": tuple(new[2:])}
    corner = {} if mode == "nearest" else {"align_corners": corners}
    return b.call(F.interpolate, b.value(node.inputs[0]), **target, mode=mode, **corner)
