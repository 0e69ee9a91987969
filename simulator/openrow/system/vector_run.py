"""Operations on vectors by units beside the banks, and the same by the host."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from openrow.config.aim import AimConfig
from openrow.config.architecture import Architecture
from openrow.config.dumping import configuration_hash, dump
from openrow.config.hbm_pim import HbmPimConfig
from openrow.config.timings import cycle_ns
from openrow.config.workload import ElementwiseWorkload, GemvWorkload
from openrow.errors import UserError
from openrow.pim.device_run import DeviceRun
from openrow.system.result import versions
from openrow_kernels.vector_operations import OPERATIONS, random_halves

Float16Array = NDArray[np.float16]
HALF_BYTES = 2
NO_LOSS = ("column_commands", "drain")
"""Not counted as lost time."""


@dataclass(frozen=True)
class VectorResult:
    """What an operation on vectors comes to."""

    architecture: Architecture
    units: DeviceRun
    """By the units."""
    host: DeviceRun
    """By the host: the same operands and results over the pins, arithmetic for nothing."""
    definition: NDArray[np.float64]
    """The result by the definition."""

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader of the figures has to know."""
        return self.units.notes

    def as_dict(self) -> dict[str, Any]:
        """The result as plain data, ready for JSON."""
        workload, period_ns = self.architecture.workload, float(cycle_ns(self.architecture.memory.clock))
        units, host = self.units, self.host
        assert workload is not None, "it has been run"
        return {
            "workload": workload.model,
            "device": "AiM" if isinstance(self.architecture.pim, AimConfig) else "HBM-PIM",
            "cycles": units.cycles,
            "host_cycles": host.cycles,
            "cycle_ns": period_ns,
            "time_ns": units.cycles * period_ns,
            "host_time_ns": host.cycles * period_ns,
            "speedup": host.cycles / units.cycles,
            "limited_by": max(units.account, key=lambda cause: units.account[cause]),
            "largest_loss": _largest_loss(units),
            "time_shares": {cause: cycles / units.cycles for cause, cycles in units.account.items()},
            "host_time_shares": {cause: cycles / host.cycles for cause, cycles in host.account.items()},
            "energy_pj": dict(units.energy_pj),
            "host_energy_pj": dict(host.energy_pj),
            "commands": dict(units.commands),
            "host_commands": dict(host.commands),
            "pin_bytes": units.moved_bytes,
            "host_pin_bytes": host.moved_bytes,
            "numbers": _errors(units.output, self.definition),
            "notes": list(self.notes),
            "versions": versions(),
            "configuration_hash": configuration_hash(self.architecture),
            "configuration": dump(self.architecture),
        }


def _largest_loss(units: DeviceRun) -> str | None:
    lost = {cause: cycles for cause, cycles in units.account.items() if cause not in NO_LOSS}
    return max(lost, key=lambda cause: lost[cause]) if lost else None


def _errors(
    output: Float16Array | NDArray[np.float32] | None, definition: NDArray[np.float64]
) -> dict[str, float]:
    """How far the units' numbers are from the definition: absolute, and beside the greatest result."""
    assert output is not None, "units compute"
    error = float(np.abs(output.astype(np.float64) - definition).max())
    greatest = float(np.abs(definition).max())
    return {"max_error": error, "max_error_of_greatest": error / greatest if greatest else error}


def operands_of(workload: GemvWorkload | ElementwiseWorkload) -> tuple[Float16Array, ...]:
    """The random operands of a workload, FP16."""
    if isinstance(workload, GemvWorkload):
        matrix = random_halves(workload.seed, workload.rows, workload.columns)
        return matrix, random_halves(workload.seed + 1, workload.columns)
    count = 1 if workload.model == "relu" else 2
    return tuple(random_halves(workload.seed + i, workload.elements) for i in range(count))


def _sizes(workload: GemvWorkload | ElementwiseWorkload) -> tuple[int, ...]:
    if isinstance(workload, GemvWorkload):
        return workload.rows, workload.columns
    return (workload.elements,)


def _host_bytes(operands: tuple[Float16Array, ...]) -> tuple[int, int]:
    """Bytes the host reads and writes: every result has an element for a row of the first operand."""
    return HALF_BYTES * sum(operand.size for operand in operands), HALF_BYTES * len(operands[0])


def run(architecture: Architecture, progress: Callable[[str, float], None]) -> VectorResult:
    """Run an operation on vectors by the architecture's units, and by the host.

    Raises
    ------
    UserError
        Where the architecture has no units for it, or the operands do not fit.
    """
    workload, pim, memory = architecture.workload, architecture.pim, architecture.memory
    assert isinstance(workload, GemvWorkload | ElementwiseWorkload), "the registry sends no other"
    if not isinstance(pim, HbmPimConfig | AimConfig):
        has = "no PIM units" if pim is None else f"{pim.model} units, which sample feature maps"
        raise UserError(
            f"{workload.model} runs on architectures with HBM-PIM or AiM, such as pim/hbm-pim; this has {has}"
        )
    model, sizes = workload.model, _sizes(workload)
    if isinstance(pim, HbmPimConfig):
        from openrow.pim.hbm_pim import device as hbm_pim

        hbm_pim.check_fit(memory, pim, model, sizes)
        operands = operands_of(workload)
        progress("units", 0.3)
        units = hbm_pim.run_kernel(memory, pim, model, operands)
        progress("host", 0.6)
        host = hbm_pim.run_by_host(memory, pim, *_host_bytes(operands))
    else:
        from openrow.pim.aim import device as aim
        from openrow.pim.aim.program import check_fit
        from openrow.system.host_stream import stream_run

        check_fit(memory, pim, model, sizes)
        operands = operands_of(workload)
        progress("units", 0.3)
        units = aim.run_kernel(memory, pim, model, operands)
        progress("host", 0.6)
        host = stream_run(memory, *_host_bytes(operands))
    progress("definition", 0.9)
    return VectorResult(architecture, units, host, OPERATIONS[model](*operands))
