"""Broken models on purpose: bytes changed blindly, and messages changed with knowledge of their fields.

Blind changes find what the parser and its guards miss; informed ones keep the
file parseable and reach what comes after: order, shapes, folding, rules.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random
from typing import Any, Final

import numpy as np
import onnx
from google.protobuf.descriptor import FieldDescriptor
from onnx import TensorProto, helper, numpy_helper, parser

from . import structures

INTEGERS: Final = (
    0,
    1,
    -1,
    2,
    3,
    4,
    7,
    16,
    64,
    255,
    4096,
    2**16,
    2**31 - 1,
    2**31,
    2**40,
    2**62,
    2**63 - 1,
    -(2**63),
)
FLOATS: Final = (0.0, -0.0, 1.0, -1.0, 1e-30, 1e30, float("inf"), float("-inf"), float("nan"))
STRINGS: Final = (
    "", "x", "y", "w", "Conv", "Reshape", "Loop", "If", "Softmax", "Einsum", "ConstantOfShape", "Resize", "Tile", "Expand",
    "Range", "MatMul", "Gather", "Slice", "Pad", "QuantizeLinear", "mct_quantizers", "ai.onnx", "NOTSET", "SAME_UPPER",
    "linear", "\x1b[31m", "::error::x", "../../etc/passwd", "\u202e", "a" * 5000, "ij,jk->ik", "[red]", "\x00",
)  # fmt: skip

HEADER: Final = '<ir_version: 8, opset_import: ["" : 17, "d" : 1, "mct_quantizers" : 1]>\n'
SEEDS: Final = (
    "g (float[1,3,16,16] x) => (float[1,4,16,16] y) <float[4,3,3,3] w> { c = Conv<pads=[1,1,1,1]>(x, w) n = Relu(c) y = Sigmoid(n) }",
    "g (float[1,4,8] x) => (float[1,8,4] y) { s = Constant<value_ints=[0,2,1]>() t = Transpose<perm=[0,2,1]>(x) y = Identity(t) }",
    """g (float[N,4,8] x) => (float[N,4,8] y) { e = Shape(x) z = ConstantOfShape(e) a = Add(x, z) m = ReduceMean<axes=[2]>(a)
       d = Sub(a, m) q = Mul(d, d) v = ReduceMean<axes=[2]>(q) p = Constant<value_float=0.00001>() w = Add(v, p) r = Sqrt(w) y = Div(d, r) }""",
    """g (float[1,8,4] x) => (float[1,8,4] y) <float[4,4] w> { k = MatMul(x, w) t = Transpose<perm=[0,2,1]>(k) s = MatMul(x, t)
       p = Softmax<axis=2>(s) y = MatMul(p, x) }""",
    """g (float[1,2,4,4] x) => (float[1,2,8,8] y) <float[0] e = {}> { r = Identity(e) s = Constant<value_floats=[1.0,1.0,2.0,2.0]>()
       u = Resize<mode="nearest">(x, r, s) y = Clip(u) }""",
    """g (float[1,4] x, bool c) => (float[1,4] y) { y = If (c) <then_branch = t () => (float[1,4] o) { o = Relu(x) },
       else_branch = e () => (float[1,4] o2) { o2 = Neg(x) }> }""",
    "g (float[1,4] x) => (float[1,4] y, float[1,2] z) { z, w2 = Split<axis=1>(x) y = d.f(x) }",
    """g (float[1,4,4,4] x) => (float[1,4,2,2] y) <int64[4] shape = {1,4,4,4}> { a = Reshape(x, shape) b = mct_quantizers.ActivationSymmetricQuantizer<num_bits=8>(a)
       m = MaxPool<kernel_shape=[2,2], strides=[2,2]>(b) y = BatchNormalization(m, m, m, m, m) }""",
    """g (float[1,3,8,8] x) => (float[1,6,15,15] y) <float[3,6,2,2] w> { t = ConvTranspose<strides=[2,2], pads=[0,0,1,1]>(x, w)
       l = Einsum<equation="abcd->abcd">(t) y = Gelu(l) }""",
)  # fmt: skip


def seeds() -> list[bytes]:
    """Small valid models over the operators and structures that the loader treats specially."""
    models = [parser.parse_model(HEADER + text) for text in SEEDS]
    models[6].functions.append(
        helper.make_function(
            "d", "f", ["a"], ["b"], [helper.make_node("Relu", ["a"], ["b"])], [helper.make_opsetid("", 17)]
        )
    )
    for model in models:
        _give_weights(model.graph)
    outside = models[0].graph.initializer[0]
    outside.ClearField("raw_data")
    outside.data_location = TensorProto.EXTERNAL
    outside.external_data.add(key="location", value="weights.bin")
    body = helper.make_graph(
        [helper.make_node("Identity", ["c"], ["c2"]), helper.make_node("Add", ["s", "s"], ["s2"])],
        "body",
        [helper.make_tensor_value_info("i", TensorProto.INT64, []), helper.make_tensor_value_info("c", TensorProto.BOOL, []), helper.make_tensor_value_info("s", TensorProto.FLOAT, [1, 4])],
        [helper.make_tensor_value_info("c2", TensorProto.BOOL, []), helper.make_tensor_value_info("s2", TensorProto.FLOAT, [1, 4])],
    )  # fmt: skip
    loop = helper.make_node("Loop", ["n", "c0", "x"], ["y"], body=body)
    inputs = [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 4])]
    count = [numpy_helper.from_array(np.array(3), "n"), numpy_helper.from_array(np.array(True), "c0")]
    models.append(
        helper.make_model(
            helper.make_graph(
                [loop], "g", inputs, [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)], count
            ),
            opset_imports=[helper.make_opsetid("", 17)],
        )
    )
    return [model.SerializeToString() for model in models]


def _give_weights(graph: onnx.GraphProto) -> None:
    """What the text declares and no node writes becomes an initializer of ones."""
    written = {t for n in graph.node for t in n.output} | {t.name for t in graph.initializer}
    for info in graph.value_info:
        if info.name not in written:
            shape = [d.dim_value for d in info.type.tensor_type.shape.dim]
            graph.initializer.append(numpy_helper.from_array(np.ones(shape, np.float32), info.name))
    del graph.value_info[:]


def mutate(data: bytes, others: Sequence[bytes], random: Random) -> bytes:
    """``data`` changed in one to six places; ``others`` lend pieces."""
    if random.random() < 0.35:
        for _ in range(random.randint(1, 4)):
            data = random.choice(BLIND)(data, others, random)
        return data
    model = onnx.ModelProto()
    try:
        model.ParseFromString(data)
    except Exception:
        return random.choice(BLIND)(data, others, random)
    for _ in range(random.randint(1, 6)):
        random.choice(INFORMED)(model, others, random)
    try:
        return model.SerializeToString()
    except Exception:  # a string that is no UTF-8
        return data


def _flip(data: bytes, _: Sequence[bytes], random: Random) -> bytes:
    changed = bytearray(data)
    for _i in range(random.randint(1, 8)):
        if changed:
            changed[random.randrange(len(changed))] = random.choice(
                (0, 1, 0x7F, 0x80, 0xFF, random.randrange(256))
            )
    return bytes(changed)


def _cut(data: bytes, _: Sequence[bytes], random: Random) -> bytes:
    start = random.randrange(len(data) + 1)
    return data[:start] + (
        data[min(len(data), start + random.randint(1, 64)) :] if random.random() < 0.7 else b""
    )


def _repeat(data: bytes, _: Sequence[bytes], random: Random) -> bytes:
    start = random.randrange(len(data) + 1)
    piece = data[start : start + random.randint(1, 256)]
    return data[:start] + piece * random.randint(2, 20) + data[start:]


def _splice(data: bytes, others: Sequence[bytes], random: Random) -> bytes:
    other = random.choice(others)
    return data[: random.randrange(len(data) + 1)] + other[random.randrange(len(other) + 1) :]


BLIND: Final[tuple[Callable[[bytes, Sequence[bytes], Random], bytes], ...]] = (_flip, _cut, _repeat, _splice)


def _any_message(message: Any, random: Random, depth: int = 0) -> Any:
    """A message somewhere below ``message``, or itself."""
    children = []
    for field, value in message.ListFields():
        if field.type == FieldDescriptor.TYPE_MESSAGE:
            children += list(value) if field.label == FieldDescriptor.LABEL_REPEATED else [value]
    if not children or depth > 12 or random.random() < 0.15:
        return message
    return _any_message(random.choice(children), random, depth + 1)


def _set_field(model: onnx.ModelProto, _: Sequence[bytes], random: Random) -> None:
    """Any scalar of any message takes an extreme value."""
    message = _any_message(model, random)
    fields = [f for f in message.DESCRIPTOR.fields if f.type != FieldDescriptor.TYPE_MESSAGE]
    if not fields:
        return
    field = random.choice(fields)
    value = _value(field, random)
    try:
        if field.label == FieldDescriptor.LABEL_REPEATED:
            values = getattr(message, field.name)
            if len(values) and random.random() < 0.7:
                values[random.randrange(len(values))] = value
            else:
                values.extend([value] * random.choice((1, 1, 1, 2, 5, 70)))
        else:
            setattr(message, field.name, value)
    except (ValueError, TypeError):  # out of the field's range
        return


def _value(field: FieldDescriptor, random: Random) -> Any:
    if field.type == FieldDescriptor.TYPE_STRING:
        return random.choice(STRINGS)
    if field.type == FieldDescriptor.TYPE_BYTES:
        return random.choice(STRINGS).encode() * random.choice((1, 1, 50))
    if field.type in (FieldDescriptor.TYPE_FLOAT, FieldDescriptor.TYPE_DOUBLE):
        return random.choice(FLOATS)
    if field.type == FieldDescriptor.TYPE_ENUM:
        return random.choice(field.enum_type.values).number
    return random.choice(INTEGERS)


def _rewire(model: onnx.ModelProto, _: Sequence[bytes], random: Random) -> None:
    """A node reads or writes another tensor: cycles, two producers, none."""
    nodes = model.graph.node
    names = [t for n in nodes for t in (*n.input, *n.output)] + [i.name for i in model.graph.input]
    if not nodes or not names:
        return
    node = random.choice(nodes)
    ends = random.choice((node.input, node.output))
    if ends and random.random() < 0.8:
        ends[random.randrange(len(ends))] = random.choice(names)
    else:
        ends.append(random.choice(names))


def _operator(model: onnx.ModelProto, _: Sequence[bytes], random: Random) -> None:
    """A node becomes another operator with the same inputs and attributes."""
    if model.graph.node:
        random.choice(model.graph.node).op_type = random.choice(OPERATORS)


def _drop_or_double(model: onnx.ModelProto, _: Sequence[bytes], random: Random) -> None:
    """An element of a repeated message field disappears or appears twice."""
    message = _any_message(model, random)
    fields = [f for f, v in message.ListFields() if f.label == FieldDescriptor.LABEL_REPEATED and len(v)]
    if not fields:
        return
    values = getattr(message, random.choice(fields).name)
    index = random.randrange(len(values))
    if random.random() < 0.5:
        del values[index]
    elif values and hasattr(values[index], "CopyFrom"):
        values.add().CopyFrom(values[index])


def _shape(model: onnx.ModelProto, _: Sequence[bytes], random: Random) -> None:
    """A declared dimension or an initializer's dimension changes."""
    dims = [d for i in (*model.graph.input, *model.graph.output) for d in i.type.tensor_type.shape.dim]
    if dims and random.random() < 0.6:
        random.choice(dims).dim_value = random.choice(INTEGERS)
    elif model.graph.initializer:
        tensor = random.choice(model.graph.initializer)
        if tensor.dims:
            tensor.dims[random.randrange(len(tensor.dims))] = random.choice(INTEGERS)


def _constant(model: onnx.ModelProto, _: Sequence[bytes], random: Random) -> None:
    """A node reads a small constant of extreme integers, as shapes and repeats come."""
    if not model.graph.node:
        return
    node = random.choice(model.graph.node)
    name = f"k{random.randrange(1000)}"
    values = [random.choice(INTEGERS) for _i in range(random.randint(0, 5))]
    model.graph.initializer.append(helper.make_tensor(name, TensorProto.INT64, [len(values)], values))
    if node.input and random.random() < 0.7:
        node.input[random.randrange(len(node.input))] = name
    else:
        node.input.append(name)


def _graft(model: onnx.ModelProto, others: Sequence[bytes], random: Random) -> None:
    """Another model's nodes join."""
    other = onnx.ModelProto()
    try:
        other.ParseFromString(random.choice(others))
        model.graph.MergeFrom(other.graph)
    except Exception:
        return


INFORMED: Final[tuple[Callable[[onnx.ModelProto, Sequence[bytes], Random], None], ...]] = (
    _set_field, _set_field, _rewire, _operator, _drop_or_double, _shape, _constant, _graft,
    structures.functions, structures.sparse, structures.external,
)  # fmt: skip
OPERATORS: Final = tuple(sorted({s.name for s in onnx.defs.get_all_schemas() if s.domain == ""}))
