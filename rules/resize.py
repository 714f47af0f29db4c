"""How a Resize samples."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sensorfit.graph.ir import Graph, Node, Shape
from sensorfit.verify.facts import attribute
from sensorfit.verify.family import OPERATORS
from sensorfit.verify.rule import Facts, Issue, rule

from .rank import wrong_rank


@rule("SF114", "Resize", OPERATORS, ops=("Resize",))
def resize(graph: Graph, node: Node, facts: Facts) -> Iterator[Issue]:
    """A Resize that samples elsewhere than the converter does.

    Two samplings exist: nearest with asymmetric coordinates and floor, linear
    with half_pixel coordinates. Any scale or size is accepted. torch exports
    exactly these for mode="nearest" and for mode="bilinear" with
    align_corners=False.

    Fails:
        (float[1,16,32,32] x) => (float[1,16,64,64] y) <float[4] s = {1.0, 1.0, 2.0, 2.0}>
        { y = Resize <mode = "linear", coordinate_transformation_mode = "align_corners"> (x, , s) }

    Passes:
        (float[1,16,32,32] x) => (float[1,16,64,64] y) <float[4] s = {1.0, 1.0, 2.0, 2.0}>
        { y = Resize <mode = "linear", coordinate_transformation_mode = "half_pixel"> (x, , s) }

    Fix: F.interpolate(x, ..., mode="bilinear", align_corners=False), or mode="nearest"; retraining is rarely needed,
    the output moves by less than a pixel.
    """
    shape = graph.shape(node.inputs[0])
    if wrong_rank(shape, facts):
        return
    mode = attribute(node, "mode", facts)
    allowed = facts["coordinates"].get(mode)
    coordinates = attribute(node, "coordinate_transformation_mode", facts)
    if allowed and coordinates not in allowed:
        fix = (
            "use align_corners=False (half_pixel)"
            if mode == "linear"
            else 'use mode="nearest" of torch (asymmetric, floor), not "nearest-exact"'
        )
        yield Issue(
            f"coordinate_transformation_mode: Supported values: {allowed}",
            fix,
            f"{mode}, coordinate_transformation_mode = {coordinates}",
        )
    if mode == "nearest" and attribute(node, "nearest_mode", facts) not in facts["nearest_modes"]:
        yield Issue(
            f"nearest_mode: Supported values: {facts['nearest_modes']}",
            'set nearest_mode to floor, as torch\'s mode="nearest" exports it',
            f"nearest_mode = {attribute(node, 'nearest_mode', facts)}",
        )
    axes = node.attrs.get("axes")
    if axes is not None and some_axes(axes, shape):
        yield Issue(
            AXES, "give scales or sizes for all four axes and leave `axes` out", f"axes {tuple(axes)}"
        )


def some_axes(axes: Sequence[int], shape: Shape | None) -> bool:
    """Whether ``axes`` are not all of the tensor's, in order."""
    return shape is not None and [a % len(shape) for a in axes] != [*range(len(shape))]


AXES = "Axes must be a list of integers in the range [0, rank-1]. Negative values are allowed, but the axes must be in order."
"""The converter's words; it means all of them, in order."""
