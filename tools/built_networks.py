"""Build real networks as a user does, and record what became of each beside what `check` had said.

    python -m tools.built_networks FILE...            builds these (NAME.onnx.gz, weights zeroed: filled here), adds the answers
    python -m tools.built_networks                    builds those of tests/data/networks that have no answer yet
    python -m tools.built_networks --fix FILE...      the same with `sensorfit build --fix`, for networks that are refused as they are
    python -m tools.built_networks --write            puts the tables into docs/build.md and docs/fix.md, builds nothing

Answers go to tests/data/networks/built.json and, with --fix, tests/data/fix/built.json: one is asked for again when it is deleted
there. A build takes one to six minutes, most of them the converter's.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import onnx

from sensorfit.api import check
from sensorfit.errors import InputError
from tools.docs_table import DOCS, Place
from tools.fill_weights import filled

DATA = Path(__file__).resolve().parent.parent / "tests" / "data" / "networks"
ANSWERS = DATA / "built.json"
FIXED_ANSWERS = DATA.parent / "fix" / "built.json"
PLACE = Place(
    DOCS / "build.md",
    "<!-- networks: python -m tools.built_networks --write -->",
    "<!-- /networks -->",
)
FIXED_PLACE = Place(
    DOCS / "fix.md", "<!-- built: python -m tools.built_networks --write -->", "<!-- /built -->"
)
FIX = ("--fix", "--synthetic-images", "2")
"""Options of a build that rewrites first; two images, since only bytes are asked for."""
SIZES: Mapping[str, tuple[int, int]] = {"opt_dynamic_hw": (96, 96)}
"""Heights and widths for the networks that leave theirs open."""
SUFFIX = ".onnx.gz"

Answer = dict[str, Any]


def answers(file: Path = ANSWERS) -> dict[str, Answer]:
    """What is recorded in ``file``, by network."""
    found: dict[str, Answer] = json.loads(file.read_text()) if file.exists() else {}
    return found


def name_of(packed: Path) -> str:
    return packed.name.removesuffix(SUFFIX)


def ask(packed: Path, folder: Path, *options: str) -> Answer:
    """The verdict of `check`, and the exit code, reason and bytes of `sensorfit build` with ``options`` in ``folder``."""
    name = name_of(packed)
    file = folder / f"{name}.onnx"
    model = filled(packed)
    onnx.save(model, str(file))
    size = SIZES.get(name)
    code, said, report = build(file, folder / "out", size, *options)
    answer = {**judged(file, model, size), "exit_code": code, "reason": said}
    if report is not None:
        answer["converter_bytes"] = report["converter"]["memory"]["total_bytes"]
        answer["predicted_bytes"] = report["memory"]["total_bytes"]
        if report["build"]["rewrites"]:
            answer["rewrites"] = len(report["build"]["rewrites"])
    return answer


def judged(file: Path, model: onnx.ModelProto, size: tuple[int, int] | None) -> Answer:
    """What `check` says of the file."""
    channels = model.graph.input[0].type.tensor_type.shape.dim[1].dim_value
    shapes = None if size is None else {"": (1, channels, *size)}
    try:
        report = check(file, input_shapes=shapes)
    except InputError as error:
        return {"verdict": "unusable", "rules": [], "check": str(error)}
    decisive = {f.rule for f in report.findings if f.severity == "error" or f.support == "unknown"}
    return {
        "input": "x".join(map(str, report.model.inputs[0].shape or ())),
        "verdict": report.verdict,
        "rules": sorted(decisive),
        "predicted_bytes": report.memory.total_bytes,
    }


def build(
    file: Path, out: Path, size: tuple[int, int] | None, *options: str
) -> tuple[int, str, Answer | None]:
    """Exit code, last line on standard error and report.json of `sensorfit build`."""
    option = [] if size is None else ["--size", "x".join(map(str, size))]
    command = ["-c", "from sensorfit.cli import main; main()", "build", str(file), "-q", "-o", str(out)]
    done = subprocess.run(
        [sys.executable, *command, *option, *options],
        capture_output=True,
        text=True,
        check=False,
        cwd=file.parent,
    )
    report = out / "report.json"
    said = done.stderr.strip().splitlines()
    reason = said[-1].replace(f"{file.parent}/", "") if said and done.returncode else ""
    return done.returncode, reason, json.loads(report.read_text()) if report.is_file() else None


def record(packed: Path, fix: bool) -> Answer:
    """Ask about one network and keep the answer."""
    file = FIXED_ANSWERS if fix else ANSWERS
    with tempfile.TemporaryDirectory() as folder:
        answer = ask(packed, Path(folder), *(FIX if fix else ()))
    found = {**answers(file), name_of(packed): answer}
    lines = [f"{json.dumps(k)}: {json.dumps(found[k])}" for k in sorted(found)]
    file.write_text("{\n" + ",\n".join(lines) + "\n}\n")
    return answer


def off(answer: Answer) -> float | None:
    """How far the predicted bytes are from the converter's, relative; None where it gave none."""
    if "converter_bytes" not in answer:
        return None
    difference = answer["predicted_bytes"] - answer["converter_bytes"]
    return float(difference / answer["converter_bytes"])


def brief(answer: Answer) -> str:
    """The reason without the names before it and the advice behind it."""
    said: str = answer["reason"].removeprefix("sensorfit: ")
    return said.rpartition("nothing was quantized: ")[2].partition(" (`sensorfit check")[0]


def fixed_table() -> str:
    """A row a network that was built with --fix."""
    lines = [
        "| network | input | refused as it is | rewrites | predicted, B | converter, B | off |",
        "|---|---|---|---|---|---|---|",
    ]
    for name, answer in sorted(answers(FIXED_ANSWERS).items()):
        made = (
            f"{answer['converter_bytes']:,} | {off(answer):+.2%}"
            if answer["exit_code"] == 0
            else f"{brief(answer)} |"
        )
        lines.append(
            f"| {name} | {answer['input']} | {', '.join(answer['rules'])} | {answer.get('rewrites', 0)} | "
            f"{answer['predicted_bytes']:,} | {made} |"
        )
    return "\n".join(lines)


def table() -> str:
    """A row a network."""
    lines = ["| network | input | check says | build | predicted, B | converter, B | off |", "|---|---|---|---|---|---|---|"]  # fmt: skip
    for name, answer in sorted(answers().items()):
        verdict = answer["verdict"].replace("_", " ")
        rules = f" ({', '.join(answer['rules'])})" if answer["rules"] else ""
        built = "built" if answer["exit_code"] == 0 else f"exit {answer['exit_code']}: {brief(answer)}"
        difference = off(answer)
        figures = [
            f"{answer[key]:,}" if key in answer else "" for key in ("predicted_bytes", "converter_bytes")
        ]
        last = "" if difference is None else f"{difference:+.2%}"
        lines.append(
            f"| {name} | {answer.get('input', '')} | {verdict}{rules} | {built.replace('|', '/')} | {' | '.join(figures)} | {last} |"
        )
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("files", nargs="*", type=Path)
    parser.add_argument("--fix", action="store_true", help="build with --fix")
    parser.add_argument(
        "--write", action="store_true", help="put the tables into docs/build.md and docs/fix.md"
    )
    given = parser.parse_args()
    if given.write:
        PLACE.show(table(), True)
        FIXED_PLACE.show(fixed_table(), True)
        return
    known = answers()
    waiting = given.files or [p for p in sorted(DATA.glob(f"*{SUFFIX}")) if name_of(p) not in known]
    for packed in waiting:
        answer = record(packed, given.fix)
        print(
            name_of(packed), answer["verdict"], answer["exit_code"], answer["reason"], off(answer), flush=True
        )
    print(fixed_table() if given.fix else table())


if __name__ == "__main__":
    main()
