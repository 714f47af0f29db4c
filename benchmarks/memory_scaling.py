"""How the memory analysis grows: chains of 100 to 10,000 layers, and the built-in models.

    python benchmarks/memory_scaling.py

Prints process time in milliseconds; ``per layer`` should stay about level.
"""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper

from sensorfit.api import load_target
from sensorfit.graph.load import load
from sensorfit.graph.lower import lower
from sensorfit.memory.analysis import analyse

LENGTHS = (100, 300, 1000, 3000, 10_000)
MODELS = ("picosam2", "picosam3", "mobilesam-encoder", "sam-vit-b-encoder", "sam-vit-h-encoder")
GRAPHS = Path(__file__).resolve().parent.parent / "models" / "graphs"


def chain(length: int) -> onnx.ModelProto:
    """A chain of 3x3 convolutions from 32 to 32 channels at 32x32, every eighth reading a skip."""
    kernel = helper.make_tensor(
        "k", TensorProto.FLOAT, (32, 32, 3, 3), np.ones((32, 32, 3, 3), np.float32).tobytes(), raw=True
    )
    first = helper.make_tensor(
        "f", TensorProto.FLOAT, (32, 3, 3, 3), np.ones((32, 3, 3, 3), np.float32).tobytes(), raw=True
    )
    nodes = [helper.make_node("Conv", ["x", "f"], ["t0"], name="n0", pads=[1] * 4)]
    for i in range(1, length):
        if i % 8 == 0:
            nodes.append(helper.make_node("Add", [f"t{i - 1}", f"t{i - 5}"], [f"t{i}"], name=f"n{i}"))
        else:
            nodes.append(helper.make_node("Conv", [f"t{i - 1}", "k"], [f"t{i}"], name=f"n{i}", pads=[1] * 4))
    x = helper.make_tensor_value_info("x", TensorProto.FLOAT, (1, 3, 32, 32))
    y = helper.make_tensor_value_info(f"t{length - 1}", TensorProto.FLOAT, (1, 32, 32, 32))
    graph = helper.make_graph(nodes, "chain", [x], [y], [kernel, first])
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


def timed(model: object) -> tuple[int, float]:
    """Nodes of the device graph and the best of three analyses in milliseconds."""
    graph = lower(load(model))  # type: ignore[arg-type]
    best = float("inf")
    for _ in range(3):
        start = time.process_time()
        analyse(graph, load_target())
        best = min(best, 1000 * (time.process_time() - start))
    return len(graph.nodes), best


def main() -> None:
    """Print both tables."""
    print("| chain | device nodes | ms | us per node |\n|---:|---:|---:|---:|")
    for length in LENGTHS:
        nodes, ms = timed(chain(length))
        print(f"| {length} | {nodes} | {ms:.1f} | {1000 * ms / nodes:.1f} |", flush=True)
    print("\n| model | device nodes | ms |\n|---|---:|---:|")
    for name in MODELS:
        nodes, ms = timed(GRAPHS / f"{name}.onnx")
        print(f"| {name} | {nodes} | {ms:.1f} |", flush=True)


if __name__ == "__main__":
    main()
