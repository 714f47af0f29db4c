"""Every attribute of every accepted operator: left out, and written at its default, opset by opset."""

from __future__ import annotations

import numpy as np
from onnx import TensorProto as T
from onnx import defs, helper

from ..graphs import Probes

P = Probes()
one = P.one

BASE = {
    "Abs": lambda n: [n.x],
    "Add": lambda n: [n.x, n.noise(1, 16, 1, 1)],
    "AveragePool": (lambda n: [n.x], dict(kernel_shape=[2, 2])),
    "ArgMax": lambda n: [n.x],
    "BatchNormalization": lambda n: [n.x] + [n.const(np.ones(16)) for _ in range(4)],
    "Cast": (lambda n: [n.x], dict(to=1)),
    "Clip": lambda n: [n.x, n.const(0.0), n.const(6.0)],
    "Concat": (lambda n: [n.x, n.x], dict(axis=1)),
    "Conv": lambda n: [n.x, n.noise(8, 16, 3, 3)],
    "ConvTranspose": lambda n: [n.x, n.noise(16, 8, 2, 2)],
    "Cos": lambda n: [n.x],
    "Div": lambda n: [n.x, n.const(2.0)],
    "Dropout": lambda n: [n.x],
    "Equal": lambda n: [n.x, n.const(1.0)],
    "Exp": lambda n: [n.x],
    "Expand": lambda n: [n.gap(n.x), n.ints(1, 16, 32, 32)],
    "Flatten": lambda n: [n.x],
    "Gather": (lambda n: [n.x, n.ints(1, 2)], dict(axis=1)),
    "GatherElements": (lambda n: [n.x, n.const(np.zeros((1, 4, 32, 32)), "int64")], dict(axis=1)),
    "Gelu": lambda n: [n.x],
    "Gemm": lambda n: [n.vector(), n.noise(16, 10)],
    "GlobalAveragePool": lambda n: [n.x],
    "GroupNormalization": (lambda n: [n.x, n.noise(4), n.noise(4)], dict(num_groups=4)),
    "HardSigmoid": lambda n: [n.x],
    "HardSwish": lambda n: [n.x],
    "Identity": lambda n: [n.x],
    "InstanceNormalization": lambda n: [n.x, n.noise(16), n.noise(16)],
    "LayerNormalization": lambda n: [n.x, n.noise(32), n.noise(32)],
    "LeakyRelu": lambda n: [n.x],
    "MatMul": lambda n: [n.x, n.noise(32, 8)],
    "Max": lambda n: [n.x, n.const(1.0)],
    "MaxPool": (lambda n: [n.x], dict(kernel_shape=[2, 2])),
    "Min": lambda n: [n.x, n.const(1.0)],
    "Mul": lambda n: [n.x, n.const(1.0)],
    "Neg": lambda n: [n.x],
    "Pad": lambda n: [n.x, n.ints(0, 0, 1, 1, 0, 0, 1, 1)],
    "Pow": lambda n: [n.x, n.const(2.0)],
    "ReduceL2": (lambda n: [n.x, n.ints(1)] if n.opset >= 18 else [n.x], dict(axes=[1])),
    "ReduceMax": (lambda n: [n.x, n.ints(1)] if n.opset >= 18 else [n.x], dict(axes=[1])),
    "ReduceMean": (lambda n: [n.x, n.ints(1)] if n.opset >= 18 else [n.x], dict(axes=[1])),
    "ReduceSum": lambda n: [n.x, n.ints(1)],
    "Relu": lambda n: [n.x],
    "Reshape": lambda n: [n.x, n.ints(1, 16, 1024)],
    "Resize": lambda n: [n.x, "", n.const([1, 1, 2, 2])],
    "Sigmoid": lambda n: [n.x],
    "Sin": lambda n: [n.x],
    "Slice": lambda n: [n.x, n.ints(0), n.ints(8), n.ints(1)],
    "Softmax": lambda n: [n.x],
    "Split": (lambda n: [n.x, n.ints(8, 8)], dict(axis=1)),
    "Sqrt": lambda n: [n.x],
    "Squeeze": lambda n: [n.gap(n.x), n.ints(3)],
    "Sub": lambda n: [n.x, n.const(1.0)],
    "Tanh": lambda n: [n.x],
    "TopK": (lambda n: [n.x, n.ints(3)], dict(axis=1)),
    "Transpose": (lambda n: [n.x], dict(perm=[0, 1, 3, 2])),
    "Unsqueeze": lambda n: [n.x, n.ints(2)],
}
OPSETS = range(15, 21)
RESIZE = dict(mode="nearest", coordinate_transformation_mode="asymmetric", nearest_mode="floor")
DTYPES = {"ArgMax": T.INT64, "Equal": T.BOOL}
WITHOUT_DEFAULT = {
    "pads": [0, 0, 0, 0],
    "strides": [1, 1],
    "dilations": [1, 1],
    "kernel_shape": [2, 2],
    "seed": 0,
    "output_padding": [0, 0],
    "axes": [0, 1, 2, 3],
}
"""What an attribute stands for that ONNX lets you leave out and gives no default."""
SPLIT_NEEDS = {"axis", "num_outputs"}
"""Split into halves breaks ONNX's own rules along the default axis, and with its sizes counted twice."""


def written_out(op, name, declared):
    """The value that leaving the attribute out means; None where there is none."""
    if (op, name) == ("Conv", "kernel_shape"):
        return [3, 3]
    if not declared.default_value.type:
        return WITHOUT_DEFAULT.get(name)
    value = helper.get_attribute_value(declared.default_value)
    return value.decode() if isinstance(value, bytes) else value


def forms(op, schema, base):
    """The attributes of each probe by what its name adds: one given attribute less, one more."""
    for name, declared in schema.attributes.items():
        if op == "Split" and name in SPLIT_NEEDS:
            continue
        if name in base:
            if not declared.required:
                yield f"no_{name}", {k: v for k, v in base.items() if k != name}
        elif (value := written_out(op, name, declared)) is not None:
            yield name, {**base, name: value}


def probe(n, op, operands, attrs):
    made = n.op(op, *operands(n), outputs=2 if op in ("Split", "TopK") else 1, **attrs)
    outputs = made if op == "Split" else [made[0] if op == "TopK" else made]
    return n.out(*outputs, dtype=DTYPES.get(op, T.FLOAT), shape=(1, 16, 32, 32))


for op, row in BASE.items():
    operands, given = row if isinstance(row, tuple) else (row, {})
    given = {**given, **RESIZE} if op == "Resize" else given
    versions = set()
    for opset in OPSETS:
        try:
            schema = defs.get_schema(op, opset)
        except defs.SchemaError:  # not in this opset yet
            continue
        base = {k: v for k, v in given.items() if k in schema.attributes}
        one(f"{op}@{opset}_base", lambda n: probe(n, op, operands, base), opset=opset)
        if schema.since_version not in versions or opset == OPSETS[-1]:
            for name, attrs in forms(op, schema, base):
                one(f"{op}@{opset}_{name}", lambda n: probe(n, op, operands, attrs), opset=opset)
        versions.add(schema.since_version)
