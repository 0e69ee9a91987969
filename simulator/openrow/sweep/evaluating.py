"""One point: run it and say what came of it, as one flat row. This is what workers do."""

import time
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

from openrow.sweep.resolving import Job, flattened

SPARED = ("configuration.", "versions.", "traffic.")
"""Parts of a result that are no figures: the configuration has columns of its own."""
CONFIGURATION = "config."


def row_of(tree: Mapping[str, Any]) -> dict[str, Any]:
    """The figures of a result, and its configuration, as one flat row."""
    flat = {key: value for key, value in flattened(tree).items() if not key.startswith(SPARED)}
    configuration = flattened(tree["configuration"], CONFIGURATION)
    spared = (
        "config.memory.source",
        "config.memory.standard_source",
        "config.host.source",
        "config.pim.source",
    )
    return flat | {key: value for key, value in configuration.items() if key not in spared}


def load() -> None:
    """Import what evaluating needs, ahead of the first job."""
    import_module("openrow.system.replay")
    import_module("openrow.system.workloads")


def evaluate(job: Job, traces: str) -> dict[str, Any]:
    """Run a job.

    Parameters
    ----------
    job
        What to run.
    traces
        The folder of stored traces.

    Returns
    -------
    dict
        The row of its result, with ``wall_s``, its time.
    """
    began = time.perf_counter()
    tree = _replayed(job, Path(traces)) if job.trace is not None else _run(job)
    row = row_of(tree)
    row["wall_s"] = time.perf_counter() - began
    return row


def _replayed(job: Job, traces: Path) -> dict[str, Any]:
    from openrow.sweep.stored_traces import stored_traffic
    from openrow.system.replay import replay

    assert job.trace is not None
    return replay(job.architecture, stored_traffic(traces, job.trace)).as_dict()


def _run(job: Job) -> dict[str, Any]:
    from openrow.system.workloads import run

    return run(job.architecture).as_dict()
