"""``--confirm``: candidates of the front through MCT and the real converter, predicted beside confirmed bytes.

candidate ─► ONNX, as trained or with random weights ─► build ─► DIR/confirmed/17/packerOut.zip, memory report ─► confirmed.csv
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from ..errors import SensorfitError
from .front import write_csv
from .pick import pick, trained
from .result import Sweep
from .store import read_manifest

CONFIRMED: Final = "confirmed.csv"
FOLDER: Final = "confirmed"
PACKAGE: Final = "packerOut.zip"


@dataclass(frozen=True)
class Confirmed:
    """A candidate as it was predicted, and as the converter reports it; bytes, None where there is no report."""

    candidate: int
    answer: str
    """"packaged", or why not."""
    predicted_weights: int
    confirmed_weights: int | None
    predicted_runtime: int
    confirmed_runtime: int | None
    predicted_total: int
    confirmed_total: int | None
    seconds: float = 0.0


def confirm(
    found: Sweep,
    count: int,
    say: Callable[[str], None] = lambda _: None,
    options: Callable[[], Mapping[str, Any]] = dict,
) -> tuple[Confirmed, ...]:
    """Build ``count`` candidates of the front, evenly spaced along it, or the most accurate where accuracies were measured;
    needs the extra ``build``.

    A candidate that the tools refuse is an answer, too. Those in DIR/confirmed are not built again, unless trained since.
    ``options`` gives those of ``build`` for a candidate that was trained: its normalisation, its calibration images.
    """
    made: list[Confirmed] = []
    there = {one.candidate: one for one in read_confirmed(found.directory)}
    for row in chosen_rows(found, count):
        number = row["candidate"]
        if number in there and not _trained_since(found.directory, number):
            made.append(there[number])
            continue
        say(f"candidate {number}: MCT and the converter")
        made.append(_built(found, row, options if trained(found.directory, number).is_file() else dict))
        write_csv(found.directory / CONFIRMED, [*Confirmed.__dataclass_fields__], map(asdict, made))
    return tuple(made)


def chosen_rows(found: Sweep, count: int) -> Sequence[Mapping[str, Any]]:
    """The rows of the front that are built."""
    if all("accuracy" in row for row in found.front):
        return sorted(found.front, key=lambda row: -row["accuracy"])[:count]
    return spread(found.front, count)


def _trained_since(directory: Path, number: int) -> bool:
    """Whether a candidate was trained after it was built."""
    package = directory / FOLDER / str(number) / PACKAGE
    weights = trained(directory, number)
    if not (weights.is_file() and package.is_file()):
        return False
    return weights.stat().st_mtime > package.stat().st_mtime


def spread(rows: Sequence[Mapping[str, Any]], count: int) -> Sequence[Mapping[str, Any]]:
    """At most ``count`` of ``rows``, from one end to the other."""
    if len(rows) <= count:
        return rows
    if count <= 1:
        return rows[:count]
    return [rows[i * (len(rows) - 1) // (count - 1)] for i in range(count)]


def read_confirmed(directory: Path) -> Iterator[Confirmed]:
    """What was confirmed before."""
    place = directory / CONFIRMED
    if not place.is_file():
        return
    with place.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if set(row) != set(Confirmed.__dataclass_fields__):
                return
            numbers: dict[str, Any] = {
                name: (float(value) if name == "seconds" else int(value)) if value else None
                for name, value in row.items()
                if name != "answer"
            }
            yield Confirmed(answer=row["answer"], **numbers)


def _built(found: Sweep, row: Mapping[str, Any], options: Callable[[], Mapping[str, Any]]) -> Confirmed:
    from time import monotonic

    from ..pipeline.build import build

    folder = found.directory / FOLDER
    folder.mkdir(exist_ok=True)
    number = row["candidate"]
    model = folder / f"candidate_{number}.onnx"
    kept = read_manifest(found.directory)["asked"]
    began = monotonic()
    memory = None
    answer = "packaged"
    try:
        pick(found.directory, number, model)
        memory = build(
            model,
            folder / str(number),
            target=kept["target"],
            input_persistency=kept["input_persistency"],
            overwrite=True,
            **options(),
        ).memory
    except SensorfitError as error:
        answer = str(error)[:500]
    return Confirmed(
        candidate=number,
        answer=answer,
        predicted_weights=row["weights"],
        confirmed_weights=None if memory is None else memory.weights_bytes,
        predicted_runtime=row["runtime"],
        confirmed_runtime=None if memory is None else memory.runtime_bytes,
        predicted_total=row["total"],
        confirmed_total=None if memory is None else memory.total_bytes,
        seconds=round(monotonic() - began, 1),
    )
