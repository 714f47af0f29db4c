"""Sizes beyond what the hardware counts to."""

from __future__ import annotations

from collections.abc import Iterator
from math import prod

from sensorfit.graph.ir import Graph, Node, Shape
from sensorfit.verify.facts import attribute, ints
from sensorfit.verify.family import OPERATORS
from sensorfit.verify.rule import Facts, Issue, rule

from .convolution import kernel_of
from .matmul import by_head


@rule(
    "SF109", "SizeLimit", OPERATORS,
    ops=("Conv", "MaxPool", "AveragePool", "MatMul", "Gemm", "Resize", "InstanceNormalization", "GroupNormalization"),
)  # fmt: skip
def limits(graph: Graph, node: Node, facts: Facts) -> Iterator[Issue]:
    """A kernel, window, axis or layer too large.

    The converter refuses sizes that the hardware cannot count to: a depthwise
    kernel above ${operators.operators.Conv.depthwise_kernel}, a pooling window above ${operators.operators.AveragePool.window_side} a side (AveragePool)
    or ${operators.operators.MaxPool.window_area} positions (MaxPool) unless it covers the whole map, a product of two
    activations (of each head, where there are several) over more than ${operators.operators.MatMul.longest_axis}
    columns, a fully connected layer with more than ${operators.operators.MatMul.most_inputs} inputs or
    ${operators.operators.MatMul.most_outputs} outputs, upsampling of a map larger than ${operators.operators.Resize.largest_map},
    normalisation of more than ${operators.operators.InstanceNormalization.longest_axis} channels.

    Fails:
        (float[1,16,32,32] x) => (float[1,16,20,20] y) <float[16,1,13,13] w> { y = Conv <kernel_shape = [13, 13], group = 16> (x, w) }

    Passes:
        (float[1,16,32,32] x) => (float[1,16,22,22] y) <float[16,1,11,11] w> { y = Conv <kernel_shape = [11, 11], group = 16> (x, w) }

    Fix: stack smaller kernels (two 7x7 see as far as one 13x13), pool in two steps, pool before a fully connected
    layer, attend to fewer tokens.
    """
    shape = graph.shape(node.inputs[0])
    if shape is None:
        return
    if node.op == "Conv":
        yield from _convolution(graph, node, facts, shape)
    elif node.op in ("MaxPool", "AveragePool"):
        yield from _window(node, facts, shape)
    elif node.op in ("MatMul", "Gemm"):
        yield from _product(graph, node, facts, shape)
    elif node.op == "Resize":
        yield from _upsampling(graph, node, facts, shape)
    elif (channels := too_long(graph, node, 1, facts["longest_axis"])) is not None:
        yield Issue(
            f"Axis 1 size exceeds the supported limit of {facts['longest_axis']}",
            "normalise fewer channels",
            f"{channels} channels",
        )


def too_long(graph: Graph, node: Node, axis: int, limit: int, joined: bool = False) -> int | None:
    """The size of input 0 along ``axis`` where it is known to exceed ``limit``; ``joined``: of all axes from there on."""
    shape = graph.shape(node.inputs[0])
    if shape is None or not -len(shape) <= axis < len(shape):
        return None
    sizes = shape[axis % len(shape) :] if joined else (shape[axis],)
    size = None if None in sizes else prod(s for s in sizes if s is not None)
    return size if size is not None and size > limit else None


def _convolution(graph: Graph, node: Node, facts: Facts, shape: Shape) -> Iterator[Issue]:
    kernel, limit = kernel_of(graph, node), facts["depthwise_kernel"]
    if len(shape) == 4 and node.attrs.get("group", 1) == shape[1] and kernel and max(kernel) > limit:
        yield Issue(
            f"Kernel size > {limit} is not supported for depthwise conv",
            "stack smaller depthwise kernels (two 7x7 see as far as one 13x13), or dilate one",
            f"kernel {kernel}",
        )
    for name, size in zip(("height", "width"), shape[2:], strict=False):
        if size is not None and size > facts["largest_map"]:
            yield Issue(
                f"{name} size exceeds the supported limit of {facts['largest_map']}",
                "use a smaller map",
                f"{name} {size}",
            )


def _window(node: Node, facts: Facts, shape: Shape) -> Iterator[Issue]:
    kernel = tuple(node.attrs["kernel_shape"])
    if len(shape) != 4 or len(kernel) != 2 or kernel == shape[2:]:
        return
    area, side = facts.get("window_area"), facts.get("window_side")
    fix = "pool in two steps, or over the whole map"
    if area and kernel[0] * kernel[1] > area:
        yield Issue(f"Supported pool size for non-global pooling: H * W <= {area}", fix, f"window {kernel}")
    if side and max(kernel) > side:
        yield Issue(
            f"Supported pool size for non-global pooling: H <= {side}, W <= {side}", fix, f"window {kernel}"
        )


def _product(graph: Graph, node: Node, facts: Facts, first: Shape) -> Iterator[Issue]:
    second = graph.shape(node.input(1))
    if second is None or graph.is_constant(node.inputs[0]):
        return
    if graph.is_constant(node.input(1)):
        if len(first) == 2 and len(second) == 2:
            transposed = bool(attribute(node, "transB", facts))
            inputs, outputs = second[::-1] if transposed else second
            if inputs is not None and inputs > facts["most_inputs"]:
                yield Issue(
                    f"Input size exceeds the supported limit of {facts['most_inputs']}",
                    "pool or convolve with a stride before the fully connected layer",
                    f"{inputs} inputs",
                )
            if outputs is not None and outputs > facts["most_outputs"]:
                yield Issue(
                    f"Output size exceeds the supported limit of {facts['most_outputs']}",
                    "split the layer into several and Concat their results, or predict a map with convolutions",
                    f"{outputs} outputs",
                )
        return
    if not by_head(first, second) and (node.op == "Gemm" or len(first) != 3 or len(second) != 3):
        return  # SF119
    limit, fix = facts["longest_axis"], "attend to fewer tokens: pool or stride keys and values first"
    if first[-1] is not None and first[-1] > limit:
        yield Issue(
            f"Dimension size on the last axis exceeds the supported limit of {limit}",
            fix,
            f"input 0 of shape {first}",
        )
    rows = facts.get("most_rows")
    if rows is not None and first[-2] is not None and first[-2] > rows:
        yield Issue(f"Dimension size exceeds the supported limit of {rows}", fix, f"input 0 of shape {first}")
    if any(d is not None and d > limit for d in second[-2:]):
        yield Issue(
            f"Dimension size exceeds the supported limit of {limit}", fix, f"input 1 of shape {second}"
        )


def _upsampling(graph: Graph, node: Node, facts: Facts, shape: Shape) -> Iterator[Issue]:
    result = graph.shape(node.outputs[0])
    if (
        len(shape) != 4
        or result is None
        or len(result) != 4
        or (node.input(3) and ints(graph, node.input(3)) is None)
    ):
        return
    for name, before, after in zip(("height", "width"), shape[2:], result[2:], strict=True):
        if before is not None and after is not None and after > before > facts["largest_map"]:
            yield Issue(
                f"Input {name} for upsampling exceeds the supported limit of {facts['largest_map']}",
                "upsample a smaller map",
                f"{name} {before}",
            )
