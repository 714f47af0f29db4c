"""The device graph as the steps the sensor runs, with the transforms between layouts.

``KINDS`` is the table of what a node becomes: the first kind that matches makes its steps. The order matters, as a
kind may assume that those above it did not match.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import prod
from typing import Final, NamedTuple

from ..graph.called import Called
from ..graph.ir import Graph, Node
from ..graph.view import View
from . import convolution as cv
from .builder import StepBuilder, Value
from .constants import TOKEN_AXES
from .convolution_steps import convolution
from .device import TRANSFORM, Program
from .elementwise import elementwise
from .fusion import (
    BYTE,
    ELEMENTWISE,
    FUSED_IN_PLACE,
    NONLINEAR,
    adds_bias,
    bits_before_table,
    is_pointwise_product,
    is_wide,
    scale_and_shift,
)
from .gathers import too_many
from .interpolation import resize
from .layout import Extent, Layout, MemoryFacts, leanest, round_up, tensor_bytes
from .model import FIVE_AXES, MANY_HEADS, MANY_PLACES
from .multipliers import runs_in_a_row
from .normalization import (
    across,
    channels_moved,
    layer_normalisation,
    move_channels,
    scaled_and_shifted,
    softmax_across,
    wide_normalisation,
)
from .product import is_product, matrix_product, of_too_many_heads
from .rearranging import concat, cut_layout, is_padded_average, pad, padded_average, write_all
from .views import Lying, along, spread, static, transpose, view
from .widths import MOVES

IN_BLOCKS = frozenset({"MaxPool", "AveragePool", "GlobalAveragePool", "GlobalMaxPool"})
MERGED = MOVES | {"Relu"}
"""Of several equal ones of one tensor torch's export keeps one (branches_11: six of seven Relus; branches_13)."""
KERNELS = frozenset({"Conv", "ConvTranspose", "Gemm", "MatMul"})
CUTS = frozenset({"Split", "Slice"})
VIEWS = frozenset({"Reshape", "Flatten", "Squeeze", "Unsqueeze", "Identity", "Dropout", "Cast"})


def device_steps(graph: Graph, facts: MemoryFacts) -> Program:
    """The steps of ``graph`` with their buffers, in an order that respects the data."""
    state = StepBuilder(graph, facts)
    for name in graph.inputs:
        extent = state.extent(name)
        even = extent.resized(rows=round_up(extent.rows, facts.input_rows))
        size = tensor_bytes(even, Layout.PLANES, facts) + facts.input_guard_bytes
        buffer = state.store(name, "", size, Layout.PLANES)
        state.program.inputs.append(buffer)
        state.program.input_bytes += size
        state.values[name] = Value(buffer, Layout.PLANES, extent)
    called = Called(graph)
    for node in graph.nodes:
        state.called = called(node)
        state.block = (state.block or node.name) if runs_in_a_row(node) else ""
        _add_steps(state, node)
    state.block = ""
    for name in graph.outputs:
        _output(state, name)
    state.program.operations = state.operations()
    return state.program


class Kind(NamedTuple):
    """One kind of step. ``when`` and ``how`` take the node and the tensors it reads that lie in memory, at least one."""

    what: str
    when: Callable[[StepBuilder, Node, Sequence[str]], bool]
    how: Callable[[StepBuilder, Node, list[str]], object]


def _known_kernel(state: StepBuilder, node: Node, sources: Sequence[str]) -> bool:
    return node.op in ("Conv", "ConvTranspose") and cv.read_convolution(state.graph, node) is not None


def _fused_beside(state: StepBuilder, node: Node, sources: Sequence[str]) -> bool:
    return node.op in FUSED_IN_PLACE and (
        is_wide(state.graph, *sources) or bits_before_table(state.graph, sources[0]) > 0
    )


def _fused_in_place(state: StepBuilder, node: Node, sources: Sequence[str]) -> bool:
    if node.op not in FUSED_IN_PLACE or len(sources) != 1 or len(state.graph.consumers_of(sources[0])) != 1:
        return False
    before = state.graph.producer_of(sources[0])
    if before is None:
        return True
    before = adds_bias(state.graph, before) or before
    if before.activation and node.op in NONLINEAR:  # a table behind another activation runs by itself (e3014)
        return False
    return before.op in KERNELS or (before.op in ELEMENTWISE and node.op not in NONLINEAR)


def _ride(state: StepBuilder, node: Node, sources: Sequence[str]) -> None:
    state.program.fused.add(state.values[sources[0]].buffer)
    state.alias(node.outputs[0], sources[0])


def _bias(state: StepBuilder, node: Node, sources: Sequence[str]) -> None:
    if node.activation:
        state.program.fused.add(state.values[sources[0]].buffer)
    state.alias(node.outputs[0], sources[0])


def _same_layout(state: StepBuilder, node: Node, sources: Sequence[str]) -> None:
    value = state.values[sources[0]]
    state.put(node, node.outputs[0], value.layout, [value.buffer])


def _runs_pointwise(state: StepBuilder, node: Node, sources: Sequence[str]) -> bool:
    shape = state.graph.shape(node.inputs[0])
    return shape is not None and len(shape) == MAP_AXES and is_pointwise_product(state.graph, node)


READ_IN_PLACE: Final = KERNELS - {"Conv", "ConvTranspose"} | {"LayerNormalization"}
"""Operators whose result a product with weights reads as it lies; all else is laid for it (thin_widths)."""


def _read_in_place(state: StepBuilder, value: Value) -> bool:
    """Of a Transpose's results those in planes (smp_fpn_efficientnet_b0)."""
    op = state.step_of(value.buffer).op
    return op in READ_IN_PLACE or (op == "Transpose" and value.layout is Layout.PLANES)


def _pointwise_product(state: StepBuilder, node: Node, sources: Sequence[str]) -> None:
    """A 1x1 convolution whose channels stand last: blocks of them are planes here, planes of them turned planes (lin16)."""
    value, extent = state.values[sources[0]], state.extent(node.outputs[0])
    narrow = value.extent.columns < state.facts.channel_block
    if value.buffer in state.writer and not _read_in_place(state, value):
        layout = Layout.TURNED if narrow else Layout.PLANES
        value = state.transform(
            value, value.extent, layout, f"{node.name}/transform", f"laid for {node.name}"
        )
    elif not narrow or value.layout is not Layout.TURNED:
        value = state.bring(sources[0], Layout.PLANES, node.name)
    few = extent.columns <= state.facts.planar_channels
    scratch = state.facts.planar_convolution_bytes if few else 0
    state.put(node, node.outputs[0], Layout.TURNED if few else Layout.PLANES, [value.buffer], scratch)


def _shift_of_scaled(state: StepBuilder, node: Node, sources: Sequence[str]) -> bool:
    scale = state.graph.producer_of(sources[0]) if node.op == "Add" else None
    return scale is not None and bool(scale_and_shift(state.graph, scale))


def _reduced_vector(state: StepBuilder, node: Node, sources: list[str]) -> None:
    """In blocks along the last axis that is left (five_axes, five_few); of many places in turned planes where those take less."""
    value, shape = state.values[sources[0]], static(state.graph.shape(sources[0]))
    lying = Lying(Layout.BLOCKS, value.extent, 1)
    if len(shape) > MAP_AXES:
        gone = View(state.graph).axes(node) or range(len(shape))
        left = [a for a, size in enumerate(shape) if a and size != 1 and a not in gone]
        lying = along(shape, left[-1] if left else 1, value.extent.bits)
    extent = lying.extent
    if extent.rows * extent.columns >= state.facts.mean_turned_places:
        turned = tensor_bytes(value.extent, Layout.TURNED, state.facts)
        if turned < tensor_bytes(extent, lying.layout, state.facts):
            lying = Lying(Layout.TURNED, value.extent, 1)
    if lying.extent == value.extent:
        write_all(state, node, sources, lying.layout)
        return
    name = node.name
    laid = state.transform(value, extent, lying.layout, f"{name}/transform", f"laid for {name}")
    state.put(node, node.outputs[0], Layout.VECTOR, [laid.buffer])


def _other_reduction(state: StepBuilder, node: Node) -> bool:
    """Over more than an image's axes, and neither mean nor sum (timm_hiera_small_fixed has maxima over windows)."""
    many = len(state.graph.shape(node.input(0)) or ()) > MAP_AXES
    return many and node.op.startswith("Reduce") and node.op not in ("ReduceMean", "ReduceSum")


def _reduced_map(state: StepBuilder, node: Node, sources: list[str]) -> None:
    """In turned planes or planes; of more than four axes in blocks of the first where these take less (tests/memory/test_stacked.py)."""
    value, shape = state.values[sources[0]], static(state.graph.shape(sources[0]))
    out = state.extent(node.outputs[0])
    if len(shape) > MAP_AXES and shape[:-1] == static(state.graph.shape(node.outputs[0])):
        blocks = along(shape, 1, value.extent.bits)
        least = min(
            tensor_bytes(value.extent, layout, state.facts) for layout in (Layout.TURNED, Layout.PLANES)
        )
        if tensor_bytes(blocks.extent, blocks.layout, state.facts) < least:
            name = node.name
            laid = state.transform(
                value, blocks.extent, blocks.layout, f"{name}/transform", f"laid for {name}"
            )
            state.put(node, node.outputs[0], Layout.BLOCKS, [laid.buffer])
            return
    extents = [value.extent, out]
    write_all(state, node, sources, leanest((Layout.TURNED, Layout.PLANES), extents, state.facts))


def _over_tokens(state: StepBuilder, node: Node, sources: Sequence[str]) -> bool:
    """Over one of the axes of (1, rows, columns)."""
    axes = View(state.graph).axes(node) if node.op.startswith("Reduce") and node.op != "ReduceL2" else None
    tokens = len(state.graph.shape(node.inputs[0]) or ()) == TOKEN_AXES
    return tokens and axes in ((1,), (2,))


def _reduced_tokens(state: StepBuilder, node: Node, sources: list[str]) -> None:
    """In blocks along the axis that is left (mean_tokens)."""
    layout = Layout.PLANES if View(state.graph).axes(node) == (1,) else Layout.TURNED
    write_all(state, node, sources, layout)


def _norm_of_rows(state: StepBuilder, node: Node, sources: Sequence[str]) -> bool:
    """Over the last axis: one over rows and columns (GRN of ConvNeXt V2) runs as other reductions do."""
    read, written = (state.graph.shape(t) or () for t in (sources[0], node.outputs[0]))
    last = read[:-1] == written[: len(read) - 1] and written[len(read) - 1 :] in ((), (1,))
    return node.op == "ReduceL2" and last and state.values[sources[0]].extent.bits <= BYTE


def _root_of_squares(state: StepBuilder, node: Node, sources: list[str]) -> None:
    """Of a copy of 16 bits, laid once more, in 16 bits (tests/memory/test_l2_norm.py; SwiftFormer-XS is 13 % low without)."""
    value = state.cast(state.values[sources[0]], 2 * BYTE, node.name)
    out = state.extent(node.outputs[0])
    layout = Layout.TURNED  # blocks never lie along the axis that is summed (a Restormer's heads of 8: tests/memory/test_l2_norm.py)
    value = state.transform(value, value.extent, layout, f"{node.name}/transform", f"laid for {node.name}")
    wide = tensor_bytes(out.resized(bits=2 * BYTE), layout, state.facts)
    whole = state.store(node.outputs[0], f"{2 * BYTE} bits", wide, layout)
    state.step(node.name, node.op, [value.buffer], [whole])
    buffer = state.store(node.outputs[0], "", tensor_bytes(out, layout, state.facts), layout)
    state.step(f"{node.name}/cast", "Cast", [whole], [buffer])
    state.values[node.outputs[0]] = Value(buffer, layout, out)


def _tiles_joined(state: StepBuilder, node: Node, sources: list[str]) -> None:
    layouts = {state.values[t].layout for t in sources}
    write_all(state, node, sources, layouts.pop() if len(layouts) == 1 else Layout.PLANES)


def _uncounted(why: str) -> Callable[[StepBuilder, Node, list[str]], None]:
    """One step in the place of those that are not counted."""

    def step(state: StepBuilder, node: Node, sources: list[str]) -> None:
        state.program.missing[why] = None
        write_all(state, node, sources, Layout.PLANES)

    return step


def _in(layout: Layout) -> Callable[[StepBuilder, Node, list[str]], None]:
    """The step that reads and writes ``layout``."""
    return lambda state, node, sources: write_all(state, node, sources, layout)


def _is(*ops: str) -> Callable[[StepBuilder, Node, Sequence[str]], bool]:
    """Whether the node is one of these operators."""
    return lambda state, node, sources: node.op in ops


WIDE_NORMALISATIONS: Final = ("InstanceNormalization", "GroupNormalization")
MAP_AXES: Final = 4
"""Of an image's tensor."""
KINDS: Final = (
    Kind("a convolution whose kernel is known", _known_kernel, convolution),
    Kind("a product with weights that runs as a 1x1 convolution", _runs_pointwise, _pointwise_product),
    Kind("an activation of wide values, or one that a table of wide values computes", _fused_beside, _same_layout),
    Kind("an activation that rides on the step before it", _fused_in_place, _ride),
    Kind("an activation with a step of its own", _is(*FUSED_IN_PLACE), _same_layout),
    Kind("another shape of the same elements", _is(*VIEWS), lambda s, n, t: view(s, n, t[0])),
    Kind("a normalization over positions", _is(*WIDE_NORMALISATIONS), lambda s, n, t: wide_normalisation(s, n, t[0])),
    Kind("a normalization over the last axis of a map", lambda s, n, _: n.op == "LayerNormalization" and not s.extent(n.outputs[0]).is_vector, lambda s, n, t: layer_normalisation(s, n, t[0])),
    Kind("a Softmax over another axis than the last", across, lambda s, n, t: softmax_across(s, n, t[0])),
    Kind("channels moved to the last place or back", channels_moved, move_channels),
    Kind("axes in another order", _is("Transpose"), lambda s, n, t: transpose(s, n, t[0])),
    Kind("the bias of a product that runs as a 1x1 convolution", lambda s, n, _: adds_bias(s.graph, n) is not None, _bias),
    Kind("a scale with the shift behind it", lambda s, n, _: bool(scale_and_shift(s.graph, n)), lambda s, n, t: s.alias(n.outputs[0], t[0])),
    Kind("the shift behind a scale", _shift_of_scaled, lambda s, n, t: scaled_and_shifted(s, n, t[0])),
    Kind("resizing", _is("Resize", "Upsample"), resize),
    Kind("a BatchNorm", _is("BatchNormalization"), lambda s, n, t: scaled_and_shifted(s, n, t[0])),
    Kind("an average over a padded map", is_padded_average, padded_average),
    Kind("pooling", _is(*IN_BLOCKS), _in(Layout.BLOCKS)),
    Kind("a reduction of tokens", _over_tokens, _reduced_tokens),
    Kind("a reduction to a vector", lambda s, n, _: n.op.startswith("Reduce") and s.extent(n.outputs[0]).is_vector, _reduced_vector),
    Kind("the root of a sum of squares", _norm_of_rows, _root_of_squares),
    Kind("a reduction to a map", lambda s, n, _: n.op.startswith("Reduce"), _reduced_map),
    Kind("sums, products and their like", _is(*ELEMENTWISE), elementwise),
    Kind("rows cut for a tile", _is("TileSlice"), lambda s, n, t: write_all(s, n, t, s.values[t[0]].layout)),
    Kind("a broadcast of a map", lambda s, n, t: n.op == "Expand" and not s.values[t[0]].extent.is_vector, _same_layout),
    Kind("a broadcast of a vector", lambda s, n, _: n.op == "Expand" and not s.extent(n.outputs[0]).is_vector, lambda s, n, t: spread(s, n, t[0])),
    Kind("tiles joined", _is("TileConcat"), _tiles_joined),
    Kind("a concatenation", _is("Concat"), concat),
    Kind("a cut", _is(*CUTS), lambda s, n, t: write_all(s, n, t, cut_layout(s, n, t))),
    Kind("padding of an image", lambda s, n, _: n.op == "Pad" and len(s.graph.shape(n.outputs[0]) or ()) == MAP_AXES, pad),
    Kind("a product of more heads than are counted", lambda s, n, _: of_too_many_heads(s.graph, n), _uncounted(MANY_HEADS)),
    Kind("a product of two activations", lambda s, n, _: is_product(s.graph, n), lambda s, n, _: matrix_product(s, n, [n.inputs[0], n.inputs[1]])),
    Kind("a Gather of more places than are counted", lambda s, n, _: too_many(s.graph, n), _uncounted(MANY_PLACES)),
    Kind("anything else", lambda s, n, _: True, _in(Layout.PLANES)),
)  # fmt: skip
"""What a node becomes, the first that matches."""


def _add_steps(state: StepBuilder, node: Node) -> None:
    sources = [t for t in state.graph.activations(node) if t in state.values]
    if not sources:  # computed from constants alone
        for tensor in node.outputs:
            if tensor:
                state.put(node, tensor, Layout.PLANES, [])
        return
    if _other_reduction(state, node):
        state.program.missing[FIVE_AXES] = None
    if (
        node.op in MERGED and len(node.outputs) == 1 and not node.activation
    ):  # torch's export merges the same of the same
        same = (node.op, *node.inputs, repr(sorted(node.attrs.items())))
        if (done := state.moved.setdefault(same, node.outputs[0])) != node.outputs[0]:
            state.alias(node.outputs[0], done)
            return
    next(kind for kind in KINDS if kind.when(state, node, sources)).how(state, node, sources)


def _output(state: StepBuilder, tensor: str) -> None:
    """An output leaves through two transforms: into the file's blocks, then into packed planes; a vector stays one."""
    value = state.values.get(tensor)
    if value is None:
        return
    name = f"{tensor}/output"
    if value.extent.is_vector or value.extent.channels == 1 or value.layout is Layout.PACKED:
        layout = Layout.VECTOR if value.extent.is_vector else Layout.PACKED
        size = round_up(tensor_bytes(value.extent, layout, state.facts), state.facts.row_block)
        buffer = state.store(tensor, "out", size, layout)
        state.step(name, TRANSFORM, [value.buffer], [buffer])
    else:
        if value.layout is not Layout.FILE_BLOCKS:  # first_scale_out
            written = static(state.graph.shape(tensor))
            whole = value.extent
            if len(written) > MAP_AXES:  # blocks of the first axis, three anchors or so (yolo_head)
                whole = Extent(written[1], prod(written[2:-1]), written[-1], whole.bits)
            value = state.transform(value, whole, Layout.FILE_BLOCKS, f"{name}-0", "blocks for output")
        value = state.transform(value, value.extent, Layout.PACKED, f"{name}-1", "packed for output")
        buffer = value.buffer
    state.program.outputs.append(buffer)
