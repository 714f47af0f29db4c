"""The values of constants, read or computed only when somebody asks.

Folding a graph's shape arithmetic needs a handful of small integers; its
weights may be hundreds of megabytes. So a constant is one that the file holds,
or a node's whose inputs are all constant, evaluated once with ONNX's own
reference implementation. Importing numpy takes a fifth of a small check: what
the usual constants are asked for needs no arrays.

What evaluation makes is kept, so a model has a bound on its bytes (``Allowance``).
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Iterable, Sequence
from functools import cached_property
from math import prod
from pathlib import Path
from struct import calcsize
from typing import TYPE_CHECKING, Any, Final, Literal

import onnx
from onnx import TensorProto

from .external import MAX_BROUGHT_IN_BYTES, bring_in, mapped
from .stored import has_data, is_external

if TYPE_CHECKING:
    import numpy as np

MAX_ELEMENTS = 1 << 24
"""Largest constant evaluated, so that a hostile ConstantOfShape cannot fill the memory."""

MAX_FOLDED_BYTES = 512 << 20
"""What all constants evaluated in one check may take together, whichever of its processes asks for them."""
PROCESSES = 2
"""Processes that judge one model: the two halves of a check (``api``). Each has its share of the bytes from the start, so
that no answer depends on which is the faster."""

RANDOM = frozenset(
    {"RandomNormal", "RandomNormalLike", "RandomUniform", "RandomUniformLike", "Bernoulli", "Multinomial"}
)
NOT_FOLDED = RANDOM | {
    "If", "Loop", "Scan", "SequenceMap", "Dropout", "QuantizeLinear", "DequantizeLinear", "DynamicQuantizeLinear"
}  # fmt: skip
"""Operators that are not constant even where their inputs are, or whose meaning is to be kept."""

PLAIN: dict[int, tuple[Literal["f", "d", "q", "i", "?"], str]] = {
    TensorProto.FLOAT: ("f", "float_data"), TensorProto.DOUBLE: ("d", "double_data"),
    TensorProto.INT64: ("q", "int64_data"), TensorProto.INT32: ("i", "int32_data"), TensorProto.BOOL: ("?", "int32_data"),
}  # fmt: skip
"""Element types that Python reads by itself: the code of an element of ``raw_data``, the field that may hold them instead."""
EXOTIC: frozenset[int] = frozenset(
    {
        TensorProto.BFLOAT16, TensorProto.FLOAT8E4M3FN, TensorProto.FLOAT8E4M3FNUZ,
        TensorProto.FLOAT8E5M2, TensorProto.FLOAT8E5M2FNUZ,
    }
)  # fmt: skip
"""Element types whose arrays hold bits, not numbers."""


SLOW: Final = frozenset({"Resize", "Upsample"})
"""What the reference implementation computes cell by cell: minutes for a position embedding that is resized."""


class Constant:
    """A constant tensor; everything is None where the data is absent or cannot be computed."""

    @property
    def array(self) -> np.ndarray | None:
        """The values, in the tensor's shape."""
        raise NotImplementedError

    @property
    def numbers(self) -> Sequence[float] | None:
        """The values in row-major order, a sequence that is true where it has any; None also where they are no real numbers."""
        array = self.array
        if array is None or array.dtype.kind not in "biuf":
            return None
        flat = array.reshape(-1)
        return memoryview(flat.astype("float32") if flat.dtype.char == "e" else flat)  # type: ignore[arg-type]

    @property
    def proto(self) -> TensorProto | None:
        """The numbers as ONNX's functions take them, without a name."""
        array = self.array
        return None if array is None or self.numbers is None else onnx.numpy_helper.from_array(array)


class Allowance:
    """Bytes that the constants of a model may still take in this process when they are evaluated."""

    def __init__(self, left: int = MAX_FOLDED_BYTES // PROCESSES) -> None:
        self.left = left

    def take(self, size: int | None) -> bool:
        """Whether ``size`` more bytes are allowed; they are then taken."""
        if size is None or size > self.left:
            return False
        self.left -= size
        return True


def allow(constants: Iterable[Constant | None], size: int) -> None:
    """Let what is evaluated of these constants take ``size`` bytes: of a model that is written, and not only asked about."""
    for constant in constants:
        if isinstance(constant, Folded):
            constant.allowance.left = max(constant.allowance.left, size)


class Stored(Constant):
    """A tensor of the file: an initializer or a Constant's, its data in the file, beside it, or absent."""

    def __init__(self, tensor: TensorProto, directory: str | None = None) -> None:
        self._tensor = tensor
        self._directory = directory

    @cached_property
    def _raw(self) -> memoryview | bytes | None:
        """The elements as ``raw_data`` has them, in the file or mapped beside it; None where they are absent or elsewhere."""
        if not is_external(self._tensor):
            return self._tensor.raw_data or None
        return None if self._directory is None else mapped(self._tensor, Path(self._directory))

    @cached_property
    def array(self) -> np.ndarray | None:
        """The values, in the tensor's shape: a view of the file's bytes."""
        import numpy as np

        try:
            if not is_external(self._tensor):
                return onnx.numpy_helper.to_array(self._tensor)
            if self._raw is None:
                return None
            if self._tensor.data_type in PLAIN and sys.byteorder == "little":
                code = PLAIN[self._tensor.data_type][0]
                return np.frombuffer(self._raw, np.dtype(code)).reshape(tuple(self._tensor.dims))
            copy = self._whole()
            return None if copy is None else onnx.numpy_helper.to_array(copy)
        except Exception:  # stripped weights: dims without data
            return None

    @cached_property
    def numbers(self) -> Sequence[float] | None:
        """The values in row-major order: a view of the file's bytes."""
        tensor = self._tensor
        if tensor.data_type in EXOTIC:
            return None
        if tensor.data_type not in PLAIN or sys.byteorder != "little":
            return super().numbers
        code, field = PLAIN[tensor.data_type]
        count, raw = prod(tensor.dims), self._raw
        if raw is not None:
            return memoryview(raw).cast("B").cast(code) if len(raw) == count * calcsize(code) else None
        values = getattr(tensor, field)
        return values if len(values) == count and not is_external(tensor) else None

    @property
    def proto(self) -> TensorProto | None:
        """A copy of the file's tensor, without its name."""
        copy = self._whole() if self.numbers is not None else None
        if copy is not None:
            copy.ClearField("name")
        return copy

    @property
    def there(self) -> bool:
        """Whether the tensor has data: not where the file beside the model is gone, or the weights were stripped."""
        tensor = self._tensor
        if is_external(tensor):
            return self._raw is not None
        return has_data(tensor) or not prod(tensor.dims)

    def stored(self) -> TensorProto | None:
        """A copy of the file's tensor with its data in it, whatever its type; None where that is absent."""
        return self._whole()

    def apart(self) -> tuple[TensorProto, memoryview] | None:
        """A copy of the tensor without its data, and that data where it lies beside the structure; None where it does not."""
        if not is_external(self._tensor) or self._directory is None:
            return None
        data = mapped(self._tensor, Path(self._directory))  # anew: one that is kept keeps its pages in memory
        if data is None or len(data) > MAX_BROUGHT_IN_BYTES:
            return None
        copy = TensorProto()
        copy.CopyFrom(self._tensor)
        copy.ClearField("data_location")  # written out, even DEFAULT would be one more field of the file
        del copy.external_data[:]
        return copy, data

    def _whole(self) -> TensorProto | None:
        """A copy of the tensor with its data in it; None where that is absent."""
        copy = TensorProto()
        copy.CopyFrom(self._tensor)
        absent = is_external(copy) and (self._directory is None or not bring_in(copy, Path(self._directory)))
        return None if absent else copy


class Folded(Constant):
    """Output ``output`` of ``node`` over its constant inputs, None standing for an input left out."""

    def __init__(
        self,
        node: onnx.NodeProto,
        inputs: Sequence[Constant | None],
        output: int,
        opset: int,
        size: int | None = 0,
        allowance: Allowance | None = None,
    ) -> None:
        """``size`` is the bytes of all outputs, which an evaluation takes from ``allowance``; None where it is unknown."""
        self._node = node
        self._size = size
        self.allowance = allowance or Allowance()
        self._inputs = inputs
        self._output = output
        self._opset = opset

    @cached_property
    def array(self) -> np.ndarray | None:
        """The values, in the tensor's shape, evaluated when first asked for."""
        import numpy as np

        feeds = {}
        for name, constant in zip(self._node.input, self._inputs, strict=True):
            if constant is None:
                continue
            if constant.array is None or constant.array.size > MAX_ELEMENTS:
                return None
            feeds[name] = constant.array
        if not self.allowance.take(self._size):
            return None
        try:
            results: Any = _fast(self._node, self._opset, feeds) if self._node.op_type in SLOW else None
            if results is None:
                with (
                    warnings.catch_warnings()
                ):  # numpy's, of an empty mean or an overflow: the file's own numbers
                    warnings.simplefilter("ignore", RuntimeWarning)
                    results = _session(self._node, self._opset).run(None, feeds)
        except Exception:  # the reference implementation refuses what it cannot compute
            return None
        result = results[self._output]
        return np.asarray(result) if isinstance(result, (np.ndarray, np.generic)) else None


def _fast(node: onnx.NodeProto, opset: int, feeds: dict[str, np.ndarray]) -> list[np.ndarray] | None:
    """The outputs by onnxruntime; None where that is not installed or does not compute the node."""
    try:
        import onnxruntime
    except ImportError:
        return None
    typed = [
        onnx.helper.make_tensor_value_info(
            name, onnx.helper.np_dtype_to_tensor_dtype(array.dtype), array.shape
        )
        for name, array in feeds.items()
    ]
    outputs = [onnx.ValueInfoProto(name=name) for name in node.output if name]
    model = onnx.helper.make_model(
        onnx.helper.make_graph([node], "fold", typed, outputs),
        opset_imports=[onnx.helper.make_opsetid(node.domain, opset)],
        ir_version=8,
    )
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    try:
        session = onnxruntime.InferenceSession(
            model.SerializeToString(), options, providers=["CPUExecutionProvider"]
        )
        made: list[np.ndarray] = session.run(None, feeds)
    except Exception:
        return None
    return made


def _session(node: onnx.NodeProto, opset: int) -> onnx.reference.ReferenceEvaluator:
    import onnx.reference  # here: most graphs fold nothing

    names = [name for name in dict.fromkeys(node.input) if name]
    unknown = onnx.helper.make_tensor_type_proto(onnx.TensorProto.UNDEFINED, None)
    inputs = [onnx.helper.make_value_info(name, unknown) for name in names]
    outputs = [
        onnx.helper.make_value_info(name or f"unused_{i}", unknown) for i, name in enumerate(node.output)
    ]
    graph = onnx.helper.make_graph(
        [node], "fold", inputs, [o for o, n in zip(outputs, node.output, strict=True) if n]
    )
    model = onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid(node.domain, opset)])
    return onnx.reference.ReferenceEvaluator(model)
