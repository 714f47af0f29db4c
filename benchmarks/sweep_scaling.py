#!/usr/bin/env python3
"""How many candidates a sweep judges a second, by workers, and what a candidate costs beside a warm check.

    python benchmarks/sweep_scaling.py [--workers 1 2] [--candidates 400] [--dask]

Candidates are PicoSAM3-sized: its family at 96x96 with other widths, kernels and decoders. The first table is processor time
in one process, the fastest of several runs, so that what else the machine does matters little: a warm in-process check of
the same network as an ONNX model, the same judged as a sweep does it, and their ratio. Then what the sweep's own process does for a
batch. The second table is wall clock: candidates
a second over the whole sweep, by processes and, with --dask, by Dask workers on loopback; the share of the time that workers
spent judging is what the processes' own time says.
"""

from __future__ import annotations

import argparse
import gc
import os
import pickle
import tempfile
import time
from collections.abc import Callable
from itertools import islice
from pathlib import Path

from sensorfit.analysis import analyse, judge
from sensorfit.sweep.builder import draw
from sensorfit.sweep.judge import Candidate, Job, judge_batch
from sensorfit.sweep.read import parse_space
from sensorfit.sweep.run import BATCH, sweep
from sensorfit.sweep.sampling import at_random
from sensorfit.sweep.store import Store
from sensorfit.target import DEFAULT, load_target

SPACE = """
family = "picosam"
[parameters]
size = 96
width = { from = 0.75, to = 1.25, step = 0.05 }
kernel = [3, 5]
decoder_kernel = [3, 5]
dilation = [0, 1, 2, 3]
upsampling = ["nearest", "bilinear", "transposed"]
attention = ["none", "channel"]
head = ["plain", "refine"]
"""
RUNS = 25


def main() -> None:
    """Print both tables."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--workers", type=int, nargs="+", default=[1, 2])
    asked.add_argument("--candidates", type=int, default=400)
    asked.add_argument("--dask", action="store_true", help="also Dask workers on loopback (extra cluster)")
    options = asked.parse_args()
    client(one_core())
    print(f"\n{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}\n")
    print("| scheduler | workers | candidates | seconds | candidates/s |\n|---|---:|---:|---:|---:|")
    for scheduler in (None, "local") if options.dask else (None,):
        for workers in options.workers:
            with tempfile.TemporaryDirectory() as name:
                space = Path(name) / "space.toml"
                space.write_text(SPACE, encoding="utf-8")
                settings = {"sampler": "random", "workers": workers, "scheduler": scheduler, "batch": 20}
                sweep(space, Path(name) / "warm", candidates=20 * workers, **settings)
                made = sweep(space, Path(name) / "out", candidates=options.candidates, **settings)
            title = "processes" if scheduler is None else "Dask, loopback"
            print(
                f"| {title} | {workers} | {made.judged} | {made.seconds:.1f} | {made.rate:.1f} |", flush=True
            )


def one_core() -> float:
    """The first table; seconds of a candidate."""
    target = load_target(DEFAULT)
    model = draw("picosam", {}).model()
    gc.set_threshold(100_000)
    check = fastest(lambda: analyse(model, target))
    drawn = fastest(lambda: draw("picosam", {}).graph())
    judged = fastest(lambda: judge(draw("picosam", {}).graph(), target))
    print("| of PicoSAM3, one process | ms of processor time | a second |\n|---|---:|---:|")
    for title, seconds in (
        ("check of the ONNX model, warm", check),
        ("drawn and judged", judged),
        ("of that, drawn", drawn),
    ):
        print(f"| {title} | {seconds * 1e3:.1f} | {1 / seconds:.0f} |")
    print(f"| ratio of the first two | {check / judged:.1f} | |")
    return judged


def client(candidate: float) -> None:
    """What the sweep's own process does for each batch, and how many workers that is enough for."""
    space = parse_space(SPACE, "space.toml")
    job = Job("picosam", "", {}, (), DEFAULT, "", True, 30.0)
    batch = [Candidate(i, chosen) for i, chosen in enumerate(islice(at_random(space, 0), BATCH))]
    rows = judge_batch(job, batch)
    with tempfile.TemporaryDirectory() as name:
        store = Store(Path(name), space)
        store.begin({}, SPACE, False)
        seconds = {
            "chosen": fastest(lambda: [*islice(at_random(space, 0), BATCH)]),
            "sent and received": fastest(lambda: (pickle.dumps(batch), pickle.loads(pickle.dumps(rows)))),
            "stored": fastest(lambda: store.put(0, rows)),
        }
    total = sum(seconds.values())
    parts = ", ".join(f"{name} {value * 1e3:.2f}" for name, value in seconds.items())
    print(f"\nThe sweep's own process, ms for {BATCH} candidates: {parts}.")
    print(f"A task carries {len(pickle.dumps(batch)):,} bytes there and {len(pickle.dumps(rows)):,} back.")
    print(f"So one such process keeps about {candidate * BATCH / total:.0f} workers busy.")


def fastest(work: Callable[[], object]) -> float:
    """Seconds of processor time, the least of several runs."""
    work()
    best = float("inf")
    for _ in range(RUNS):
        began = time.process_time()
        work()
        best = min(best, time.process_time() - began)
    return best


if __name__ == "__main__":
    main()
