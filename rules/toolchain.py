"""Forms that the converter accepts and that do not come to it: sensorfit build, MCT or its export cannot carry them."""

from __future__ import annotations

from collections.abc import Iterator

from sensorfit.graph.called import Called
from sensorfit.graph.ir import Graph, Node
from sensorfit.graph.pads import zeros_around
from sensorfit.verify.family import OPERATORS
from sensorfit.verify.rule import Facts, Issue, rule

from .command_memory import UNSEEN_TAPS
from .convolution import pair

PARAMETERS = {
    "Conv": (1, 2),
    "ConvTranspose": (1, 2),
    "BatchNormalization": (1, 2, 3, 4),
    "InstanceNormalization": (1, 2),
    "LayerNormalization": (1, 2),
}
"""Inputs that torch's layers hold as weights."""
MOST_DIMENSIONS = {"BatchNormalization": 4, "InstanceNormalization": 4}
"""Of the inputs of the layers that MCT knows."""
PROBES = {
    "Conv": ("dynw_act", "conv_dynbias"),
    "ConvTranspose": ("dynct",),
    "BatchNormalization": ("bn_r5",),
    "InstanceNormalization": ("in_r5", "in_dyns"),
    "LayerNormalization": ("ln_dyn", "ln_dynb"),
    "AveragePool": ("Ave_asym", "Ave_p2k3"),
    "Cast": ("cast_BFLOAT16",),
    "Equal": ("Equal@19_base", "equal_sp"),
    "Gather": ("ga_table1", "ga_empty", "ga_r2s"),
    "Expand": ("exp_r2",),
    "ReduceMax": ("ReduceMax_r2k0",),
    "ReduceMean": ("ReduceMean_r2k0",),
    "ReduceSum": ("ReduceSum_r2k0",),
    "Squeeze": ("sq_0", "sq_none"),
    "RandomNormal": ("rn",),
    "RandomUniform": ("ru",),
    "Resize": ("rz_nscale_c2", "rz_lscale_b2"),
}
REDUCING = (
    "ArgMax",
    "Expand",
    "Gather",
    "ReduceL2",
    "ReduceMax",
    "ReduceMean",
    "ReduceSum",
    "Reshape",
    "Squeeze",
)
"""Operators whose results can have fewer dimensions than MCT takes."""
POOLING = ("AveragePool", "MaxPool")
ACTIVATIONS = frozenset(
    {"Clip", "Elu", "HardSigmoid", "HardSwish", "LeakyRelu", "PRelu", "Relu", "Sigmoid", "Tanh"}
)
BROADCASTS = ("Add", "Div", "Mul", "Sub")
OPS = (
    *PARAMETERS, *REDUCING, *BROADCASTS, "AveragePool", "Cast", "Equal", "Pad", "RandomNormal", "RandomUniform", "Resize",
)  # fmt: skip


ENDS = {
    "MCT": "the converter accepts it, but it cannot be quantized",
    "EXEC": "the front end accepts it, and the converter behind it ends with an exception",
}
"""What becomes of a form, by who ends on it."""


@rule("SF131", "NotQuantizable", OPERATORS, ops=OPS)
def not_quantizable(graph: Graph, node: Node, facts: Facts) -> Iterator[Issue]:
    """The converter takes this form, the quantization before it does not.

    A float network reaches the sensor through Sony's model-compression-toolkit, which quantizes a torch module and
    writes the ONNX file that the converter reads. A form that no torch layer has, or that the toolkit does not
    quantize, ends there: sensorfit build stops before it begins. Kernels and parameters must be constants, a Resize
    moves height and width alone, the padding of an average counts or is the same at both ends. Zeros padded before a
    pooling are fewer than its kernel: onnxruntime, which the converter runs, makes them the pooling's own, and ends.
    Of pooled features (1x1) a 1x1 convolution is a matrix product; what one wrote and another one reads first, by name, a
    larger kernel does not read after it: "should be 3 or 4 dimensions for tensor reshape, but got: 1". Nor does an activation
    whose result meets a map: "Input shapes (33,56,64) and (33) are not compatible, cannot broadcast" (e9113, e9126), or constants: "DspAdvisor exception" (tests/rules/test_features.py).

    Fails:
        (float[1,16,32,32] x) => (float[1,32,32,32] y) <float[4] s = {1.0, 2.0, 1.0, 1.0}> {
            y = Resize <mode = "nearest", coordinate_transformation_mode = "asymmetric", nearest_mode = "floor"> (x, , s)
        }

    Passes:
        (float[1,16,32,32] x) => (float[1,16,64,64] y) <float[4] s = {1.0, 1.0, 2.0, 2.0}> {
            y = Resize <mode = "nearest", coordinate_transformation_mode = "asymmetric", nearest_mode = "floor"> (x, , s)
        }

    Fix: the finding names the form that builds.
    """
    if node.domain:
        return
    if node.op in BROADCASTS:
        yield from _meets_a_map(graph, node)
        return
    if node.op == "Conv" and _large_on_features(graph, node):
        yield Issue(
            f"{ENDS['EXEC']}: a larger kernel on features that a 1x1 convolution wrote and another one reads",
            "replace it by a 1x1 convolution with the weights that meet the one place (of a padded 3x3 the middle ones): the others read nothing but padding",
            code="GE",
        )
    said = _form(graph, node)
    if said is not None:
        reason, fix = said
        code = "EXEC" if node.op == "Pad" else "MCT"
        yield Issue(
            f"{ENDS[code]}: {reason}",
            fix,
            code=code,
            probes=PROBES.get(node.op, ()),
        )


SPELLED_OUT = "run sensorfit fix, which spells it out; or train with BatchNormalization, which costs nothing"
NOT_PACKAGED = {
    "InstanceNormalization": (SPELLED_OUT, ("instancenorm",)),
    "GroupNormalization": (SPELLED_OUT, ("gn_18", "pgn")),
    "GatherElements": (
        "where the indices are constants, the same at each place of the other axes, run sensorfit fix, which writes a Gather; else leave it to the host",
        ("gatherel", "gel_ax1", "gel_r3"),
    ),
}
"""Operators that the memory report counts and the converter's back end ends on; the way out, and probes."""


@rule("SF132", "NotPackaged", OPERATORS, ops=(*NOT_PACKAGED, "Conv"))
def not_packaged(graph: Graph, node: Node, facts: Facts) -> Iterator[Issue]:
    """The converter takes this operator and counts its memory, and stops before it writes the package.

    An InstanceNormalization or GroupNormalization passes the front end, MCT and the converter's memory report; its back
    end then ends with "mismatch in input.NofDim", or "gamma.NofDim", on every network that was asked: of one group to
    one for each channel, three and four axes, small maps and large, with a scale and a shift and without, with a Relu
    before and behind. Spelled out, it is packaged; a LayerNormalization over the last axis is, too. A GatherElements
    ends with "simdAxis mismatch", of three axes and of four, along channels and along columns. A convolution in
    ${operators.operators.Conv.not_packaged.groups} groups is one step of the converter whatever a group reads, but it is
    packaged only where ${operators.operators.Conv.not_packaged.unless_inputs_divide} is divisible by the channels that a group reads: with 3, 6, 10, 12, 16, 24, 32 and 64 it ends with "Index 0 out of bounds", 1x1 and 3x3. Other numbers of groups run
    as a convolution each, which is packaged (3 groups of 16). A convolution takes no dilation larger than its map is
    high or wide ("Dilation_rate_H=12 is larger than H=8 - not supported"); a depthwise one takes any for which there is
    room (SF133).

    Fails:
        (float[1,8,16,16] x) => (float[1,8,16,16] y) <float[8] s, float[8] b> { y = InstanceNormalization (x, s, b) }

    Passes:
        (float[1,16,64] x) => (float[1,16,64] y) <float[64] s, float[64] b> { y = LayerNormalization <axis = -1> (x, s, b) }

    Fix: run sensorfit fix, which spells normalisations out; or train with BatchNormalization, which a convolution takes
    in. In place of GatherElements with the same constant indices at each place of the other axes use Gather. Give a
    group of a convolution 8 channels, or drop the groups.
    """
    if node.domain:
        return
    if node.op == "Conv":
        yield from _uneven_groups(graph, node, facts)
        yield from _dilated_past_the_map(graph, node)
    else:
        fix, probes = NOT_PACKAGED[node.op]
        yield Issue(
            "the converter counts its memory and writes no package: its back end stops on this operator",
            fix,
            code="CBE",
            probes=probes,
        )


def _uneven_groups(graph: Graph, node: Node, facts: Facts) -> Iterator[Issue]:
    groups, weights = node.attrs.get("group", 1), graph.shape(node.input(1)) or ()
    inputs = weights[1] if len(weights) == 4 else None
    found = facts["not_packaged"]
    if groups in found["groups"] and inputs and found["unless_inputs_divide"] % inputs:
        yield Issue(
            f"the converter counts its memory and writes no package: its back end stops on {groups} groups that read {inputs} channels each",
            "run sensorfit fix, which writes a kernel over all channels, zero between the groups; or train with groups of 8 channels, or none",
            code="CBE",
        )


def _dilated_past_the_map(graph: Graph, node: Node) -> Iterator[Issue]:
    shape, weights = graph.shape(node.input(0)) or (), graph.shape(node.input(1)) or ()
    dilations = pair(node, "dilations")
    if len(shape) != 4 or len(weights) != 4 or node.attrs.get("group", 1) == shape[1]:
        return
    past = [(d, size) for d, size in zip(dilations, shape[2:], strict=False) if size and d > size]
    if past:
        d, size = past[0]
        yield Issue(
            f"the converter counts its memory and writes no package: its back end takes no dilation ({d}) larger than the map ({size})",
            UNSEEN_TAPS,
            code="CBE",
        )


def _large_on_features(graph: Graph, node: Node) -> bool:
    """Whether a kernel larger than 1x1 reads one place that a 1x1 convolution wrote, and another such convolution reads first."""
    weights = graph.shape(node.input(1)) or ()
    return tuple(weights[2:]) != (1, 1) and _read_after(graph, node, node.inputs[0]) is not None


def _meets_a_map(graph: Graph, node: Node) -> Iterator[Issue]:
    """A map or constants and features that a 1x1 convolution wrote, where another one reads these before their activation does."""
    if all(_is_one_place(graph, tensor) and not graph.is_constant(tensor) for tensor in node.inputs):
        return
    for tensor in node.inputs:
        found = _read_after(graph, node, tensor)
        if found is not None:
            late, first = found
            yield Issue(
                f"{ENDS['EXEC']}: features that a 1x1 convolution wrote meet a map or constants, and {first.name}, another one, reads them first",
                f"rename {late.name}, which activates them, or {first.name}, so that the activation is the first of the two in the alphabet",
                code="GE",
            )


def _is_one_place(graph: Graph, tensor: str) -> bool:
    return tuple((graph.shape(tensor) or ())[2:]) == (1, 1)


def _read_after(graph: Graph, node: Node, tensor: str) -> tuple[Node, Node] | None:
    """Of one place that a 1x1 convolution wrote, which ``node`` reads as ``tensor``: the reader on the way to ``node``, and the
    other such convolution that reads it first; None where that is not so.

    Of what the convolution wrote, with the activation that it takes in: behind another activation nobody's reading
    changes its shape (e9245). The readers come by the names that the build gives them; an activation among them is
    passed over (e8039), a sum or product with a map is not (e4028).
    """
    if not _is_one_place(graph, tensor):
        return None
    way, levels = node, [(node, tensor)]
    while (before := graph.producer_of(tensor)) is not None and before.op in ACTIVATIONS:
        way, tensor = before, before.inputs[0]
        levels.append((way, tensor))
    if before is None or not _is_product(graph, before):
        return None
    if len(levels) > 1 and graph.only_reader(tensor) is way:
        levels.pop()
    way, tensor = levels[-1]
    readers = [r for r in graph.consumers_of(tensor) if r is way or r.op not in ACTIVATIONS]
    first = min(readers, key=Called(graph))
    return (way, first) if first is not way and _is_product(graph, first) else None


def _is_product(graph: Graph, node: Node) -> bool:
    """Whether a 1x1 convolution reads one place."""
    read, weights = graph.shape(node.input(0)) or (), graph.shape(node.input(1)) or ()
    dense = node.op == "Conv" and node.attrs.get("group", 1) == 1
    return dense and tuple(read[2:]) == (1, 1) == tuple(weights[2:])


def _form(graph: Graph, node: Node) -> tuple[str, str] | None:
    """What keeps a node from being quantized, and the way out; None where nothing does."""
    shape = graph.shape(node.input(0)) or ()
    computed = [
        i for i in PARAMETERS.get(node.op, ()) if node.input(i) and not graph.is_constant(node.input(i))
    ]
    if computed:
        return (
            "its weights or parameters are computed",
            "make them constants of the model, or multiply with MatMul",
        )
    if len(shape) > MOST_DIMENSIONS.get(node.op, len(shape)):
        return f"{len(shape)} dimensions", "reshape the input to four dimensions before it and back behind it"
    if node.op == "Resize" and _other_axes(graph, node):
        return (
            "a resize of other axes than height and width",
            "repeat channels with Concat, or resize on the host",
        )
    if node.op == "AveragePool" and not node.attrs.get("count_include_pad") and _uneven(node):
        return (
            "padding that does not count and differs at the two ends or exceeds half the window",
            "pad with Pad before it and set count_include_pad=1, or choose an odd kernel with the same padding on all sides",
        )
    if node.op == "Gather" and (graph.numbers(node.input(1)) is None or graph.shape(node.input(1)) == (0,)):
        return "its indices are computed or none", "use indices that are constants of the model"
    if node.op == "Cast" and graph.tensors[node.outputs[0]].dtype == "bfloat16":
        return "a cast to bfloat16", "leave the value in float32"
    result = graph.shape(node.outputs[0])
    if node.op in REDUCING and result is not None and len(result) < 2:
        return (
            f"a result of {len(result)} dimensions",
            "keep the batch dimension: keepdims=1, or a Reshape to (1, n)",
        )
    if (
        node.op == "Squeeze"
        and result
        and shape[0] == 1
        and len(shape) > len(result)
        and _drops_batch(graph, node)
    ):
        return "the batch dimension is dropped", "name the axes to squeeze, none of them 0"
    if node.op == "Pad" and _fills_window(graph, node):
        return (
            "zeros padded before a pooling, as many as its kernel is long",
            "pad less than the kernel before the pooling, and pad its result",
        )
    if node.op == "Equal":
        return "a result that is true or false", "compare on the host, or with Sub, Abs and Clip on numbers"
    if node.op in ("RandomNormal", "RandomUniform"):
        return "random numbers", "draw them once and make them a constant of the model"
    return None


def _other_axes(graph: Graph, node: Node) -> bool:
    old, new = graph.shape(node.input(0)), graph.shape(node.outputs[0])
    return old is not None and new is not None and (len(old) != 4 or old[:2] != new[:2])


def _drops_batch(graph: Graph, node: Node) -> bool:
    """Whether a Squeeze takes the first axis away, named or as one of all of size 1."""
    rank = len(graph.shape(node.input(0)) or ())
    axes = node.attrs.get("axes") or graph.numbers(node.input(1)) or (0,)
    return any(int(axis) % rank == 0 for axis in axes)


def _fills_window(graph: Graph, node: Node) -> bool:
    """Whether the one reader of a padded image is a pooling that may not have as much padding of its own."""
    around, reader = zeros_around(graph, node), graph.only_reader(node.outputs[0])
    if around is None or reader is None or reader.op not in POOLING:
        return False
    kernel = tuple(reader.attrs.get("kernel_shape", ()))
    own = tuple(reader.attrs.get("pads") or (0,) * len(around))
    return any(a + b >= k for a, b, k in zip(around, own, (*kernel, *kernel), strict=False))


def _uneven(node: Node) -> bool:
    kernel = tuple(node.attrs.get("kernel_shape", ()))
    pads = tuple(node.attrs.get("pads") or (0,) * 2 * len(kernel))
    begins, ends = pads[: len(kernel)], pads[len(kernel) :]
    return begins != ends or any(2 * p > k for p, k in zip(begins, kernel, strict=False))
