"""Print what we say of every recorded network over the budget beside what the converter did with it.

    python -m tools.tiling_errors            the table
    python -m tools.tiling_errors --write    put it into docs/memory.md

The reference is the converter: ``tests/data/memory/tiling.json``, made by ``tools/memory_probes.py``.
"""

from __future__ import annotations

import argparse
import gzip
import json
from functools import cache
from typing import Any

import onnx

import sensorfit
from tools.docs_table import DOCS, Place
from tools.memory_errors import DATA

PLACE = Place(
    DOCS / "memory.md", "<!-- tiling: python -m tools.tiling_errors --write -->", "<!-- /tiling -->"
)


def answers() -> list[dict[str, Any]]:
    """The converter's answers: exit code, bytes of its last attempt, and the tiles of its messages."""
    return json.loads((DATA / "tiling.json").read_text(encoding="utf-8"))  # type: ignore[no-any-return]


@cache
def model(name: str) -> onnx.ModelProto:
    """The network ``name``."""
    return onnx.ModelProto.FromString(gzip.decompress((DATA / "tiling" / f"{name}.onnx.gz").read_bytes()))


@cache
def report(name: str) -> sensorfit.Report:
    """Our report on the network ``name``, asked as the converter was."""
    (answer,) = (a for a in answers() if a["name"] == name)
    return sensorfit.check(model(name), input_persistency=answer["input_persistency"])


def runtime_bytes(answer: dict[str, Any]) -> int:
    """The converter's runtime without the input that it keeps."""
    return int(answer["runtime_bytes"]) - int(answer.get("input_persistence_bytes") or 0)


def table() -> str:
    """A Markdown table, one row a network."""
    lines = [
        "| case | kind | converter | tiles | runtime (converter) | ours | verdict |",
        "|---|---|---|---:|---:|---:|---|",
    ]
    for answer in answers():
        found = report(answer["name"])
        tiling = found.memory.tiling
        ours = ""
        if tiling is not None and tiling.runtime_bytes:
            error = tiling.runtime_bytes - runtime_bytes(answer)
            ours = f"{error:+d} ({error / runtime_bytes(answer):+.2%})"
        word = "refuses" if answer["exit_code"] else "accepts"
        lines.append(
            f"| {answer['name']} | {answer['kind']} | {word} | {tiling.tiles if tiling else ''} "
            f"| {runtime_bytes(answer)} | {ours} | {found.verdict} |"
        )
    return "\n".join(lines)


def main() -> None:
    """Print the table, or write it into the docs."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--write", action="store_true", help="replace the table in docs/memory.md")
    options = parser.parse_args()
    PLACE.show(table(), options.write)


if __name__ == "__main__":
    main()
