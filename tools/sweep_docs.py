"""docs/sweep.md: the built-in families' parameters, as the code has them, and the showcase, as its sweeps left it.

python -m tools.sweep_docs [--check]
python -m tools.sweep_docs --showcase DIR [DIR with another seed ...]
"""

from __future__ import annotations

import argparse
import csv
import re
import sys
from collections.abc import Sequence
from pathlib import Path

from sensorfit.render.sweep.families import markdown
from sensorfit.sweep.families.known import FAMILIES
from sensorfit.sweep.pick import space_of
from sensorfit.sweep.store import read_manifest
from tools.docs_table import DOCS, Place

PAGE = DOCS / "sweep.md"
SHOWCASE = Place(PAGE, "<!-- showcase: python -m tools.sweep_docs --showcase out -->", "<!-- /showcase -->")


def page(text: str) -> str:
    """``text`` with the families as they are."""
    tables = f"<!-- families -->\n{markdown(FAMILIES.values())}<!-- /families -->"
    return re.sub(r"<!-- families -->.*?<!-- /families -->", lambda _: tables, text, flags=re.S)


def showcase(directories: Sequence[Path]) -> str:
    """What was measured in the first of ``directories``, accuracies of the others' seeds beside it; what was built."""
    first = directories[0]
    rows = sorted(_rows(first / "accuracy.csv"), key=lambda row: float(row["dsp_ms"]))
    others = [
        {row["candidate"]: row["accuracy"] for row in _rows(d / "accuracy.csv")} for d in directories[1:]
    ]
    seeds = [read_manifest(d)["asked"]["seed"] for d in directories[1:]]
    differing = [p.name for p in space_of(first).parameters if len({row[p.name] for row in rows}) > 1]
    said = [
        [
            row["candidate"] + (" *" if row["on_front"] == "True" else ""),
            f"{float(row['dsp_ms']):.2f}",
            _percent(row["accuracy"]) or row["answer"],
            *(_percent(other.get(row["candidate"], "")) for other in others),
            f"{int(row['total']) / 2**20:.2f}",
            f"{int(row['parameters']) / 1e6:.2f} M",
            *(row[name] for name in differing),
        ]
        for row in rows
    ]
    names = [
        "candidate",
        "ms",
        "mIoU, %",
        *(f"seed {s}" for s in seeds),
        "total, MiB",
        "parameters",
        *differing,
    ]
    lines = [names, ["---:"] * len(names), *said]
    text = "".join(f"| {' | '.join(line)} |\n" for line in lines)
    for row in _rows(first / "confirmed.csv"):
        built = f"{int(row['confirmed_total']):,} B" if row["confirmed_total"] else row["answer"]
        text += f"\nCandidate {row['candidate']}, {row['answer']}: {int(row['predicted_total']):,} B predicted, {built} by the converter.\n"
    return text


def _percent(accuracy: str) -> str:
    return f"{float(accuracy) * 100:.1f}" if accuracy else ""


def _rows(place: Path) -> list[dict[str, str]]:
    if not place.is_file():
        return []
    with place.open(encoding="utf-8", newline="") as file:
        return [*csv.DictReader(file)]


def main() -> int:
    """Write the page, or say whether it is up to date."""
    asked = argparse.ArgumentParser(description="docs/sweep.md")
    asked.add_argument("--check", action="store_true")
    asked.add_argument("--showcase", type=Path, nargs="+", metavar="DIR")
    given = asked.parse_args()
    if given.showcase:
        SHOWCASE.show(showcase(given.showcase).strip(), write=True)
    old = PAGE.read_text(encoding="utf-8")
    new = page(old)
    if given.check:
        return int(old != new)
    PAGE.write_text(new, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
