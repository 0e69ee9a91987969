"""Every model of workload, and who runs and who reports it. Listing them imports neither."""

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any, NamedTuple, Protocol

from openrow.config.architecture import Architecture
from openrow.errors import UserError


class RunResult(Protocol):
    """What a run comes to."""

    def as_dict(self) -> dict[str, Any]:
        """The result as plain data, ready for JSON, with units in the keys."""
        ...

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader of the figures has to know."""
        ...


class Runner(NamedTuple):
    """The module whose ``run(architecture, progress)`` runs a workload, and that whose ``print_report(tree)``
    prints it."""

    module: str
    report: str


Progress = Callable[[str, float], None]
"""Told what is going on, and which share of the whole has been done."""

VECTOR = Runner("openrow.system.vector_run", "openrow.report.vector_report")
RUNNERS: Mapping[str, Runner] = {
    "gemv": VECTOR,
    "add": VECTOR,
    "mul": VECTOR,
    "relu": VECTOR,
    "pipeline": Runner("openrow.system.pipeline_run", "openrow.report.pipeline_report"),
    "matmul": Runner("openrow.system.matmul_run", "openrow.report.matmul_report"),
    "resnet18": Runner("openrow.system.crossbar_run", "openrow.report.crossbar_report"),
}
"""By the model of the workload."""


def run(architecture: Architecture, progress: Progress = lambda _what, _share: None) -> RunResult:
    """Run the architecture's workload on its devices.

    Raises
    ------
    UserError
        Where there is no workload, or the architecture has no device for it.
    """
    if architecture.workload is None:
        raise UserError("the architecture has no workload to run")
    runner = import_module(RUNNERS[architecture.workload.model].module)
    result: RunResult = runner.run(architecture, progress)
    return result


def print_report(architecture: Architecture, tree: Mapping[str, Any]) -> None:
    """Print the result of a run, as its JSON has it, for people."""
    assert architecture.workload is not None, "it has been run"
    import_module(RUNNERS[architecture.workload.model].report).print_report(tree)
