"""A sweep's rows on disk: a Parquet file a batch while it runs, one table when it is done.

DIR/sweep.json                 what was asked: a sweep goes on only as what it was
DIR/space.toml                 of what
DIR/parts/00000012.parquet     batch 12, written whole or not at all
DIR/candidates.parquet         all of them, a row group a batch, in order
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from ..errors import ConfigError, MissingDependency
from ..runtime.files import read_text, write_text
from .space import ANSWERS, FIGURES, Interval, Space

MANIFEST, SPACE, PARTS, TABLE = "sweep.json", "space.toml", "parts", "candidates.parquet"


def arrow() -> Any:
    """pyarrow; MissingDependency without it."""
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError:
        raise MissingDependency(
            'a sweep needs pyarrow, which is not installed: pip install "sensorfit[sweep]"'
        ) from None
    return pyarrow


def columns(space: Space) -> dict[str, type]:
    """The table's columns: the number, what was chosen, the answer, the figures."""
    chosen = {
        p.name: _type([p.values.low + 0.0] if isinstance(p.values, Interval) else p.values)
        for p in space.parameters
    }
    return {"candidate": int, **chosen, **ANSWERS, **FIGURES}


def _type(values: Iterable[Any]) -> type:
    kinds = {type(v) for v in values}
    if len(kinds) == 1:
        return kinds.pop()
    return float if kinds <= {int, float} else str


class Store:
    """The folder of one sweep."""

    def __init__(self, directory: Path, space: Space) -> None:
        self.directory = directory
        self._columns = columns(space)
        pa = arrow()
        kinds = {int: pa.int64(), float: pa.float64(), str: pa.string(), bool: pa.bool_()}
        self.schema = pa.schema([(name, kinds[kind]) for name, kind in self._columns.items()])

    @property
    def names(self) -> tuple[str, ...]:
        """Of the columns."""
        return tuple(self._columns)

    @property
    def table(self) -> Path:
        """The finished table."""
        return self.directory / TABLE

    def begin(self, asked: Mapping[str, Any], space: str, overwrite: bool) -> None:
        """Make the folder, or take up the sweep in it; ConfigError where another sweep, or something else, lies there.

        More candidates may be asked of a sweep that is done: what it has is kept.
        """
        manifest = self.directory / MANIFEST
        if overwrite and manifest.is_file():
            clear(self.directory)
        if manifest.is_file():
            found = read_manifest(self.directory)["asked"]
            changed = [key for key, value in asked.items() if key != "source" and found.get(key) != value]
            if changed:
                raise ConfigError(
                    f"{self.directory}: holds a sweep with another {', '.join(changed)}; name another folder, or --overwrite"
                )
        elif self.directory.exists() and (not self.directory.is_dir() or any(self.directory.iterdir())):
            raise ConfigError(
                f"{self.directory}: is there and holds no sweep; name a folder that is not, or is empty"
            )
        (self.directory / PARTS).mkdir(parents=True, exist_ok=True)
        for left in (self.directory / PARTS).glob("*.writing"):
            left.unlink()
        if self.table.is_file():
            self._take_apart()
        if not manifest.is_file():
            write_text(self.directory / SPACE, space)
            write_text(manifest, json.dumps({"asked": dict(asked)}, indent=1) + "\n")

    def has(self, batch: int, candidates: int) -> bool:
        """Whether the rows of all ``candidates`` of a batch are stored."""
        part = self._part(batch)
        return part.is_file() and arrow().parquet.read_metadata(part).num_rows == candidates

    def _take_apart(self) -> None:
        """The parts of a table that is done, as they were."""
        pa = arrow()
        with pa.parquet.ParquetFile(self.table) as file:
            for batch in range(file.num_row_groups):
                if not self._part(batch).is_file():
                    self._write(batch, file.read_row_group(batch))

    def put(self, batch: int, rows: list[dict[str, Any]]) -> None:
        """Store a batch."""
        pa = arrow()
        arrays = [
            pa.array([_as(row.get(name), kind) for row in rows], self.schema.field(name).type)
            for name, kind in self._columns.items()
        ]
        self._write(batch, pa.Table.from_arrays(arrays, schema=self.schema))

    def read(self, batch: int) -> list[dict[str, Any]]:
        """The rows of a batch that is stored."""
        found: list[dict[str, Any]] = arrow().parquet.read_table(self._part(batch)).to_pylist()
        return found

    def finish(self, batches: int) -> Path:
        """The table of the first ``batches`` batches, all of which are stored; the parts go."""
        pa = arrow()
        writing = self.table.with_suffix(".writing")
        with pa.parquet.ParquetWriter(writing, self.schema) as writer:
            for batch in range(batches):
                writer.write_table(pa.parquet.read_table(self._part(batch)))
        writing.replace(self.table)
        shutil.rmtree(self.directory / PARTS)
        return self.table

    def _write(self, batch: int, rows: Any) -> None:
        place = self._part(batch)
        writing = place.with_suffix(".writing")
        arrow().parquet.write_table(rows, writing)
        writing.replace(place)

    def _part(self, batch: int) -> Path:
        return self.directory / PARTS / f"{batch:08}.parquet"


def read_manifest(directory: Path) -> dict[str, Any]:
    """What was asked of the sweep in ``directory``, and what came of it; ConfigError where there is none."""
    place = directory / MANIFEST
    if not place.is_file():
        raise ConfigError(f"{directory}: holds no sweep ({MANIFEST} is not there)")
    try:
        found = json.loads(read_text(place))
    except ValueError:
        found = None
    if not isinstance(found, dict) or not isinstance(found.get("asked"), dict):
        raise ConfigError(f"{place}: is not what a sweep wrote")
    return found


def rows_of(table: Path, names: Iterable[str] | None = None) -> Iterator[list[dict[str, Any]]]:
    """The rows of a finished table, a row group at a time."""
    with arrow().parquet.ParquetFile(table) as file:
        for group in range(file.num_row_groups):
            yield file.read_row_group(group, columns=[*names] if names is not None else None).to_pylist()


def clear(directory: Path) -> None:
    """Remove a sweep's own files: what was trained and built too, whose numbers mean other candidates in another sweep."""
    for name in (PARTS, "trained", "confirmed"):
        shutil.rmtree(directory / name, ignore_errors=True)
    for name in (TABLE, SPACE, "front.csv", "front.html", "accuracy.csv", "confirmed.csv", MANIFEST):
        (directory / name).unlink(missing_ok=True)


def _as(value: Any, kind: type) -> Any:
    return None if value is None else kind(value)
