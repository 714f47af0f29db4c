"""What the front end says of each operator behind a batch of two: of the node, not of the graph.

    python -m tools.probes.batched     asks anew and writes tests/data/operators/batched.zip and .json

Every accepted probe gets a Concat along the batch in front of one of its
nodes. The Concat is refused, and so may be the node: the log names it.
"""

from __future__ import annotations

import json
import re
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

import onnx
from onnx import NodeProto, TensorProto, helper, shape_inference

from sensorfit.errors import ModelError
from sensorfit.graph.load import load

from .ask import answers
from .families import all_probes
from .front_end import FrontEnd

DATA = Path(__file__).resolve().parents[2] / "tests" / "data" / "operators"
TELLING = ("axis", "axes", "perm", "kernel_shape", "group", "mode")
"""Attributes that make another case of an operator."""
_NODE = re.compile(r"id: ([^,\s]+),")
_REASON = re.compile(r"reason: ([^\n]*?)\s*(?:\[/|$)")


def doubled() -> Iterator[tuple[str, onnx.ModelProto]]:
    """(name of the node behind the batch, graph), one for each operator, rank, number of inputs and telling attributes."""
    known, seen = answers(), set()
    for name, model in sorted(all_probes().items()):
        if known[name]["verdict"] != "accepted":
            continue
        inferred = shape_inference.infer_shapes(model).graph
        sizes = {
            v.name: [d.dim_value for d in v.type.tensor_type.shape.dim]
            for v in (*inferred.value_info, *inferred.input, *inferred.output)
        }
        for index, node in enumerate(model.graph.node):
            shape = sizes.get(node.input[0], []) if node.input else []
            case = (node.op_type, len(shape), len(node.input), _telling(node))
            if len(shape) < 2 or shape[0] != 1 or case in seen:
                continue
            seen.add(case)
            try:
                yield _behind_two(model, index)
            except (
                onnx.shape_inference.InferenceError,
                ValueError,
                ModelError,
            ):  # something else there is for one image
                continue


def _telling(node: NodeProto) -> tuple[tuple[str, str], ...]:
    return tuple((a.name, str(helper.get_attribute_value(a))) for a in node.attribute if a.name in TELLING)


def _behind_two(model: onnx.ModelProto, index: int) -> tuple[str, onnx.ModelProto]:
    copy = onnx.ModelProto()
    copy.CopyFrom(model)
    graph = copy.graph
    node = graph.node[index]
    node.name = node.name or f"node_{index}"
    name, source = node.name, node.input[0]
    for at, tensor in enumerate(node.input):
        if tensor == source:
            node.input[at] = "two_of_it"
    nodes = [*graph.node]
    nodes.insert(index, helper.make_node("Concat", [source, source], ["two_of_it"], "two_of_it", axis=0))
    outputs = [(o.name, o.type.tensor_type.elem_type) for o in graph.output]
    for field, kept in (("node", nodes), ("value_info", []), ("output", [])):
        graph.ClearField(field)
        getattr(graph, field).extend(kept)
    graph.output.extend(helper.make_tensor_value_info(n, kind, None) for n, kind in outputs)
    made = shape_inference.infer_shapes(copy, strict_mode=True)
    if not all(o.type.tensor_type.HasField("shape") for o in made.graph.output):
        raise ValueError("a shape is not known")
    del made.graph.value_info[:]
    load(made)  # ModelError where a Reshape behind it no longer holds as many elements
    return name, made


def reasons(log: str, node: str) -> list[str]:
    """What a log of the front end says of ``node``, each reason once."""
    found: dict[str, None] = {}
    at: list[str] = []
    for line in log.splitlines():
        at = _NODE.findall(line) or at
        if node in at:
            found.update(dict.fromkeys(_REASON.findall(line)))
    return [*found]


def main() -> None:
    """Ask about each, keep graphs and answers."""
    front_end = FrontEnd()
    said: dict[str, dict[str, object]] = {}
    with (
        tempfile.TemporaryDirectory() as folder,
        zipfile.ZipFile(DATA / "batched.zip", "w", zipfile.ZIP_DEFLATED) as kept,
    ):
        log = Path(folder) / "log"
        for number, (node, model) in enumerate(doubled()):
            answer = front_end.judge(model, log_to=log)
            if answer["verdict"] not in ("accepted", "invalid_operator"):
                continue  # it stopped before it judged the nodes
            name = f"{number:03}_{next(n.op_type for n in model.graph.node if n.name == node)}"
            said[name] = {"node": node, "reasons": reasons(log.read_text(errors="replace"), node)}
            entry = zipfile.ZipInfo(f"{name}.onnx")  # without a date: the same graphs make the same file
            for tensor in model.graph.initializer:
                if len(tensor.raw_data) > 256 and tensor.data_type == TensorProto.FLOAT:
                    tensor.raw_data = bytes(len(tensor.raw_data))
            kept.writestr(entry, model.SerializeToString(), zipfile.ZIP_DEFLATED)
    lines = (f"{json.dumps(k)}: {json.dumps(v)}" for k, v in said.items())
    (DATA / "batched.json").write_text("{\n" + ",\n".join(lines) + "\n}\n")


if __name__ == "__main__":
    main()
