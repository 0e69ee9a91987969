"""Who runs points: processes on this machine, or a cluster. Both are ``concurrent.futures`` to the sweep."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, Protocol

from openrow.config.sweep import PointLimits
from openrow.errors import UserError


class WorkerLostError(Exception):
    """The process that ran a point is gone."""


class TimeLimitError(Exception):
    """A point took longer than it may."""


class MemoryLimitError(Exception):
    """A point needed more memory than it may."""


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


class LocalProcesses:
    """Processes of this machine, one for each thread of a pool; one that dies takes only its point with it.

    No two processes share a pipe or a lock, so that none can be killed while it holds what others need.
    """

    def __init__(self, workers: int, threads: int, limits: PointLimits) -> None:
        from openrow.sweep.child import Children

        self.workers = workers
        self._children = Children(threads, limits)
        self._pool = ThreadPoolExecutor(workers)

    def submit(self, function: Callable[..., Any], *arguments: Any) -> Future[Any]:
        """Run a function in one of the processes."""
        return self._pool.submit(self._children.call, function, *arguments)

    def close(self) -> None:
        """End the processes, whatever they are doing."""
        self._pool.shutdown(wait=False, cancel_futures=True)
        self._children.end()
        self._pool.shutdown(wait=True)
        self._children.close()


@contextmanager
def local_processes(workers: int, threads: int, limits: PointLimits) -> Iterator[LocalProcesses]:
    """Processes of this machine, ended with the block."""
    executor = LocalProcesses(workers, threads, limits)
    try:
        yield executor
    finally:
        executor.close()
