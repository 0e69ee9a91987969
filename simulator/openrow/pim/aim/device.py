"""A kernel on AiM from its operands to its result: instructions, controller, units, energy."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from openrow.config.aim import AimConfig
from openrow.config.memory import MemoryConfig
from openrow.config.organisation import burst_bytes
from openrow.config.timings import cycle_ns
from openrow.memory.energy import unit_energies
from openrow.pim.aim.controller import ChannelRun, carry_out
from openrow.pim.aim.numbers import ELEMENT_BYTES, computed
from openrow.pim.aim.program import SETTINGS, instructions_of
from openrow.pim.device_run import DeviceRun, cell_energies, way_energy, with_total

Float16Array = NDArray[np.float16]
ON_PINS = ("WRGB", "WRMAC", "RDMAC", "RDAF")
"""Commands that move a burst over the pins."""
NOTES = {
    "add": "AiM's units add into one sum a bank: add takes one element of each bank at a time",
    "relu": "AiM's activation function is of one sum a bank: relu takes one element of each bank at a time",
}
"""What explains the time of kernels that the units were not made for."""


def run_kernel(
    memory: MemoryConfig, pim: AimConfig, kernel: str, operands: tuple[Float16Array, ...]
) -> DeviceRun:
    """Run a kernel on the units; all channels carry out the same instructions, so one is simulated.

    Operands are in the banks beforehand, but for GEMV's vector, which is sent as part of the kernel. Products
    of MUL stay in the banks; results of the others are read as part of the kernel.

    Parameters
    ----------
    memory, pim
        The memory and its units.
    kernel
        ``gemv`` of a matrix and a vector, ``add`` or ``mul`` of two vectors, or ``relu`` of one.
    operands
        FP16, finite.

    Raises
    ------
    UserError
        Where the operands do not fit.
    """
    sizes = operands[0].shape
    instructions = instructions_of(memory, pim, kernel, sizes)
    run = carry_out(memory, pim, instructions, SETTINGS[kernel])
    bursts = sum(run.commands.get(name, 0) for name in ON_PINS)
    return DeviceRun(
        cycles=run.cycles,
        commands={name: count * memory.channels for name, count in run.commands.items()},
        account=run.account,
        energy_pj=_energy(memory, pim, run),
        moved_bytes=bursts * burst_bytes(memory) * memory.channels,
        output=computed(pim, kernel, operands),
        notes=tuple(_notes(pim, kernel, run)),
    )


def _notes(pim: AimConfig, kernel: str, run: ChannelRun) -> Iterator[str]:
    if pim.precision == "bf16":
        yield "operands are rounded to BF16 first"
    if kernel in NOTES:
        yield NOTES[kernel]
    if "REFab" in run.commands:
        yield "refresh here goes before all else as soon as it is due; aim_simulator has none"


def _energy(memory: MemoryConfig, pim: AimConfig, run: ChannelRun) -> dict[str, float]:
    """By component, of all channels; a command to all banks is charged as one to each.

    An element-wise product reads two banks of a group and writes a third, with one unit at work. An
    activation function reads a burst of its table in every bank, and computes one element of it.
    """
    unit = unit_energies(memory)
    cell_read, cell_write = cell_energies(memory)
    counts = {name: run.commands.get(name, 0) for name in ("MACab", "EWMULab", "AFab", *ON_PINS)}
    macs, functions = counts["MACab"] * pim.blocks, counts["AFab"] * pim.blocks
    products = counts["EWMULab"] * memory.bank_groups
    written, read = counts["WRGB"] + counts["WRMAC"], counts["RDMAC"] + counts["RDAF"]
    burst = burst_bytes(memory)
    multiplied_bytes = burst * (macs + products) + ELEMENT_BYTES * functions
    time_ns = run.cycles * float(cycle_ns(memory.clock))
    single = {
        "activation": unit.activation_pj * run.commands["ACTab"] * pim.blocks,
        "column": cell_read * (macs + 2 * products + functions)
        + cell_write * products
        + way_energy(memory) * (written + read),
        "io": unit.write_io_pj * written + unit.read_io_pj * read,
        "refresh": unit.refresh_all_pj * run.commands.get("REFab", 0),
        "background": unit.active_standby_mw * time_ns,
        "unit_arithmetic": pim.energy.alu_pj_per_byte * multiplied_bytes,
        "unit_buffer": pim.energy.buffer_pj_per_byte * burst * (counts["MACab"] + counts["WRGB"]),
    }
    return with_total({name: energy * memory.channels for name, energy in single.items()})
