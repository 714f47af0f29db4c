"""A weightless ONNX graph, layer by layer.

    Net("net", 3, 32, 32).conv(32).pool().average().flatten().dense(10).model()

Shapes are what a check needs, so initializers have dimensions and no data.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any

import onnx
from onnx import TensorProto, helper

from ..graph.strip import METADATA_KEY, STRIPPED

OPSET = 17


class Net:
    """A graph under construction: ``here`` is the current tensor, (C, H, W) its ``shape``."""

    def __init__(self, name: str, channels: int, height: int, width: int) -> None:
        self.name = name
        self.nodes: list[onnx.NodeProto] = []
        self.weights: list[TensorProto] = []
        self.input = helper.make_tensor_value_info("input", TensorProto.FLOAT, [1, channels, height, width])
        self.outputs: list[onnx.ValueInfoProto] = []
        self.shapes: dict[str, tuple[int, ...]] = {"input": (channels, height, width)}
        self.here = "input"

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of the current tensor without the batch dimension."""
        return self.shapes[self.here]

    def node(self, op: str, inputs: Sequence[str], shape: tuple[int, ...], **attrs: Any) -> Net:
        """Append ``op``; its output becomes the current tensor."""
        name = f"{op}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(op, list(inputs), [f"{name}_out"], name=name, **attrs))
        self.here = f"{name}_out"
        self.shapes[self.here] = shape
        return self

    def weight(self, *dims: int) -> str:
        """An initializer of shape ``dims`` without data."""
        tensor = TensorProto(name=f"w{len(self.weights)}", data_type=TensorProto.FLOAT, dims=list(dims))
        self.weights.append(tensor)
        return tensor.name

    def constant(self, values: Sequence[float], dtype: int = TensorProto.FLOAT) -> str:
        """A small constant that steers the graph."""
        self.weights.append(helper.make_tensor(f"c{len(self.weights)}", dtype, [len(values)], list(values)))
        return self.weights[-1].name

    def at(self, tensor: str) -> Net:
        """Continue from ``tensor``."""
        self.here = tensor
        return self

    def conv(
        self,
        out: int,
        kernel: int = 3,
        stride: int = 1,
        groups: int = 1,
        act: str = "Relu",
        pads: Sequence[int] | None = None,
    ) -> Net:
        """Conv with bias, SAME padding unless ``pads`` (top, left, bottom, right), then ``act`` unless ""."""
        channels, height, width = self.shape
        if pads is None:
            pads = (*_same(height, kernel, stride), *_same(width, kernel, stride))
            pads = (pads[0], pads[2], pads[1], pads[3])
        size = tuple(
            (n + pads[i] + pads[i + 2] - kernel) // stride + 1 for i, n in enumerate((height, width))
        )
        weights = [self.weight(out, channels // groups, kernel, kernel), self.weight(out)]
        self.node(
            "Conv", [self.here, *weights], (out, *size),
            kernel_shape=[kernel, kernel], strides=[stride, stride], pads=list(pads), group=groups,
        )  # fmt: skip
        return self.act(act)

    def depthwise(
        self, kernel: int = 3, stride: int = 1, act: str = "Relu", pads: Sequence[int] | None = None
    ) -> Net:
        """Depthwise convolution: one filter a channel."""
        return self.conv(self.shape[0], kernel, stride, self.shape[0], act, pads)

    def act(self, name: str) -> Net:
        """An activation; "Relu6" is written as Clip(0, 6), "" is none."""
        if name == "Relu6":
            bounds = [
                helper.make_tensor(f"c{len(self.weights) + i}", TensorProto.FLOAT, [], [v])
                for i, v in enumerate((0.0, 6.0))
            ]
            self.weights += bounds
            return self.node("Clip", [self.here, *(b.name for b in bounds)], self.shape)
        return self.node(name, [self.here], self.shape) if name else self

    def add(self, other: str) -> Net:
        """Element-wise sum with ``other``."""
        return self.node("Add", [self.here, other], self.shape)

    def pool(self, kernel: int = 2, stride: int = 2) -> Net:
        """MaxPool; without padding where ``kernel`` is ``stride``, else SAME."""
        c, h, w = self.shape
        size, pads = (h // stride, w // stride), (0, 0, 0, 0)
        if kernel != stride:
            size = (-(-h // stride), -(-w // stride))
            top, bottom, left, right = *_same(h, kernel, stride), *_same(w, kernel, stride)
            pads = (top, left, bottom, right)
        return self.node(
            "MaxPool",
            [self.here],
            (c, *size),
            kernel_shape=[kernel, kernel],
            strides=[stride, stride],
            pads=list(pads),
        )

    def resize(self, height: int, width: int, mode: str = "nearest") -> Net:
        """Resize to ``height`` x ``width``."""
        c, h, w = self.shape
        scales = self.constant([1.0, 1.0, height / h, width / w])
        return self.node("Resize", [self.here, "", scales], (c, height, width), mode=mode)

    def flatten(self) -> Net:
        """All dimensions but the batch into one."""
        return self.node("Flatten", [self.here], (prod(self.shape),), axis=1)

    def dense(self, out: int, act: str = "") -> Net:
        """Fully connected layer."""
        weights = [self.weight(out, self.shape[0]), self.weight(out)]
        return self.node("Gemm", [self.here, *weights], (out,), transB=1).act(act)

    def average(self) -> Net:
        """Global average pooling."""
        return self.node("GlobalAveragePool", [self.here], (self.shape[0], 1, 1))

    def output(self) -> Net:
        """Make the current tensor an output of the graph."""
        self.outputs.append(helper.make_tensor_value_info(self.here, TensorProto.FLOAT, [1, *self.shape]))
        return self

    def model(self) -> onnx.ModelProto:
        """The finished graph; the current tensor is its output unless ``output`` named others."""
        if not self.outputs:
            self.output()
        graph = helper.make_graph(self.nodes, self.name, [self.input], self.outputs, self.weights)
        model = helper.make_model(
            graph, producer_name="sensorfit", opset_imports=[helper.make_opsetid("", OPSET)], ir_version=8
        )
        helper.set_model_props(model, {METADATA_KEY: STRIPPED})
        return model


def _same(size: int, kernel: int, stride: int) -> tuple[int, int]:
    """TensorFlow's SAME padding: output ceil(size / stride), the odd pixel at the end."""
    total = max((-(-size // stride) - 1) * stride + kernel - size, 0)
    return total // 2, total - total // 2
