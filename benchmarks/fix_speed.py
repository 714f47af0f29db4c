"""What ``sensorfit fix`` takes: CPU time of the whole command, the start of Python and its imports included.

    python benchmarks/fix_speed.py [FILE...]

Without files, networks of 125 to 1,000 nodes whose every second operator is refused. Each is run ``RUNS`` times and the least
counts: what else the machine does only adds to it. ``s for 500`` is the share of 500 nodes of the file, and of a file with
fewer the whole command: it should stay below three, and level as networks grow.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

LENGTHS = (125, 250, 500, 1000)
CHANNELS, SIZE = 16, 16
RUNS = 3
NODES = 500


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


def cpu_seconds(*arguments: str) -> float:
    """What ``sensorfit`` takes with these arguments, user and system."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(
        [sys.executable, "-m", "sensorfit", *arguments], capture_output=True, text=True, check=False
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode not in (0, 1):
        raise SystemExit(done.stderr)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> None:
    with tempfile.TemporaryDirectory() as scratch:
        files = [Path(f) for f in sys.argv[1:]]
        for length in () if files else LENGTHS:
            files.append(Path(scratch) / f"refused_{length}.onnx")
            onnx.save(refused(length), files[-1])
        output = Path(scratch) / "fixed.onnx"
        cpu_seconds("fix", str(files[0]), "-o", str(output))  # what the machine has to read once
        start = min(cpu_seconds("fix", "--list") for _ in range(RUNS))
        print(f"sensorfit fix --list, which rewrites nothing: {start:.2f} s\n")
        print(f"{'network':32} {'nodes':>6} {'after':>6} {'CPU, s':>7} {'s for 500':>10}")
        for file in files:
            spent = min(cpu_seconds("fix", str(file), "-o", str(output)) for _ in range(RUNS))
            nodes, after = (len(onnx.load(f, load_external_data=False).graph.node) for f in (file, output))
            print(
                f"{file.stem:32} {nodes:6,} {after:6,} {spent:7.2f} {spent / max(1, nodes / NODES):10.2f}",
                flush=True,
            )


if __name__ == "__main__":
    main()
