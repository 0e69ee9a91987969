"""A kernel on HBM-PIM from its operands to its result: program, controller, units, energy."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from openrow.config.hbm_pim import HbmPimConfig
from openrow.config.memory import MemoryConfig
from openrow.config.organisation import burst_bytes
from openrow.config.timings import cycle_ns
from openrow.memory.energy import unit_energies
from openrow.pim.device_run import DeviceRun, cell_energies, way_energy, with_total
from openrow.pim.hbm_pim import columns as h
from openrow.pim.hbm_pim.controller import ChannelRun, TransactionController
from openrow.pim.hbm_pim.host import host_run
from openrow.pim.hbm_pim.program import Program, elementwise, elementwise_shape, gemv, gemv_shape
from openrow.pim.hbm_pim.unit import Work, run_elementwise, run_gemv, unit_steps, work_of

Float16Array = NDArray[np.float16]

REFRESH_NOTE = (
    "refresh here goes before all else as soon as it is due; figures of Samsung's tool with refresh on differ"
)


def check_fit(memory: MemoryConfig, pim: HbmPimConfig, kernel: str, sizes: tuple[int, ...]) -> None:
    """Say where operands do not fit: rows and columns of a matrix, or the elements of vectors.

    Raises
    ------
    UserError
        With what there is room for.
    """
    if kernel == "gemv":
        gemv_shape(memory, pim, *sizes)
    else:
        elementwise_shape(memory, pim, *sizes)


def run_kernel(
    memory: MemoryConfig, pim: HbmPimConfig, kernel: str, operands: tuple[Float16Array, ...]
) -> DeviceRun:
    """Run a kernel on the units.

    All channels run the same program at the same time, so one is simulated. The operands are in the banks
    beforehand. Of GEMV the vector is sent by the host as part of the kernel; reading the results is not.

    Parameters
    ----------
    memory, pim
        The memory and its units.
    kernel
        ``gemv`` of a matrix and a vector, ``add`` or ``mul`` of two vectors, or ``relu`` of one.
    operands
        FP16.

    Raises
    ------
    UserError
        Where the operands do not fit, or the memory is not one the controller knows.
    """
    if kernel == "gemv":
        program = gemv(memory, pim, *operands[0].shape)
    else:
        program = elementwise(memory, pim, kernel, len(operands[0]))
    run = TransactionController(memory, pim, keep_log=True).carry_out(program.transactions)
    steps = unit_steps(memory, pim, program, run.order)
    if kernel == "gemv":
        output = run_gemv(memory, pim, steps, *operands)
    else:
        output = run_elementwise(memory, pim, steps, operands)
    on_pins = int((program.transactions[:, h.T_ROW] >= pim.data_rows).sum())
    return DeviceRun(
        cycles=run.cycles,
        commands={name: count * memory.channels for name, count in run.commands.items() if count},
        account=_account(run),
        energy_pj=_energy(memory, pim, run, program, work_of(steps)),
        moved_bytes=on_pins * burst_bytes(memory) * memory.channels,
        output=output,
        notes=(REFRESH_NOTE,) if run.commands["REFab"] else (),
    )


def run_by_host(memory: MemoryConfig, pim: HbmPimConfig, bytes_read: int, bytes_written: int) -> DeviceRun:
    """Move the kernel's operands and result over the pins, through the same controller.

    Raises
    ------
    UserError
        Where they do not fit.
    """
    run = host_run(memory, pim, bytes_read, bytes_written)
    commands: dict[str, int] = {}
    for channel, like in run.channels:
        for name, count in channel.commands.items():
            commands[name] = commands.get(name, 0) + count * like
    unit = unit_energies(memory)
    time_ns = run.cycles * float(cycle_ns(memory.clock))
    components = {
        "activation": unit.activation_pj * commands["ACT"],
        "column": unit.read_pj * commands["RD"] + unit.write_pj * commands["WR"],
        "io": unit.read_io_pj * commands["RD"] + unit.write_io_pj * commands["WR"],
        "refresh": unit.refresh_all_pj * commands["REFab"],
        "background": unit.active_standby_mw * time_ns * memory.channels,
    }
    longest = max((channel for channel, _ in run.channels), key=lambda channel: channel.cycles)
    return DeviceRun(
        cycles=run.cycles,
        commands={name: count for name, count in commands.items() if count},
        account=_account(longest),
        energy_pj=with_total(components),
        moved_bytes=run.bytes_read + run.bytes_written,
    )


def _account(run: ChannelRun) -> Mapping[str, int]:
    """Cycles of the kernel proper by cause; parking, modes and programming together."""
    account: dict[str, int] = {}
    for kind, causes in run.account.items():
        for cause, cycles in causes.items():
            name = cause if kind in ("host", "operand", "compute", "result") else "parking_and_modes"
            account[name] = account.get(name, 0) + cycles
    account["drain"] = run.cycles - sum(account.values())
    return {name: cycles for name, cycles in account.items() if cycles}


def _energy(
    memory: MemoryConfig, pim: HbmPimConfig, run: ChannelRun, program: Program, work: Work
) -> Mapping[str, float]:
    """By component, of all channels.

    An activation of half the banks is charged as that of so many rows. A burst read or stored by a unit pays
    for the cells alone, in as many banks as there are units. What the host writes to registers pays for the
    way to the banks and the pins.
    """
    unit = unit_energies(memory)
    cell_read, cell_write = cell_energies(memory)
    commands, channels = run.commands, memory.channels
    stores = int((program.transactions[:, h.KIND] == h.RESULT).sum())
    register_writes = commands["WRhb"] - stores
    operand_bytes = work.bank_operands * pim.lanes * 2
    register_bytes = work.register_bursts * pim.lanes * 2
    time_ns = run.cycles * float(cycle_ns(memory.clock))
    single = {
        "activation": unit.activation_pj * (commands["ACT"] + pim.blocks * commands["ACThb"]),
        "column": unit.read_pj * commands["RD"]
        + unit.write_pj * commands["WR"]
        + way_energy(memory) * register_writes
        + pim.blocks * (cell_read * commands["RDhb"] + cell_write * stores),
        "io": unit.read_io_pj * commands["RD"] + unit.write_io_pj * (commands["WR"] + register_writes),
        "refresh": unit.refresh_all_pj * commands["REFab"],
        "background": unit.active_standby_mw * time_ns,
        "unit_arithmetic": pim.energy.alu_pj_per_byte * operand_bytes * pim.blocks,
        "unit_registers": pim.energy.registers_pj_per_byte * register_bytes * pim.blocks,
    }
    return with_total({name: energy * channels for name, energy in single.items()})
