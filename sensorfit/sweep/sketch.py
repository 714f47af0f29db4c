"""A network drawn layer by layer, as the canonical graph and as an ONNX model, without reading one.

    Sketch("net", 3, 96, 96) ─► conv, norm, relu, ... ─┬─► graph()    what ``graph.load`` makes of the model
                                                       └─► model()    the same as a ModelProto, weightless or filled

A sweep judges a hundred networks a second: half the time of a check goes into reading ONNX and inferring shapes, which
whoever draws a network knows. Tests hold ``graph()`` equal to ``load(model())`` for every family.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from functools import lru_cache
from math import prod
from typing import TYPE_CHECKING, Any, Final

import onnx
from onnx import TensorProto, helper

from ..graph.fold import Constant, Stored
from ..graph.ir import Graph, Node, Tensor
from ..graph.strip import METADATA_KEY, STRIPPED

if TYPE_CHECKING:
    import numpy as np

    Fill = Callable[[str, tuple[int, ...]], np.ndarray]

OPSET: Final = 17
IR_VERSION: Final = 8
INPUT, OUTPUT = "input", "output"
FLOAT: Final = "float32"


class _Absent(Constant):
    """A weight that nobody has made yet."""

    array = None
    numbers = None
    proto = None


_ABSENT: Final = _Absent()


class Sketch:
    """A network under construction. Every layer takes the name of a tensor and returns its result's.

    Shapes are (C, H, W); the batch is 1. Layers are named as in the module that computes them.
    """

    def __init__(self, name: str, channels: int, height: int, width: int) -> None:
        self.name = name
        self.parameters = 0
        """Trained values so far."""
        self._nodes: list[Node] = []
        self._tensors: dict[str, Tensor] = {INPUT: Tensor(INPUT, (1, channels, height, width), FLOAT)}
        self._steering: dict[str, tuple[float, ...]] = {}
        self._outputs: list[str] = []

    def shape(self, tensor: str) -> tuple[int, int, int]:
        """(C, H, W) of a tensor."""
        _, channels, height, width = self._tensors[tensor].shape  # type: ignore[misc]
        return channels, height, width  # type: ignore[return-value]

    # Layers

    def conv(
        self,
        name: str,
        source: str,
        out: int,
        kernel: int = 3,
        stride: int = 1,
        dilation: int = 1,
        groups: int = 1,
        bias: bool = False,
    ) -> str:
        """Convolution padded by half of its (dilated) kernel."""
        channels, height, width = self.shape(source)
        pad = dilation * (kernel - 1) // 2
        reach = dilation * (kernel - 1) + 1
        sides = ((side + 2 * pad - reach) // stride + 1 for side in (height, width))
        inputs = [self._weight(f"{name}.weight", out, channels // groups, kernel, kernel)]
        if bias:
            inputs.append(self._weight(f"{name}.bias", out))
        attributes = {
            "dilations": (dilation,) * 2, "group": groups, "kernel_shape": (kernel,) * 2, "pads": (pad,) * 4,
            "strides": (stride,) * 2,
        }  # fmt: skip
        return self._node("Conv", name, (source, *inputs), (out, *sides), attributes)

    def transposed(self, name: str, source: str, out: int, kernel: int = 2, stride: int = 2) -> str:
        """Transposed convolution without padding, with bias; enlarges ``stride`` times where that is the kernel."""
        channels, height, width = self.shape(source)
        sides = ((side - 1) * stride + kernel for side in (height, width))
        inputs = (
            self._weight(f"{name}.weight", channels, out, kernel, kernel),
            self._weight(f"{name}.bias", out),
        )
        attributes = {
            "dilations": (1, 1), "group": 1, "kernel_shape": (kernel,) * 2, "pads": (0,) * 4, "strides": (stride,) * 2,
        }  # fmt: skip
        return self._node("ConvTranspose", name, (source, *inputs), (out, *sides), attributes)

    def norm(self, name: str, source: str) -> str:
        """Batch normalization."""
        channels = self.shape(source)[0]
        learned = (self._weight(f"{name}.{part}", channels) for part in ("weight", "bias"))
        kept = (
            self._weight(f"{name}.{part}", channels, learned=False)
            for part in ("running_mean", "running_var")
        )
        attributes = {"epsilon": _float32(1e-5), "momentum": _float32(0.9), "training_mode": 0}
        return self._node(
            "BatchNormalization", name, (source, *learned, *kept), self.shape(source), attributes
        )

    def act(self, name: str, source: str, kind: str = "Relu") -> str:
        """An activation that takes no parameters; "Relu6" is a Clip from 0 to 6."""
        if kind == "Relu6":
            bounds = (
                self._constant(f"{name}.{end}", (value,), 0) for end, value in (("min", 0.0), ("max", 6.0))
            )
            return self._node("Clip", name, (source, *bounds), self.shape(source))
        return self._node(kind, name, (source,), self.shape(source))

    def resize(self, name: str, source: str, factor: int = 2, mode: str = "nearest") -> str:
        """Enlarge ``factor`` times, ``nearest`` or ``bilinear``, as torch's Upsample exports it."""
        channels, height, width = self.shape(source)
        scales = self._constant(f"{name}.scales", (1.0, 1.0, float(factor), float(factor)))
        attributes = {
            "coordinate_transformation_mode": "asymmetric" if mode == "nearest" else "half_pixel",
            "cubic_coeff_a": -0.75,
            "mode": "nearest" if mode == "nearest" else "linear",
            "nearest_mode": "floor",
        }
        return self._node(
            "Resize", name, (source, "", scales), (channels, height * factor, width * factor), attributes
        )

    def max_pool(self, name: str, source: str, kernel: int = 2) -> str:
        """The largest of each ``kernel`` x ``kernel`` square, these beside each other."""
        channels, height, width = self.shape(source)
        attributes = {
            "ceil_mode": 0, "dilations": (1, 1), "kernel_shape": (kernel,) * 2, "pads": (0,) * 4, "strides": (kernel,) * 2,
        }  # fmt: skip
        return self._node(
            "MaxPool", name, (source,), (channels, height // kernel, width // kernel), attributes
        )

    def average(self, name: str, source: str) -> str:
        """The mean of each channel."""
        return self._node("GlobalAveragePool", name, (source,), (self.shape(source)[0], 1, 1))

    def add(self, name: str, first: str, second: str) -> str:
        """The sum of two tensors of one shape."""
        return self._node("Add", name, (first, second), self.shape(first))

    def mul(self, name: str, first: str, second: str) -> str:
        """``first`` times ``second``, of one shape or one value a channel."""
        return self._node("Mul", name, (first, second), self.shape(first))

    def concat(self, name: str, *tensors: str) -> str:
        """The channels of all, one after the other."""
        _, height, width = self.shape(tensors[0])
        channels = sum(self.shape(t)[0] for t in tensors)
        return self._node("Concat", name, tensors, (channels, height, width), {"axis": 1})

    def output(self, tensor: str) -> None:
        """Make ``tensor``, which no other layer reads, the network's output."""
        made = self._tensors.pop(tensor)
        self._tensors[OUTPUT] = Tensor(OUTPUT, made.shape, FLOAT)
        last = next(i for i, node in enumerate(self._nodes) if tensor in node.outputs)
        node = self._nodes[last]
        self._nodes[last] = Node(node.name, node.op, node.inputs, (OUTPUT,), node.attrs)

    # Results

    def graph(self) -> Graph:
        """The canonical graph: what ``load`` makes of ``model()``."""
        tensors = self._tensors
        shape = tensors[INPUT].shape
        return Graph(
            name=self.name,
            nodes=tuple(self._in_order()),
            tensors={name: tensors[name] for name in sorted(tensors)},
            inputs=(INPUT,),
            outputs=(OUTPUT,),
            opset=OPSET,
            declared_inputs={INPUT: shape},
        )

    def model(self, fill: Fill | None = None) -> onnx.ModelProto:
        """The ONNX model; weightless, or with the weights that ``fill(name, shape)`` makes."""
        weights, nodes = [], []
        for tensor in self._tensors.values():
            dims = [d for d in tensor.shape or () if d is not None]
            if (
                tensor.name in self._steering
            ):  # a Constant, as torch writes it: an initializer counts as a parameter
                value = helper.make_tensor("", TensorProto.FLOAT, dims, self._steering[tensor.name])
                nodes.append(
                    helper.make_node("Constant", [], [tensor.name], f"{tensor.name}.constant", value=value)
                )
            elif tensor.constant and fill is not None:
                weights.append(onnx.numpy_helper.from_array(fill(tensor.name, tuple(dims)), tensor.name))
            elif tensor.constant:
                weights.append(TensorProto(name=tensor.name, data_type=TensorProto.FLOAT, dims=dims))
        nodes += [helper.make_node(n.op, n.inputs, n.outputs, n.name, **n.attrs) for n in self._nodes]
        ends = ([self._value(INPUT)], [self._value(OUTPUT)])
        graph = helper.make_graph(nodes, self.name, *ends, weights)
        opset = helper.make_opsetid("", OPSET)
        model = helper.make_model(
            graph, producer_name="sensorfit", opset_imports=[opset], ir_version=IR_VERSION
        )
        if fill is None:
            helper.set_model_props(model, {METADATA_KEY: STRIPPED})
        return model

    def _value(self, name: str) -> onnx.ValueInfoProto:
        return helper.make_tensor_value_info(name, TensorProto.FLOAT, list(self._tensors[name].shape or ()))

    def _node(
        self,
        op: str,
        name: str,
        inputs: Sequence[str],
        shape: tuple[int, ...],
        attributes: dict[str, Any] | None = None,
    ) -> str:
        made = f"{name}.out"
        self._nodes.append(Node(name, op, tuple(inputs), (made,), attributes or {}))
        self._tensors[made] = Tensor(made, (1, *shape), FLOAT)
        return made

    def _weight(self, name: str, *dims: int, learned: bool = True) -> str:
        self._tensors[name] = Tensor(name, dims, FLOAT, constant=True, _constant=_ABSENT)
        self.parameters += prod(dims) if learned else 0
        return name

    def _constant(self, name: str, values: tuple[float, ...], rank: int = 1) -> str:
        shape = (len(values),) if rank else ()
        self._steering[name] = values
        self._tensors[name] = Tensor(name, shape, FLOAT, constant=True, _constant=_steering(values, shape))
        return name

    def _in_order(self) -> list[Node]:
        """Depth-first postorder from the output, as ``graph.order`` has it."""
        producers = {node.outputs[0]: node for node in self._nodes}
        done: set[str] = set()
        order: list[Node] = []
        stack = [OUTPUT]
        while stack:
            tensor = stack[-1]
            node = producers[tensor]
            waiting = next((t for t in node.inputs if t in producers and t not in done), None)
            if waiting is not None:
                stack.append(waiting)
                continue
            stack.pop()
            done.add(tensor)
            order.append(node)
        return order


def _float32(value: float) -> float:
    """``value`` as a file keeps it."""
    return struct.unpack("f", struct.pack("f", value))[0]


@lru_cache
def _steering(values: tuple[float, ...], shape: tuple[int, ...]) -> Stored:
    return Stored(helper.make_tensor("", TensorProto.FLOAT, shape, values))
