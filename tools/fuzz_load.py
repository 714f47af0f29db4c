#!/usr/bin/env python3
"""Fuzz everything between file and report for as long as asked, and keep what breaks it.

    python tools/fuzz_load.py --minutes 60 --seed 1 --keep found/

Each input is a mutation of a small seed, of one of the onnx package's own test
models, or of an earlier input that took a new path (a sentence not seen
before); some are repositories instead: links, baselines, configurations and
places for outputs, each made from one number. Each is checked in a forked
process with a time and a memory limit. A crash, a traceback, a hang, too much
memory or a file overwritten is a failure: a model is made smaller and written to
--keep; a repository's number is its file's name. Copy a model to
tests/data/fuzz, where the tests check it for good, and mend the code. Exit 1
when anything failed.
"""

from __future__ import annotations

import argparse
import re
import sys
import time
from hashlib import sha256
from pathlib import Path
from random import Random

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests.fuzz.harness import problem, repository_problem  # noqa: E402
from tests.fuzz.mutate import mutate, seeds  # noqa: E402

SEED_BYTES = 60_000
"""Larger models of the onnx package are left out: more runs a second find more."""
POOL = 3000
"""Interesting inputs kept as parents."""
REDUCTIONS = 150
"""Attempts to make a failing input smaller."""


def main() -> int:
    options = _options()
    random = Random(options.seed)
    pool = seeds() + _backend_models()
    options.keep.mkdir(parents=True, exist_ok=True)
    print(f"{len(pool)} seeds, seed {options.seed}, {options.minutes:g} minutes", flush=True)
    found: dict[str, Path] = {}
    start = told = time.monotonic()
    runs = 0
    while (time.monotonic() - start < options.minutes * 60) and (not options.runs or runs < options.runs):
        runs += 1
        if random.random() < options.repositories:
            case = random.getrandbits(32)
            wrong = repository_problem(case, options.seconds)
            if wrong is not None and (kind := _kind(wrong)) not in found:
                found[kind] = options.keep / f"repository-{case}"
                found[kind].write_text(wrong)
                print(f"run {runs}: repository {case}: {wrong[:300]}", flush=True)
            continue
        data = mutate(random.choice(pool), pool, random)
        wrong = problem(data, options.seconds)
        if wrong is not None:
            kind = _kind(wrong)
            if kind not in found:
                data = _reduced(data, kind, options.seconds)
                file = options.keep / f"{sha256(data).hexdigest()[:12]}.onnx"
                file.write_bytes(data)
                found[kind] = file
                print(f"run {runs}: {file.name}: {wrong[:300]}", flush=True)
        elif len(data) < SEED_BYTES and random.random() < 0.02:
            pool.append(data)
            if len(pool) > POOL:
                pool.pop(random.randrange(len(pool)))
        if time.monotonic() - told > 60:
            told = time.monotonic()
            print(
                f"{runs:,} runs in {(told - start) / 60:.0f} min, {len(found)} kinds of failure", flush=True
            )
    print(
        f"done: {runs:,} runs in {(time.monotonic() - start) / 60:.1f} min, {len(found)} kinds of failure",
        flush=True,
    )
    return int(bool(found))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--runs", type=int, default=0, help="stop after this many inputs (0: only by time)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--seconds", type=float, default=20, help="time for one input")
    parser.add_argument(
        "--repositories", type=float, default=0.25, help="share of runs on a repository instead of a model"
    )
    parser.add_argument("--keep", type=Path, default=Path("fuzz-found"), help="where failing inputs go")
    return parser.parse_args()


def _backend_models() -> list[bytes]:
    """The onnx package's node tests: one small model an operator and form."""
    import onnx.backend.test

    folder = Path(onnx.backend.test.__file__).parent / "data"
    files = sorted(f for f in folder.rglob("model.onnx") if f.stat().st_size < SEED_BYTES)
    return [f.read_bytes() for f in files]


def _kind(wrong: str) -> str:
    """What failed, without the values in it."""
    return re.sub(r"0x[0-9a-f]+|\d+|'[^']*'|/\S+", "#", wrong)[:160]


def _reduced(data: bytes, kind: str, seconds: float) -> bytes:
    """``data`` with pieces cut out while it fails in the same way."""
    size = len(data) // 2
    tries = 0
    while size >= 1 and tries < REDUCTIONS:
        at = 0
        while at < len(data) and tries < REDUCTIONS:
            tries += 1
            shorter = data[:at] + data[at + size :]
            wrong = problem(shorter, seconds)
            if wrong is not None and _kind(wrong) == kind:
                data = shorter
            else:
                at += size
        size //= 2
    return data


if __name__ == "__main__":
    sys.exit(main())
