"""The geometry of Conv and ConvTranspose."""

from __future__ import annotations

from collections.abc import Iterator

from sensorfit.graph.ir import Graph, Node
from sensorfit.verify.family import OPERATORS
from sensorfit.verify.rule import Facts, Issue, rule

from .rank import wrong_rank


@rule("SF111", "Convolution", OPERATORS, ops=("Conv",))
def convolution(graph: Graph, node: Node, facts: Facts) -> Iterator[Issue]:
    """A convolution with stride and dilation, too much padding, or uneven groups.

    Any kernel, any stride and any dilation are accepted, but not a stride
    together with a dilation; the padding of a side must be smaller than the
    kernel's extent, dilation counted; and with groups the outputs of a group
    must be a multiple of its inputs (depthwise always is).

    Fails:
        (float[1,16,32,32] x) => (float[1,8,14,14] y) <float[8,16,3,3] w>
        { y = Conv <kernel_shape = [3, 3], strides = [2, 2], dilations = [2, 2]> (x, w) }

    Passes:
        (float[1,16,32,32] x) => (float[1,8,30,30] y) <float[8,16,3,3] w>
        { y = Conv <kernel_shape = [3, 3], dilations = [1, 1]> (x, w) }

    Fix: move the stride to a layer without dilation; pad less, or with Pad before; choose out_channels as a multiple
    of in_channels in a grouped convolution, or drop the groups.
    """
    if wrong_rank(graph.shape(node.inputs[0]), facts):
        return
    if not graph.is_constant(node.input(1)):
        yield Issue.unknown(
            "computed weights: the front end accepts some and crashes on others",
            "make the weights constants: predict scales a channel (Mul) instead of kernels",
            node.input(1),
            probes=("dynw_act", "conv_dynw_act"),
            basis="measured",
        )
    kernel = kernel_of(graph, node)
    strides, dilations = pair(node, "strides"), pair(node, "dilations")
    if max(strides) > 1 and max(dilations) > 1:
        yield Issue(
            "Stride > 1 with dilation > 1 are not supported",
            "keep the dilation and take the stride in another layer (or subsample after it with MaxPool of kernel 1), or keep the stride and drop the dilation",
            f"stride {strides}, dilation {dilations}",
        )
    pads = pads_of(node)
    if kernel is not None and node.attrs.get("auto_pad", "NOTSET") == "NOTSET":
        extent = [(k - 1) * d + 1 for k, d in zip(kernel, dilations, strict=False)]
        if extent and any(pad >= extent[i % len(extent)] for i, pad in enumerate(pads)):
            yield Issue(
                "Padding >= kernel size is not supported",
                "pad less, or put a Pad node before the convolution",
                f"padding {pads}, kernel {kernel}, dilation {dilations}",
            )
    group, weights = node.attrs.get("group", 1), graph.shape(node.input(1)) or ()
    if group > 1 and all(weights[:2]) and len(weights) > 1 and weights[0] % (weights[1] * group):
        yield Issue(
            "Non-integer depth multiplier (filter group size / input group size) is not supported with group > 1",
            "make out_channels a multiple of in_channels, make it depthwise (groups = in_channels) with a 1x1 Conv after it, or drop the groups",
            f"{weights[1] * group} in, {weights[0]} out, {group} groups",
        )


@rule("SF112", "TransposedConvolution", OPERATORS, ops=("ConvTranspose",))
def transposed_convolution(graph: Graph, node: Node, facts: Facts) -> Iterator[Issue]:
    """A transposed convolution with padding, groups, dilation or gaps.

    Only the plain form is accepted: no padding, no groups, no dilation, no
    output_shape, a stride not larger than the kernel. output_padding is accepted.

    Fails:
        (float[1,16,32,32] x) => (float[1,8,64,64] y) <float[16,8,4,4] w>
        { y = ConvTranspose <kernel_shape = [4, 4], strides = [2, 2], pads = [1, 1, 1, 1]> (x, w) }

    Passes:
        (float[1,16,32,32] x) => (float[1,8,64,64] y) <float[16,8,4,4] w, int64[2] a = {1, 1}, int64[2] b = {65, 65}, int64[2] c = {2, 3}>
        { t = ConvTranspose <kernel_shape = [4, 4], strides = [2, 2]> (x, w) y = Slice (t, a, b, c) }

    Fix: drop the padding and crop the result with Slice (a padding p of ConvTranspose is a crop of p on each side);
    or upsample with Resize (nearest) and convolve.
    """
    if wrong_rank(graph.shape(node.inputs[0]), facts):
        return
    kernel = kernel_of(graph, node)
    strides, dilations = pair(node, "strides"), pair(node, "dilations")
    pads = pads_of(node)
    if any(pads):
        crop = ", ".join(f"{a}:-{b}" if b else f"{a}:" for a, b in zip(pads[:2], pads[2:], strict=False))
        yield Issue(
            "Input padding is not supported",
            f"set padding=0 and crop the result: y[:, :, {crop}] (Slice); or Resize (nearest, x{strides[0]}) and a Conv",
            f"padding {pads}",
        )
    if node.attrs.get("group", 1) > 1:
        yield Issue(
            "Groups > 1 is not supported",
            "drop the groups, or Resize (nearest) and a grouped Conv",
            f"groups {node.attrs['group']}",
        )
    if max(dilations) > 1:
        yield Issue(
            "Dilation > 1 is not supported",
            "drop the dilation, or write the zeros into a larger kernel",
            f"dilation {dilations}",
        )
    if node.attrs.get("output_shape"):
        yield Issue(
            "Inferring pads from output_shape is not supported",
            "leave output_shape out and crop the result with Slice",
            f"output_shape {tuple(node.attrs['output_shape'])}",
        )
    if kernel is not None and any(s > k for s, k in zip(strides, kernel, strict=False)):
        yield Issue(
            "Stride > kernel size is not supported",
            "make the kernel at least as large as the stride (zeros at its edge keep the result)",
            f"stride {strides}, kernel {kernel}",
        )


def pair(node: Node, name: str) -> tuple[int, ...]:
    """A two-dimensional attribute whose default is 1, 1."""
    return tuple(node.attrs.get(name) or (1, 1))


def pads_of(node: Node) -> tuple[int, ...]:
    """Padding at the top, left, bottom and right."""
    return tuple(node.attrs.get("pads") or (0, 0, 0, 0))


def kernel_of(graph: Graph, node: Node) -> tuple[int, ...] | None:
    """The kernel, from the attribute or the weights' shape."""
    given = node.attrs.get("kernel_shape") or (graph.shape(node.input(1)) or ())[2:]
    return tuple(given) if given and None not in given else None
