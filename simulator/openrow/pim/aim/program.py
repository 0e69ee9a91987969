"""Kernels on AiM: how their operands lie in the banks, and the instructions that carry them out.

All channels carry out the same instructions, on operands of their own.

GEMV
    Output ``i`` belongs to bank ``i`` modulo the banks of all channels. The vector goes through the global
    buffer in pieces of its size. For each piece and each group of outputs, one for every bank, the sums are
    cleared, all columns of a row are multiplied, and the sums are read out. The host adds the pieces up.
MUL
    Bursts are dealt to the bank groups of all channels. The operands lie in the first and the second bank of
    a group, the product goes to the third, at the same row and column; each burst is one command.
ADD
    Units add nothing but products, and those of all lanes into one sum. So element ``i`` of both vectors
    lies in bank ``i`` modulo the banks of all channels, bursts of the first in even columns and those of the
    second beside them in odd ones. The global buffer holds a one in one lane, and zeros. Two
    multiplications then add one element a bank; the sums are read out as in GEMV. Each lane has its turn.
RELU
    The same with one vector. The activation function, whose table is the last row of every bank, is taken of
    each sum, and its values are read out instead.

aim_simulator (commit 0f28a07) has an addition too, of registers of the controller. All its operands cross
the pins, it takes no time there, and it is not modelled here: as a stream it is what the host does.
"""

import numpy as np
from numpy.typing import NDArray

from openrow.config.aim import AimConfig
from openrow.config.memory import Command, MemoryConfig
from openrow.errors import UserError
from openrow.pim.aim.columns import I_COLUMN, I_ROW, INSTRUCTION_COLUMNS
from openrow.pim.aim.controller import instruction
from openrow.pim.aim.numbers import ELEMENT_BYTES

Int64Array = NDArray[np.int64]
BANKS_OF_A_PRODUCT = 3
OPERANDS = {"add": 2, "relu": 1}
SETTINGS = {"gemv": 1, "mul": 1, "add": 1, "relu": 2}
"""Writes of configuration registers before a kernel: where operands come from, and which function."""


def check_fit(memory: MemoryConfig, pim: AimConfig, kernel: str, sizes: tuple[int, ...]) -> None:
    """Say where operands do not fit: rows and columns of a matrix, or the elements of vectors.

    Raises
    ------
    UserError
        With what there is room for.
    """
    if kernel == "gemv":
        _check_matrix(memory, pim, *sizes)
        return
    (elements,) = sizes
    if kernel == "mul":
        _check_group(memory)
        most = memory.rows * _bursts_of_row(memory) * pim.lanes * memory.bank_groups * memory.channels
    else:
        most = _most_picked(memory, pim, kernel)
    if elements > most:
        raise UserError(f"workload.elements = {elements} does not fit: the banks have room for {most}")


def _check_matrix(memory: MemoryConfig, pim: AimConfig, rows: int, columns: int) -> None:
    groups, pieces = _groups_and_pieces(memory, pim, rows, columns)
    if groups * pieces > memory.rows:
        raise UserError(
            f"workload.rows = {rows} and workload.columns = {columns} do not fit: they need "
            f"{groups * pieces} rows of a bank, which has {memory.rows}"
        )


def _check_group(memory: MemoryConfig) -> None:
    if memory.banks < BANKS_OF_A_PRODUCT:
        raise UserError(
            f"memory.banks = {memory.banks} are too few for mul: it takes {BANKS_OF_A_PRODUCT} banks of a "
            "group, two for the operands and one for the products"
        )


def _most_picked(memory: MemoryConfig, pim: AimConfig, kernel: str) -> int:
    """The most elements of ADD or RELU."""
    bursts = _picked_in_row(memory, pim, kernel)
    if bursts == 0:
        raise UserError(
            f"pim.global_buffer_bytes = {pim.global_buffer_bytes} is too little for add: it takes a burst of "
            "the buffer for each of the two operands"
        )
    rows = memory.rows - 1 if kernel == "relu" else memory.rows
    return rows * bursts * pim.lanes * pim.blocks * memory.channels


def _picked_in_row(memory: MemoryConfig, pim: AimConfig, kernel: str) -> int:
    """Bursts of each operand of ADD or RELU in a row: a column is multiplied by the buffer's same column."""
    columns = min(_bursts_of_row(memory), pim.global_buffer_bytes // (pim.lanes * ELEMENT_BYTES))
    return columns // OPERANDS[kernel]


def _bursts_of_row(memory: MemoryConfig) -> int:
    return memory.columns // memory.burst_length


def _groups_and_pieces(memory: MemoryConfig, pim: AimConfig, rows: int, columns: int) -> tuple[int, int]:
    """Groups of outputs, one for every bank, and pieces of the vector."""
    piece = pim.global_buffer_bytes // ELEMENT_BYTES
    return -(-rows // (pim.blocks * memory.channels)), -(-columns // piece)


def instructions_of(memory: MemoryConfig, pim: AimConfig, kernel: str, sizes: tuple[int, ...]) -> Int64Array:
    """(n, INSTRUCTION_COLUMNS) the instructions of one channel for operands of such sizes.

    Raises
    ------
    UserError
        Where the operands do not fit.
    """
    check_fit(memory, pim, kernel, sizes)
    if kernel == "gemv":
        return _gemv(memory, pim, *sizes)
    if kernel == "mul":
        return _products(memory, pim, *sizes)
    return _picked(memory, pim, kernel, *sizes)


def _gemv(memory: MemoryConfig, pim: AimConfig, rows: int, columns: int) -> Int64Array:
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


def _products(memory: MemoryConfig, pim: AimConfig, elements: int) -> Int64Array:
    bursts = -(-elements // (pim.lanes * memory.bank_groups * memory.channels))
    row = _bursts_of_row(memory)
    instructions = [
        instruction(Command.MUL_ALL, min(row, bursts - start), start // row)
        for start in range(0, bursts, row)
    ]
    return np.array(instructions, dtype=np.int64)


def _picked(memory: MemoryConfig, pim: AimConfig, kernel: str, elements: int) -> Int64Array:
    """ADD or RELU: lane by lane, one element of every bank at a time."""
    operands, in_row = OPERANDS[kernel], _picked_in_row(memory, pim, kernel)
    places = -(-elements // (pim.blocks * memory.channels))
    pick = np.array(
        [instruction(Command.WRITE_SUMS), instruction(Command.MAC_ALL, operands), *_reading(memory, kernel)]
    )
    parts = []
    for lane in range(min(pim.lanes, places)):
        bursts = np.arange(-(-(places - lane) // pim.lanes))
        picks = np.tile(pick, (len(bursts), 1, 1))
        picks[:, 1, I_ROW] = bursts // in_row
        picks[:, 1, I_COLUMN] = bursts % in_row * operands
        ones = instruction(Command.WRITE_BUFFER, operands * min(len(bursts), in_row))
        parts += [np.array([ones]), picks.reshape(-1, INSTRUCTION_COLUMNS)]
    return np.concatenate(parts)


def _reading(memory: MemoryConfig, kernel: str) -> list[list[int]]:
    """The instructions that read sums, or the activation function of them."""
    if kernel == "add":
        return [instruction(Command.READ_SUMS)]
    table_row = memory.rows - 1
    return [instruction(Command.FUNCTION_ALL, row=table_row), instruction(Command.READ_FUNCTION)]
