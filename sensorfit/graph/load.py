"""An ONNX file or ModelProto into the canonical graph: static shapes, constants folded, nodes in order.

Quantizer nodes of Sony's MCT (domain ``mct_quantizers``) disappear: the width
they carry moves to the tensor. A dynamic batch counts as 1, which is all the
sensor runs; other dynamic dimensions stay unknown unless ``input_shapes`` says.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from math import prod
from pathlib import Path
from typing import Any

import onnx
from onnx import helper

from ..errors import ModelError
from ..units import show_shape
from . import limits, validity, written
from .ir import QUANTIZER_DOMAIN, Graph, Node, Written
from .old_norms import BY_ATTRIBUTE, read_in, trains, with_first_output
from .operand_shapes import contradiction
from .order import ordered
from .shapes import Type, Values, shape_of
from .stored import is_external, location
from .subgraphs import has_subgraphs, reads

QUANTIZER_SUFFIX = "Quantizer"
REORDERED = frozenset({"Transpose", "Reshape", "Identity"})
"""What may stand between the quantizer of a matrix and its product: the weights keep their bits (MCT's export of a Linear)."""


def load(
    model: str | Path | onnx.ModelProto,
    name: str | None = None,
    input_shapes: Mapping[str, Iterable[int]] | None = None,
    proto: onnx.ModelProto | None = None,
) -> Graph:
    """The canonical graph of an ONNX file or ModelProto (which is not changed).

    ``input_shapes`` gives inputs another shape, by name; ``""`` means the first.
    ``proto`` is what ``limits.read_model`` made of the file, where it was read already.
    Raises ModelError for what cannot be read, is cyclic or breaks the limits.
    """
    if isinstance(model, onnx.ModelProto):
        proto, where, directory = model, name or model.graph.name or "model", None
        limits.check_model_limits(proto, where)
    else:
        path = Path(model)
        proto, where, directory = proto or limits.read_model(path), str(path), str(path.parent)
    if proto.functions:
        proto = _inlined(proto, where)
    return _Loader(proto, where, directory, input_shapes or {}).graph(name or Path(where).stem)


class _Loader:
    def __init__(
        self,
        proto: onnx.ModelProto,
        where: str,
        directory: str | None,
        input_shapes: Mapping[str, Iterable[int]],
    ) -> None:
        self.proto, self.where = proto, where
        opsets = {o.domain if o.domain != "ai.onnx" else "": o.version for o in proto.opset_import}
        self.opset = opsets.get("", 0)
        validity.check_nodes(proto.graph, opsets, where)
        self.values = Values(opsets, directory)
        self.alias: dict[str, str] = {}
        self.bits: dict[str, int] = {}
        self.quantized = False
        self.initializers = {t.name for t in proto.graph.initializer}
        self.initializers |= {t.values.name for t in proto.graph.sparse_initializer}
        self.declared = {
            i.name: shape_of(i.type) for i in proto.graph.input if i.name not in self.initializers
        }
        self.inputs = tuple(self.declared)
        self.wanted = self._wanted_shapes(input_shapes)
        self._read_values()

    def graph(self, name: str) -> Graph:
        order = ordered(self.proto.graph, self.initializers | set(self.inputs), self.where)
        read = read_in(self.proto.graph) if self.opset < BY_ATTRIBUTE else frozenset()
        kept: list[onnx.NodeProto] = []
        folded: list[onnx.NodeProto] = []
        for node in order:
            if self._is_quantizer(node):
                self._drop_quantizer(node)
                continue
            renamed = self._renamed(node)
            if trains(renamed, self.opset, read) and all(i in self.values.constants for i in renamed.input):
                renamed = with_first_output(renamed)
                self.values.trained.add(renamed.output[0])
            self.values.visit(renamed)
            self._check_operands(renamed)
            constant = any(renamed.output) and all(o in self.values.constants for o in renamed.output if o)
            if constant and renamed.op_type in REORDERED and (bits := self.bits.get(renamed.input[0])):
                self.bits[renamed.output[0]] = bits
            (folded if constant else kept).append(renamed if constant else self._without_empty(renamed))
        outputs = tuple(self._source(o.name) for o in self.proto.graph.output)
        for declared, made in zip(self.proto.graph.output, outputs, strict=True):
            if made not in self.values.types and (element := declared.type.tensor_type.elem_type):
                # a custom operator's: what type of numbers they are is nowhere else
                self.values.add_type(made, helper.make_tensor_type_proto(element, None))
        needed = _needed(kept, outputs)
        nodes = tuple(n for n, proto in zip(self._nodes(kept), kept, strict=True) if id(proto) in needed)
        used = {t for n in nodes for t in (*n.inputs, *n.outputs) if t} | set(self.inputs) | set(outputs)
        tensors = {t: self.values.tensor(t, self.bits.get(t)) for t in sorted(used)}
        return Graph(
            name=name,
            nodes=nodes,
            tensors=tensors,
            inputs=self.inputs,
            outputs=outputs,
            opset=self.opset,
            quantized=self.quantized,
            declared_inputs=self.declared,
            written=self._written(order, kept, folded),
            absent=self._absent(),
        )

    def _check_operands(self, node: onnx.NodeProto) -> None:
        inputs = [self.values.shape(i) if i else None for i in node.input]
        output = self.values.shape(node.output[0]) if node.output else None
        said = contradiction(node, inputs, output, self.opset)
        if not said:
            return
        if self.wanted:
            given = ", ".join(f"'{n}' {show_shape(s)}" for n, s in self.wanted.items())
            raise ModelError(
                f"{self.where}: {said}; the model cannot take the input shape given ({given}): {self._remedy()}"
            )
        raise ModelError(
            f"{self.where}: {said}; no runtime can run that: correct the model and export it again"
        )

    def _remedy(self) -> str:
        """What to do about an input shape that the network does not take."""
        written = {n.output[0] for n in self.proto.graph.node if n.op_type == "Constant"} | self.initializers
        made = {o: n for n in self.proto.graph.node for o in n.output}
        shape = next((s for s in self.wanted.values() if len(s) == 4), None)
        for node in self.proto.graph.node:
            sizes = node.input[3] if node.op_type == "Resize" and len(node.input) > 3 else ""
            while (by := made.get(sizes)) is not None and by.op_type in ("Concat", "Cast", "Identity"):
                sizes = by.input[-1]  # torch writes batch and channels of the tensor, then height and width
            if sizes in written and shape:
                return f"Resize '{node.name or node.output[0]}' is fixed to one size: re-export at {show_shape(shape[2:])}"
        for name, given in self.wanted.items():
            own = self.declared.get(name)
            if (
                own
                and len(own) == len(given) == 4
                and own[1] == given[1]
                and not any(d % 32 for d in given[2:])
            ):
                return f"a size is written into it: re-export at {show_shape(given[2:])}"
        return (
            "keep the channels it was made for and choose a height and width that halve evenly at every stage "
            "(multiples of 32 suit most), or export it again at that size"
        )

    def _written(
        self, order: list[onnx.NodeProto], kept: list[onnx.NodeProto], folded: list[onnx.NodeProto]
    ) -> Written:
        graph = self.proto.graph
        live = {id(n) for n in order}
        rest = [n for n in graph.node if id(n) not in live and not self._is_quantizer(n)]
        held = written.held_constant((*folded, *kept, *rest), self.initializers, self.values)
        unfolded = [n for n in folded if not held.issuperset(filter(None, n.output))]
        made = {o for n in unfolded for o in n.output if o}
        tensors = {t: self.values.tensor(t) for n in unfolded for t in (*n.input, *n.output) if t}
        dead = (n for n in rest if not held.issuperset(filter(None, n.output)))
        open_batch = any(s and s[0] is None for s in self.declared.values())
        return Written(
            unnamed=sum(1 for n in graph.node if not n.name),
            dead=tuple((n.name, n.op_type) for n in dead),
            unread=written.unread(graph, held),
            sparse=written.sparse_constants(graph),
            spelled=written.oddly_spelled(graph.node, held, (o.name for o in graph.output)),
            unfolded=tuple(self._nodes(unfolded)),
            tensors={
                n: replace(t, constant=False, _constant=None) if n in made else t for n, t in tensors.items()
            },
            stale=() if self.wanted else written.stale_shapes(graph, self._inferred, open_batch),
            unrecorded=written.unrecorded_quantizers(graph),
            negative=written.negative_dimensions(graph),
        )

    def _inferred(self, tensor: str) -> Type | None:
        return self.values.types.get(self._source(tensor))

    def _absent(self) -> dict[str, str]:
        if self.values.directory is None:
            return {}
        files = {t.name: location(t) for t in self.proto.graph.initializer if is_external(t)}
        missing = {f for f in set(files.values()) if not Path(self.values.directory, f).exists()}
        return {tensor: file for tensor, file in files.items() if file in missing}

    def _wanted_shapes(self, given: Mapping[str, Iterable[int]]) -> dict[str, tuple[int, ...]]:
        wanted = {}
        for key, shape in given.items():
            target = key or (self.inputs[0] if self.inputs else "")
            if target not in self.inputs:
                raise ModelError(
                    f"{self.where}: there is no input '{key}' to reshape; its inputs are {', '.join(self.inputs) or 'none'}"
                )
            wanted[target] = tuple(shape)
            if prod(wanted[target]) > limits.MAX_ELEMENTS:
                raise ModelError(
                    f"{self.where}: the shape given to input '{target}' has more than {limits.MAX_ELEMENTS:,} elements"
                )
            declared = self.declared[target]
            if declared is not None and len(declared) != len(wanted[target]):
                raise ModelError(
                    f"{self.where}: input '{target}' has {len(declared)} dimensions, the shape given has {len(wanted[target])}"
                )
        return wanted

    def _read_values(self) -> None:
        for value in self.proto.graph.input:
            if value.name in self.initializers:
                continue
            type_proto = value.type
            shape = self.wanted.get(value.name) or self.declared[value.name]
            if shape and shape[0] is None:
                shape = (1, *shape[1:])
            if shape is not None and type_proto.HasField("tensor_type"):
                type_proto = helper.make_tensor_type_proto(type_proto.tensor_type.elem_type, list(shape))
            self.values.add_type(value.name, type_proto)
        for tensor in self.proto.graph.initializer:
            self.values.add_initializer(tensor.name, tensor)
        for sparse in self.proto.graph.sparse_initializer:
            self.values.add_sparse(sparse.values.name, sparse)

    def _is_quantizer(self, node: onnx.NodeProto) -> bool:
        return (
            node.domain == QUANTIZER_DOMAIN and node.op_type.endswith(QUANTIZER_SUFFIX) and bool(node.input)
        )

    def _drop_quantizer(self, node: onnx.NodeProto) -> None:
        self.quantized = True
        source, output = self._source(node.input[0]), node.output[0]
        self.alias[output] = source
        bits = next((a.i for a in node.attribute if a.name == "num_bits"), None)
        if bits:
            self.bits[source] = bits

    def _source(self, tensor: str) -> str:
        return self.alias.get(tensor, tensor)

    def _renamed(self, node: onnx.NodeProto) -> onnx.NodeProto:
        if not any(i in self.alias for i in node.input):
            return node
        copy = onnx.NodeProto()
        copy.CopyFrom(node)
        del copy.input[:]
        copy.input.extend(self._source(i) for i in node.input)
        return copy

    def _without_empty(self, node: onnx.NodeProto) -> onnx.NodeProto:
        """A Concat without its operands of no elements, which a roll by 0 has: the converter ends with an exception at one."""
        if node.op_type != "Concat" or node.domain:
            return node
        some = [i for i in node.input if 0 not in (self.values.shape(i) or ())]
        if not some or len(some) == len(node.input):
            return node
        copy = onnx.NodeProto()
        copy.CopyFrom(node)
        del copy.input[:]
        copy.input.extend(some)
        if len(some) == 1:
            copy.op_type = "Identity"
            del copy.attribute[:]
        return copy

    def _nodes(self, protos: Iterable[onnx.NodeProto]) -> Iterator[Node]:
        taken: set[str] = set()
        for index, proto in enumerate(protos):
            name = base = proto.name or f"{proto.op_type}_{index}"
            suffix = 2
            while name in taken:
                name, suffix = f"{base}#{suffix}", suffix + 1
            taken.add(name)
            domain = "" if proto.domain == "ai.onnx" else proto.domain
            yield Node(
                name, proto.op_type, tuple(proto.input), tuple(proto.output), attributes(proto), domain
            )


def attributes(node: onnx.NodeProto) -> dict[str, Any]:
    """The attributes as Python values; strings decoded, tensors and subgraphs left as protos."""
    found: dict[str, Any] = {}
    for attribute in node.attribute:
        value: Any = None
        with contextlib.suppress(ValueError):  # an attribute of undefined type has no value
            value = helper.get_attribute_value(attribute)
        if isinstance(value, bytes):
            value = value.decode("utf-8", errors="replace")
        elif attribute.type == onnx.AttributeProto.STRINGS and value is not None:
            value = tuple(v.decode("utf-8", errors="replace") for v in value)
        elif isinstance(value, list):
            value = tuple(value)
        found[attribute.name] = value
    return found


def _needed(protos: Iterable[onnx.NodeProto], outputs: Iterable[str]) -> set[int]:
    """By identity, the nodes an output depends on: folding leaves some that only fed constants.

    What holds a subgraph stays, folded result or not: the converter reads it.
    """
    tensors = set(outputs)
    found = set()
    for proto in reversed([*protos]):
        if any(o in tensors for o in proto.output) or has_subgraphs(proto):
            tensors.update(reads(proto))
            found.add(id(proto))
    return found


def _inlined(proto: onnx.ModelProto, where: str) -> onnx.ModelProto:
    """The model with its local functions expanded: ``check_model_limits`` has bounded what that makes."""
    import onnx.inliner

    try:
        return onnx.inliner.inline_local_functions(proto)
    except Exception as e:
        said = next(iter(str(e).splitlines()), type(e).__name__)
        raise ModelError(f"{where}: its local functions cannot be expanded ({said[:200]})") from e
