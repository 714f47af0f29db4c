#!/usr/bin/env python3
"""How long a check takes, as ratios measured in one run on one machine.

    python benchmarks/check_speed.py [--toolchain] [--repeat 7]

1. `sensorfit check` of PicoSAM3 (float ONNX, weights inside), whole process, over
   `python -c "import onnx; onnx.load(f)"`                                            wanted: 3 or less
2. MCT's quantization plus `imxconv-pt --memory-report` of the same model over it
   (--toolchain; needs the extra `build` and Java 17)                                 wanted: 50 or more
3. `sensorfit check` of a model the size of SAM ViT-B over `onnx.load` of it           wanted: 2 or less
   and the peak resident memory of both                                     wanted: below two sets of weights
4. small graphs checked a second, in one process, on one core                        wanted: 100 or more

Runs alternate and the fastest of each counts: what else the machine does only
ever slows a run down. Processor time (user and system, children included)
stands beside the wall clock. Exit 1 when a wanted figure is missed.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

MODELS = Path(__file__).with_name("check_speed_models.py")
LOAD = "import onnx, sys; onnx.load(sys.argv[1])"
MANY = """
import sys, time
from pathlib import Path
import sensorfit
files = sorted(Path(sys.argv[1]).glob("*.onnx"))
sensorfit.check(files[0])  # imports and fact tables
start, spent = time.perf_counter(), time.process_time()
for file in files:
    sensorfit.check(file)
print(len(files), time.perf_counter() - start, time.process_time() - spent)
"""
TOOLCHAIN = """
import sys
from pathlib import Path
from sensorfit.api import load_target
from sensorfit.convert.toolchain import convert
from sensorfit.quantize.bridge import source
from sensorfit.quantize.calibration import synthetic
from sensorfit.quantize.ptq import export_int8, quantize
folder = Path(sys.argv[1])
network = source("picosam3", None, None, 0)
images = synthetic(network.shape, 0, 8)
log = folder / "log"
export_int8(quantize(network.module, images, load_target(), 0, log), images, folder / "int8.onnx", load_target(), 0, log)
print(convert(folder / "int8.onnx", folder / "out", log, report_only=True).memory)
"""


@dataclass
class Run:
    """One process: seconds of wall clock and of processor, peak resident bytes."""

    wall: float
    cpu: float
    peak: int


def main() -> int:
    options = _options()
    met = True
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        subprocess.run([sys.executable, str(MODELS), name, str(options.graphs)], check=True)
        pico, big = folder / "picosam3.onnx", folder / "vit_b.onnx"
        met &= _against_load("PicoSAM3", pico, options.repeat, 3.0)
        if options.toolchain:
            met &= _against_toolchain(pico, folder)
        met &= _against_load("ViT-B", big, max(2, options.repeat // 2), 2.0)
        met &= _many(folder / "many")
    return int(not met)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--toolchain", action="store_true", help="also run MCT and the converter")
    parser.add_argument("--repeat", type=int, default=7, help="runs of each")
    parser.add_argument("--graphs", type=int, default=1000, help="small graphs")
    return parser.parse_args()


def _against_load(title: str, model: Path, repeat: int, wanted: float) -> bool:
    size = model.stat().st_size
    runs = {"load": [], "check": []}  # type: dict[str, list[Run]]
    for _ in range(repeat):
        runs["load"].append(_run([sys.executable, "-c", LOAD, str(model)]))
        runs["check"].append(_run([sys.executable, "-m", "sensorfit", "check", str(model), "--no-baseline"]))
    load, check = (_best(runs[name]) for name in ("load", "check"))
    ratio, cpu = check.wall / load.wall, check.cpu / load.cpu
    print(
        f"{title} ({size / 1e6:.1f} MB): check {check.wall:.3f} s, onnx.load {load.wall:.3f} s: "
        f"{ratio:.2f} times (processor time {cpu:.2f} times); wanted at most {wanted:g}"
    )
    print(f"    peak resident memory: check {check.peak / 1e6:.0f} MB, onnx.load {load.peak / 1e6:.0f} MB")
    light = check.peak < load.peak + size  # a second copy of the weights would show
    return min(ratio, cpu) <= wanted and light


def _against_toolchain(model: Path, folder: Path) -> bool:
    check = _best(
        [_run([sys.executable, "-m", "sensorfit", "check", str(model), "--no-baseline"]) for _ in range(3)]
    )
    tool = _run([sys.executable, "-c", TOOLCHAIN, str(folder)])
    ratio = tool.wall / check.wall
    print(
        f"MCT and imxconv-pt --memory-report: {tool.wall:.1f} s: {ratio:.0f} times the check's {check.wall:.3f} s; wanted at least 50"
    )
    return ratio >= 50


def _many(folder: Path) -> bool:
    done = subprocess.run(
        [sys.executable, "-c", MANY, str(folder)], check=True, capture_output=True, text=True, env=_one_core()
    )
    count, wall, cpu = (float(x) for x in done.stdout.split())
    print(
        f"small graphs: {count:.0f} in {wall:.2f} s: {count / wall:.0f} a second ({count / cpu:.0f} a second of processor time); wanted at least 100"
    )
    return count / min(wall, cpu) >= 100


def _run(command: list[str]) -> Run:
    start = time.perf_counter()
    with subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=_one_core()
    ) as process:
        said = process.stderr.read() if process.stderr else b""
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in (0, 1):  # 1: the model does not fit, which is an answer
        raise SystemExit(f"{' '.join(command[:4])} failed:\n{said.decode()}")
    return Run(time.perf_counter() - start, used.ru_utime + used.ru_stime, used.ru_maxrss * 1024)


def _best(runs: list[Run]) -> Run:
    return Run(min(r.wall for r in runs), min(r.cpu for r in runs), max(r.peak for r in runs))


def _one_core() -> dict[str, str]:
    return {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    sys.exit(main())
