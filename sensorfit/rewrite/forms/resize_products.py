"""Resize as products with constant matrices."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from ..declare import rewrite
from ..draft import Draft
from ..site import Site
from ._sampling import matrix, needs_matrix


@rewrite(
    "RW101",
    "ResizeAsProducts",
    answers=("SF105", "SF114"),
    ops=("Resize",),
    proof="polynomial",
    kind="rounding",
    units=64.0,
)
def as_products(site: Site) -> Iterator[Draft]:
    """A Resize as two products with constant matrices.

    Every interpolation of an axis is linear in the image: y = A_h x A_w^T for each channel, where row i of A holds the
    weights with which the cells of x make cell i. A product with constants multiplies the last axis of a 4-D tensor
    from the right, so each axis is brought to the end and back:

        y = ((x A_w^T)^T A_h^T)^T

    Serves align_corners, asymmetric and half-pixel coordinates with linear and cubic weights, antialiasing, and
    tf_crop_and_resize of a constant region with 0 beyond the image. The weights of the matrices are ratios that float32 rounds: equal up to its unit times the size of the axis.
    """
    weights = needs_matrix(site)
    if weights is None:
        return
    if not weights:  # every cell is where it was
        yield site.draft(form="identity").gives(site.node.inputs[0])
        return
    draft = site.draft(form="products")
    x = site.node.inputs[0]
    for axis in (3, 2):
        if axis not in weights:
            continue
        into, out = site.x[axis], site.y[axis]
        if axis == 2:
            x = draft.transpose(x, (0, 1, 3, 2))
        make = partial(matrix, weights[axis], into)
        x = draft.op("MatMul", x, draft.computed((into, out), make))
        if axis == 2:
            x = draft.transpose(x, (0, 1, 3, 2))
    yield draft.gives(x)
