"""Print what we say of every recorded network over the budget beside what the converter did with it.

    python tools/tiling_errors.py            the table
    python tools/tiling_errors.py --write    put it into docs/memory.md

The reference is the converter: ``tests/data/memory/tiling.json``, made by ``tools/memory_probes.py``.
"""

from __future__ import annotations

import argparse
import gzip
import json
from typing import Any

import onnx

import sensorfit
from tools.memory_errors import DATA, DOCS

BEGIN, END = "<!-- tiling: python tools/tiling_errors.py --write -->", "<!-- /tiling -->"


def answers() -> list[dict[str, Any]]:
    """The converter's answers: exit code, bytes of its last attempt, and the tiles of its messages."""
    return json.loads((DATA / "tiling.json").read_text(encoding="utf-8"))  # type: ignore[no-any-return]


def report(answer: dict[str, Any]) -> sensorfit.Report:
    """Our report on the same graph."""
    data = gzip.decompress((DATA / "tiling" / f"{answer['name']}.onnx.gz").read_bytes())
    return sensorfit.check(onnx.ModelProto.FromString(data), input_persistency=answer["input_persistency"])


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
        found = report(answer)
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


def with_table(text: str, printed: str) -> str:
    """A page with what stands between the markers replaced by ``printed``."""
    head, _, rest = text.partition(BEGIN)
    _, _, tail = rest.partition(END)
    return f"{head}{BEGIN}\n\n{printed}\n\n{END}{tail}"


def main() -> None:
    """Print the table, or write it into the docs."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--write", action="store_true", help="replace the table in docs/memory.md")
    printed = table()
    if parser.parse_args().write:
        DOCS.write_text(with_table(DOCS.read_text(encoding="utf-8"), printed), encoding="utf-8")
    else:
        print(printed)


if __name__ == "__main__":
    main()
