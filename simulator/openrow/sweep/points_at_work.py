"""The points of a sweep at work: each started once, and kept as soon as it has come to an end."""

from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, CancelledError, Future, wait
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from openrow.config.sweep import SweepSpec
from openrow.errors import UserError
from openrow.sweep.evaluating import evaluate
from openrow.sweep.executor import (
    Executor,
    ExecutorGoneError,
    MemoryLimitError,
    TimeLimitError,
    WorkerLostError,
)
from openrow.sweep.ledger import DONE, FAILED, Counts, Ledger
from openrow.sweep.resolving import Job, Resolver
from openrow.sweep.space import Point
from openrow.sweep.stored_traces import Trace, store

TRACES = "traces"
ATTEMPTS = 3
"""Times a point is run whose worker is lost, before that counts as the point's own fault."""
WAITING_EACH = 3
"""Points ready for every worker."""


@dataclass
class Progress:
    """Told what happens."""

    started: Callable[[int | None], None] = lambda _total: None
    """With the number of points, where it is known."""
    done: Callable[[str, dict[str, Any] | None, bool], None] = lambda _state, _row, _is_new: None
    """With the state of a point that has come to an end, its row, and whether it has been run just now."""


@dataclass
class _Waiting:
    """A job that is running, for all points of its key."""

    job: Job
    numbers: list[int]
    attempt: int = 1


@dataclass
class Sweep:
    """A sweep at work.

    Parameters
    ----------
    spec, folder
        What and where.
    executor
        Who runs points.
    progress
        Who is told.
    """

    spec: SweepSpec
    folder: Path
    ledger: Ledger
    executor: Executor
    progress: Progress = field(default_factory=Progress)

    def __post_init__(self) -> None:
        self._resolver = Resolver(self.spec)
        self._running: dict[Future[Any], _Waiting] = {}
        self._by_key: dict[str, _Waiting] = {}
        self._stored: set[Trace] = set()

    def run(self, points: Iterator[Point]) -> Counts:
        """Run all points that are not done; returns what there is at the end."""
        for point in points:
            self.offer(point)
            while len(self._running) >= WAITING_EACH * self.executor.workers:
                self.collect()
        while self._running:
            self.collect()
        return self.ledger.counts()

    def offer(self, point: Point) -> int:
        """Enter a point and start it, unless it has been done or is running; returns its number."""
        fingerprint = self._resolver.fingerprint(point)
        state = self.ledger.state(fingerprint)
        number = self.ledger.add(fingerprint, point.labels)
        if state in (DONE, FAILED):
            self.progress.done(state, self.ledger.row(number), False)
            return number
        try:
            job = self._resolver.resolve(point)
            self._store_trace(job)
        except (UserError, ValueError) as error:
            self._failed([number], str(error))
            return number
        if self.ledger.take_from_same_key(number, job.key):
            self.progress.done(DONE, self.ledger.row(number), False)
        elif job.key in self._by_key:
            self._by_key[job.key].numbers.append(number)
        else:
            self._start(_Waiting(job, [number]))
        return number

    def _store_trace(self, job: Job) -> None:
        if job.trace is not None and job.trace not in self._stored:
            store(self.folder / TRACES, job.trace)
            self._stored.add(job.trace)

    def _start(self, waiting: _Waiting) -> None:
        future = self.executor.submit(evaluate, waiting.job, str((self.folder / TRACES).absolute()))
        self._running[future] = waiting
        self._by_key[waiting.job.key] = waiting

    @property
    def is_running(self) -> bool:
        """Whether any point is running."""
        return bool(self._running)

    def collect(self) -> None:
        """Wait for at least one point and keep what came of it."""
        finished, _ = wait(self._running, return_when=FIRST_COMPLETED)
        for future in finished:
            waiting = self._running.pop(future)
            self._keep(future, waiting)

    def _keep(self, future: Future[Any], waiting: _Waiting) -> None:
        error = _error_of(future)
        if isinstance(error, ExecutorGoneError):
            raise error
        if isinstance(error, WorkerLostError) and waiting.attempt < ATTEMPTS:
            self._start(_Waiting(waiting.job, waiting.numbers, waiting.attempt + 1))
            return
        del self._by_key[waiting.job.key]
        if error is not None:
            self._failed(waiting.numbers, _said(error))
            return
        row = future.result()
        self.ledger.finish(waiting.numbers, waiting.job.key, row)
        for _ in waiting.numbers:
            self.progress.done(DONE, row, True)

    def _failed(self, numbers: list[int], error: str) -> None:
        self.ledger.fail(numbers, error)
        for _ in numbers:
            self.progress.done(FAILED, None, True)


def _error_of(future: Future[Any]) -> BaseException | None:
    try:
        return future.exception()
    except CancelledError as error:
        return error


def _said(error: BaseException) -> str:
    if isinstance(error, TimeLimitError | MemoryLimitError | WorkerLostError | UserError | ValueError):
        return str(error)
    return f"{type(error).__name__}: {error}"
