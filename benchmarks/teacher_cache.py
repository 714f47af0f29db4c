#!/usr/bin/env python3
"""How to keep a teacher's logits: bytes an item, items a second written, and read at random, by format.

    python benchmarks/teacher_cache.py [--items 20000]          zarr and webdataset where they are installed

Items are 96x96 float16 logits, smooth as a mask decoder's. Training reads them in random order, one at a time, so
what a format must unpack to reach one item decides. All in one run, on one machine's page cache; ratios count.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pyarrow as pa
from pyarrow import parquet

SIDE, SHARD, READS = 96, 1024, 2000
Read = Callable[[int], bytes]


def logits(count: int) -> Iterator[np.ndarray]:
    """Discs and their like: a distance to an ellipse, wavy, with a little noise."""
    rng = np.random.default_rng(0)
    y, x = np.mgrid[-1 : 1 : SIDE * 1j, -1 : 1 : SIDE * 1j]
    for _ in range(count):
        cx, cy, rx, ry = rng.uniform((-0.3, -0.3, 0.3, 0.3), (0.3, 0.3, 0.9, 0.9))
        far = 1 - ((x - cx) / rx) ** 2 - ((y - cy) / ry) ** 2 + 0.2 * np.sin(rng.uniform(2, 9) * x)
        yield (10 * np.tanh(far) + rng.normal(0, 0.05, far.shape)).astype(np.float16)


def shards(items: list[np.ndarray]) -> Iterator[pa.Table]:
    """Tables of ``SHARD`` rows."""
    for start in range(0, len(items), SHARD):
        part = [item.tobytes() for item in items[start : start + SHARD]]
        yield pa.table({"logits": pa.array(part, pa.binary())})


def parquet_shards(items: list[np.ndarray], folder: Path, rows: int) -> Read:
    """Parquet, zstd, ``rows`` a row group; the reader unpacks the group that an item is in."""
    for number, table in enumerate(shards(items)):
        parquet.write_table(table, folder / f"{number}.parquet", compression="zstd", row_group_size=rows)
    files = [
        parquet.ParquetFile(folder / f"{n}.parquet", memory_map=True)
        for n in range(len(list(folder.iterdir())))
    ]

    def read(item: int) -> bytes:
        number, row = divmod(item, SHARD)
        group, place = divmod(row, rows)
        found: bytes = files[number].read_row_group(group)["logits"][place].as_py()
        return found

    return read


def arrow_shards(items: list[np.ndarray], folder: Path) -> Read:
    """Arrow IPC, not compressed, mapped into memory."""
    for number, table in enumerate(shards(items)):
        with (
            pa.OSFile(str(folder / f"{number}.arrow"), "wb") as file,
            pa.ipc.new_file(file, table.schema) as out,
        ):
            out.write_table(table)
    maps = [pa.memory_map(str(folder / f"{n}.arrow")) for n in range(len(list(folder.iterdir())))]
    tables = [pa.ipc.open_file(file).read_all() for file in maps]

    def read(item: int) -> bytes:
        number, row = divmod(item, SHARD)
        found: bytes = tables[number]["logits"][row].as_py()
        return found

    return read


def zarr_array(items: list[np.ndarray], folder: Path, rows: int) -> Read:
    """One zarr array, its own compression, ``rows`` a chunk."""
    import zarr

    array = zarr.create_array(
        str(folder / "a.zarr"), shape=(len(items), SIDE, SIDE), chunks=(rows, SIDE, SIDE), dtype="float16"
    )
    for start in range(0, len(items), SHARD):
        array[start : start + SHARD] = np.stack(items[start : start + SHARD])
    return lambda item: np.asarray(array[item]).tobytes()


def main() -> None:
    """Print the table."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--items", type=int, default=20_000)
    items = list(logits(asked.parse_args().items))
    ways: dict[str, Callable[[Path], Read]] = {
        "Arrow IPC, mapped": lambda folder: arrow_shards(items, folder),
        "Parquet, 1,024 a row group": lambda folder: parquet_shards(items, folder, SHARD),
        "Parquet, 32 a row group": lambda folder: parquet_shards(items, folder, 32),
        "Parquet, 1 a row group": lambda folder: parquet_shards(items, folder, 1),
    }
    if find_spec("zarr"):
        ways["zarr, 32 a chunk"] = lambda folder: zarr_array(items, folder, 32)
        ways["zarr, 1 a chunk"] = lambda folder: zarr_array(items, folder, 1)
    order = np.random.default_rng(1).integers(0, len(items), READS)
    print(f"{len(items):,} items of {SIDE * SIDE * 2:,} bytes, {READS:,} read at random\n")
    print("| format | bytes an item | written a second | read a second | files |\n|---|---:|---:|---:|---:|")
    for name, way in ways.items():
        with tempfile.TemporaryDirectory() as place:
            folder = Path(place)
            began = time.perf_counter()
            read = way(folder)
            wrote = time.perf_counter() - began
            assert read(7) == items[7].tobytes()
            began = time.perf_counter()
            for item in order:
                read(int(item))
            took = time.perf_counter() - began
            files = [file for file in folder.rglob("*") if file.is_file()]
            size = sum(file.stat().st_size for file in files) / len(items)
            print(
                f"| {name} | {size:,.0f} | {len(items) / wrote:,.0f} | {READS / took:,.0f} | {len(files):,} |",
                flush=True,
            )


if __name__ == "__main__":
    main()
