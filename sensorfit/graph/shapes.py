"""One walk over the nodes: infer each output's shape, fold what is constant.

Inference is ONNX's own, one node at a time (``inference``), so that
the folded constants of a Shape-Gather-Concat chain reach the Reshape they feed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from math import prod
from typing import NamedTuple

import onnx
from onnx import SparseTensorProto, TensorProto, TypeProto, helper

from .fold import MAX_ELEMENTS, NOT_FOLDED, Allowance, Constant, Folded, Stored
from .inference import output_types
from .ir import Shape, Tensor
from .limits import MAX_RANK
from .old_norms import BY_ATTRIBUTE, in_training
from .operand_shapes import BROADCASTING
from .sequences import part
from .sparse import Sparse, shape_only
from .stored import RAW_BITS
from .subgraphs import has_subgraphs

SMALL = 1024
"""Constants up to this many elements are shown to shape inference: shapes, axes, scales, pads."""

SAME_SHAPE = frozenset({"GroupNormalization", "MeanVarianceNormalization"})
"""Operators without inference in the ONNX package whose output is shaped like their first input."""


SIZES = {
    "Reshape": (1,), "Expand": (1,), "ConstantOfShape": (0,), "Tile": (1,), "Unsqueeze": (1,), "Squeeze": (1,),
    "Resize": (2, 3), "Upsample": (1,), "CenterCropPad": (1,), "AffineGrid": (1,), "Col2Im": (1, 2), "MaxUnpool": (2,),
    "Slice": (1, 2, 3, 4),
}  # fmt: skip
"""Inputs with one number for each dimension."""

VALUES = {
    "value_int": ("i", TensorProto.INT64, "int64_data"), "value_ints": ("ints", TensorProto.INT64, "int64_data"),
    "value_float": ("f", TensorProto.FLOAT, "float_data"), "value_floats": ("floats", TensorProto.FLOAT, "float_data"),
    "value_string": ("s", TensorProto.STRING, "string_data"), "value_strings": ("strings", TensorProto.STRING, "string_data"),
}  # fmt: skip
"""A Constant's attributes other than a tensor: the field of the attribute, the element type, the field of a tensor."""

VALUES_UNREAD = BROADCASTING | {
    "Conv", "ConvTranspose", "Gemm", "MatMul", "BatchNormalization", "InstanceNormalization", "LayerNormalization",
}  # fmt: skip
"""Operators whose inference looks at no constant's values."""


SIZED_BY_VALUES = frozenset({"NonZero", "Unique", "Compress"})
"""Operators whose results are as long as the values say, never more than ``MAX_RANK`` times as long as the tensor."""


class Type(NamedTuple):
    """A TypeProto, read once: every reader of a tensor asks, and networks repeat their shapes."""

    proto: TypeProto
    shape: Shape | None
    dtype: str
    token: bytes
    """The same as bytes, to compare."""


class Values:
    """What is known of every tensor so far: type, shape, and the value of the constants."""

    def __init__(self, opsets: Mapping[str, int], directory: str | None) -> None:
        self.opsets = opsets
        self.directory = directory
        self.types: dict[str, Type] = {}
        self.constants: dict[str, Constant] = {}
        self._imports = [helper.make_opsetid(d, v) for d, v in opsets.items()]
        self._allowance = Allowance()
        self._data: dict[str, TensorProto | None] = {}
        self._splits: dict[str, onnx.NodeProto] = {}
        self.trained: set[str] = set()
        """Of normalisations in training mode that an old opset tells by their outputs, the first one's name."""
        """The nodes that split a tensor into a sequence, by the sequence."""
        self._known: dict[bytes, Type] = {}
        self._inferred: dict[object, tuple[Type | None, ...]] = {}
        """The types of a node's outputs by all that inference looks at: networks repeat their blocks."""

    def add_type(self, name: str, proto: TypeProto) -> None:
        """The type of a tensor: an input's as declared, another's as made by a node."""
        self.types[name] = self._type(proto)

    def _type(self, proto: TypeProto) -> Type:
        token = proto.SerializeToString()
        if token not in self._known:
            self._known[token] = Type(proto, shape_of(proto), dtype_of(proto), token)
        return self._known[token]

    def shape(self, name: str) -> Shape | None:
        """The shape of ``name`` as far as it is known."""
        known = self.types.get(name)
        return known.shape if known else None

    def add_initializer(self, name: str, proto: TensorProto) -> None:
        """An initializer, its data present or not."""
        self.add_type(name, helper.make_tensor_type_proto(proto.data_type, list(proto.dims)))
        self.constants[name] = Stored(proto, self.directory)

    def add_sparse(self, name: str, sparse: SparseTensorProto) -> None:
        """A tensor stored by its values other than zero."""
        self.add_initializer(name, shape_only(sparse))
        self.constants[name] = Sparse(sparse, self.directory, self._allowance)

    def visit(self, node: onnx.NodeProto) -> None:
        """Infer the outputs of ``node``; make them constants when its inputs are."""
        if node.op_type == "Constant" and not node.domain:
            self._constant(node)
            return
        self.types.update(self._infer(node))
        if node.op_type == "SplitToSequence" and not node.domain and node.output:
            self._splits[node.output[0]] = node
        elif node.op_type == "SequenceAt" and not node.domain:
            self._part(node)
        if node.op_type in ("Shape", "Size") and not node.domain:
            self._shape_of(node)
        elif self._sized_by_values(node):
            self._evaluated(node)
        elif self._folds(node):
            inputs = [self.constants[i] if i else None for i in node.input]
            opset = self.opsets.get(node.domain, 1)
            if self.trained.intersection(node.output):
                node, opset = in_training(node), max(opset, BY_ATTRIBUTE)
            named = [o for o in node.output if o]
            size = self._bytes(named)
            for index, name in enumerate(named):
                self.constants[name] = Folded(node, inputs, index, opset, size, self._allowance)

    def tensor(self, name: str, bits: int | None = None) -> Tensor:
        """The IR's record of ``name``."""
        value, known = self.constants.get(name), self.types.get(name)
        shape, dtype = (known.shape, known.dtype) if known else (None, "")
        return Tensor(name, shape, dtype, value is not None, bits, value)

    def _constant(self, node: onnx.NodeProto) -> None:
        proto = constant_proto(node)
        if proto is not None and node.output:
            self.add_initializer(node.output[0], proto)
        for attribute in node.attribute:
            if attribute.name == "sparse_value" and node.output:
                self.add_sparse(node.output[0], attribute.sparse_tensor)

    def _part(self, node: onnx.NodeProto) -> None:
        """The shape of a part of a split, where its place and the sizes are constants."""
        split = self._splits.get(node.input[0]) if len(node.input) == 2 else None
        if split is None or not split.input or split.input[0] not in self.types:
            return
        sizes = split.input[1] if len(split.input) > 1 else ""
        place, given = self._few(node.input[1]), self._few(sizes) if sizes else None
        rank = len(self.shape(sizes) or ())
        shape = part(split, self.shape(split.input[0]), given, rank, int(place[0])) if place else None
        element = self.types[split.input[0]].proto.tensor_type.elem_type
        if shape is not None and element:
            self.add_type(node.output[0], helper.make_tensor_type_proto(element, list(shape)))

    def _few(self, name: str) -> list[float] | None:
        """The numbers of a small constant."""
        shape = self.shape(name) if name in self.constants else None
        if shape is None or _elements(shape) > SMALL:
            return None
        found = self.constants[name].numbers
        return None if found is None else [*found]

    def _shape_of(self, node: onnx.NodeProto) -> None:
        shape = self.shape(node.input[0]) if node.input else None
        if shape is None or any(d is None for d in shape):
            return
        known = [d for d in shape if d is not None]
        if node.op_type == "Size":
            if prod(known) >= 1 << 63:
                return
            result = TensorProto(data_type=TensorProto.INT64, int64_data=[prod(known)])
        else:
            bounds = {a.name: a.i for a in node.attribute}
            sizes = known[bounds.get("start", 0) : bounds.get("end", len(known))]
            result = TensorProto(data_type=TensorProto.INT64, dims=[len(sizes)], int64_data=sizes)
        self.add_initializer(node.output[0], result)

    def _bytes(self, names: Iterable[str]) -> int | None:
        """What the values of ``names`` take together; None where a type or shape is not known."""
        total = 0
        for name in names:
            known = self.types.get(name)
            elements = None if known is None or known.shape is None else _elements(known.shape)
            bits = RAW_BITS.get(known.proto.tensor_type.elem_type) if known else None
            if elements is None or bits is None:
                return None
            total += elements * max(bits, 8) // 8  # an array has no smaller element
        return total

    def _folds(self, node: onnx.NodeProto) -> bool:
        if node.domain or node.op_type in NOT_FOLDED or not node.input:
            return False
        if not all(i in self.constants for i in node.input if i) or has_subgraphs(node):
            return False
        shapes = [self.shape(o) for o in node.output if o]
        return all(s is not None and None not in s and _elements(s) <= MAX_ELEMENTS for s in shapes)

    def _sized_by_values(self, node: onnx.NodeProto) -> bool:
        if node.op_type not in SIZED_BY_VALUES or node.domain:
            return False
        return all(i in self.constants and _elements(self.shape(i) or ()) <= SMALL for i in node.input)

    def _evaluated(self, node: onnx.NodeProto) -> None:
        """The outputs of ``node`` as constants with the shapes of their values, evaluated now."""
        most = _elements(self.shape(node.input[0]) or ()) * MAX_RANK * 8
        inputs: list[Constant | None] = [self.constants[i] for i in node.input]
        for index, name in enumerate([o for o in node.output if o]):
            made = Folded(node, inputs, index, self.opsets.get("", 1), most, self._allowance)
            if (array := made.array) is not None:
                element = helper.np_dtype_to_tensor_dtype(array.dtype)
                self.add_type(name, helper.make_tensor_type_proto(element, list(array.shape)))
                self.constants[name] = made

    def _infer(self, node: onnx.NodeProto) -> dict[str, Type]:
        schema = schema_for(node.op_type, self.opsets.get(node.domain, 0), node.domain)
        inputs = tuple(node.input)
        types = {i: self.types[i] for i in inputs if i in self.types}
        if schema is None or len(types) < len({i for i in inputs if i}):
            return {}
        if node.op_type in SAME_SHAPE and inputs[0] in types:
            return {node.output[0]: types[inputs[0]]}
        if not self._safe(node):
            return {}
        told = () if node.op_type in VALUES_UNREAD else (i for i in types if i in self.constants)
        data = {i: p for i in told if (p := self._small(i)) is not None}
        key = (
            node.op_type,
            node.domain,
            tuple(a.SerializeToString() for a in node.attribute),
            tuple(types[i].token if i else b"" for i in inputs),
            tuple((i, p.SerializeToString()) for i, p in enumerate(map(data.get, inputs)) if p),
            tuple(map(bool, node.output)),
        )
        if key not in self._inferred:
            protos = {name: known.proto for name, known in types.items()}
            found = output_types(schema, node, protos, data, self._imports)
            self._inferred[key] = tuple(self._type(found[o]) if o in found else None for o in node.output)
        return {o: t for o, t in zip(node.output, self._inferred[key], strict=True) if t}

    def _safe(self, node: onnx.NodeProto) -> bool:
        """Whether ONNX's inference survives ``node``: no more dimensions than a tensor can have, terms that match.

        Its Einsum reads past the end of a term that is shorter than its operand's
        rank, its ConvTranspose and MaxUnpool past an operand of another rank, and a Reshape to a vector of a thousand million sizes makes as many.
        Inside of a subgraph nobody can ask all that first (and its If crashes on branches of its own).
        """
        if has_subgraphs(node):
            return False
        if node.op_type == "Einsum" and not node.domain:
            equation = next(
                (a.s.decode(errors="replace") for a in node.attribute if a.name == "equation"), ""
            )
            terms = equation.replace(" ", "").split("->")[0].split(",")
            ranks = [self.shape(i) for i in node.input]
            if len(terms) != len(ranks):
                return False
            return all(
                r is not None and ("..." in t or len(t) == len(r)) for t, r in zip(terms, ranks, strict=True)
            )
        if node.op_type in ("Conv", "ConvTranspose", "MaxUnpool") and not node.domain:
            shapes = [self.shape(i) for i in node.input[:2]]
            if None not in shapes and len({len(s) for s in shapes if s is not None}) != 1:
                return False
        for index in SIZES.get(node.op_type, ()) if not node.domain else ():
            sizes = self.shape(node.input[index]) if index < len(node.input) else None
            if sizes and (sizes[0] is None or sizes[0] > MAX_RANK):
                return False
        return True

    def _small(self, name: str) -> TensorProto | None:
        if name not in self._data:
            shape = self.shape(name)
            small = shape is not None and _elements(shape) <= SMALL
            self._data[name] = self.constants[name].proto if small else None
        return self._data[name]


@lru_cache(maxsize=4096)
def schema_for(op: str, opset: int, domain: str) -> onnx.defs.OpSchema | None:
    """The schema of ``op`` at ``opset``, None for an operator the ONNX package does not know."""
    try:
        return onnx.defs.get_schema(op, opset, domain)
    except Exception:  # onnx raises its own SchemaError, a bare Exception subclass
        return None


def shape_of(type_proto: TypeProto | None) -> Shape | None:
    """The shape in a TypeProto; None for an unknown rank or what is not a tensor. A -1 is read as an open dimension."""
    if (
        type_proto is None
        or not type_proto.HasField("tensor_type")
        or not type_proto.tensor_type.HasField("shape")
    ):
        return None
    dims = type_proto.tensor_type.shape.dim
    return tuple(d.dim_value if d.HasField("dim_value") and d.dim_value != -1 else None for d in dims)


def dtype_of(type_proto: TypeProto | None) -> str:
    """The numpy name of a TypeProto's element type; "sequence", "optional" or "" for what is none."""
    if type_proto is None:
        return ""
    kind = type_proto.WhichOneof("value")
    if kind != "tensor_type":
        return (kind or "").removesuffix("_type")
    element = type_proto.tensor_type.elem_type
    if element == TensorProto.UNDEFINED:
        return ""
    return _NUMPY_NAMES.get(element) or TensorProto.DataType.Name(element).lower()


_NUMPY_NAMES: dict[int, str] = {TensorProto.FLOAT: "float32", TensorProto.DOUBLE: "float64"}


def constant_proto(node: onnx.NodeProto) -> TensorProto | None:
    """The tensor a Constant node holds, whichever attribute it uses."""
    for attribute in node.attribute:
        if attribute.name == "value":
            return attribute.t
        if attribute.name == "sparse_value":
            return shape_only(attribute.sparse_tensor)
        if attribute.name in VALUES:
            field, kind, data = VALUES[attribute.name]
            value = getattr(attribute, field)
            many = attribute.name.endswith("s")
            tensor = TensorProto(data_type=kind, dims=[len(value)] if many else [])
            getattr(tensor, data).extend(value if many else [value])
            return tensor
    return None


def _elements(shape: Shape) -> int:
    return prod(d or 0 for d in shape)
