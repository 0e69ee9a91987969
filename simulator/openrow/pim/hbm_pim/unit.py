"""The units' arithmetic: the program runs over the column commands in the order they were issued.

Every unit has 16 FP16 lanes, two register files, a multiplier and an adder; what each yields is rounded to
FP16, to nearest, ties to even, as in Samsung's PIMSimulator. A multiply-accumulate thus rounds twice. All
units of all channels take the same steps on data of their own.

A matrix-vector product leaves 16 partial sums of every output, one a lane. The host adds them: here in FP32,
from lane 0 up, rounding once at the end.
"""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from openrow.config.hbm_pim import HbmPimConfig
from openrow.config.memory import MemoryConfig
from openrow.memory.threads import thread_count
from openrow.pim.hbm_pim import columns as h
from openrow.pim.hbm_pim.instructions import instruction_rows
from openrow.pim.hbm_pim.program import (
    GRF_A_COLUMN,
    MODE_COLUMN,
    Program,
    elementwise_shape,
    gemv_shape,
)
from openrow.pim.hbm_pim.unit_compiled import compute, sequence
from openrow_kernels.compilation import read_only

Int64Array = NDArray[np.int64]
Float16Array = NDArray[np.float16]

_EVENT_OF_EFFECT = {h.UNITS_ON: h.ON, h.UNITS_ON_CLEARED: h.ON_CLEARED, h.UNITS_OFF: h.OFF}
_NO_OPERAND = np.zeros(0, dtype=np.uint16)


@dataclass(frozen=True)
class Work:
    """What all units together did."""

    steps: int
    """Steps of one unit's program on its lanes."""
    bank_operands: int
    """Of those, steps that computed on a burst of a bank."""
    register_bursts: int
    """Registers read and written by one unit."""


def unit_steps(memory: MemoryConfig, pim: HbmPimConfig, program: Program, order: Int64Array) -> Int64Array:
    """(n, STEP_COLUMNS) what each unit does; regions hold the bank's parity, offsets its burst.

    Parameters
    ----------
    memory, pim
        The memory and the units.
    program
        The kernel.
    order
        The transactions in the order in which they were issued.
    """
    issued = program.transactions[order]
    row_bursts = memory.columns // memory.burst_length
    events = np.zeros((len(issued), h.EVENT_COLUMNS), dtype=np.int64)
    events[:, h.EVENT] = -1
    columns = issued[:, h.T_COLUMN]
    to_registers = (issued[:, h.T_ROW] == pim.rows.registers) & (issued[:, h.IS_WRITE] == 1)
    for effect, event in _EVENT_OF_EFFECT.items():
        events[to_registers & (columns == MODE_COLUMN) & (issued[:, h.EFFECT] == effect), h.EVENT] = event
    loads = to_registers & (columns >= GRF_A_COLUMN) & (columns < GRF_A_COLUMN + pim.registers)
    data = issued[:, h.T_ROW] < pim.data_rows
    events[loads, h.EVENT], events[data, h.EVENT] = h.WRITE_REGISTER, h.COLUMN_COMMAND
    events[:, h.EVENT_PARITY], events[:, h.EVENT_WRITE] = issued[:, h.T_BANK] % 2, issued[:, h.IS_WRITE]
    events[:, h.EVENT_PLACE] = np.where(
        loads, columns - GRF_A_COLUMN, issued[:, h.T_ROW] * row_bursts + columns
    )
    events[:, h.EVENT_DATA] = issued[:, h.DATA] * pim.lanes
    events = events[events[:, h.EVENT] >= 0]
    steps = np.zeros((len(events), h.STEP_COLUMNS), dtype=np.int64)
    instructions = read_only(instruction_rows(program.instructions))
    count = sequence(instructions, read_only(events), pim.registers, steps)
    return steps[:count]


def work_of(steps: Int64Array) -> Work:
    """Count what the steps of a unit do."""
    computing = (steps[:, h.STEP] >= h.LOAD) & (steps[:, h.STEP] <= h.ACCUMULATE)
    uses_bank = (steps[:, h.SOURCE] == h.BANK) | (steps[:, h.OTHER] == h.BANK)
    arithmetic = (steps[:, h.STEP] >= h.SUM) & (steps[:, h.STEP] <= h.ACCUMULATE)
    accumulating = steps[:, h.STEP] == h.ACCUMULATE
    touched = len(steps) + int(arithmetic.sum()) + int(accumulating.sum())
    return Work(int(computing.sum()), int((arithmetic & uses_bank).sum()), touched)


def run_elementwise(
    memory: MemoryConfig,
    pim: HbmPimConfig,
    steps: Int64Array,
    operands: tuple[Float16Array, ...],
) -> Float16Array:
    """The result of an element-wise kernel.

    Parameters
    ----------
    memory, pim
        The memory and the units.
    steps
        Of :func:`unit_steps`.
    operands
        One or two vectors of equal length, FP16.
    """
    elements = len(operands[0])
    shape = elementwise_shape(memory, pim, elements)
    banks, row_bursts = memory.bank_groups * memory.banks, memory.columns // memory.burst_length
    padded = shape.tiles * pim.registers * banks * memory.channels * pim.lanes
    first, *others = (_bits(vector, padded) for vector in operands)
    second = others[0] if others else _NO_OPERAND
    stride = np.array([pim.lanes, 2 * memory.channels * pim.lanes])
    parity, place = steps[:, h.REGION].copy(), steps[:, h.OFFSET].copy()
    region, within = place // (shape.rows * row_bursts), place % (shape.rows * row_bursts)
    placed = steps.copy()
    placed[:, h.REGION] = region
    placed[:, h.OFFSET] = (within * banks + parity) * memory.channels * pim.lanes
    result = np.zeros(padded, dtype=np.float32)
    _compute(memory, pim, placed, (first, second, _NO_OPERAND), np.stack([stride] * 3), result)
    return result[:elements].astype(np.float16)


def run_gemv(
    memory: MemoryConfig,
    pim: HbmPimConfig,
    steps: Int64Array,
    matrix: Float16Array,
    vector: Float16Array,
) -> Float16Array:
    """The product of a matrix (rows, columns) and a vector (columns,), FP16.

    Parameters
    ----------
    memory, pim
        The memory and the units.
    steps
        Of :func:`unit_steps`.
    matrix, vector
        The operands.
    """
    rows, columns = matrix.shape
    shape = gemv_shape(memory, pim, rows, columns)
    outputs = pim.registers * pim.blocks * memory.channels
    width = (shape.even_tiles + shape.odd_tiles) * pim.registers * pim.lanes
    height = shape.output_tiles * outputs
    bits = np.ascontiguousarray(matrix).view(np.uint16)
    if (height, width) != matrix.shape:
        bits = np.pad(bits, ((0, height - rows), (0, width - columns)))
    placed = steps.copy()
    parity, place = steps[:, h.REGION], steps[:, h.OFFSET]
    stores, loads = steps[:, h.STEP] == h.STORE, steps[:, h.STEP] == h.BROADCAST
    output, chunk = place % pim.registers, place // pim.registers % pim.registers
    tile, pass_ = place // pim.registers**2 % shape.even_tiles, place // pim.registers**2 // shape.even_tiles
    in_matrix = (pass_ * outputs + output) * width
    in_matrix += ((2 * tile + parity) * pim.registers + chunk) * pim.lanes
    stored = place - shape.result_column
    in_result = (stored // pim.registers * outputs + stored % pim.registers) * pim.lanes
    placed[:, h.OFFSET] = np.where(stores, in_result, np.where(loads, place, in_matrix))
    placed[:, h.REGION] = np.where(stores, 2, 0)
    of_matrix, of_result = pim.registers * width, pim.registers * pim.lanes
    strides = np.array([[pim.blocks * of_matrix, of_matrix], [0, 0], [pim.blocks * of_result, of_result]])
    result = np.zeros(height * pim.lanes, dtype=np.float32)
    operands = (bits.reshape(-1), _NO_OPERAND, _bits(vector, width))
    _compute(memory, pim, placed, operands, strides, result)
    partial = result.reshape(height, pim.lanes)[:rows]
    total = np.zeros(rows, dtype=np.float32)
    for lane in range(pim.lanes):
        total += partial[:, lane]
    return total.astype(np.float16)


def _bits(vector: Float16Array, length: int) -> NDArray[np.uint16]:
    bits = np.zeros(length, dtype=np.uint16)
    bits[: len(vector)] = vector.view(np.uint16)
    return bits


def _compute(
    memory: MemoryConfig,
    pim: HbmPimConfig,
    steps: Int64Array,
    operands: tuple[NDArray[np.uint16], NDArray[np.uint16], NDArray[np.uint16]],
    strides: Int64Array,
    result: NDArray[np.float32],
) -> None:
    """Carry the steps out in all channels; threads take some channels each."""
    floats = read_only(np.arange(1 << 16, dtype=np.uint16).view(np.float16).astype(np.float32))
    first, second, vector = (read_only(operand) for operand in operands)
    frozen_steps, frozen_strides = read_only(steps), read_only(strides)
    workers = min(thread_count(), memory.channels)
    bounds = [memory.channels * part // workers for part in range(workers + 1)]

    def part(begin: int, end: int) -> None:
        compute(
            frozen_steps, begin, end, pim.blocks, pim.registers, first, second, vector, frozen_strides,
            floats, result,
        )  # fmt: skip

    with ThreadPoolExecutor(workers) as pool:
        list(pool.map(part, bounds[:-1], bounds[1:]))
