"""Points run by processes of this machine."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

from openrow.config.sweep import PointLimits
from openrow.sweep.child import Children


class LocalProcesses:
    """Processes of this machine, one for each thread of a pool; one that dies takes only its point with it.

    No two processes share a pipe or a lock, so that none can be killed while it holds what others need.
    """

    def __init__(self, workers: int, threads: int, limits: PointLimits) -> None:
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
