"""The fx graph while it grows: values by tensor, constants as buffers, layers under the names of their nodes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from onnx import helper
from torch import fx, nn

from ...graph.called import Called, layer_name
from ...graph.fold import Constant, Folded
from ...graph.ir import Graph, Node
from .registry import NoRoad

Value = fx.Node
NEWEST_OPSET = 21
"""At which constants are computed where the file's own version of an operator has no reference implementation."""


class Builder:
    """Grows ``graph_module``'s graph node by node; the functions of ``@lowers`` call it."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.called = Called(graph)
        self.root = nn.Module()
        self.fx = fx.Graph()
        self.values: dict[str, Value] = {}
        self._constants: dict[str, Value] = {}
        self._folded: dict[str, Constant] = {}

    def fold(self, node: Node) -> bool:
        """Whether ``node`` reads constants alone and its results are now constants: what ``load`` keeps, another tool's
        dequantization of weights for one."""
        stored = [self._folded.get(i) or self.graph.tensors[i]._constant if i else None for i in node.inputs]
        if not node.inputs or any(
            i and (s is None or s.array is None) for i, s in zip(node.inputs, stored, strict=True)
        ):
            return False
        proto = helper.make_node(
            node.op, node.inputs, node.outputs, node.name, domain=node.domain, **node.attrs
        )
        for opset in (self.graph.opset, NEWEST_OPSET):  # the reference lacks old versions of some operators
            results = {o: Folded(proto, stored, at, opset) for at, o in enumerate(node.outputs) if o}
            if all(r.array is not None for r in results.values()):
                self._folded |= results
                return True
        return False

    # What a node has

    def shape(self, tensor: str) -> tuple[int, ...]:
        """The shape of a tensor; NoRoad where a dimension is unknown."""
        shape = self.graph.shape(tensor)
        if shape is None or any(d is None for d in shape):
            raise NoRoad(f"the shape of tensor '{tensor}' is not known")
        return tuple(int(d) for d in shape if d is not None)

    def constant(self, tensor: str) -> np.ndarray | None:
        """The values of a constant tensor, float ones as float32; None for an activation and for "".

        NoRoad where its data is absent.
        """
        found = self._folded.get(tensor)
        if found is None and (not tensor or not self.graph.is_constant(tensor)):
            return None
        found = found or self.graph.tensors[tensor]._constant
        array = None if found is None else found.array
        if array is None:
            raise NoRoad(f"constant '{tensor}' has no data")
        array = np.array(array)  # of its own: the file's bytes cannot be written to
        return array.astype(np.float32) if array.dtype.kind == "f" else array

    def numbers(self, tensor: str) -> list[int] | None:
        """A constant of whole numbers as a list; None where there is none."""
        array = self.constant(tensor)
        return None if array is None else [int(v) for v in array.reshape(-1)]

    def value(self, tensor: str) -> Value:
        """The fx value of a tensor, computed or constant."""
        if tensor in self.values:
            return self.values[tensor]
        if tensor not in self._constants:
            array = self.constant(tensor)
            if array is None:
                raise NoRoad(f"tensor '{tensor}' is not computed")
            self._constants[tensor] = self.buffer(
                torch.from_numpy(np.ascontiguousarray(array)).reshape(array.shape), tensor
            )
        return self._constants[tensor]

    def operand(self, tensor: str) -> Value | float:
        """The fx value of a tensor; a constant of one number as that number."""
        array = self.constant(tensor)
        if array is not None and array.size == 1 and array.dtype.kind == "f" and array.ndim <= 1:
            return float(array.reshape(-1)[0])
        return self.value(tensor)

    # What a node becomes

    def call(self, function: Callable[..., Any], *args: Any, **kwargs: Any) -> Value:
        """A call of a torch function."""
        return self.fx.call_function(function, args, kwargs)

    def layer(self, node: Node, layer: nn.Module, *args: Value) -> Value:
        """A layer under the name of its node."""
        name = self._free(self.called.layer(node.name))
        self.root.add_module(name, layer.eval())
        return self.fx.call_module(name, args)

    def buffer(self, values: torch.Tensor, name: str) -> Value:
        """A constant tensor of the module."""
        free = self._free(layer_name(name))
        self.root.register_buffer(free, values)
        return self.fx.get_attr(free)

    def reshape(self, value: Value, shape: tuple[int, ...]) -> Value:
        """``value`` in ``shape``; the first dimension is left to torch, so that calibration may run several images."""
        return self.call(torch.reshape, value, (-1, *shape[1:]) if 0 not in shape else shape)

    def pad(self, value: Value, pads: list[int], mode: str = "constant", fill: float = 0.0) -> Value:
        """``value`` with ONNX's ``pads`` (begins, then ends) around it."""
        half = len(pads) // 2
        pairs = [side for pair in zip(pads[:half][::-1], pads[half:][::-1], strict=True) for side in pair]
        while len(pairs) > 2 and pairs[-2:] == [0, 0]:
            pairs = pairs[:-2]
        if not any(pairs):
            return value
        extra = {"value": fill} if mode == "constant" else {}
        return self.call(nn.functional.pad, value, pairs, mode=mode, **extra)

    def _free(self, base: str) -> str:
        taken, found, count = {*dict(self.root.named_children()), *self.root._buffers}, base, 1
        while found in taken or hasattr(self.root, found):
            found, count = f"{base}_{count}", count + 1
        return found
