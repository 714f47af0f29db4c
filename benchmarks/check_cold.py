#!/usr/bin/env python3
"""How long a person waits for `sensorfit check MODEL`: one new process each, from its start to its end.

    python benchmarks/check_cold.py [--repeat 20] [MODEL ...]

Prints the fastest and the median wall clock in seconds for TinySAM (wanted: 0.5 or less) and SAM ViT-H (wanted: 3
or less), or for the models named. The fastest counts: what else the machine does only ever slows a run down. The
command is timed as it is installed, with its bytecode written before (`make demo`, or pip, writes it). Exit 1 when
a wanted figure is missed.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
import time

WANTED = {"tinysam": 0.5, "sam-vit-h": 3.0}


def main() -> int:
    options = _options()
    met = True
    with tempfile.TemporaryDirectory() as empty:  # no configuration, no baseline
        for model in options.models or WANTED:
            _run(model, empty)  # the file cache, and bytecode where it may be written
            runs = sorted(_run(model, empty) for _ in range(options.repeat))
            fastest, median = runs[0], statistics.median(runs)
            wanted = f"; wanted at most {WANTED[model]:g}" if model in WANTED else ""
            print(f"{model}: {fastest:.2f} s, median {median:.2f} s of {len(runs)}{wanted}")
            met &= fastest <= WANTED.get(model, fastest)
    return int(not met)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("models", nargs="*", metavar="MODEL")
    parser.add_argument("--repeat", type=int, default=20, help="runs of each")
    return parser.parse_args()


def _run(model: str, directory: str) -> float:
    """Seconds of one run."""
    command = [sys.executable, "-m", "sensorfit", "check", model]
    start = time.perf_counter()
    done = subprocess.run(command, cwd=directory, stdout=subprocess.DEVNULL)
    wall = time.perf_counter() - start
    if done.returncode not in (0, 1):  # 1: the model does not fit, which is an answer
        raise SystemExit(f"{' '.join(command)} failed")
    return wall


if __name__ == "__main__":
    sys.exit(main())
