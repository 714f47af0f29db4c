"""What other versions of the converter answer to the probes, where they answer otherwise than the newest.

``answers-VERSION.json`` has these answers alone, by probe; the rest is as in answers.json. ``ask`` makes them.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path
from typing import Any

import onnx

from .families import all_probes
from .front_end import read

ROOT = Path(__file__).resolve().parents[2]
GIVEN = ROOT / "tests" / "data" / "operators"
TORCH, PYTHON = "2.6.0", "3.11"
"""What the oldest and the newest converter run with."""

Answers = dict[str, dict[str, Any]]


def answers_file(version: str) -> Path:
    return Path(__file__).with_name(f"answers-{version}.json")


def recorded(version: str) -> Answers:
    """The probes that ``version`` answers otherwise than the newest."""
    found: Answers = json.loads(answers_file(version).read_text())
    return found


def graphs() -> dict[str, onnx.ModelProto]:
    """The project's probes, and those of tests/data/operators, which come first where both have a name."""
    with zipfile.ZipFile(GIVEN / "probes.zip") as file:
        given = {Path(n).stem: onnx.load_model_from_string(file.read(n)) for n in file.namelist()}
    return {**all_probes(), **given}


def newest(own: Answers) -> Answers:
    """The answers of the newest converter to all ``graphs``, given its answers to the project's ``own``."""
    given = json.loads((GIVEN / "operators.json").read_text())
    as_read = {
        name: {
            "verdict": answer["verdict"],
            **({"operators": sorted(answer["operators"].split(", "))} if answer["operators"] else {}),
            **({"reasons": answer["reasons"]} if answer["reasons"] else {}),
        }
        for name, answer in given.items()
    }
    return {**own, **as_read}


def environment(version: str, cache: Path) -> Path:
    """The interpreter of an environment with this converter; made by uv where it is not there yet."""
    place, uv = cache / version, Path(sys.executable).with_name("uv")
    python = place / "bin" / "python"
    if not (place / "done").exists():
        packages = (f"imx500-converter[pt]=={version}", f"torch=={TORCH}")
        subprocess.run([uv, "venv", "--quiet", "--clear", "--python", PYTHON, place], check=True)
        subprocess.run([uv, "pip", "install", "--quiet", "--python", python, *packages], check=True)
        (place / "done").touch()
    return python


def ask(python: Path) -> Answers:
    """What the converter beside ``python`` answers to all ``graphs``."""
    with tempfile.TemporaryDirectory() as tmp:
        archive, out = Path(tmp) / "probes.zip", Path(tmp) / "said.json"
        with zipfile.ZipFile(archive, "w") as file:
            for name, model in graphs().items():
                file.writestr(f"{name}.onnx", model.SerializeToString())
        command = [python.absolute(), "-m", "tools.probes.front_end", archive, out]
        subprocess.run(command, check=True, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)})
        return {name: read(status, text) for name, (status, text) in json.loads(out.read_text()).items()}


def changed(own: Answers, asked: Answers) -> Answers:
    """The answers of ``asked`` with another verdict than the newest's."""
    before = newest(own)
    return {name: answer for name, answer in asked.items() if answer["verdict"] != before[name]["verdict"]}


def summary(changed: Answers) -> str:
    """The changes by what is said; rows for operators that are not known, as versions.toml has them."""
    by_words: dict[str, list[str]] = {}
    for name, answer in sorted(changed.items()):
        words = answer.get("operators") or answer.get("reasons") or answer.get("where") or []
        by_words.setdefault(f"{answer['verdict']}: {'; '.join(words)}", []).append(name)
    lines = [f"{len(changed)} answers differ from the newest converter's"]
    lines += [f"  {words}  ({len(names)}: {', '.join(names[:8])})" for words, names in by_words.items()]
    unknown: dict[str, list[str]] = {}
    for name, answer in changed.items():
        for op in answer.get("operators", ()):
            unknown.setdefault(op, []).append(name)
    for op, names in sorted(unknown.items()):
        lines += [
            "",
            f"[version.operators.operators.{op}]",
            'support = "unsupported"',
            f"probes = {json.dumps(names[:3])}",
        ]
    return "\n".join(lines)
