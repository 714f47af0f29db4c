"""The teacher's cache: float16 logits and a score for each annotation, in Arrow files that are mapped into memory.

    CACHE/*.arrow    columns id (int64), score (float32; NaN where the teacher skipped it), logits (binary: side x side float16)

A shard is written whole when it is full, so a killed run loses one shard at most; a second run skips every id that
is there. Shards of any number of processes and machines lie side by side.

Not compressed: training reads items in random order, and a compressed format unpacks a group of them for each. By
benchmarks/teacher_cache.py Parquet saves a fifth of the bytes and gives a fraction of the reads.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np

from ..errors import InputError
from ..runtime.extra import need

SHARD: Final = 4096
"""Items of a shard: 75 MB at 96x96, and COCO's annotations in 210 files."""


@dataclass
class TeacherCacheWriter:
    """Collects items and writes shards named after ``process``."""

    directory: Path
    process: int = 0
    shard: int = SHARD
    _rows: list[tuple[int, float, bytes]] = field(default_factory=list)
    _number: int = 0

    def __post_init__(self) -> None:
        self.directory.mkdir(parents=True, exist_ok=True)

    def add(self, annotation: int, logits: np.ndarray | None, score: float = float("nan")) -> None:
        """``logits`` (side, side); None for an annotation that is skipped for good."""
        data = b"" if logits is None else np.ascontiguousarray(logits, np.float16).tobytes()
        self._rows.append((annotation, score, data))
        if len(self._rows) >= self.shard:
            self.flush()

    def flush(self) -> None:
        """Write what there is, in one step."""
        if not self._rows:
            return
        arrow, ipc = need("pyarrow"), need("pyarrow.ipc", "pyarrow")
        ids, scores, logits = zip(*self._rows, strict=True)
        table = arrow.table(
            {
                "id": arrow.array(ids, arrow.int64()),
                "score": arrow.array(scores, arrow.float32()),
                "logits": arrow.array(logits, arrow.binary()),
            }
        )
        while (path := self.directory / f"{self.process:04d}-{self._number:06d}.arrow").exists():
            self._number += 1
        part = path.with_suffix(f".part{os.getpid()}")
        with arrow.OSFile(str(part), "wb") as file, ipc.new_file(file, table.schema) as out:
            out.write_table(table)
        part.replace(path)
        self._rows.clear()


class TeacherCache:
    """Reads a cache: ids and scores in memory, logits where the files are mapped."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        files = sorted(directory.glob("*.arrow"))
        if not files:
            raise InputError(f"--teacher {directory}: holds no shards; make them with sensorfit teach")
        self._files = files
        self._where: dict[int, tuple[int, int]] = {}
        self._scores: dict[int, float] = {}
        self._mapped: dict[int, Any] = {}
        """Columns of logits, by file; mapped when first read, so that a worker is started without them."""
        for number, file in enumerate(files):
            try:
                table = _mapped(file)
                ids, scores = table["id"].to_pylist(), table["score"].to_pylist()
            except Exception as error:
                raise InputError(
                    f"{file}: is not a shard of a teacher's cache ({error}); remove it and teach again"
                ) from error
            for row, (one, score) in enumerate(zip(ids, scores, strict=True)):
                self._where[one], self._scores[one] = (number, row), score

    def __len__(self) -> int:
        return len(self._where)

    @property
    def ids(self) -> Sequence[int]:
        """Every annotation that was seen, skipped ones among them."""
        return list(self._where)

    def __contains__(self, annotation: int) -> bool:
        return annotation in self._where and self._scores[annotation] == self._scores[annotation]

    def get(self, annotation: int) -> tuple[np.ndarray, float] | None:
        """(side, side) float32 logits and the score; None where there are none."""
        if annotation not in self:
            return None
        number, row = self._where[annotation]
        if number not in self._mapped:
            self._mapped[number] = _mapped(self._files[number])["logits"]
        flat = np.frombuffer(self._mapped[number][row].as_py(), np.float16).astype(np.float32)
        side = round(len(flat) ** 0.5)
        return flat.reshape(side, side), self._scores[annotation]


def _mapped(file: Path) -> Any:
    """The table in ``file``, none of it read yet."""
    arrow, ipc = need("pyarrow"), need("pyarrow.ipc", "pyarrow")
    return ipc.open_file(arrow.memory_map(str(file))).read_all()
