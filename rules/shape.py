"""Operators that rearrange: Reshape, Flatten, Unsqueeze, Expand, Transpose, Slice, Gather."""

from __future__ import annotations

from collections.abc import Iterator
from math import prod

from sensorfit.graph.ir import Graph, Node
from sensorfit.verify.facts import ints
from sensorfit.verify.family import OPERATORS
from sensorfit.verify.rule import Facts, Issue, rule

from .batch_axis import batch_fix, on_batch, several
from .file import bring, missing_file

BATCH = "Invalid batch dim. Supported values: [1, None, -1]"


@rule("SF116", "Reshape", OPERATORS, ops=("Reshape", "Flatten", "Expand", "Transpose", "Unsqueeze"))
def layout(graph: Graph, node: Node, facts: Facts) -> Iterator[Issue]:
    """A reshape or transpose that moves the batch, or a 0 in a target shape.

    The batch stays the first axis and stays 1. Window partitioning (Swin,
    SAM, TinyViT) that folds windows into the batch meets this wall, and so
    does a target shape with the 0 that means "copy". Reshapes to any rank and
    transposes of the other axes are accepted; Unsqueeze takes one axis at a time.

    Fails:
        (float[1,16,32,32] x) => (float[16,32,32] y) <int64[3] s = {16, 32, 32}> { y = Reshape (x, s) }

    Passes:
        (float[1,16,32,32] x) => (float[1,16,1024] y) <int64[3] s = {1, 16, 1024}> { y = Reshape (x, s) }

    Fix: keep the first dimension 1 and write the sizes out: x.reshape(1, windows * tokens, channels) instead of
    (windows, tokens, channels), x.reshape(1, c, h, w) instead of 0 or a leading -1 that resolves to another number.
    """
    if node.op == "Reshape":
        yield from _reshape(graph, node)
    elif node.op == "Flatten":
        yield from _flatten(graph, node)
    elif node.op == "Transpose":
        yield from _transpose(graph, node)
    elif node.op == "Expand":
        if node.input(1) and not graph.is_constant(node.input(1)):
            yield _computed(graph, node)
        written = ints(graph, node.input(1)) if facts.get("target_with_batch") else None
        shape = written or graph.shape(node.outputs[0])
        if shape and shape[0] not in (1, None):
            fix = batch_fix(graph, shape[0])
            yield Issue("Invalid batch dim. Supported values: [1]", fix, f"target shape {shape}")
    elif node.op == "Unsqueeze":
        yield from _unsqueeze(graph, node)


def _reshape(graph: Graph, node: Node) -> Iterator[Issue]:
    target, source = ints(graph, node.input(1)), graph.shape(node.inputs[0])
    if target is None and (file := missing_file(graph, node.input(1))):
        yield Issue.unknown("the data of the target shape is missing", bring(file), file)
        return
    if target is None:
        yield _computed(graph, node)
        return
    if _opens_group_norm(graph, node, target):
        return
    if 0 in target:
        yield Issue(
            "0 in shape is not supported",
            "write the size instead of the 0 that copies it: x.reshape(1, c, -1)",
            f"target shape {target}",
        )
        return
    fix = batch_fix(graph, source[0] if source else None)
    yield from several(graph, node)
    if target and target[0] == -1:
        result = graph.shape(node.outputs[0])
        if result is None or result[0] != 1:
            yield Issue("Cannot change batch dim", fix, f"{source} to {result}")
    elif not target or target[0] != 1:
        yield Issue(BATCH, fix, f"target shape {target}")


def _computed(graph: Graph, node: Node) -> Issue:
    """A target shape that is no constant; where sizes before it are not known, it may still be one to the converter."""
    fix = "export with static shapes and fold constants (onnxslim)"
    if graph.tensors[node.inputs[0]].static:
        reason = "the target shape is computed; the front end needs a constant"
        return Issue(reason, fix, node.input(1), code="EXEC", probes=("unfolded_reshape", "unfolded_expand"))
    return Issue.unknown("the target shape is computed at run time", fix, node.input(1))


def _opens_group_norm(graph: Graph, node: Node, target: tuple[int, ...]) -> bool:
    """Reshape (0, groups, ...) before InstanceNormalization: the front end takes the three nodes for GroupNormalization."""
    if not target or target[0] != 0 or 0 in target[1:]:
        return False
    norm = graph.only_reader(node.outputs[0])
    return norm is not None and norm.op == "InstanceNormalization"


def _flatten(graph: Graph, node: Node) -> Iterator[Issue]:
    shape, axis = graph.shape(node.inputs[0]), node.attrs.get("axis", 1)
    if shape is None:
        return
    yield from several(graph, node)
    rows = shape[: axis if axis >= 0 else axis + len(shape)]
    if any(d not in (1, None) for d in rows):
        fixes = [batch_fix(graph, shape[0])] if shape[0] not in (1, None) else []
        fixes += ["flatten from axis 1, so that the batch of one stays in front"] if len(rows) > 1 else []
        yield Issue(BATCH, "; ".join(fixes), f"axis {axis} of {shape}")


def _transpose(graph: Graph, node: Node) -> Iterator[Issue]:
    shape = graph.shape(node.inputs[0])
    perm = tuple(node.attrs.get("perm") or (range(len(shape))[::-1] if shape is not None else (0,)))
    if perm and perm[0] != 0:
        yield Issue(
            "Batch axis must remain the first axis",
            "permute the other axes only: with a batch of one, drop axis 0 by slicing instead",
            f"perm {perm}",
        )


def _unsqueeze(graph: Graph, node: Node) -> Iterator[Issue]:
    axes = ints(graph, node.input(1)) if node.input(1) else tuple(node.attrs.get("axes", ()))
    if axes is None:
        return  # SF104
    if len(axes) > 1:
        yield Issue("Only one axis is supported", "use one Unsqueeze an axis, or one Reshape", f"axes {axes}")
    elif axes and on_batch(
        graph, node, axes[0]
    ):  # a negative axis counts by the input's rank here, not by the output's
        yield Issue(
            "ExpandDims along batch is invalid",
            "insert the axis after the batch, or Reshape to (1, ...)",
            f"axis {axes[0]}",
        )


@rule("SF117", "SliceOrGather", OPERATORS, ops=("Slice", "Gather"))
def selection(graph: Graph, node: Node, facts: Facts) -> Iterator[Issue]:
    """A Slice that walks backwards or to computed places, a Gather with computed or many-dimensional indices.

    Slices with any constant start, end and positive step are accepted; a negative step
    (a flip) is not. Gather takes constant indices of rank 0 or 1, none of several
    below 0; computed indices only into a constant table of rank 1.

    Fails:
        (float[1,16,32,32] x) => (float[1,16,32,32] y)
        <int64[1] a = {-1}, int64[1] b = {-9223372036854775807}, int64[1] c = {3}, int64[1] d = {-1}> { y = Slice (x, a, b, c, d) }

    Passes:
        (float[1,16,32,32] x) => (float[1,16,32,16] y)
        <int64[1] a = {0}, int64[1] b = {32}, int64[1] c = {3}, int64[1] d = {2}> { y = Slice (x, a, b, c, d) }

    Fix: flip with a Gather over constant indices (Slice), or flip the weights; split a Gather with a matrix of
    indices into one of rank 1 and a Reshape; do look-ups on the host.
    """
    if node.op == "Slice":
        for index, what in enumerate(("starts", "ends", "axes", "steps"), 1):
            if (place := node.input(index)) and not graph.is_constant(place):
                yield Issue(
                    f"Slice dynamic {what} are not supported",
                    "make it a constant: export with static shapes and fold constants (onnxslim)",
                    place,
                )
        steps, starts, shape = (
            ints(graph, node.input(4)),
            ints(graph, node.input(1)),
            graph.shape(node.inputs[0]),
        )
        if steps is not None and any(s < 0 for s in steps):
            yield Issue(
                "Only positive stride is supported",
                "flip with a Gather over constant indices, or flip the weights of the neighbours",
                f"steps {steps}",
            )
        if not node.input(3) and starts is not None and shape is not None and len(starts) < len(shape):
            yield Issue(
                "without axes the front end wants a start and an end for every axis",
                "name the axes, or give all starts and ends",
                f"{len(starts)} of {len(shape)} axes",
                code="EXEC",
            )
        return
    table, indices = graph.shape(node.inputs[0]), graph.shape(node.input(1))
    if graph.is_constant(node.input(1)):
        if "single_index" in facts and indices is not None and prod(indices) != 1:
            yield Issue(
                facts["single_index"],
                "take neighbouring indices with a Slice; others one Gather each, then Concat",
                f"indices of shape {indices}",
            )
        elif indices is not None and len(indices) > 1:
            yield Issue(
                "Gather is supported only for indices rank is 1-dimension",
                "flatten the indices, gather, then Reshape",
                f"indices of shape {indices}",
            )
        elif indices is not None and prod(indices) > 1 and min(ints(graph, node.input(1)) or (0,)) < 0:
            yield Issue(
                "indices param is invalid",
                "count from the front: add the size of the axis to indices below 0",
                f"{sum(i < 0 for i in ints(graph, node.input(1)) or ())} of {prod(indices)} indices count from the end",
            )
        return
    if "computed_indices" in facts:
        yield Issue(
            facts["computed_indices"], "use constant indices, or do the look-up on the host", node.input(1)
        )
        return
    if not graph.is_constant(node.inputs[0]):
        yield Issue(
            "Gather requires constant data, dynamic data is not support",
            "use constant indices, or do the look-up on the host",
            node.input(1),
        )
    if table is not None and len(table) != 1:
        yield Issue(
            "Gather is supported only for data rank is 1-dimension",
            "look embeddings up on the host and feed the vectors in",
            f"data of shape {table}",
        )
