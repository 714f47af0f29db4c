"""A file as the rewrites take it: its branches taken, one image, an opset that is read, float32.

    proto, graph ─► Ifs of constant conditions ─► a batch of 1 ─► opset 17 or 20 ─► float32 ─► channels first
      ─► outputs with the batch

What is done here changes the network's interface or its file and no operator; each says so in a note.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import onnx

from ..errors import ModelError
from ..graph.channels_last import channels_last
from ..graph.ir import Graph
from ..graph.load import load
from ..units import show_shape
from .branches import without_branches
from .channels_first import with_channels_first
from .class_numbers import cast_at_the_end, without_casts
from .in_float32 import in_float32, inputs_in_float32, inputs_of_whole_numbers, others
from .leading_one import with_leading_one, without_batch
from .one_image import batch_of, one_image
from .raise_opset import at_opset, readable

HOLD_GRAPHS: Final = ("If", "Loop", "Scan", "SequenceMap")


@dataclass(frozen=True)
class Ready:
    """The graph, and how the file differs from it."""

    graph: Graph
    batch: int = 1
    """Of the file, where the graph has 1."""
    retyped: bool = False
    """Whether the file computes in another float, or reads whole numbers: it cannot be compared with as it is."""
    notes: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    """The outputs that have a 1 in front which the file's have not, or another type for the same numbers."""
    before: Graph | None = None
    """The graph before its image was turned or its outputs were changed, where any is."""
    turned: tuple[str, ...] = ()
    """The images whose channels stand last in the file and first in the graph."""


def needs_file(graph: Graph) -> bool:
    """Whether anything here is to be done, for which the file is read again."""
    return (
        not readable(graph)
        or batch_of(graph) > 1
        or any(n.op == "If" for n in graph.nodes)
        or bool(others(graph) or inputs_of_whole_numbers(graph))
        or bool(channels_last(graph) or without_batch(graph) or cast_at_the_end(graph))
    )


def ready(
    proto: onnx.ModelProto,
    graph: Graph,
    source: Path | onnx.ModelProto,
    input_shapes: Mapping[str, Iterable[int]] | None = None,
    keep_batch: bool = False,
    keep_inputs: bool = False,
) -> Ready:
    """``graph``, loaded from ``proto``, ready to be rewritten; ModelError where its opset or a graph in a node cannot be read.

    ``keep_inputs``: whole numbers stay what they are, for a host that casts them, and outputs as they are, for one that reshapes.
    """
    notes: list[str] = []

    def again(made: onnx.ModelProto, shapes: Mapping[str, Iterable[int]] | None = input_shapes) -> Graph:
        return load(source if isinstance(source, Path) else made, graph.name, shapes, proto=made)

    proto, graph, branches = without_branches(proto, graph, again)
    if branches:
        notes.append(
            f"{branches} If{'s' * (branches != 1)} with a constant condition: the branch that is always taken stands in the place"
        )
    inner = next((n for n in graph.nodes if n.op in HOLD_GRAPHS and not n.domain), None)
    if inner is not None:
        raise ModelError(
            f"{source if isinstance(source, Path) else graph.name}: the {inner.op} '{inner.name}' is decided while the network runs, "
            "which no rewrite reads and the sensor does not do: export the network without it, or up to it"
        )
    batch, shapes = batch_of(graph), input_shapes
    if batch > 1 and not graph.quantized and not keep_batch:
        one = one_image(proto, graph, again)
        if one is None:
            batch = 1
        else:
            graph, shapes = one, {i: one.shape(i) or () for i in one.inputs}  # type: ignore[misc]
            notes.append(f"the batch of {batch} is 1 in the result: the sensor runs one image at a time")
    else:
        batch = 1
    graph = at_opset(proto, graph, source, shapes)
    graph, kinds = in_float32(graph)
    if kinds:
        notes.append(
            f"{' and '.join(kinds)} in float32, inputs and outputs too: the same weights to float32's unit, and sums that are "
            "rounded otherwise"
        )
    whole: dict[str, str] = {}
    if not keep_inputs:
        graph, whole = inputs_in_float32(graph)
    notes += [
        f"the input '{name}' of {kind} is float32 in the result and takes the same whole numbers: the converter casts none"
        for name, kind in whole.items()
    ]
    before = graph
    turned = () if keep_inputs else channels_last(graph)
    graph = with_channels_first(graph, turned) if turned else graph
    notes += [
        f"the image '{name}' is {show_shape(graph.shape(name) or ())} in the result, channels first, as the sensor delivers it"
        for name in turned
    ]
    casts = {} if keep_inputs or batch > 1 else cast_at_the_end(graph)
    kinds_of = {name: graph.tensors[name].dtype for name in casts}
    graph = without_casts(graph, casts) if casts else graph
    notes += [
        f"the output '{name}' of {kind} is {graph.tensors[name].dtype} in the result, with the same class numbers: the converter casts none"
        for name, kind in kinds_of.items()
    ]
    dropped = {} if keep_inputs or batch > 1 else without_batch(graph)
    graph = with_leading_one(graph, dropped) if dropped else graph
    notes += [
        f"the output '{name}' of {show_shape(shape) or 'one number'} is {show_shape(graph.shape(name) or ())} in the result: "
        "the sensor delivers a batch of one"
        for name, shape in dropped.items()
    ]
    return Ready(
        graph,
        batch,
        bool(kinds or whole),
        tuple(notes),
        tuple({**casts, **dropped}),
        before if turned or casts or dropped else None,
        turned,
    )
