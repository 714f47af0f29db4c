"""What the Action does beside its check where it is asked for fixed files.

    python -I -m sensorfit.gate.fix_refused REPORT.json FOLDER

Every model of a check's JSON that ``fix`` would help is rewritten into FOLDER, under the path that it has; one line for each, as
Markdown, says what was reached. The verdict is the check's: what cannot be rewritten is said and fails nothing here.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from ..api import fix
from ..errors import SensorfitError
from ..render.escape import markdown, markdown_code
from ..report.phrases import counted


def fix_refused(report: Mapping[str, Any], folder: Path) -> Iterator[str]:
    """A line for each model of the report that was to be rewritten into ``folder``."""
    for entry in report.get("models", [report]):
        path, outlook = entry["model"]["path"], entry.get("outlook")
        if not path or not outlook:
            continue
        yield f"- {markdown_code(path)}: {markdown(_fixed(entry, folder / _below(path)))}"


def _fixed(entry: Mapping[str, Any], output: Path) -> str:
    output.parent.mkdir(parents=True, exist_ok=True)
    shapes = {t["name"]: t["judged_shape"] for t in entry["model"]["inputs"] if "judged_shape" in t}
    try:
        made = fix(
            entry["model"]["path"],
            output,
            target=entry["target"]["name"],
            converter=entry["target"]["converter"].split()[-1],
            input_shapes=shapes or None,
            cut=() if entry["outlook"]["left_to_host"] else None,
        )
    except SensorfitError as error:
        return f"not rewritten: {error}"
    left = len({f.node for f in made.remaining})
    said = f"{counted(left, 'node')} still refused" if left else "all operators accepted"
    said += f", {counted(made.cut.nodes, 'node')} left to the host" if made.cut else ""
    return f"fixed, {counted(len(made.rewrites), 'rewrite')}, {said}"


def _below(path: str) -> Path:
    """The path as one below a folder: without a root, a drive or a way up."""
    parts = PurePosixPath(path.replace("\\", "/")).parts
    return Path(*(p for p in parts if p not in ("/", "..") and ":" not in p))


def main() -> None:
    report, folder = map(Path, sys.argv[1:])
    for line in fix_refused(json.loads(report.read_text(encoding="utf-8")), folder):
        print(line, flush=True)


if __name__ == "__main__":
    main()
