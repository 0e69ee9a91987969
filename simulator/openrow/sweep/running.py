"""Running a sweep in a directory: what is not done is done, in parallel, and kept as soon as it is known."""

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, CancelledError, Future, wait
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from openrow.config.sweep import SweepSpec
from openrow.errors import UserError
from openrow.sweep.evaluating import evaluate
from openrow.sweep.executors import (
    Executor,
    ExecutorGoneError,
    MemoryLimitError,
    TimeLimitError,
    WorkerLostError,
)
from openrow.sweep.ledger import DONE, FAILED, Counts, Ledger
from openrow.sweep.resolving import MODEL_VERSION, Job, Resolver
from openrow.sweep.results import write_results
from openrow.sweep.space import Point
from openrow.sweep.spec_file import keep_spec
from openrow.sweep.stored_traces import Trace, store

LOCK = ".lock"
TRACES = "traces"
ATTEMPTS = 3
"""Times a point is run whose worker is lost, before that counts as the point's own fault."""
WAITING_EACH = 3
"""Points ready for every worker."""


class BusyError(UserError):
    """Another process sweeps in the directory."""


@dataclass
class Progress:
    """Told what happens."""

    started: Callable[[int | None], None] = lambda _total: None
    """With the number of points, where it is known."""
    done: Callable[[str, dict[str, Any] | None, bool], None] = lambda _state, _row, _is_new: None
    """With the state of a point that has come to an end, its row, and whether it has been run just now."""


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold the directory for this process.

    Raises
    ------
    BusyError
        Where another holds it.
    """
    from filelock import FileLock, Timeout

    folder.mkdir(parents=True, exist_ok=True)
    lock = FileLock(folder / LOCK, timeout=0)
    try:
        lock.acquire()
    except Timeout:
        raise BusyError(
            f"{folder}: another sweep is running in this directory; wait for it, or use another directory"
        ) from None
    try:
        yield
    finally:
        lock.release()


def open_ledger(folder: Path, spec: SweepSpec, inputs: Mapping[str, str]) -> Ledger:
    """The directory's ledger; the specification is kept beside it.

    Parameters
    ----------
    folder, spec
        Where and what.
    inputs
        A hash of each file that points are made of.

    Raises
    ------
    UserError
        Where the directory holds another sweep, or one of other files.
    """
    keep_spec(folder, spec)
    ledger = Ledger(folder)
    try:
        version = ledger.remember("model_version", MODEL_VERSION)
        if version not in (None, MODEL_VERSION):
            raise UserError(
                f"{folder}: was made by version {version}, and this is {MODEL_VERSION}: use another directory"
            )
        for name, content in inputs.items():
            if ledger.remember(f"input:{name}", content) not in (None, content):
                raise UserError(
                    f"{name}: has changed since the points in {folder} were run: use another directory"
                )
    except UserError:
        ledger.close()
        raise
    return ledger


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


def run_sweep(
    spec: SweepSpec,
    folder: Path,
    executor: Executor,
    progress: Progress | None = None,
    retry_failed: bool = False,
) -> Counts:
    """Run a sweep in ``folder``, or what is left of it.

    The results are written at the end, also where something else has ended it: what is wrong with them then
    says less than what that was.

    Raises
    ------
    UserError
        Where the directory is busy or holds another sweep, or the specification cannot be.
    """
    from openrow.sweep.choosing import chosen_points

    inputs = Resolver(spec).inputs()
    with locked(folder):
        ledger = open_ledger(folder, spec, inputs)
        try:
            if retry_failed:
                ledger.retry_failed()
            counts = chosen_points(Sweep(spec, folder, ledger, executor, progress or Progress()))
        except BaseException:
            with suppress(UserError, OSError, ValueError):
                write_results(folder, ledger, spec)
            ledger.close()
            raise
        try:
            write_results(folder, ledger, spec)
        finally:
            ledger.close()
        return counts
