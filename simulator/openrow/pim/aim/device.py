"""A matrix-vector product on AiM from its operands to its result: instructions, controller, units, energy.

Output ``i`` belongs to bank ``i`` modulo the banks of all channels. The vector goes through the global buffer
in pieces of its size. For each piece and each group of outputs, one for every bank, the sums are cleared, all
columns of a row are multiplied, and the sums are read out. The host adds the pieces up in FP32.

A unit multiplies 16 elements at a time, adds the products in a tree and then to its sum, all in FP32.
Operands are rounded to the unit's precision beforehand, and the sum as it is read out.
"""

import numpy as np
from numpy.typing import NDArray

from openrow.config.aim import AimConfig
from openrow.config.memory import Command, MemoryConfig
from openrow.config.organisation import burst_bytes
from openrow.config.timings import cycle_ns
from openrow.errors import UserError
from openrow.memory.energy import unit_energies
from openrow.pim.aim.controller import ChannelRun, carry_out, instruction
from openrow.pim.device_run import DeviceRun, cell_energies, way_energy, with_total

Int64Array = NDArray[np.int64]
Float16Array = NDArray[np.float16]
Float32Array = NDArray[np.float32]
ELEMENT_BYTES = 2


def check_fit(memory: MemoryConfig, pim: AimConfig, kernel: str, sizes: tuple[int, ...]) -> None:
    """Say where a kernel is none of AiM's, or a matrix of so many rows and columns does not fit.

    Raises
    ------
    UserError
        With what there is.
    """
    if kernel != "gemv":
        raise UserError(f"AiM's units run gemv alone, not {kernel}; pim/hbm-pim runs it")
    rows, columns = sizes
    groups, pieces = _groups_and_pieces(memory, pim, rows, columns)
    if groups * pieces > memory.rows:
        raise UserError(
            f"workload.rows = {rows} and workload.columns = {columns} do not fit: they need "
            f"{groups * pieces} rows of a bank, which has {memory.rows}"
        )


def _groups_and_pieces(memory: MemoryConfig, pim: AimConfig, rows: int, columns: int) -> tuple[int, int]:
    """Groups of outputs, one for every bank, and pieces of the vector."""
    piece = pim.global_buffer_bytes // ELEMENT_BYTES
    return -(-rows // (pim.blocks * memory.channels)), -(-columns // piece)


def run_kernel(
    memory: MemoryConfig, pim: AimConfig, kernel: str, operands: tuple[Float16Array, ...]
) -> DeviceRun:
    """Run a kernel on the units; all channels run the same instructions, so one is simulated.

    The matrix is in the banks beforehand. The vector is sent and the sums are read as part of the kernel.

    Parameters
    ----------
    memory, pim
        The memory and its units.
    kernel
        ``gemv``; AiM's units have no other of these operations.
    operands
        A matrix and a vector, FP16.

    Raises
    ------
    UserError
        For another kernel, or where the matrix does not fit.
    """
    check_fit(memory, pim, kernel, operands[0].shape)
    matrix, vector = operands
    instructions = gemv_instructions(memory, pim, *matrix.shape)
    run = carry_out(memory, pim, instructions)
    on_pins = run.commands["WRGB"] + run.commands["WRMAC"] + run.commands["RDMAC"]
    notes = ["operands are rounded to BF16 first"] if pim.precision == "bf16" else []
    if "REFab" in run.commands:
        notes.append("refresh here goes before all else as soon as it is due; aim_simulator has none")
    return DeviceRun(
        cycles=run.cycles,
        commands={name: count * memory.channels for name, count in run.commands.items()},
        account=run.account,
        energy_pj=_energy(memory, pim, run),
        moved_bytes=on_pins * burst_bytes(memory) * memory.channels,
        output=gemv_numbers(pim, matrix, vector),
        notes=tuple(notes),
    )


def gemv_instructions(memory: MemoryConfig, pim: AimConfig, rows: int, columns: int) -> Int64Array:
    """(n, INSTRUCTION_COLUMNS) the instructions of one channel."""
    groups, pieces = _groups_and_pieces(memory, pim, rows, columns)
    piece = pim.global_buffer_bytes // ELEMENT_BYTES
    instructions = []
    for number in range(pieces):
        bursts = -(-min(piece, columns - number * piece) // pim.lanes)
        instructions.append(instruction(Command.WRITE_BUFFER, bursts))
        for group in range(groups):
            instructions += [
                instruction(Command.WRITE_SUMS),
                instruction(Command.MAC_ALL, bursts, number * groups + group),
                instruction(Command.READ_SUMS),
            ]
    return np.array(instructions, dtype=np.int64)


def rounded(values: Float32Array, precision: str) -> Float32Array:
    """FP32 numbers rounded to BF16 or FP16, to nearest, ties to even."""
    if precision == "fp16":
        return values.astype(np.float16).astype(np.float32)
    bits = np.ascontiguousarray(values, dtype=np.float32).view(np.uint32)
    to_even = (bits >> np.uint32(16)) & np.uint32(1)
    return ((bits + np.uint32(0x7FFF) + to_even) & np.uint32(0xFFFF0000)).view(np.float32)


def gemv_numbers(pim: AimConfig, matrix: Float16Array, vector: Float16Array) -> Float32Array:
    """The product in the units' precision and order, (rows,) FP32."""
    rows, columns = matrix.shape
    a = rounded(matrix.astype(np.float32), pim.precision)
    x = rounded(vector.astype(np.float32), pim.precision)
    if columns % pim.lanes:
        missing = -columns % pim.lanes
        a, x = np.pad(a, ((0, 0), (0, missing))), np.pad(x, (0, missing))
    piece = pim.global_buffer_bytes // ELEMENT_BYTES
    total = np.zeros(rows, dtype=np.float32)
    for start in range(0, a.shape[1], piece):
        sums = np.zeros(rows, dtype=np.float32)
        for at in range(start, min(start + piece, a.shape[1]), pim.lanes):
            products = a[:, at : at + pim.lanes] * x[at : at + pim.lanes]
            while products.shape[1] > 1:
                products = products[:, 0::2] + products[:, 1::2]
            sums += products[:, 0]
        total += rounded(sums, pim.precision)
    return total


def _energy(memory: MemoryConfig, pim: AimConfig, run: ChannelRun) -> dict[str, float]:
    """By component, of all channels; a command to all banks is charged as one to each."""
    unit, commands = unit_energies(memory), run.commands
    cell_read, _ = cell_energies(memory)
    macs = commands["MACab"] * pim.blocks
    written, read = commands["WRGB"] + commands["WRMAC"], commands["RDMAC"]
    burst = burst_bytes(memory)
    time_ns = run.cycles * float(cycle_ns(memory.clock))
    single = {
        "activation": unit.activation_pj * commands["ACTab"] * pim.blocks,
        "column": cell_read * macs + way_energy(memory) * (written + read),
        "io": unit.write_io_pj * written + unit.read_io_pj * read,
        "refresh": unit.refresh_all_pj * commands.get("REFab", 0),
        "background": unit.active_standby_mw * time_ns,
        "unit_arithmetic": pim.energy.alu_pj_per_byte * burst * macs,
        "unit_buffer": pim.energy.buffer_pj_per_byte * burst * (commands["MACab"] + commands["WRGB"]),
    }
    return with_total({name: energy * memory.channels for name, energy in single.items()})
