"""The kernels as transactions of one channel: every channel runs the same.

A kernel begins and ends alike. Every bank reads a burst of the park row (park in), four writes leave
single-bank mode, writes of one burst for eight instructions load the program, and a write to the mode
register switches the units on. At the end they are switched off, two writes return to single-bank mode, and
the banks park again. Between the phases stand barriers: the units count column commands, and those of one
phase may be issued in any order but not before another's.

**ADD, MUL, RELU.** A vector lies in bursts across channels, banks and columns as addresses count, so that the
same column of all banks is one piece of it. A tile is one column for each register of all banks: the
registers are loaded, combined with the second vector and stored, for even and odd banks in turn.

**GEMV.** A unit holds ``registers`` outputs at a time, each as 16 partial sums, one a lane. The vector goes
in tiles of ``registers`` bursts, even tiles to even banks, odd ones to odd banks. For each tile the host
writes its bursts to GRF_A of all units at once, and ``registers`` phases of ``registers`` columns multiply
and add: each reads one burst of every output's row of the matrix. When a row of outputs is finished, GRF_B
is stored. The host adds up the 16 partial sums of an output; that is not part of the kernel's cycles.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from openrow.config.hbm_pim import HbmPimConfig
from openrow.config.memory import MemoryConfig
from openrow.errors import UserError
from openrow.pim.hbm_pim import columns as h
from openrow.pim.hbm_pim.instructions import ELEMENTWISE, Instruction, gemv_program
from openrow.pim.hbm_pim.transactions import Transactions

Int64Array = NDArray[np.int64]
INSTRUCTIONS_OF_A_BURST = 8
EVEN, ODD = 0, 1


@dataclass(frozen=True)
class Program:
    """A kernel for one channel."""

    instructions: list[Instruction]
    """What the units do."""
    transactions: Int64Array
    """(n, TRANSACTION_COLUMNS) what the host sends."""


@dataclass(frozen=True)
class ElementwiseShape:
    """How a vector of an element-wise kernel lies in the banks."""

    tiles: int
    """Tiles: one burst for each register of every bank of every channel."""
    rows: int
    """Rows of a bank from one vector to the next."""


@dataclass(frozen=True)
class GemvShape:
    """How a matrix lies in the banks."""

    output_tiles: int
    """Passes over the vector: each yields ``registers`` outputs of every unit."""
    even_tiles: int
    """Tiles of the vector whose columns of the matrix lie in even banks."""
    odd_tiles: int
    """Those in odd banks."""
    result_column: int
    """The first column of the results in odd banks, counted on from column 0 of row 0."""


def elementwise_shape(memory: MemoryConfig, pim: HbmPimConfig, elements: int) -> ElementwiseShape:
    """Lay out vectors of ``elements``; the last tile is filled up.

    Raises
    ------
    UserError
        Where three vectors do not fit the rows that hold data.
    """
    tile = pim.lanes * pim.registers * memory.bank_groups * memory.banks * memory.channels
    tiles = -(-elements // tile)
    rows = max(pim.operand_rows, -(-tiles * pim.registers * memory.burst_length // memory.columns))
    if 3 * rows > pim.data_rows:
        most = pim.data_rows // 3 * (memory.columns // memory.burst_length) // pim.registers * tile
        raise UserError(
            f"workload.elements = {elements} does not fit: three vectors in the {pim.data_rows} data rows of "
            f"a bank have at most {most} elements"
        )
    return ElementwiseShape(tiles, rows)


def gemv_shape(memory: MemoryConfig, pim: HbmPimConfig, rows: int, columns: int) -> GemvShape:
    """Lay out a matrix of ``rows`` x ``columns``; the last tiles are filled up.

    Raises
    ------
    UserError
        Where matrix and results do not fit the rows that hold data.
    """
    outputs = pim.registers * pim.blocks * memory.channels
    output_tiles = -(-rows // outputs)
    tiles = -(-columns // (pim.lanes * pim.registers))
    even = -(-tiles // 2)
    result_column = output_tiles * even * pim.registers**2
    bursts = result_column + output_tiles * pim.registers
    room = pim.data_rows * (memory.columns // memory.burst_length)
    if bursts > room:
        raise UserError(
            f"workload.rows = {rows} and workload.columns = {columns} do not fit: a bank would hold {bursts} "
            f"bursts and has {room} in its {pim.data_rows} data rows"
        )
    return GemvShape(output_tiles, even, tiles - even, result_column)


def _park(list_: Transactions) -> None:
    memory = list_.memory
    for bank in range(memory.banks):
        for group in range(memory.bank_groups):
            list_.add(h.PARK, group * memory.banks + bank, list_.pim.rows.park, 0)
    list_.barrier()


def _enter(list_: Transactions, program: list[Instruction]) -> None:
    """Park, address all banks and load the program."""
    pim = list_.pim
    if len(program) > pim.instructions:
        raise UserError(
            f"pim.instructions = {pim.instructions} should be at least {len(program)} for this kernel"
        )
    _park(list_)
    second = list_.memory.bank_groups // 2 * list_.memory.banks
    for bank in (0, 1, second, second + 1):
        list_.add(h.MODE, bank, pim.rows.to_all_banks, pim.rows.mode_column, write=True)
    list_.barrier()
    bursts = -(-len(program) // INSTRUCTIONS_OF_A_BURST)
    list_.add(h.PROGRAM, ODD, pim.rows.registers, PROGRAM_COLUMN, write=True, count=bursts)
    list_.barrier()


def _switch(list_: Transactions, effect: int) -> None:
    list_.add(h.MODE, EVEN, list_.pim.rows.registers, MODE_COLUMN, write=True, effect=effect)
    list_.barrier()


def _leave(list_: Transactions) -> None:
    rows = list_.pim.rows
    for bank in (EVEN, ODD):
        list_.add(h.MODE, bank, rows.to_single_bank, rows.mode_column, write=True)
    list_.barrier()
    _park(list_)


MODE_COLUMN, PROGRAM_COLUMN, GRF_A_COLUMN = 0, 4, 8
"""Columns of the register row: mode, instructions and GRF_A."""


def elementwise(memory: MemoryConfig, pim: HbmPimConfig, kernel: str, elements: int) -> Program:
    """ADD, MUL or RELU of vectors of ``elements``; vectors follow each other in rows, the result comes third.

    Raises
    ------
    UserError
        Where the vectors do not fit.
    """
    shape = elementwise_shape(memory, pim, elements)
    instructions = ELEMENTWISE[kernel](pim.registers, shape.tiles)
    list_ = Transactions(memory, pim)
    _enter(list_, instructions)
    _switch(list_, h.UNITS_ON)
    inputs = 1 if kernel == "relu" else 2
    for tile in range(shape.tiles):
        column = tile * pim.registers
        for bank in (EVEN, ODD):
            for operand in range(inputs):
                list_.add(h.COMPUTE, bank, operand * shape.rows, column, count=pim.registers)
                list_.barrier()
            list_.add(h.RESULT, bank, 2 * shape.rows, column, write=True, count=pim.registers)
            list_.barrier()
    _switch(list_, h.UNITS_OFF)
    _leave(list_)
    return Program(instructions, list_.array())


def gemv(memory: MemoryConfig, pim: HbmPimConfig, rows: int, columns: int) -> Program:
    """A matrix of ``rows`` x ``columns`` times a vector.

    Raises
    ------
    UserError
        Where the matrix does not fit.
    """
    shape = gemv_shape(memory, pim, rows, columns)
    instructions = gemv_program(pim.registers, shape.even_tiles, shape.odd_tiles)
    list_ = Transactions(memory, pim)
    _enter(list_, instructions)
    for output_tile in range(shape.output_tiles):
        _switch(list_, h.UNITS_ON_CLEARED)
        for bank, tiles in ((EVEN, shape.even_tiles), (ODD, shape.odd_tiles)):
            for tile in range(tiles):
                _multiply(list_, shape, output_tile, bank, tile)
        column = shape.result_column + output_tile * pim.registers
        list_.add(h.RESULT, ODD, 0, column, write=True, count=pim.registers)
        list_.barrier()
        _switch(list_, h.UNITS_OFF)
    _leave(list_)
    return Program(instructions, list_.array())


def _multiply(list_: Transactions, shape: GemvShape, output_tile: int, bank: int, tile: int) -> None:
    """Load one tile of the vector and multiply it by the rows of one tile of outputs."""
    registers = list_.pim.registers
    data = (2 * tile + bank) * registers
    list_.add(h.OPERAND, ODD, list_.pim.rows.registers, GRF_A_COLUMN, write=True, count=registers, data=data)
    list_.barrier()
    start = (output_tile * shape.even_tiles + tile) * registers**2
    for phase in range(registers):
        list_.add(h.COMPUTE, bank, 0, start + phase * registers, count=registers)
        list_.barrier()
