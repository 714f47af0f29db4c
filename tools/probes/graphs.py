"""Make one-operator graphs: Input(1,3,32,32), Conv 3x3 to 16, Relu, the operator, a 1x1 Conv."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

RANKED = {
    1: (16384,),
    2: (1, 16384),
    3: (1, 16, 1024),
    4: (1, 16, 32, 32),
    5: (1, 16, 4, 8, 32),
    6: (1, 2, 8, 4, 8, 32),
}
"""The shapes that ``Net.ranked`` gives the head's 16384 values."""


class Net:
    """A graph under construction; tensors are names, shapes are inferred at the end."""

    def __init__(
        self,
        shape: Sequence[int | str] = (1, 3, 32, 32),
        opset: int = 17,
        dtype: int = TensorProto.FLOAT,
        head: bool = True,
    ) -> None:
        self.opset = opset
        self.domains: dict[str, int] = {}
        self.nodes: list[onnx.NodeProto] = []
        self.weights: list[onnx.TensorProto] = []
        self.inputs = [helper.make_tensor_value_info("input", dtype, list(shape))]
        self.outputs: list[onnx.ValueInfoProto] = []
        self.random = np.random.default_rng(0)
        self.x = "input"
        if head:
            self.x = self.relu(self.conv("input", 3, 16, 3, pads=[1, 1, 1, 1]))

    def fresh(self, stem: str) -> str:
        return f"{stem}{len(self.nodes) + len(self.weights) + len(self.inputs)}"

    def const(self, value: Any, dtype: str = "float32") -> str:
        name = self.fresh("c")
        self.weights.append(numpy_helper.from_array(np.asarray(value, dtype=dtype), name))
        return name

    def ints(self, *values: int) -> str:
        return self.const(list(values), "int64")

    def noise(self, *shape: int) -> str:
        return self.const(self.random.normal(0, 0.1, shape))

    def data(self, shape: Sequence[int | str], dtype: int = TensorProto.FLOAT) -> str:
        """A further graph input."""
        name = self.fresh("in")
        self.inputs.append(helper.make_tensor_value_info(name, dtype, list(shape)))
        return name

    def op(self, kind: str, *inputs: str, outputs: int = 1, domain: str = "", **attrs: Any) -> Any:
        stem = self.fresh("t")
        names = [f"{stem}_{i}" for i in range(outputs)]
        if domain:
            self.domains[domain] = 1
        self.nodes.append(
            helper.make_node(kind, list(inputs), names, name=f"{kind}_{stem}", domain=domain, **attrs)
        )
        return names[0] if outputs == 1 else names

    def conv(
        self,
        x: str,
        cin: int,
        cout: int,
        k: int | Sequence[int] = 1,
        group: int = 1,
        bias: bool = True,
        **attrs: Any,
    ) -> str:
        kernel = [k, k] if isinstance(k, int) else list(k)
        more = [self.noise(cout)] if bias else []
        weights = self.noise(cout, cin // group, *kernel)
        return self.op(
            "Conv", x, weights, *more, kernel_shape=kernel, group=None if group == 1 else group, **attrs
        )

    def relu(self, x: str) -> str:
        return self.op("Relu", x)

    def gap(self, x: str) -> str:
        return self.op("GlobalAveragePool", x)

    def vector(self) -> str:
        """(1,16): pooled and flattened."""
        return self.op("Flatten", self.gap(self.x))

    def tokens(self) -> str:
        """(1,1024,16)."""
        return self.op("Transpose", self.reshape(self.x, 1, 16, 1024), perm=[0, 2, 1])

    def reshape(self, x: str, *shape: int) -> str:
        return self.op("Reshape", x, self.ints(*shape))

    def ranked(self, rank: int) -> str:
        """The head's output with ``rank`` dimensions."""
        return self.x if rank == 4 else self.reshape(self.x, *RANKED[rank])

    def out(
        self, *names: str, dtype: int = TensorProto.FLOAT, shape: Sequence[int] | None = None
    ) -> onnx.ModelProto:
        """The model with ``names`` as outputs; ``shape`` is declared where inference finds none."""
        for name in names:
            value = helper.make_empty_tensor_value_info(name)
            value.type.tensor_type.elem_type = dtype
            self.outputs.append(value)
        graph = helper.make_graph(self.nodes, "probe", self.inputs, self.outputs, self.weights)
        imports = [
            helper.make_opsetid("", self.opset),
            *(helper.make_opsetid(d, v) for d, v in self.domains.items()),
        ]
        model = helper.make_model(
            graph, opset_imports=imports, ir_version=8, producer_name="pytorch", producer_version="2.6.0"
        )
        with contextlib.suppress(Exception):  # an invalid probe is a probe, too
            model = onnx.shape_inference.infer_shapes(model)
        for value in model.graph.output:
            if shape is not None and not value.type.tensor_type.HasField("shape"):
                value.CopyFrom(helper.make_tensor_value_info(value.name, dtype, list(shape)))
        return model

    def tail(self, x: str, cin: int = 16, cout: int = 8) -> onnx.ModelProto:
        """The model that ends with a 1x1 Conv on ``x``."""
        return self.out(self.conv(x, cin, cout))


class Probes(dict[str, onnx.ModelProto]):
    """The graphs of one topic by name; ``net`` is what all their nets are made with."""

    def __init__(self, **net: Any) -> None:
        self.net = net

    def one(self, name: str, build: Callable[[Net], onnx.ModelProto | str], **net: Any) -> None:
        """Add what ``build`` makes: a model, or the tensor that is its only output.

        It is called at once, so a lambda in a loop sees the loop's values.
        """
        if name in self:
            raise ValueError(f"two probes are called {name}")
        made = Net(**{**self.net, **net})
        found = build(made)
        self[name] = made.out(found) if isinstance(found, str) else found
