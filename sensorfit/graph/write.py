"""The graph back into ONNX: a ModelProto, or a file written piece by piece.

The nodes are made anew; weights are the file's own tensors, written one after the other, so that a model's data
is in memory once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import BinaryIO, Final

import onnx
from onnx import ModelProto, NodeProto, TensorProto, helper

from .fold import Stored
from .ir import Graph, Node, Tensor
from .order import ordered
from .shapes import _NUMPY_NAMES
from .wire import varint

PRODUCER: Final = ("pytorch", "2.6.0")
"""The only producer that the converter's front end reads."""
IR_VERSION: Final = 8
ELEMENT: Final[Mapping[str, int]] = {
    **{name.lower(): number for name, number in TensorProto.DataType.items()},
    **{name: number for number, name in _NUMPY_NAMES.items()},
}
"""ONNX's element types by the names of ``Tensor.dtype``."""

Data = Callable[[Tensor], TensorProto]
"""Makes the named tensor of a constant."""


def node_proto(node: Node) -> NodeProto:
    """The node as ONNX writes it."""
    attrs = {k: v for k, v in node.attrs.items() if v is not None and v != ()}
    return helper.make_node(
        node.op, list(node.inputs), list(node.outputs), name=node.name, domain=node.domain, **attrs
    )


def frame(graph: Graph, *, domains: Mapping[str, int] | None = None) -> ModelProto:
    """The model without its constants; every tensor between nodes with its shape."""
    made = {o for n in graph.nodes for o in n.outputs if o}
    inner = sorted(
        t for t in made - set(graph.outputs) if graph.tensors[t].static and graph.tensors[t].dtype in ELEMENT
    )
    proto = helper.make_graph(
        [node_proto(n) for n in graph.nodes],
        graph.name or "network",
        [_value(graph.tensors[t]) for t in graph.inputs],
        [_value(graph.tensors[t]) for t in graph.outputs],
        value_info=[_value(graph.tensors[t]) for t in inner],
    )
    given = {t for t, v in graph.tensors.items() if v.constant} | set(graph.inputs)
    nodes = ordered(
        proto, given, graph.name
    )  # as load orders them: what is read again and written is the same
    del proto.node[:]
    proto.node.extend(nodes)
    imports = [helper.make_opsetid("", graph.opset)]
    imports += [helper.make_opsetid(d, v) for d, v in (domains or {}).items() if d]
    model = helper.make_model(proto, opset_imports=imports, ir_version=IR_VERSION if graph.opset < 20 else 9)
    model.producer_name, model.producer_version = PRODUCER
    return model


def constants_of(graph: Graph) -> Iterator[Tensor]:
    """The constants that a node reads or that are outputs, by name."""
    read = {i for n in graph.nodes for i in n.inputs if i} | set(graph.outputs)
    return (graph.tensors[t] for t in sorted(read) if t in graph.tensors and graph.tensors[t].constant)


def as_model(graph: Graph, data: Data, *, domains: Mapping[str, int] | None = None) -> ModelProto:
    """The whole model in memory."""
    model = frame(graph, domains=domains)
    for tensor in constants_of(graph):
        model.graph.initializer.append(data(tensor))
    return model


def write_model(
    file: BinaryIO, graph: Graph, data: Data, *, domains: Mapping[str, int] | None = None
) -> None:
    """The model into ``file``, one constant in memory at a time.

    A protobuf message is its fields one after the other: the constants, field 5 of the graph, go in front of the graph's
    other fields; the graph, field 7, in front of the model's. The length of the graph, which stands before it, is written
    last: to ask for it first would make every constant twice.
    """
    model = frame(graph, domains=domains)
    rest = model.graph.SerializeToString(deterministic=True)
    model.ClearField("graph")
    constants = [*constants_of(graph)]
    # a first guess: only how many bytes it takes matters
    length = varint(len(rest) + sum(4 * (t.elements or 0) for t in constants))
    written = b""
    while len(written) != len(length):
        written = length
        file.seek(1 + len(written))
        for tensor in constants:
            pieces = _pieces(tensor, data)
            file.write(bytes([5 << 3 | 2]) + varint(sum(map(len, pieces))))
            file.writelines(pieces)
        file.write(rest)
        length = varint(file.tell() - 1 - len(written))
    file.write(model.SerializeToString(deterministic=True))
    file.truncate()
    file.seek(0)
    file.write(bytes([7 << 3 | 2]) + length)


RAW_DATA: Final = 9
"""The field of a tensor that holds its elements."""


def _pieces(tensor: Tensor, data: Data) -> list[bytes | memoryview]:
    """The constant as protobuf writes it; elements that lie in a file or beside it are not copied on the way."""
    constant = tensor._constant
    found = constant.apart() if isinstance(constant, Stored) else None
    if found is None or any(field.number > RAW_DATA for field, _ in found[0].ListFields()):
        return [data(tensor).SerializeToString()]
    head, elements = found
    head.name = tensor.name
    return [
        head.SerializeToString(),
        bytes([RAW_DATA << 3 | 2]) + varint(len(elements)),
        elements,
    ]


def written_to(path: Path, graph: Graph, data: Data, **more: Mapping[str, int]) -> None:
    """``write_model`` into a new file ``path``."""
    with path.open("wb") as file:
        write_model(file, graph, data, **more)


def _value(tensor: Tensor) -> onnx.ValueInfoProto:
    shape = list(tensor.shape) if tensor.shape is not None else None
    return helper.make_tensor_value_info(tensor.name, ELEMENT.get(tensor.dtype, 0), shape)
