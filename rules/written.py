"""What the file says in its own way: the converter's front end reads it as it stands, sensorfit build writes it anew."""

from __future__ import annotations

import shlex
from collections.abc import Iterator

from sensorfit.graph.ir import Graph, Written
from sensorfit.graph.written import as_read
from sensorfit.target import Target
from sensorfit.units import show_shape
from sensorfit.verify.family import INPUTS
from sensorfit.verify.rule import Issue, rule

RAW = "the raw file stops the front end; sensorfit build writes it anew"
SLIM = "to run the converter on this file yourself, run `onnxslim model.onnx slim.onnx`, which {}; sensorfit build does not need it"

REWRITTEN = "to run the converter on this file yourself, run `sensorfit fix model.onnx -o new.onnx`, which {}; sensorfit build does not need it"

RESPELL = (
    """python -c "import onnx, numpy; from onnx import helper, numpy_helper; m = onnx.load('model.onnx'); """
    """[n.CopyFrom(helper.make_node('Constant', [], n.output, n.name, value=numpy_helper.from_array(numpy.array("""
    """helper.get_attribute_value(n.attribute[0]), 'float32' if 'float' in n.attribute[0].name else 'int64')))) """
    """for n in m.graph.node if n.op_type == 'Constant' and n.attribute[0].name != 'value']; onnx.save(m, 'new.onnx')\""""
)
"""A command that writes the value of every Constant as a tensor."""

RECORD = (
    """python -c "import onnx; m, c = onnx.load('model.onnx'), onnx.load('model.onnx'); """
    """[(setattr(n, 'op_type', 'Identity'), setattr(n, 'domain', ''), n.ClearField('attribute')) """
    """for n in c.graph.node if n.domain == 'mct_quantizers']; c.graph.ClearField('value_info'); m.graph.ClearField('value_info'); """
    """m.graph.value_info.extend(onnx.shape_inference.infer_shapes(c).graph.value_info); onnx.save(m, 'new.onnx')\""""
)
"""A command that records the shapes of a network that MCT has quantized: a quantizer's result has its input's."""


def named(model: str, modules: str = "onnx") -> str:
    """A command that gives every node of ``model`` (Python) a name and saves it."""
    name = "[setattr(n, 'name', n.name or f'node_{i}') for i, n in enumerate(m.graph.node)]"
    return f"""python -c "import {modules}; m = {model}; {name}; onnx.save(m, 'new.onnx')\""""


@rule("SF512", "UnnamedNodes", INPUTS, "file", stage="file", mended_in_copy=True, hides_nodes=True)
def unnamed(graph: Graph, target: Target) -> Iterator[Issue]:
    """Nodes without a name.

    ONNX lets a node go without a name; the converter's front end ends with an
    exception (EXEC) on the first. sensorfit build writes the
    file anew, with names, so this is a warning about the file itself.

    Fails:
        onnx.helper.make_node("Relu", ["x"], ["y"])

    Passes:
        onnx.helper.make_node("Relu", ["x"], ["y"], name="relu")

    Fix: to run the converter on this file yourself, give every node a name (the finding has the command); sensorfit build does not need it.
    """
    if graph.written.unnamed:
        command = named("onnx.load('model.onnx')")
        yield Issue.accepted(
            f"nodes without a name: {RAW}",
            f"to run the converter on this file yourself, run `{command}`; sensorfit build does not need it",
            f"{graph.written.unnamed} node{'' if graph.written.unnamed == 1 else 's'}",
            code="EXEC",
        )


@rule("SF513", "ConstantSpelling", INPUTS, "file")
def constants(graph: Graph, target: Target) -> Iterator[Issue]:
    """Constants in a spelling that only the file's reader minds.

    The front end reads Constant with the attribute `value` only and crashes on
    value_float, value_ints and their kin (EXEC), unless only a constant
    expression reads them, which it folds first; a tensor stored by its values other
    than zero (sparse_value, sparse_initializer) it never reads. sensorfit reads them all, and
    so does an export by torch; the float file itself is refused.

    Fails:
        (float[1,3,64,64] x) => (float[1,3,64,64] y) { two = Constant <value_float = 2.0> () y = Mul (x, two) }

    Passes:
        (float[1,3,64,64] x) => (float[1,3,64,64] y) { two = Constant <value = float {2.0}> () y = Mul (x, two) }

    Fix: to run the converter on this file yourself, write the value as a tensor (the finding has the command; onnxslim and onnxsim do
    not); sensorfit build does not need it.
    """
    for name, op in graph.written.spelled:
        yield Issue.accepted(
            f"a Constant without the attribute 'value': {RAW}",
            f"to run the converter on this file yourself, run `{RESPELL}`; sensorfit build does not need it",
            name or op,
            code="EXEC",
            probes=("const_node", "const_ints", "fold_value_ints"),
        )
    for tensor in graph.written.sparse:
        yield Issue.accepted(
            f"a tensor stored by its values other than zero: {RAW}",
            REWRITTEN.format("writes it out"),
            tensor,
            code="EXEC",
            tensor=tensor,
        )


@rule("SF515", "UnfoldedConstant", INPUTS, "file")
def unfolded(graph: Graph, target: Target) -> Iterator[Issue]:
    """A constant expression that the front end does not fold.

    It folds a node whose inputs are all there and all constant. An optional
    input written as "" is no constant to it, nor is Size of an activation:
    such a node stays, and what reads it gets a computed value where it may
    need a constant (EXEC), or an operator that is refused. Clip with one bound
    is how "same" padding is exported (timm's Conv2dSame, all tf_* networks).
    sensorfit folds it, and so does sensorfit build.

    Fails:
        (float[1,16,4,4] x) => (float[N,C,H,W] y) {
            pads = Constant <value = int64[8] {0,0,0,0,0,0,1,1}> ()
            zero = Constant <value = int64 {0}> ()
            positive = Clip (pads, zero, )
            y = Pad (x, positive)
        }

    Passes:
        (float[1,16,4,4] x) => (float[N,C,H,W] y) {
            pads = Constant <value = int64[8] {0,0,0,0,0,0,1,1}> ()
            zero = Constant <value = int64 {0}> ()
            positive = Max (pads, zero)
            y = Pad (x, positive)
        }

    Fix: to run the converter on this file yourself, fold its constants, as onnxslim does; sensorfit build does not need it.
    """
    if not graph.written.unfolded:
        return
    from sensorfit.verify.engine import front_end_code, judged

    known = {(f.rule, f.node, f.reason) for f in judged(graph.replace(written=Written()), target)}
    more = [f for f in judged(as_read(graph), target) if (f.rule, f.node, f.reason) not in known]
    code = front_end_code(more)
    if not code:
        return  # what reads it takes a computed value, too
    first = next(f for f in more if f.converter_code == code)
    for node in graph.written.unfolded:
        if all(node.inputs) and node.op != "Size":
            continue  # behind one that is named
        why = (
            "the operator is not known"
            if node.op == "Size"
            else "an optional input is written as an empty name"
        )
        yield Issue.accepted(
            f"a constant expression that is not folded, because {why}: {RAW}",
            SLIM.format("folds constants"),
            f"so {first.node or first.op}: {first.reason}",
            code=code,
            node=node,
            probes=("fold_clip_low", "fold_clip_high", "fold_slice_gap", "fold_size_x"),
        )


@rule("SF516", "StaleShape", INPUTS, "file", stage="file")
def stale(graph: Graph, target: Target) -> Iterator[Issue]:
    """Recorded shapes or types that contradict the graph.

    An ONNX file records the shapes and types of its tensors beside its nodes. Where a
    number or a type there is not what the nodes compute, or an output has no shape at
    all, the front end fails its first check (EXEC). An output that is recorded
    twice, among the outputs and among the inner tensors, must have its exact
    shape in the second place: a dimension left open there (batch, "unk__0")
    ends it, too. Tools that cut a graph leave such records behind. Of a network that MCT has
    quantized the results of its quantizers must be recorded with their shapes; who strips
    the records leaves a file that no build mends.

    Fails:
        (float[1,3,64,64] x) => (float[1,3,64,64] y) <float[1,8,64,64] r> { r = Relu (x) y = Sigmoid (r) }

    Passes:
        (float[1,3,64,64] x) => (float[1,3,64,64] y) <float[1,3,64,64] r> { r = Relu (x) y = Sigmoid (r) }

    Fix: to run the converter on this file yourself, have the shapes recorded anew, as onnxslim does; sensorfit build does not need it.
    """
    for tensor in graph.written.unrecorded:
        yield Issue(
            "the shape of a quantizer's result is not recorded: the front end stops at it",
            f"keep the shapes that MCT's exporter records; to record them anew, run `{RECORD}`",
            tensor,
            code="EXEC",
            tensor=tensor,
        )
    for tensor, recorded, inferred, dtype, is_dtype in graph.written.stale:
        said = show_shape(recorded) if recorded is not None else "without a shape"
        yield Issue.accepted(
            f"a recorded {'type' if dtype else 'shape'} that contradicts the graph: {RAW}",
            (REWRITTEN if dtype or recorded is None else SLIM).format("records the shapes anew"),
            f"'{tensor}' is recorded as {dtype or said} and is {is_dtype or show_shape(inferred)}",
            code="EXEC",
            tensor=tensor,
            probes=("stale_again_open", "stale_again_number", "stale_again_bare"),
        )


@rule("SF517", "NegativeDimension", INPUTS, "file", stage="file")
def negative(graph: Graph, target: Target) -> Iterator[Issue]:
    """An open dimension written as -1.

    Some exporters (paddle2onnx) write -1 for a dimension that is open; ONNX
    has a name or nothing for it. sensorfit and every runtime read it as open,
    an open batch as 1. The front end takes a batch of -1 for a batch of several
    (INVMOD) and ends on -1 elsewhere (EXEC).

    Fails:
        onnx.helper.make_model(onnx.helper.make_graph(
            [onnx.helper.make_node("Relu", ["x"], ["y"], name="relu")], "g",
            [onnx.helper.make_tensor_value_info("x", 1, [-1, 3, 64, 64])],
            [onnx.helper.make_tensor_value_info("y", 1, ["N", 3, 64, 64])]), ir_version=8,
            opset_imports=[onnx.helper.make_opsetid("", 17)])

    Passes:
        (float[N,3,64,64] x) => (float[N,3,64,64] y) { y = Relu (x) }

    Fix: to run the converter on this file yourself, write the sizes out, as `onnxslim model.onnx slim.onnx --input-shapes
    x:1,3,64,64` does; sensorfit build does not need it.
    """
    batches = {name for name, axis in graph.written.negative if axis == 0 and name in graph.inputs}
    places = batches or {name for name, _ in graph.written.negative}
    if not places:
        return
    name = next(iter(graph.inputs), "input")
    yield Issue.accepted(
        f"an open dimension written as -1: {RAW}",
        f"to run the converter on this file yourself, run `onnxslim model.onnx slim.onnx --input-shapes {shlex.quote(name)}:1,3,H,W`, which writes "
        "the sizes out; sensorfit build does not need it",
        ", ".join(f"'{p}'" for p in sorted(places)[:3]) + (" and more" if len(places) > 3 else ""),
        code="INVMOD" if batches else "EXEC",
        tensor=min(places),
        probes=("in_-1x3x32x32",),
    )
