"""BatchNormalization by the statistics of its own image."""

from __future__ import annotations

from collections.abc import Iterator
from math import prod

from ..declare import rewrite
from ..draft import Draft
from ..site import Site
from ._own_statistics import behind, is_mean, is_variance
from .norms import LONGEST, centred


@rewrite(
    "RW377",
    "BatchNormOfOneImage",
    answers=("SF104", "SF131"),
    ops=("BatchNormalization",),
    proof="sampled",
    kind="rounding",
    units=1024.0,
    stage="file",
)
def own_statistics(site: Site) -> Iterator[Draft]:
    """A BatchNormalization whose mean and variance are those of its own input, computed, as a LayerNormalization or spelled out.

    TensorFlow's LayerNormalization is one: (1, C, n, 1), a channel for each token, in training mode, which tf2onnx writes as
    ReduceMean(x), ReduceSumSquare(x - mean) / n and the operator. Of one image (x - mean_c) / sqrt(var_c + epsilon) s_c + b_c has
    its mean over all cells of channel c: over the last axis of (1, C, n), a LayerNormalization of scale 1 and bias 0, where all
    but one of them are 1; over maps spelled out: d = x - mean(x), d / sqrt(mean(d^2) + epsilon). s and b follow by channel.

    onnxruntime's LayerNormalization takes the variance as mean(x^2) - mean(x)^2: of numbers ten deviations from 0, 100 times the
    unit is lost, which is why so many are allowed; a count that is off by one of a thousand makes 4,000.
    """
    node, shape = site.node, site.x
    if (
        len(shape) < 3
        or shape[0] != 1
        or any(node.outputs[1:])
        or site.attr("training_mode")
        or len(node.inputs) != 5
        or any(site.is_constant(t) for t in node.inputs[3:])
        or not (is_mean(site, node.inputs[3]) and is_variance(site, node.inputs[4]))
    ):
        return
    nodes = (*behind(site, node.inputs[3:]), node)
    if not site.alone(*nodes):
        return
    size, epsilon = prod(shape[2:]), float(site.attr("epsilon", 1e-5))
    if size == max(shape[2:]) and 1 < size <= LONGEST:
        draft = site.draft(*nodes, form="LayerNormalization")
        one, zero = draft.floats([1.0] * size, (size,)), draft.floats([0.0] * size, (size,))
        rows = draft.reshape(node.inputs[0], (1, shape[1], size))
        y = draft.op("LayerNormalization", rows, one, zero, axis=-1, epsilon=epsilon)
        yield draft.gives(_by_channel(site, draft, draft.reshape(y, shape)))
    draft = site.draft(*nodes, form="spelled out")
    y = centred(draft, node.inputs[0], [*range(2, len(shape))], epsilon)
    yield draft.gives(_by_channel(site, draft, y))


def _by_channel(site: Site, draft: Draft, y: str) -> str:
    """``y`` times the scale of each channel and its bias, where they are not 1 and 0."""
    wide = (1, site.x[1], *(1,) * (len(site.x) - 2))
    for op, tensor, nothing in (("Mul", site.node.inputs[1], 1.0), ("Add", site.node.inputs[2], 0.0)):
        values = site.numbers(tensor) if site.is_constant(tensor) else None
        if values is None or any(v != nothing for v in values):
            own = draft.reshape(tensor, wide) if values is None else draft.floats(values, wide)
            y = draft.op(op, y, own)
    return y
