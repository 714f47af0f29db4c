"""Grouped convolutions that the converter does not package."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING

from ..declare import rewrite
from ..draft import Draft
from ..site import Site

if TYPE_CHECKING:
    import numpy as np


@rewrite("RW382", "GroupsInOneKernel", answers=("SF132",), ops=("Conv",), proof="polynomial")
def one_kernel(site: Site) -> Iterator[Draft]:
    """A grouped convolution as one over all channels.

    A kernel (G O, I, h, w) in G groups reads I channels for each result. Over all of them it is (G O, G I, h, w): group g has
    its own taps at the channels g I to (g + 1) I, and zeros elsewhere. G times the weights, and the same steps.
    """
    node, w = site.node, site.node.input(1)
    kernel, groups = site.shape(w), int(site.attr("group", 1))
    if len(kernel) != 4 or groups < 2 or kernel[1] < 2 or not site.is_constant(w):
        return
    draft = site.draft()
    whole = draft.derived((kernel[0], groups * kernel[1], *kernel[2:]), partial(_spread, groups), w)
    attrs = {name: value for name, value in node.attrs.items() if name != "group"}
    yield draft.gives(draft.op("Conv", node.inputs[0], whole, *node.inputs[2:], **attrs))


def _spread(groups: int, w: np.ndarray) -> np.ndarray:
    """(G O, I, h, w) as (G O, G I, h, w)."""
    import numpy as np

    outputs, inputs = len(w) // groups, w.shape[1]
    whole = np.zeros((len(w), groups * inputs, *w.shape[2:]), w.dtype)
    for g in range(groups):
        rows = slice(g * outputs, (g + 1) * outputs)
        whole[rows, g * inputs : (g + 1) * inputs] = w[rows]
    return whole
