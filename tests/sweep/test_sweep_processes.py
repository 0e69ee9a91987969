"""Real processes: limits, deaths, and who is left behind."""

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from sweep_doubles import (
    Instead,
    Row,
    endless_row,
    large_row,
    made_up_row,
    row_of_a_worker_that_dies,
    row_of_a_worker_that_dies_once,
    spec_of,
)

from openrow.config.sweep import PointLimits
from openrow.sweep.child import Child
from openrow.sweep.executor import TimeLimitError, WorkerLostError
from openrow.sweep.executors import local_processes
from openrow.sweep.ledger import Counts, Ledger
from openrow.sweep.resolving import Job
from openrow.sweep.results import read_results
from openrow.sweep.running import run_sweep


def run_of(folder: Path, row: Callable[[Job, str], Row], **limits: float) -> tuple[Counts, set[str]]:
    """Sweep in two processes; returns the counts and the errors."""
    spec = spec_of(limits=limits)
    with local_processes(2, 1, spec.limits) as processes:
        counts = run_sweep(spec, folder, Instead(processes, row))
    ledger = Ledger(folder)
    errors = {error for _, _, error in ledger.failures()}
    ledger.close()
    return counts, errors


def test_processes_give_what_one_thread_gives(tmp_path: Path) -> None:
    assert run_of(tmp_path, made_up_row) == (Counts(6, 0, 0), set())
    assert read_results(tmp_path).column("cycles").to_pylist() == [1008, 1016, 1032, 2008, 2016, 2032]


def test_a_point_that_takes_too_long_fails_and_the_others_go_on(tmp_path: Path) -> None:
    counts, errors = run_of(tmp_path, endless_row, time_s=2)
    assert counts == Counts(done=3, failed=3, pending=0)
    assert errors == {"it took longer than limits.time_s"}


def test_a_point_that_needs_too_much_memory_fails_and_the_others_go_on(tmp_path: Path) -> None:
    counts, (error,) = run_of(tmp_path, large_row, memory_bytes=1 << 30)
    assert counts == Counts(done=3, failed=3, pending=0)
    assert error.startswith("it needed more memory than limits.memory_bytes")


def test_a_point_whose_worker_dies_is_run_again(tmp_path: Path) -> None:
    assert run_of(tmp_path, row_of_a_worker_that_dies_once) == (Counts(6, 0, 0), set())
    assert (tmp_path / "died").exists()


def test_a_point_whose_workers_always_die_fails_and_the_others_go_on(tmp_path: Path) -> None:
    counts, errors = run_of(tmp_path, row_of_a_worker_that_dies)
    assert counts == Counts(done=3, failed=3, pending=0)
    assert errors == {"the worker ended with exit code -9"}


def test_a_child_ends_with_its_parent_side_of_the_pipe() -> None:
    child = Child(1, PointLimits())
    assert child.call(os.getppid) == os.getpid()
    pid = child.call(os.getpid)
    child.close()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_a_child_is_told_its_threads_and_has_its_limits() -> None:
    child = Child(3, PointLimits(time_s=2))
    assert child.call(os.getenv, "OPENROW_THREADS") == "3"
    with pytest.raises(ValueError, match="invalid literal"):
        child.call(int, "three")
    with pytest.raises(TimeLimitError):
        child.call(time.sleep, 60)
    child.close()
    with pytest.raises(WorkerLostError):
        child.call(os.getpid)
