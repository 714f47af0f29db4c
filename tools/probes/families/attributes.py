"""Every attribute of every accepted operator: left out, and written at its default, opset by opset."""
# ruff: noqa
# mypy: ignore-errors

from __future__ import annotations

import math
import itertools

import numpy as np
import onnx
from onnx import TensorProto as T
from onnx import defs, helper

from ..graphs import Net

P: dict[str, onnx.ModelProto] = {}

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
for op, b in BASE.items():
    fn, base = b if isinstance(b, tuple) else (b, {})
    seen = set()
    for o in range(15, 21):
        try:
            s = defs.get_schema(op, o)
        except Exception:
            continue
        if s.since_version > o:
            continue
        first = (op, s.since_version) not in seen
        seen.add((op, s.since_version))
        bb = {k: v for k, v in base.items() if k in s.attributes}
        extra = {}
        if op == "Resize":
            extra = dict(mode="nearest", coordinate_transformation_mode="asymmetric", nearest_mode="floor")
        outs = 2 if op in ("Split", "TopK") else 1

        def mk(attrs):
            n = Net(opset=o)
            y = n.op(op, *fn(n), outputs=outs, **attrs)
            y = y if isinstance(y, list) else [y]
            return n.out(
                *(y[:1] if op == "TopK" else y),
                dtype=T.INT64 if op == "ArgMax" else T.BOOL if op == "Equal" else 1,
                shape=(1, 16, 32, 32),
            )

        P[f"{op}@{o}_base"] = mk({**bb, **extra})
        if not first and o != 20:
            continue
        for a, sc in s.attributes.items():
            if a in bb or a in extra:
                if not sc.required:
                    P[f"{op}@{o}_no_{a}"] = mk({k: v for k, v in {**bb, **extra}.items() if k != a})
                continue
            dv = sc.default_value
            if dv.type:
                v = helper.get_attribute_value(dv)
                v = v.decode() if isinstance(v, bytes) else v
            else:
                v = {
                    "pads": [0] * 4,
                    "strides": [1, 1],
                    "dilations": [1, 1],
                    "kernel_shape": [3, 3] if op == "Conv" else [2, 2],
                    "seed": 0,
                    "output_padding": [0, 0],
                    "num_outputs": 2,
                    "axes": [0, 1, 2, 3],
                }.get(a)
                if v is None:
                    continue
            try:
                P[f"{op}@{o}_{a}"] = mk({**bb, **extra, a: v})
            except Exception:
                continue
