"""What a kernel on units that work in step comes to, the same for HBM-PIM and AiM."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from openrow.config.memory import HopEnergy, MemoryConfig
from openrow.memory.energy import burst_bits, unit_energies


@dataclass(frozen=True)
class DeviceRun:
    """A kernel on the units, or its traffic by the host."""

    cycles: int
    """Until it is done, cycles of the memory's controller."""
    commands: Mapping[str, int]
    """Commands by name, of all channels."""
    account: Mapping[str, int]
    """Where the cycles of a channel went."""
    energy_pj: Mapping[str, float]
    """Energy by component and in total."""
    moved_bytes: int
    """Bytes on the pins of all channels."""
    output: NDArray[np.float16] | NDArray[np.float32] | None = None
    """What the units computed; none for the host."""
    notes: tuple[str, ...] = ()
    """What a reader of the figures has to know."""


def with_total(components: Mapping[str, float]) -> dict[str, float]:
    """Components and their sum."""
    return {**components, "total": sum(components.values())}


def cell_energies(memory: MemoryConfig) -> tuple[float, float]:
    """Energy of a burst between the cells of one bank and a unit beside it, read and written, pJ.

    Where the memory's energy is that of currents, the way to the pins cannot be told from the cells, and is
    charged too.
    """
    unit = unit_energies(memory)
    if isinstance(memory.energy, HopEnergy):
        bits = burst_bits(memory)
        return memory.energy.read_cell_pj_per_bit * bits, memory.energy.write_cell_pj_per_bit * bits
    return unit.read_pj, unit.write_pj


def way_energy(memory: MemoryConfig) -> float:
    """Energy of a burst between the pins and the banks, pJ: without the cells, without the drivers."""
    if isinstance(memory.energy, HopEnergy):
        way = memory.energy.to_bank_group_pj_per_bit + memory.energy.to_global_io_pj_per_bit
        return (way + memory.energy.tsv_pj_per_bit) * burst_bits(memory)
    return 0.0
