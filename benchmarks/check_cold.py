#!/usr/bin/env python3
"""How long a person waits for `sensorfit check MODEL`: one new process each, from its start to its end.

    python benchmarks/check_cold.py [--repeat 20] [MODEL ...]
    python benchmarks/check_cold.py --without copy [MODEL ...]      the same check without a part of its two processes
    python benchmarks/check_cold.py --against COMMIT [MODEL ...]    this checkout beside another

Prints the fastest and the median wall clock and processor time in seconds for TinySAM (wanted: 0.5 or less) and SAM
ViT-H (wanted: 3 or less), or for the models named. The fastest counts: what else the machine does only ever slows a
run down. With --without and --against, runs of both alternate, and the differences are those of the pairs' fastest and
of their medians. Bytecode is written before the first run that counts. Exit 1 when a wanted figure is missed.
"""

from __future__ import annotations

import argparse
import compileall
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Final, NamedTuple

ROOT: Final = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tools.compare_answers import package  # noqa: E402

WANTED: Final = {"tinysam": 0.5, "sam-vit-h": 3.0}
RUN: Final = "from sensorfit.cli import main; main()"
WITHOUT: Final = {
    "head-start": (
        "import contextlib, sensorfit.runtime.worker as w\n"
        "@contextlib.contextmanager\n"
        "def late(work, ready):\n"
        "    try:\n"
        "        yield\n"
        "    finally:\n"
        "        w._bury()\n"
        "w.prefork = late\n"
    ),
    "overlap": (
        "import sensorfit.runtime.worker as w; run = w.run_in_workers; "
        "w.run_in_workers = lambda t, work, n, s, lost, ready, meanwhile: run(t, work, n, s, lost, ready)\n"
    ),
    "copy": "import sensorfit.runtime.worker as w; w.beside = w.at_once\n",
}
"""head-start: the child begins before the command line is read; overlap: the parent imports what shows the answer while
the child judges; copy: the memory analysis runs in a copy of the child. Each as what a run without it executes before."""
BASE: Final = "import contextlib, sensorfit.runtime.worker\n"
"""What a run with all of them executes before, so that both import the same."""


class Variant(NamedTuple):
    """One way to run the check."""

    name: str
    code: str
    place: Path


class Times(NamedTuple):
    """Seconds of one run: wall clock, and processor time of the command and its children."""

    wall: float
    cpu: float


def main() -> int:
    options = _options()
    met = True
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        (empty := folder / "empty").mkdir()  # no configuration, no baseline
        variants = _variants(options, folder)
        for model in options.models or ["picosam3"] * bool(len(variants) > 1) or WANTED:
            runs = _measured(variants, model, empty, options.repeat)
            for variant in variants:
                wanted = WANTED.get(model)
                line = f"; wanted at most {wanted:g}" if wanted else ""
                print(f"{model}, {variant.name}: {_words(runs[variant.name])}{line}")
            here = runs[variants[0].name]
            if len(variants) > 1:
                print(
                    f"  {variants[1].name} beside {variants[0].name}: {_change(here, runs[variants[1].name])}"
                )
            met &= min(t.wall for t in here) <= WANTED.get(model, float("inf"))
    return int(not met)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("models", nargs="*", metavar="MODEL")
    parser.add_argument("--repeat", type=int, default=20, help="runs of each")
    other = parser.add_mutually_exclusive_group()
    other.add_argument(
        "--without", choices=WITHOUT, action="append", help="what the other runs do without; several times"
    )
    other.add_argument("--against", metavar="COMMIT", help="whose check the other runs are")
    return parser.parse_args()


def _variants(options: argparse.Namespace, folder: Path) -> list[Variant]:
    """This checkout's check, and the one it is compared with; both from copies of the same form."""
    here = Variant("this checkout", BASE + RUN, _compiled(package(None, folder / "here")))
    if options.without:
        parts = {part: WITHOUT[part] for part in options.without}
        return [
            here,
            Variant(f"without {', '.join(parts)}", BASE + "".join(parts.values()) + RUN, here.place),
        ]
    if options.against:
        there = _compiled(package(options.against, folder / "there"))
        return [here._replace(code=RUN), Variant(options.against, RUN, there)]
    return [here]


def _compiled(place: Path) -> Path:
    """``place`` with bytecode beside its modules, as pip leaves them."""
    compileall.compile_dir(place, quiet=1)
    return place


def _measured(variants: list[Variant], model: str, empty: Path, repeat: int) -> dict[str, list[Times]]:
    """The times of each variant, run in turn; the first of each fills the file cache and does not count."""
    found: dict[str, list[Times]] = {variant.name: [] for variant in variants}
    for turn in range(repeat + 1):
        for variant in variants if turn % 2 else variants[::-1]:
            times = _run(variant, model, empty)
            if turn:
                found[variant.name].append(times)
    return found


def _run(variant: Variant, model: str, directory: Path) -> Times:
    command = [sys.executable, "-c", variant.code, "check", model]
    environment = {**os.environ, "PYTHONPATH": str(variant.place)}
    before, start = os.times(), time.perf_counter()
    done = subprocess.run(command, cwd=directory, env=environment, stdout=subprocess.DEVNULL)
    wall, after = time.perf_counter() - start, os.times()
    if done.returncode not in (0, 1):  # 1: the model does not fit, which is an answer
        raise SystemExit(f"{' '.join(command)} failed")
    cpu = after.children_user + after.children_system - before.children_user - before.children_system
    return Times(wall, cpu)


def _words(runs: list[Times]) -> str:
    wall, cpu = [t.wall for t in runs], [t.cpu for t in runs]
    return (
        f"{min(wall):.3f} s, median {statistics.median(wall):.3f} s of {len(runs)}; "
        f"processor {min(cpu):.3f} s, median {statistics.median(cpu):.3f} s"
    )


def _change(here: list[Times], there: list[Times]) -> str:
    """By how much the second differs, in fastest and median."""
    said = []
    for name in Times._fields:
        a, b = ([getattr(t, name) for t in runs] for runs in (here, there))
        least, middle = min(b) / min(a) - 1, statistics.median(b) / statistics.median(a) - 1
        said.append(f"{'wall clock' if name == 'wall' else 'processor'} {least:+.1%}, median {middle:+.1%}")
    return "; ".join(said)


if __name__ == "__main__":
    sys.exit(main())
