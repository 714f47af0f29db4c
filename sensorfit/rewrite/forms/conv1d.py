"""A 1-D convolution on four axes."""

from __future__ import annotations

from collections.abc import Iterator

from ..declare import rewrite
from ..draft import Draft
from ..site import Site


@rewrite("RW241", "Conv1dIn4d", answers=("SF106",), ops=("Conv",), proof="polynomial")
def conv1d(site: Site) -> Iterator[Draft]:
    """A 1-D convolution as a 2-D one of height 1.

    (1, C, L) is (1, C, 1, L), a kernel (O, I, k) is (O, I, 1, k); stride, dilation and padding of the new axis are 1, 1, 0.
    """
    weights, kernel = site.node.input(1), site.shape(site.node.input(1))
    if (
        len(site.x) != 3
        or len(kernel) != 3
        or not site.is_constant(weights)
        or site.attr("auto_pad", "NOTSET") != "NOTSET"
    ):
        return
    pads = site.ints("pads", (0, 0))
    draft = site.draft()
    x = draft.reshape(site.node.inputs[0], (*site.x[:2], 1, site.x[2]))
    flat = draft.derived((*kernel[:2], 1, kernel[2]), lambda w: w[:, :, None, :], weights)
    y = draft.op(
        "Conv", x, flat, *site.node.inputs[2:3], kernel_shape=[1, kernel[2]], strides=[1, *site.ints("strides", (1,))],
        dilations=[1, *site.ints("dilations", (1,))], pads=[0, pads[0], 0, pads[1]], group=site.attr("group"),
    )  # fmt: skip
    yield draft.gives(draft.reshape(y, site.y))
