"""A sweep: the same rows whoever judges them, a row for whatever goes wrong, and on again where it stopped."""

from __future__ import annotations

import csv
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

import sensorfit
from sensorfit.errors import ConfigError
from sensorfit.sweep.builder import draw
from sensorfit.sweep.front import Front
from sensorfit.sweep.pick import pick
from sensorfit.sweep.pools import died
from sensorfit.sweep.run import sweep
from sensorfit.sweep.space import Objective
from sensorfit.sweep.store import rows_of

pytestmark = pytest.mark.heavy

HERE = Path(__file__).parent
PICOSAM = """
family = "picosam"
objectives = ["dsp_ms", "maximize parameters"]
constraints = ["total <= 2 MiB"]
[parameters]
size = 64
width = [0.25, 0.5]
kernel = [3, 5]
attention = ["none", "channel"]
dilation = { values = [1, 2], when = "attention == 'channel'" }
"""


def written(folder: Path, text: str) -> Path:
    """A space beside the builders that it names."""
    place = folder / "space.toml"
    place.write_text(text, encoding="utf-8")
    (folder / "builders.py").write_text((HERE / "builders.py").read_text(encoding="utf-8"), encoding="utf-8")
    return place


def rows(folder: Path) -> list[dict[str, Any]]:
    return [row for group in rows_of(folder / "candidates.parquet") for row in group]


def test_one_worker_two_and_a_sweep_that_goes_on_give_the_same_bytes(tmp_path: Path) -> None:
    space = written(tmp_path, PICOSAM)
    one = sweep(space, tmp_path / "one", workers=1, batch=2)
    sweep(space, tmp_path / "two", workers=2, batch=2)
    first = sweep(space, tmp_path / "more", workers=2, batch=2, sampler="grid", candidates=3)
    more = sweep(space, tmp_path / "more", workers=2, batch=2, sampler="grid")
    tables = {(tmp_path / name / "candidates.parquet").read_bytes() for name in ("one", "two", "more")}
    assert len(tables) == 1
    assert one.candidates == one.judged == 12 and first.judged == 3
    assert (
        more.judged == 10
    )  # two batches of two were there, and one of one, which is whole now: only the first counts
    for row in rows(tmp_path / "one")[:3]:
        chosen = {k: row[k] for k in ("width", "kernel", "attention", "dilation") if row[k] is not None}
        report = sensorfit.check(draw("picosam", {"size": 64, **chosen}).model())
        assert (row["verdict"], row["total"], row["weights"]) == (
            report.verdict, report.memory.total_bytes, report.memory.weights_bytes
        )  # fmt: skip
        assert (row["parameters"], row["macs"]) == (report.model.parameters, report.latency.macs)
        assert row["dsp_ms"] == pytest.approx(report.latency.dsp_ms, abs=1e-4)


def test_the_front_lies_in_a_file_and_a_pick_of_it_is_what_was_judged(tmp_path: Path) -> None:
    found = sweep(written(tmp_path, PICOSAM), tmp_path / "out", workers=1)
    with (tmp_path / "out" / "front.csv").open(encoding="utf-8") as file:
        front = [*csv.DictReader(file)]
    assert [int(row["candidate"]) for row in front] == [row["candidate"] for row in found.front]
    best = found.front[0]
    pick(tmp_path / "out", best["candidate"], tmp_path / "model.onnx")
    report = sensorfit.check(tmp_path / "model.onnx")
    assert (report.memory.total_bytes, report.model.parameters) == (best["total"], best["parameters"])
    with pytest.raises(ConfigError, match="there is no candidate 99; they go from 0 to 11"):
        pick(tmp_path / "out", 99, tmp_path / "model.onnx")


def test_what_crashes_hangs_or_raises_is_a_row_with_its_reason_and_the_rest_is_judged(tmp_path: Path) -> None:
    text = 'family = "builders:troubled"\n[parameters]\nn = { from = 0, to = 9 }'
    found = sweep(written(tmp_path, text), tmp_path / "out", workers=2, batch=5, seconds=2)
    reasons = {row["n"]: row["reason"] for row in rows(tmp_path / "out") if row["verdict"] == "failed"}
    assert reasons[3] == "RuntimeError: no such width"
    assert "ended: it crashed, or hung" in reasons[5] and "ended: it crashed, or hung" in reasons[7]
    assert "takes longer than 2 s" in reasons[8]
    assert "absent.onnx" in reasons[6] and "it returned int; return an onnx.ModelProto" in reasons[9]
    assert found.verdicts == {"failed": 6, "fits": 4}


def test_a_worker_that_is_killed_costs_its_batch_a_second_try(tmp_path: Path) -> None:
    text = f"family = \"builders:once\"\n[parameters]\nn = {{ from = 0, to = 5 }}\nmarker = '{tmp_path / 'died'}'"
    found = sweep(written(tmp_path, text), tmp_path / "out", workers=1, batch=3)
    assert (tmp_path / "died").exists() and found.verdicts == {"fits": 6}


@pytest.mark.skipif(sys.platform != "linux", reason="looks for processes in /proc")
def test_a_sweep_that_is_killed_leaves_no_process_and_goes_on_where_it_was(tmp_path: Path) -> None:
    text = 'family = "builders:slow"\n[parameters]\nn = { from = 0, to = 99 }'
    space = written(tmp_path, text)
    command = [
        sys.executable,
        "-m",
        "sensorfit",
        "sweep",
        str(space),
        "-o",
        str(tmp_path / "out"),
        "--batch",
        "5",
        "--workers",
        "1",
    ]
    with subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    ) as running:
        until = time.monotonic() + 120
        while len([*(tmp_path / "out" / "parts").glob("*.parquet")]) < 2 and time.monotonic() < until:
            time.sleep(0.05)
        running.send_signal(signal.SIGKILL)
    until = time.monotonic() + 10
    while (left := _in_session(running.pid)) and time.monotonic() < until:
        time.sleep(0.1)
    assert not left
    there = len([*(tmp_path / "out" / "parts").glob("*.parquet")])
    found = sweep(space, tmp_path / "out", workers=2, batch=5)
    assert found.candidates == 100 and found.judged == 100 - 5 * there <= 90
    assert [row["n"] for row in rows(tmp_path / "out")] == [*range(100)]


def _in_session(leader: int) -> list[int]:
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                if (
                    os.getsid(int(entry.name)) == leader
                    and "Z" not in (entry / "stat").read_text().rpartition(")")[2].split()[0]
                ):
                    found.append(int(entry.name))
            except (OSError, ValueError):
                continue
    return found


def test_a_folder_with_another_sweep_or_something_else_is_left_alone(tmp_path: Path) -> None:
    space = written(tmp_path, 'family = "builders:build"\n[parameters]\nn = [1, 2]')
    sweep(space, tmp_path / "out", workers=1)
    with pytest.raises(
        ConfigError, match="holds a sweep with another seed; name another folder, or --overwrite"
    ):
        sweep(space, tmp_path / "out", seed=1)
    with pytest.raises(ConfigError, match="is there and holds no sweep"):
        sweep(space, tmp_path)
    assert sweep(space, tmp_path / "out", seed=1, overwrite=True, workers=1).judged == 2


def test_a_builder_that_cannot_be_called_is_said_before_anything_is_judged(tmp_path: Path) -> None:
    for text, said in (
        ('family = "builders:build"\n[parameters]\nm = [1]', "cannot be called with the space's parameters"),
        ('family = "builders:absent"', "there is no such function"),
        ('family = "absent:build"', "its module cannot be imported"),
    ):
        with pytest.raises(ConfigError, match=said):
            sweep(written(tmp_path, text), tmp_path / "out")
        assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("sampler", ["tpe", "nsga2"])
def test_an_optuna_sweep_depends_on_its_seed_and_not_on_workers_and_is_replayed_where_it_goes_on(
    sampler: str, tmp_path: Path
) -> None:
    space = written(tmp_path, PICOSAM.replace("total <= 2 MiB", "total <= 1 MiB"))
    options: dict[str, Any] = {"sampler": sampler, "seed": 3}
    sweep(space, tmp_path / "one", workers=1, candidates=70, **options)
    sweep(space, tmp_path / "two", workers=2, candidates=64, **options)
    again = sweep(space, tmp_path / "two", workers=2, candidates=70, **options)
    assert again.judged == 6
    assert (tmp_path / "one" / "candidates.parquet").read_bytes() == (
        tmp_path / "two" / "candidates.parquet"
    ).read_bytes()


def test_the_front_is_what_nothing_beats() -> None:
    front = Front([Objective("dsp_ms"), Objective("parameters", maximise=True)])
    points = [(1.0, 5), (2.0, 9), (2.0, 7), (0.5, 1), (1.0, 5), (3.0, 9), (0.4, 9)]
    front.add(
        {"candidate": i, "feasible": i < 6, "dsp_ms": t, "parameters": p} for i, (t, p) in enumerate(points)
    )
    assert [row["candidate"] for row in front.rows] == [3, 0, 1]


def test_dask_workers_give_the_same_rows_and_their_death_is_known_as_one(tmp_path: Path) -> None:
    distributed = pytest.importorskip("distributed")
    space = written(tmp_path, 'family = "builders:build"\n[parameters]\nn = { from = 0, to = 5 }')
    sweep(space, tmp_path / "processes", workers=1, batch=3)
    sweep(space, tmp_path / "dask", workers=1, batch=3, scheduler="local")
    assert rows(tmp_path / "dask") == rows(tmp_path / "processes")
    assert died(distributed.KilledWorker("judge_batch", None, 0))
    assert not died(ValueError())
