"""Who runs points: processes on this machine, or a cluster. Both are ``concurrent.futures`` to the sweep."""

import contextlib
import multiprocessing
import os
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from typing import Any, Protocol

from openrow.config.sweep import PointLimits
from openrow.errors import UserError
from openrow.memory.threads import VARIABLE


class WorkerLostError(Exception):
    """The process that ran a point is gone."""


class TimeLimitError(Exception):
    """A point took longer than it may."""


class ExecutorGoneError(UserError):
    """Nobody is there to run points, or none that may; those that are left stay to be run."""


class Executor(Protocol):
    """What a sweep needs of an executor."""

    @property
    def workers(self) -> int:
        """Points that run at once."""
        ...

    def submit(self, function: Callable[..., Any], *arguments: Any) -> Future[Any]:
        """Run a function; its future fails with the function's own error, or one of those above."""
        ...


def prepare_worker(threads: int, memory_bytes: int | None) -> None:
    """Settle what a worker may use: called first in every worker."""
    os.environ[VARIABLE] = str(threads)
    if memory_bytes is not None:
        import resource

        with contextlib.suppress(ValueError):
            resource.setrlimit(resource.RLIMIT_DATA, (memory_bytes, memory_bytes))


class LocalProcesses:
    """Processes of this machine; one that dies takes only its point with it."""

    def __init__(self, workers: int, threads: int, limits: PointLimits) -> None:
        from pebble import ProcessPool

        self._pool: Any
        self.workers = workers
        self._time_s = limits.time_s
        self._pool = ProcessPool(
            max_workers=workers,
            initializer=prepare_worker,
            initargs=(threads, limits.memory_bytes),
            context=multiprocessing.get_context("spawn"),
        )

    def submit(self, function: Callable[..., Any], *arguments: Any) -> Future[Any]:
        """Run a function in one of the processes."""
        outcome: Future[Any] = Future()
        future = self._pool.schedule(function, args=list(arguments), timeout=self._time_s)
        future.add_done_callback(lambda done: _pass_on(done, outcome))
        return outcome

    def close(self, at_once: bool) -> None:
        """End the processes, after what they are doing or at once."""
        self._pool.stop() if at_once else self._pool.close()
        self._pool.join()


def _pass_on(done: Any, outcome: Future[Any]) -> None:
    """Give the outcome of a pebble future to ours, its own errors under our names."""
    from pebble import ProcessExpired

    if done.cancelled():
        outcome.cancel()
        return
    error = done.exception()
    if isinstance(error, ProcessExpired):
        error = WorkerLostError(f"the worker ended with exit code {error.exitcode}")
    elif isinstance(error, TimeoutError):
        error = TimeLimitError("it took longer than limits.time_s")
    if not outcome.set_running_or_notify_cancel():
        return
    if error is not None:
        outcome.set_exception(error)
    else:
        outcome.set_result(done.result())


@contextmanager
def local_processes(workers: int, threads: int, limits: PointLimits) -> Iterator[LocalProcesses]:
    """Processes of this machine, ended at once if the sweep is interrupted."""
    executor = LocalProcesses(workers, threads, limits)
    at_once = True
    try:
        yield executor
        at_once = False
    finally:
        executor.close(at_once)
