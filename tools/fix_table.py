"""docs/fix.md: the rewrites, and what they make of the given networks, as a table.

    python -m tools.fix_table DIRECTORY [--write]

DIRECTORY holds ONNX files with weights; each is fixed, and the row before and after goes into docs/fix.md.
"""

from __future__ import annotations

import re
import sys
import tempfile
from pathlib import Path

from sensorfit.api import load_target
from sensorfit.rewrite.declare import rewrites
from sensorfit.rewrite.fix import fix
from sensorfit.rewrite.result import Fixed, State

PAGE = Path(__file__).resolve().parent.parent / "docs" / "fix.md"
WORDS = {"fits": "fits", "does_not_fit": "does not fit", "unknown": "unknown"}


def total(state: State) -> str:
    """The bytes; "at least" where not all could be counted."""
    return f"{'' if state.sized else 'at least '}{state.total_bytes:,}"


def row(name: str, fixed: Fixed) -> str:
    """A network before and after."""
    before, after = fixed.before, fixed.after
    done = ", ".join(f"{n} {c}" for n, c in fixed.counted().items()) or "none"
    apart = f"{fixed.max_difference:.1e} of {fixed.largest_output:.3g}" if fixed.rewrites else ""
    return (
        f"| {name} | {before.refused} | {after.refused} | {done} | {apart} | {before.nodes:,} → {after.nodes:,} | "
        f"{total(before)} → {total(after)} | {before.ms:.1f} → {after.ms:.1f} | {WORDS[after.verdict]} |"
    )


def table(directory: Path) -> str:
    """The networks of a directory."""
    lines = [
        "| network | refused before | after | rewrites | outputs differ by | nodes | total, B | ms | verdict after |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    with tempfile.TemporaryDirectory() as scratch:
        for file in sorted(directory.glob("*.onnx")):
            lines.append(row(file.stem, fix(file, Path(scratch) / "fixed.onnx", load_target())))
    return "\n".join(lines)


def listing() -> str:
    """Every rewrite."""
    lines = ["| id | rewrite | answers | kind | proof | what it does |", "|---|---|---|---|---|---|"]
    for r in rewrites():
        rules = ", ".join(f"[{a}](rules/{a}.md)" for a in r.answers)
        lines.append(f"| {r.id} | {r.name} | {rules} | {r.kind} | {r.proof} | {r.title} |")
    return "\n".join(lines)


def main() -> None:
    arguments = [a for a in sys.argv[1:] if a != "--write"]
    parts = {"rewrites": listing()}
    if arguments:
        parts["networks"] = table(Path(arguments[0]))
    if "--write" not in sys.argv:
        print("\n\n".join(parts.values()))
        return
    text = PAGE.read_text()
    for name, made in parts.items():
        text = re.sub(
            rf"(<!-- {name} -->\n).*?(\n<!-- /{name} -->)",
            lambda m, made=made: f"{m[1]}{made}{m[2]}",
            text,
            flags=re.S,
        )
    PAGE.write_text(text)


if __name__ == "__main__":
    main()
