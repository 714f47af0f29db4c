"""Where batches are judged: processes of this machine, or a Dask cluster. Both are ``concurrent.futures`` executors.

``concurrent.futures.ProcessPoolExecutor`` gives up all its work where one of its processes dies. Here each process is a
pool of its own, so that a death costs the batch it had and nothing else.
"""

from __future__ import annotations

import logging
import multiprocessing
import os
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import BrokenExecutor, Executor, Future, ProcessPoolExecutor
from contextlib import contextmanager
from threading import Lock, Thread
from typing import Any, Final

from ..errors import ConfigError, MissingDependency, ToolchainError
from ..version import __version__

CLUSTER: Final = 'a Dask cluster needs distributed, which is not installed: pip install "sensorfit[cluster]"'
PRELOADED: Final = (
    "sensorfit.analysis", "sensorfit.memory.analysis", "sensorfit.latency.estimate", "sensorfit.verify.engine",
    "sensorfit.rules.memory", "sensorfit.rules.latency", "sensorfit.sweep.judge",
)  # fmt: skip
"""What judges, imported once for all processes."""
CONNECT_S: Final = 20
"""Before an address is taken for wrong."""
DEATHS: Final = frozenset({"KilledWorker"})
"""What Dask raises for a task whose worker died, by name: it is imported nowhere else."""


class Processes(Executor):
    """``workers`` processes of this machine, each replaced where it dies."""

    def __init__(self, workers: int) -> None:
        self._pools = [_pool() for _ in range(workers)]
        self._given = [0] * workers
        self._lock = Lock()

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """To the process that has least to do."""
        with self._lock:
            at = min(range(len(self._pools)), key=self._given.__getitem__)
            self._given[at] += 1
        try:
            future = self._pools[at].submit(fn, *args, **kwargs)
        except BrokenExecutor:
            self._pools[at].shutdown(wait=False)
            self._pools[at] = _pool()
            future = self._pools[at].submit(fn, *args, **kwargs)
        future.add_done_callback(lambda _: self._free(at))
        return future

    def _free(self, at: int) -> None:
        with self._lock:
            self._given[at] -= 1

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """End all; with ``wait`` once they have finished."""
        for pool in self._pools:
            pool.shutdown(wait=wait, cancel_futures=cancel_futures)


def _pool() -> ProcessPoolExecutor:
    """A process that is forked from one which has imported everything and has no threads; spawned where there is no fork."""
    forks = "forkserver" in multiprocessing.get_all_start_methods()
    context = multiprocessing.get_context("forkserver" if forks else "spawn")
    if forks:
        context.set_forkserver_preload([*PRELOADED])
    return ProcessPoolExecutor(1, mp_context=context, initializer=_begin)


def _begin() -> None:
    """A worker's first steps: whoever began the sweep decides when it ends, be it by dying."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def died(error: BaseException) -> bool:
    """Whether ``error``, of a future, says that the process that had the work is gone."""
    return isinstance(error, BrokenExecutor) or type(error).__name__ in DEATHS


@contextmanager
def pool_for(scheduler: str | None, workers: int) -> Iterator[tuple[Executor, int]]:
    """The executor, and how many batches it should have at a time.

    ``scheduler`` is None for processes of this machine, "local" for a Dask cluster on it, else a Dask scheduler's address.
    """
    if scheduler is None:
        executor: Executor = Processes(workers)
        try:
            yield executor, workers
        except BaseException:
            executor.shutdown(wait=False, cancel_futures=True)
            raise
        executor.shutdown()
        return
    try:
        import distributed
    except ImportError:
        raise MissingDependency(CLUSTER) from None
    with _client(distributed, scheduler, workers) as client:
        theirs = set(client.run(_version).values())
        if theirs - {__version__}:
            raise ConfigError(
                f"--scheduler {scheduler}: its workers have sensorfit {', '.join(sorted(theirs))}, not {__version__}"
            )
        there = sum(client.nthreads().values())
        if not there:
            raise ToolchainError(f"--scheduler {scheduler}: it has no workers")
        yield client.get_executor(pure=False), 2 * there


@contextmanager
def _client(distributed: Any, scheduler: str, workers: int) -> Iterator[Any]:
    if scheduler == "local":
        import dask

        with dask.config.set({"distributed.scheduler.allowed-failures": 0}):  # the engine tries again itself
            cluster = distributed.LocalCluster(
                n_workers=workers,
                threads_per_worker=1,
                processes=True,
                dashboard_address=None,
                silence_logs=logging.CRITICAL,  # a heartbeat cut off at the end is no news; lost batches are rows
            )
        with cluster, distributed.Client(cluster) as client:
            yield client
        return
    try:
        client = distributed.Client(scheduler, timeout=CONNECT_S)
    except (OSError, ValueError, TimeoutError) as error:
        raise ConfigError(f"--scheduler {scheduler}: cannot be reached ({error})") from None
    with client:
        yield client


def _version() -> str:
    return __version__
