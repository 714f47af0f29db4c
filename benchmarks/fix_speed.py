"""How ``fix`` grows: networks of 125 to 1,000 nodes whose every second operator is refused, and any files given.

    python benchmarks/fix_speed.py [FILE...]

Prints wall clock and process time in seconds; ``ms a node``, of process time, should stay level, and 500 nodes take less than three seconds on a machine that does nothing else.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from sensorfit.api import load_target
from sensorfit.rewrite.fix import fix

LENGTHS = (125, 250, 500, 1000)
CHANNELS, SIZE = 16, 16


def refused(length: int) -> onnx.ModelProto:
    """Convolutions, each followed by an operator in a refused form: ELU, PRelu, HardSigmoid of other slopes, Softsign in turn."""
    rng = np.random.default_rng(0)
    nodes, weights, last = [], [], "x"
    for i in range(length // 2):
        kernel = rng.normal(0, 0.1, (CHANNELS, CHANNELS if i else 3, 3, 3)).astype(np.float32)
        slope = rng.uniform(0.1, 0.9, (CHANNELS, 1, 1)).astype(np.float32)
        weights += [numpy_helper.from_array(kernel, f"w{i}"), numpy_helper.from_array(slope, f"s{i}")]
        nodes.append(helper.make_node("Conv", [last, f"w{i}"], [f"c{i}"], f"conv{i}", pads=[1] * 4))
        kind = ("Elu", "PRelu", "HardSigmoid", "Softsign")[i % 4]
        more = {"alpha": 0.25} if kind == "HardSigmoid" else {}
        nodes.append(
            helper.make_node(
                kind, [f"c{i}", *([f"s{i}"] if kind == "PRelu" else [])], [f"a{i}"], f"act{i}", **more
            )
        )
        last = f"a{i}"
    graph = helper.make_graph(
        nodes,
        "refused",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 3, SIZE, SIZE])],
        [helper.make_tensor_value_info(last, TensorProto.FLOAT, [1, CHANNELS, SIZE, SIZE])],
        weights,
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


def main() -> None:
    target = load_target()
    with tempfile.TemporaryDirectory() as scratch:
        files = [Path(f) for f in sys.argv[1:]]
        for length in LENGTHS:
            files.append(Path(scratch) / f"refused_{length}.onnx")
            onnx.save(refused(length), files[-1])
        fix(files[-len(LENGTHS)], Path(scratch) / "warm.onnx", target)  # imports
        print(f"{'network':32} {'nodes':>6} {'after':>6} {'wall, s':>8} {'CPU, s':>8} {'ms a node':>10}")
        for file in files:
            wall, busy = time.perf_counter(), time.process_time()
            made = fix(file, Path(scratch) / "fixed.onnx", target)
            wall, busy = time.perf_counter() - wall, time.process_time() - busy
            nodes = made.before.nodes
            print(
                f"{file.stem:32} {nodes:6,} {made.after.nodes:6,} {wall:8.2f} {busy:8.2f} {1000 * busy / nodes:10.2f}"
            )


if __name__ == "__main__":
    main()
