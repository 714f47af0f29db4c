"""How the memory analysis grows: chains, residual networks, long skips and side branches of 100 to 10,000 layers, and the built-in models.

    python benchmarks/memory_scaling.py

Prints process time in milliseconds; ``per layer`` should stay about level.
"""

from __future__ import annotations

import time
from collections.abc import Callable
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
    """3x3 convolutions one after the other, every eighth a sum with a skip."""
    return _network(length, lambda i: (f"t{i - 1}", f"t{i - 5}") if i % 8 == 0 else None)


def residual(length: int) -> onnx.ModelProto:
    """Blocks of two 3x3 convolutions and the sum with their input."""
    return _network(length, lambda i: (f"t{i - 1}", f"t{i - 3}") if i % 3 == 0 else None)


def long_skips(length: int) -> onnx.ModelProto:
    """The second half sums the first half's results, the last one first: half of all are alive at once."""
    return _network(length, lambda i: (f"t{i - 1}", f"t{length - 1 - i}") if i >= length // 2 else None)


def side_branches(length: int) -> onnx.ModelProto:
    """A third of the layers each lead a side branch of one convolution, which the last third sums, the last one first."""
    third = length // 3

    def summed(i: int) -> tuple[str, str] | None:
        before = third - 1 if i == 2 * third else i - 1
        return (f"t{before}", f"t{4 * third - 1 - i}") if 2 * third <= i < 3 * third else None

    return _network(length, summed, lambda i: i - third if third <= i < 2 * third else i - 1)


def _network(
    length: int,
    summed: Callable[[int], tuple[str, str] | None],
    source: Callable[[int], int] = lambda i: i - 1,
) -> onnx.ModelProto:
    """Layers of 16 channels at 32x32: a sum where ``summed`` names its two tensors, else a 3x3 convolution of ``source``'s."""
    kernel, first = (
        helper.make_tensor(name, TensorProto.FLOAT, shape, np.ones(shape, np.float32).tobytes(), raw=True)
        for name, shape in (("k", (16, 16, 3, 3)), ("f", (16, 3, 3, 3)))
    )
    nodes = [helper.make_node("Conv", ["x", "f"], ["t0"], name="n0", pads=[1] * 4)]
    for i in range(1, length):
        tensors = summed(i)
        if tensors:
            nodes.append(helper.make_node("Add", tensors, [f"t{i}"], name=f"n{i}"))
        else:
            nodes.append(
                helper.make_node("Conv", [f"t{source(i)}", "k"], [f"t{i}"], name=f"n{i}", pads=[1] * 4)
            )
    x = helper.make_tensor_value_info("x", TensorProto.FLOAT, (1, 3, 32, 32))
    y = helper.make_tensor_value_info(f"t{length - 1}", TensorProto.FLOAT, (1, 16, 32, 32))
    graph = helper.make_graph(nodes, "layers", [x], [y], [kernel, first])
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
    print("| network | layers | device nodes | ms | us per node |\n|---|---:|---:|---:|---:|")
    for kind in (chain, residual, long_skips, side_branches):
        for length in LENGTHS:
            nodes, ms = timed(kind(length))
            print(
                f"| {kind.__name__} | {length} | {nodes} | {ms:.1f} | {1000 * ms / nodes:.1f} |", flush=True
            )
    print("\n| model | device nodes | ms |\n|---|---:|---:|")
    for name in MODELS:
        nodes, ms = timed(GRAPHS / f"{name}.onnx")
        print(f"| {name} | {nodes} | {ms:.1f} |", flush=True)


if __name__ == "__main__":
    main()
