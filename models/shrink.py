"""An exported graph without its shape arithmetic.

torch's exporter spells every reshape out as Shape, Gather, Mod, Concat …, some
thousand nodes that are constant once shapes are static. They are computed here
and become initializers, with one exception: a node that would *grow* a learned
parameter stays. Attention biases are stored once an offset and gathered to
one a pair of positions; folding that would count the same weight many times.

    Shape, Cast, Gather(int), Concat(int), …   ─► initializer
    Gather(learned bias 4x49) to 4x49x49       stays
    Transpose(weight)                          ─► initializer, transposed
"""

from __future__ import annotations

from math import prod

import onnx
from onnx import TensorProto, helper, numpy_helper

from ..graph.shapes import Values, shape_of


def shrink(model: onnx.ModelProto, learned: frozenset[str]) -> onnx.ModelProto:
    """Fold what is constant in ``model`` (one exporter's output, topologically sorted), in place.

    ``learned``: the initializers that are trained; those may be absent data
    (dims only). Declares the outputs' static shapes and drops everything unused.
    """
    graph = model.graph
    values = Values({o.domain: o.version for o in model.opset_import}, None)
    for tensor in graph.initializer:
        values.add_initializer(tensor.name, tensor)
    for declared in graph.input:
        values.add_type(declared.name, declared.type)
    trained, kept = set(learned), []
    grown: set[str] = set()  # constants that stay computed, and what hangs on them
    for node in graph.node:
        values.visit(node)
        if not all(name in values.constants for name in node.output):
            kept.append(node)
        elif _grows(node, values, trained) or grown.intersection(node.input):
            kept.append(node)
            grown.update(node.output)
        else:
            for name in node.output:
                graph.initializer.append(_initializer(name, values))
            if trained.intersection(node.input):
                trained.update(node.output)
    del graph.node[:]
    graph.node.extend(_reached(kept, {o.name for o in graph.output}))
    used = {name for node in graph.node for name in node.input}
    constants = [t for t in graph.initializer if t.name in used]
    del graph.initializer[:]
    graph.initializer.extend(constants)
    merge_equal(model)
    for output in graph.output:
        output.type.CopyFrom(values.types[output.name].proto)
    del graph.value_info[:]
    for node in graph.node:
        node.ClearField("doc_string")
    return model


def _grows(node: onnx.NodeProto, values: Values, trained: set[str]) -> bool:
    read = [prod(values.shape(i) or ()) for i in node.input if i in trained]  # type: ignore[arg-type]
    written = sum(prod(values.shape(o) or ()) for o in node.output)  # type: ignore[arg-type]
    return bool(read) and written > sum(read) and node.op_type != "Shape"


def _initializer(name: str, values: Values) -> TensorProto:
    array = values.constants[name].array
    if array is not None:
        return numpy_helper.from_array(array, name)
    known = values.types[name]
    if known.dtype != "float32":
        raise ValueError(f"{name}: a constant of the graph cannot be computed")
    return TensorProto(name=name, data_type=TensorProto.FLOAT, dims=known.shape or ())


def _reached(nodes: list[onnx.NodeProto], wanted: set[str]) -> list[onnx.NodeProto]:
    alive: list[onnx.NodeProto] = []
    for node in reversed(nodes):
        if wanted.intersection(node.output):
            wanted.update(node.input)
            alive.append(node)
    return alive[::-1]


def merge_equal(model: onnx.ModelProto) -> onnx.ModelProto:
    """Let equal integer constants be one initializer, in place: every layer computes the same indices."""
    first: dict[tuple[int, tuple[int, ...], bytes], str] = {}
    renamed: dict[str, str] = {}
    kept = []
    for tensor in model.graph.initializer:
        if tensor.data_type in (TensorProto.INT64, TensorProto.INT32, TensorProto.BOOL) and tensor.raw_data:
            name = first.setdefault((tensor.data_type, tuple(tensor.dims), tensor.raw_data), tensor.name)
            if name != tensor.name:
                renamed[tensor.name] = name
                continue
        kept.append(tensor)
    del model.graph.initializer[:]
    model.graph.initializer.extend(kept)
    for node in model.graph.node:
        for index, name in enumerate(node.input):
            if name in renamed:
                node.input[index] = renamed[name]
    return model


def declare_weights(model: onnx.ModelProto, data_inputs: tuple[str, ...]) -> onnx.ModelProto:
    """Turn the inputs of a graph exported without parameters into initializers without data, in place."""
    graph = model.graph
    weights = [i for i in graph.input if i.name not in data_inputs]
    for declared in weights:
        kind = declared.type.tensor_type.elem_type
        graph.initializer.append(
            TensorProto(name=declared.name, data_type=kind, dims=shape_of(declared.type) or ())
        )
        graph.input.remove(declared)
    return model


def describe(model: onnx.ModelProto, **facts: str) -> onnx.ModelProto:
    """Add ``sensorfit.<key>`` entries to the model's metadata, in place."""
    given = {p.key: p.value for p in model.metadata_props}
    given.update({f"sensorfit.{key}": value for key, value in facts.items()})
    helper.set_model_props(model, dict(sorted(given.items())))
    return model
