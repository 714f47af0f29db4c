"""What other versions of the converter answer to the probes, where they answer otherwise than the newest.

``answers-VERSION.json`` has these answers alone, by probe; the rest is as in answers.json. ``ask`` makes them.
"""

from __future__ import annotations

import json
import os
import re
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
ROWS = ROOT / "rules" / "imx500" / "versions.toml"
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
    """The changes by what is said."""
    by_words: dict[str, list[str]] = {}
    for name, answer in sorted(changed.items()):
        words = answer.get("operators") or answer.get("reasons") or answer.get("where") or []
        by_words.setdefault(f"{answer['verdict']}: {'; '.join(words)}", []).append(name)
    lines = [f"{len(changed)} answers differ from the newest converter's"]
    lines += [f"  {words}  ({len(names)}: {', '.join(names[:8])})" for words, names in by_words.items()]
    return "\n".join(lines)


def rows(version: str, front_end: str, changed: Answers) -> str:
    """The ``[[version]]`` of versions.toml, with a row for each operator that this version does not know."""
    lines = [
        "[[version]]",
        f'name = "{version}"',
        f'target.converter = "imx500-converter {version}"',
        f'operators.converter = "imx500-converter {version} (uni-pytorch {front_end})"',
        "",
    ]
    unknown: dict[str, list[str]] = {}
    for name, answer in changed.items():
        for op in answer.get("operators", ()):
            unknown.setdefault(op, []).append(name)
    for op, names in sorted(unknown.items()):
        lines += [
            f"[version.operators.operators.{op}]",
            'support = "unsupported"',
            f"probes = {json.dumps(names[:3])}",
            "",
        ]
    return "\n".join(lines)


def write_rows(version: str, front_end: str, changed: Answers, file: Path = ROWS) -> bool:
    """Put the rows of a version that ``file`` does not have above the next older one; whether it had none."""
    text = file.read_text(encoding="utf-8")
    known = re.findall(r'^\[\[version\]\]\nname = "([\d.]+)"', text, re.MULTILINE)
    if version in known:
        return False
    older = next((v for v in known if _order(v) < _order(version)), None)
    at = text.index(f'[[version]]\nname = "{older}"') if older else len(text)
    before = text[:at].rstrip("\n") + "\n\n"
    file.write_text(
        before + rows(version, front_end, changed) + ("\n" + text[at:] if older else ""), encoding="utf-8"
    )
    return True


def front_end_version(python: Path) -> str:
    """The version of uni-pytorch beside ``python``."""
    command = [python, "-c", "from importlib.metadata import version; print(version('uni_pytorch'))"]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def _order(version: str) -> tuple[int, ...]:
    return tuple(map(int, version.split(".")))
