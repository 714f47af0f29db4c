"""``--confirm``: the real converter's own answer, to stand beside ours.

    float graph            uni-pytorch, the converter's front end: is every operator taken?
    MCT-quantized graph    imxconv-pt --memory-report: the same, and the exact bytes

The front end reads only graphs whose producer is "pytorch" and whose nodes have
names, and it needs weights. MCT's export gives all that on the way to the
sensor, so a copy is judged that has it; absent weights become random values.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
import onnx
from onnx import helper, numpy_helper

from ..errors import ModelError
from ..graph.external import bring_in
from ..graph.ir import Shape
from ..graph.limits import read_model
from ..graph.stored import FLOATS, constants, has_data, is_external, location
from ..runtime.scratch import scratch_directory
from ..target import Target, read_facts
from .messages import read_log
from .toolchain import FRONT_END, convert, need_tool, run

TIME_LIMIT_S: Final = 600
PRODUCER: Final = ("pytorch", "2.6.0")
QUANTIZER_DOMAIN: Final = "mct_quantizers"
ACCEPTED: Final = "accepted"
VERDICT_OF_CODE: Final[Mapping[str, str]] = {
    "USOP": "unsupported_operator",
    "INVOP": "invalid_operator",
    "INVMOD": "invalid_model_input",
    "ISM": "does_not_fit",
}
"""The front end says so by exit code; the whole converter only by the code in its log."""


@dataclass(frozen=True)
class Confirmation:
    """The converter's answer.

    ``verdict``: accepted, unsupported_operator, invalid_operator,
    invalid_model_input, execution_error, or does_not_fit. ``memory`` (bytes,
    the keys of the converter's memory report) only for an MCT-quantized graph.
    """

    verdict: str
    code: str
    operators: tuple[str, ...]
    reasons: tuple[str, ...]
    memory: Mapping[str, Any] | None
    seconds: float
    nodes: tuple[str, ...] = ()
    """The nodes in a form that the front end refuses: it names every one."""


def confirm(
    model: str | Path | onnx.ModelProto,
    target: Target,
    shapes: Mapping[str, Shape | None] | None = None,
    time_limit: float = TIME_LIMIT_S,
) -> Confirmation:
    """Ask the converter of ``target`` about ``model``. MissingDependency without it, ToolchainError past the limit.

    ``shapes``: the shapes that inputs and outputs take in the copy it is shown, by name.
    """
    proto = onnx.ModelProto()
    proto.CopyFrom(model if isinstance(model, onnx.ModelProto) else read_model(Path(model)))
    if not isinstance(model, onnx.ModelProto):
        for tensor in filter(is_external, constants(proto.graph)):
            there = bring_in(tensor, Path(model).parent)
            if not there and tensor.data_type not in FLOATS:  # weights that are missing, fill_weights makes
                raise ModelError(
                    f"{model}: the converter cannot be asked: '{tensor.name}' is kept in {location(tensor)}, which is not there; "
                    "put it beside the model, or check without --confirm"
                )
    start = time.monotonic()
    with scratch_directory("confirm") as scratch:
        graph = scratch / "model.onnx"
        proto.producer_name, proto.producer_version = PRODUCER
        _resize(proto.graph, shapes or {})
        fill_weights(proto)
        _name_nodes(proto.graph)
        try:
            onnx.save(proto, str(graph))
        except ValueError as error:  # protobuf's 2 GiB
            raise ModelError(
                "the model with its weights is larger than 2 GiB, which the converter cannot read; check it without --confirm"
            ) from error
        quantized = any(node.domain == QUANTIZER_DOMAIN for node in proto.graph.node)
        answer = _memory_report(graph, time_limit) if quantized else _front_end(graph, target, time_limit)
    return replace(answer, seconds=round(time.monotonic() - start, 2))


def _front_end(graph: Path, target: Target, time_limit: float) -> Confirmation:
    status, text = run(
        [need_tool(FRONT_END), "-i", graph, "-o", graph.parent], graph.with_suffix(".log"), time_limit
    )
    verdict = read_facts("converter", target)["front_end_exit_codes"].get(str(status), "execution_error")
    if verdict == ACCEPTED:
        return Confirmation(ACCEPTED, "", (), (), None, 0.0)
    said = read_log(text)
    return Confirmation(verdict, said.code, said.operators, said.reasons, None, 0.0, said.nodes)


def _memory_report(graph: Path, time_limit: float) -> Confirmation:
    made = convert(
        graph, graph.parent / "out", graph.with_suffix(".log"), report_only=True, time_limit=time_limit
    )
    memory = made.memory.to_dict() if made.memory else None
    if made.complaint is None:
        return Confirmation(ACCEPTED, "", (), (), memory, 0.0)
    said = made.complaint
    verdict = VERDICT_OF_CODE.get(said.code, "execution_error")
    return Confirmation(verdict, said.code, said.operators, said.reasons, memory, 0.0, said.nodes)


def fill_weights(proto: onnx.ModelProto, seed: int = 0) -> int:
    """Give every float initializer or constant without data random values, in place; how many there were.

    Values lie in [0.01, 0.02): also a valid BatchNorm variance.
    """
    rng = np.random.default_rng(seed)
    filled = 0
    for tensor in constants(proto.graph):
        if has_data(tensor) or 0 in tensor.dims or tensor.data_type not in FLOATS:
            continue
        dtype = helper.tensor_dtype_to_np_dtype(tensor.data_type)
        values = (rng.random(tuple(tensor.dims), dtype=np.float32) * 0.01 + 0.01).astype(dtype)
        tensor.CopyFrom(numpy_helper.from_array(values, tensor.name))
        filled += 1
    return filled


def _resize(graph: onnx.GraphProto, shapes: Mapping[str, Shape | None]) -> None:
    """Give inputs and outputs the shapes that were judged; those between are then inferred anew."""
    if not shapes:
        return
    for value in (*graph.input, *graph.output):
        shape = shapes.get(value.name)
        if shape is not None:
            value.CopyFrom(helper.make_tensor_value_info(value.name, value.type.tensor_type.elem_type, shape))
    del graph.value_info[:]


def _name_nodes(graph: onnx.GraphProto) -> None:
    taken = {node.name for node in graph.node}
    for index, node in enumerate(graph.node):
        if not node.name:
            name = f"{node.op_type}_{index}"
            while name in taken:
                name += "_"
            node.name = name
            taken.add(name)
