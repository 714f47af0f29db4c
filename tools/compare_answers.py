"""Compare the answers of this checkout with those of another commit over every recorded graph, value by value.

    python -m tools.compare_answers v0.1.0           exits 1 where a value differs or is gone
    python -m tools.compare_answers HEAD~3 --only probes/ --only models/

Every graph of tests/data and models/graphs and every probe of tools/probes is checked with both, the memory plan
included; every built-in model is explained, and all are compared. Added keys are no difference.
"""

from __future__ import annotations

import argparse
import gzip
import io
import json
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import onnx

ROOT: Final = Path(__file__).resolve().parent.parent
MOST_SHOWN: Final = 60
"""Differences printed; all are counted."""

SECONDS: Final = 30
"""Of a processor. An answer that takes longer is not compared; how many there were is said."""

ANSWER: Final = """
import importlib, json, signal, sys
from pathlib import Path
import sensorfit
from sensorfit.errors import SensorfitError
from sensorfit.models.registry import names

def module(*paths):  # the first there is: modules have moved
    for path in paths:
        try:
            return importlib.import_module(path)
        except ModuleNotFoundError:
            pass

class Late(BaseException):
    pass

def late(number, frame):
    raise Late

signal.signal(signal.SIGPROF, late)

def said(key, make):
    signal.setitimer(signal.ITIMER_PROF, int(sys.argv[1]))
    try:
        answer = make()
    except SensorfitError as error:
        answer = {"error": str(error)}
    except Late:
        answer = None
    signal.setitimer(signal.ITIMER_PROF, 0)
    print(json.dumps([key, answer], sort_keys=True), flush=True)

for line in sys.stdin:
    file = line.strip()
    for profile in ("converter", "picosam"):
        said(f"{file} {profile}", lambda: sensorfit.check(file, profile=profile).to_dict(plan=True))
if "--commands" in sys.argv:
    api = sensorfit if "explain" in sensorfit.__all__ else None
    explain = api.explain if api else importlib.import_module("sensorfit.explain.page").explain
    compare = api.compare if api else importlib.import_module("sensorfit.compare.rows").compare
    to_dict = module("sensorfit.render.explanation.json", "sensorfit.explain.json").to_dict
    to_json = module("sensorfit.render.comparison.formats", "sensorfit.compare.render").to_json
    for name in names():
        said(f"explain {name}", lambda: to_dict(explain(name)))
    said("compare", lambda: json.loads(to_json(compare())))
"""
"""Run by both versions: a line of JSON an answer."""


def graphs(folder: Path) -> list[str]:
    """Every recorded graph as a file below ``folder``: their paths relative to it."""
    found: dict[str, bytes] = {}
    for file in sorted((ROOT / "tests" / "data").rglob("*")):
        name = file.relative_to(ROOT / "tests" / "data")
        if file.suffix == ".onnx":
            found[str(name)] = file.read_bytes()
        elif file.name.endswith(".onnx.gz"):
            found[str(name.with_suffix(""))] = gzip.decompress(file.read_bytes())
        elif file.suffix == ".zip":
            with zipfile.ZipFile(file) as archive:
                for inner in archive.namelist():
                    if inner.endswith(".onnx"):
                        found[str(name.with_suffix("") / inner)] = archive.read(inner)
    for file in sorted((ROOT / "models" / "graphs").rglob("*.onnx")):
        found[f"models/{file.relative_to(ROOT / 'models' / 'graphs')}"] = file.read_bytes()
    for name, proto in _probes():
        found[f"probes/{name}.onnx"] = proto.SerializeToString()
    for path, data in found.items():
        place = folder / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(data)
    return sorted(found)


def _probes() -> Iterator[tuple[str, onnx.ModelProto]]:
    from .probes.families import all_probes

    yield from all_probes().items()


def package(commit: str | None, folder: Path) -> Path:
    """A folder from which ``sensorfit`` of ``commit`` (None: this checkout) can be imported."""
    source = ROOT
    if commit is not None:
        done = subprocess.run(
            ["git", "-C", str(ROOT), "archive", commit, "sensorfit", "rules", "models"], capture_output=True
        )
        if done.returncode:
            sys.exit(f"compare_answers: {done.stderr.decode(errors='replace').strip()}")
        source = folder / "source"
        with tarfile.open(fileobj=io.BytesIO(done.stdout)) as archive:
            archive.extractall(source, filter="data")
    place = folder / "site"
    for part, inside in (("sensorfit", ""), ("rules", "rules"), ("models", "models")):
        shutil.copytree(
            source / part, place / "sensorfit" / inside, ignore=shutil.ignore_patterns("__pycache__")
        )
    return place


def differences(old: Any, new: Any, path: str = "") -> Iterator[str]:
    """Each value of ``old`` that ``new`` lacks or has otherwise, with its place."""
    if isinstance(old, dict) and isinstance(new, dict):
        for key, value in old.items():
            if key not in new:
                yield f"{path}.{key}: {_short(value)} is gone"
            else:
                yield from differences(value, new[key], f"{path}.{key}")
    elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        for index, (a, b) in enumerate(zip(old, new, strict=True)):
            yield from differences(a, b, f"{path}[{index}]")
    elif old != new or type(old) is not type(new):
        yield f"{path}: {_short(old)} is now {_short(new)}"


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 160 else f"{text[:157]}..."


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit code: 0 when every answer is the same."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("commit", help="what to compare this checkout with")
    parser.add_argument(
        "--only", action="append", metavar="PREFIX", help="graphs whose path begins so, no commands"
    )
    given = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="compare-answers-") as scratch:
        folder = Path(scratch)
        files = [f for f in graphs(folder / "graphs") if not given.only or f.startswith(tuple(given.only))]
        runs = []
        for name, commit in (("old", given.commit), ("new", None)):
            place, answers = package(commit, folder / name), folder / f"{name}.jsonl"
            listed = folder / f"{name}.txt"
            listed.write_text("\n".join(files), encoding="utf-8")
            with answers.open("w", encoding="utf-8") as out, listed.open(encoding="utf-8") as asked:
                command = [
                    sys.executable,
                    "-c",
                    ANSWER,
                    str(SECONDS),
                    *([] if given.only else ["--commands"]),
                ]
                process = subprocess.Popen(
                    command,
                    stdin=asked,
                    stdout=out,
                    cwd=folder / "graphs",
                    env={**os.environ, "PYTHONPATH": str(place)},
                )
            runs.append((process, answers))
        if any(process.wait() for process, _ in runs):
            sys.exit("compare_answers: one of the versions failed")
        old, new = (dict(map(json.loads, answers.open(encoding="utf-8"))) for _, answers in runs)
    late = [key for key in old if old[key] is None or new.get(key, ...) is None]
    found = [f"{key}{line}" for key in old if key not in late for line in differences(old[key], new.get(key))]
    for line in found[:MOST_SHOWN]:
        print(line)
    changed = len({line.split(".", 1)[0] for line in found})
    print(f"{len(old)} answers, {len(found)} values differ" + (f" in {changed} of them" if found else ""))
    if late:
        print(f"not compared, as one version takes more than {SECONDS} s: {', '.join(late)}")
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main())
