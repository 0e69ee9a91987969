"""Sweeps whose points cost nothing: a made-up row instead of a simulation."""

import os
import time
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import Any

from openrow.config.sweep import SweepSpec
from openrow.sweep.executor import Executor
from openrow.sweep.resolving import Job
from openrow.sweep.running import run_sweep

Row = dict[str, Any]
CHANNELS, QUEUE = "memory.channels", "memory.controller.read_queue"


def spec_of(**parts: Any) -> SweepSpec:
    """A grid of two axes, unless the parts say otherwise."""
    whole: dict[str, Any] = {
        "architecture": "memory/ddr4-2400",
        "workload": "gemv",
        "axes": [{"key": CHANNELS, "values": [1, 2]}, {"key": QUEUE, "values": [8, 16, 32]}],
    }
    return SweepSpec.model_validate({**whole, **parts})


def made_up_row(job: Job, _traces: str) -> Row:
    """Figures that depend on the configuration alone."""
    memory = job.architecture.memory
    cycles = 1000 * memory.channels + memory.controller.read_queue
    return {"cycles": cycles, "time_ns": cycles / 2.0, "config.memory.channels": memory.channels}


def slow_row(job: Job, traces: str) -> Row:
    """A row after a while."""
    time.sleep(0.02)
    return made_up_row(job, traces)


def failing_row(job: Job, traces: str) -> Row:
    """A row, save with two channels."""
    if job.architecture.memory.channels == 2:
        raise ValueError("two channels are one too many")
    return made_up_row(job, traces)


def endless_row(job: Job, traces: str) -> Row:
    """A row, save with two channels: that takes for ever."""
    if job.architecture.memory.channels == 2:
        time.sleep(3600)
    return made_up_row(job, traces)


def large_row(job: Job, traces: str) -> Row:
    """A row, save with two channels: that takes 4 GiB."""
    if job.architecture.memory.channels == 2:
        bytearray(1 << 32)
    return made_up_row(job, traces)


def row_of_a_worker_that_dies_once(job: Job, traces: str) -> Row:
    """A row, but the first process that is asked for one with two channels is gone."""
    mark = Path(traces).parent / "died"
    if job.architecture.memory.channels == 2 and not mark.exists():
        mark.touch()
        os.kill(os.getpid(), 9)
    return made_up_row(job, traces)


def row_of_a_worker_that_dies(job: Job, traces: str) -> Row:
    """A row, but every process that is asked for one with two channels is gone."""
    if job.architecture.memory.channels == 2:
        os.kill(os.getpid(), 9)
    return made_up_row(job, traces)


class Inline:
    """An executor that runs points at once, where they are asked for."""

    workers = 1

    def __init__(self, row: Callable[[Job, str], Row] = made_up_row) -> None:
        self.row = row
        self.jobs: list[Job] = []

    def submit(self, _function: Callable[..., Any], *arguments: Any) -> Future[Any]:
        """Run it."""
        outcome: Future[Any] = Future()
        self.jobs.append(arguments[0])
        try:
            outcome.set_result(self.row(*arguments))
        except ValueError as error:
            outcome.set_exception(error)
        return outcome


class Instead:
    """An executor that has another run something else than it was asked for."""

    def __init__(self, executor: Executor, row: Callable[[Job, str], Row]) -> None:
        self.executor, self.row = executor, row

    @property
    def workers(self) -> int:
        """Those of the other."""
        return self.executor.workers

    def submit(self, _function: Callable[..., Any], *arguments: Any) -> Future[Any]:
        """Have the other run it."""
        return self.executor.submit(self.row, *arguments)


def swept(
    folder: Path, spec: SweepSpec | None = None, row: Callable[[Job, str], Row] = made_up_row
) -> Inline:
    """Sweep at once; returns the executor, which knows what was run."""
    executor = Inline(row)
    run_sweep(spec or spec_of(), folder, executor)
    return executor
