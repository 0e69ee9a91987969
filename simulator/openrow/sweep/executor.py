"""What a sweep needs of whoever runs its points, and how that may fail."""

from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, Protocol

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
