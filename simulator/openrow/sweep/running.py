"""Running a sweep in a directory: what is not done is done, in parallel, and kept as soon as it is known."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from openrow.config.sweep import SweepSpec
from openrow.errors import UserError
from openrow.sweep.choosing import chosen_points
from openrow.sweep.environment import keep_environment
from openrow.sweep.executor import Executor
from openrow.sweep.ledger import Counts, Ledger
from openrow.sweep.model_version import model_version
from openrow.sweep.points_at_work import Progress, Sweep
from openrow.sweep.resolving import Resolver
from openrow.sweep.results import write_results
from openrow.sweep.spec_file import keep_spec

LOCK = ".lock"


class BusyError(UserError):
    """Another process sweeps in the directory."""


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
        version = ledger.remember("model_version", model_version())
        if version not in (None, model_version()):
            raise UserError(
                f"{folder}: was made by version {version} of the model, and this is {model_version()}: "
                "use another directory"
            )
        for name, content in inputs.items():
            if ledger.remember(f"input:{name}", content) not in (None, content):
                raise UserError(
                    f"{name}: has changed since the points in {folder} were run: use another directory"
                )
        keep_environment(folder)
    except UserError:
        ledger.close()
        raise
    return ledger


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
