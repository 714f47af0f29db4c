"""Ask the real toolchain about networks whose tensors have other widths than 8 bits.

The lines are those of ``tools/memory_probes.py``; on a step, ``w4`` or ``w2`` is
the width of its weights and ``q16`` that of its result:

    "3x64x64 | a=conv x 33 k3 w4 | b=relu a | c=conv b 40 k1 w2 q16 | d=conv b 40 k1 q16 | e=add c d | e"

MCT sets them by hand (``BitWidthConfig``) with the target description that has
16-bit activations. It gives a result 16 bits only where every reader takes them.
What is kept is the *quantized* graph, its values blanked, and the converter's answer.

    python -m tools.bit_width_probes --out DIR "net1=3x64x64 | ..."

Needs torch, MCT, edge-mdt-tpc and the converter.
"""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tools.answers import answer_all, parser
from tools.memory_probes import build, convert, parse_spec

TPC_VERSION = "4.0"
"""Of edge-mdt-tpc: the first with 16-bit activations; weights of 8, 4 and 2 bits as before."""


def quantize_widths(spec: str, path: Path) -> None:
    """Write MCT's quantized export (opset 20) of a probe line, with the widths that its words ask for."""
    import edgemdt_tpc
    import model_compression_toolkit as mct
    import torch
    from model_compression_toolkit.core.common.network_editors import NodeNameFilter

    module, shapes = build(spec)
    names = node_names(module, spec)
    widths = mct.core.BitWidthConfig()
    for result, _, _, options in parse_spec(spec)[1]:
        matches = NodeNameFilter(names[result])
        if "w" in options:
            widths.set_manual_weights_bit_width(matches, options["w"], "weight")
        if "q" in options:
            widths.set_manual_activation_bit_width(matches, options["q"])

    def images() -> Iterator[list[Any]]:
        yield [torch.rand(1, *s) for s in shapes]

    quantized, _ = mct.ptq.pytorch_post_training_quantization(
        module,
        images,
        core_config=mct.core.CoreConfig(bit_width_config=widths),
        target_platform_capabilities=edgemdt_tpc.get_target_platform_capabilities(TPC_VERSION, "imx500"),
    )
    mct.exporter.pytorch_export_model(quantized, str(path), images, onnx_opset_version=20)


def node_names(module: Any, spec: str) -> dict[str, str]:
    """The name that torch.fx, and so MCT, gives to each step's node."""
    import torch

    called: list[str] = [
        n.name for n in torch.fx.symbolic_trace(module).graph.nodes if n.op.startswith("call_")
    ]
    steps = parse_spec(spec)[1]
    if len(called) != len(steps):
        raise ValueError(f"{len(steps)} steps make {len(called)} nodes: give widths to plain steps only")
    return {step[0]: name for step, name in zip(steps, called, strict=True)}


def blank(path: Path) -> bytes:
    """The quantized graph with its weights and their thresholds set to one, gzipped: shapes and widths are what counts."""
    import numpy as np
    import onnx

    model = onnx.load(path)
    for tensor in model.graph.initializer:
        if tensor.data_type == onnx.TensorProto.FLOAT and tensor.raw_data and len(tensor.raw_data) > 64:
            tensor.raw_data = np.ones(len(tensor.raw_data) // 4, np.float32).tobytes()
    for node in model.graph.node:
        node.ClearField("doc_string")
        for attribute in node.attribute:
            if len(attribute.floats) > 1:
                attribute.floats[:] = [1.0] * len(attribute.floats)
            if attribute.type == onnx.AttributeProto.TENSOR and len(attribute.t.raw_data) > 64:
                attribute.t.raw_data = np.ones(len(attribute.t.raw_data) // 4, np.float32).tobytes()
    return gzip.compress(model.SerializeToString(deterministic=True), mtime=0)


def without_widths(spec: str) -> str:
    """The same network at 8 bits."""
    return re.sub(r" [wq]\d+\b", "", spec)


def main() -> None:
    """Answer every probe asked for that has no answer yet."""
    options = parser(__doc__).parse_args()

    def ask(name: str, spec: str, work: Path) -> tuple[dict[str, Any], bytes]:
        model = work / f"{name}.onnx"
        quantize_widths(spec, model)
        answer = convert(model, (options.keep or work) / f"{name}_out", persistency=False)
        if options.keep:
            (options.keep / model.name).write_bytes(model.read_bytes())
        return answer, blank(model)

    answer_all(options, ask)


if __name__ == "__main__":
    main()
