"""The instructions of HBM-PIM's units, and the programs of the kernels.

A program lies in the instruction buffer (CRF). Every column command to half the banks, to a row of data and
with the units on, carries out one instruction in each unit; jumps take none. An instruction that is
``repeated`` serves one column command for each register, whose number is that of the register: the units read
it off the column address. A NOP serves ``count + 1`` commands, and on a write stores the registers: GRF_A in
the even bank, GRF_B in the odd one. A JUMP goes back ``offset`` instructions ``count`` times.

Instruction set and registers: Lee et al., ISCA 2021 (doi 10.1109/ISCA52012.2021.00013), table 2; repetition
and the meaning of NOP on a write: Samsung PIMSimulator (commit b464dde).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

Int64Array = NDArray[np.int64]


class Operation(IntEnum):
    """What an instruction does."""

    NOP = 0
    FILL = 1
    ADD = 2
    MUL = 3
    MAC = 4
    JUMP = 5
    EXIT = 6


class Operand(IntEnum):
    """Where an operand is."""

    NONE = 0
    GRF_A = 1
    GRF_B = 2
    BANK = 3
    """The burst that the column command reads, of the even or the odd bank."""


@dataclass(frozen=True)
class Instruction:
    """One entry of the instruction buffer.

    FILL copies ``first`` to ``target``, negative numbers becoming zero with ``relu``; ADD and MUL combine
    ``first`` and ``second``; MAC adds their product to ``target``.
    """

    operation: Operation
    target: Operand = Operand.NONE
    first: Operand = Operand.NONE
    second: Operand = Operand.NONE
    relu: bool = False
    count: int = 0
    offset: int = 0

    def as_row(self) -> list[int]:
        """The columns that compiled code reads."""
        return [
            self.operation,
            self.target,
            self.first,
            self.second,
            int(self.relu),
            self.count,
            self.offset,
        ]


INSTRUCTION_COLUMNS = 7


def _store(registers: int) -> Instruction:
    return Instruction(Operation.NOP, count=registers - 1)


def _looped(body: list[Instruction], times: int) -> list[Instruction]:
    loop = [Instruction(Operation.JUMP, count=times - 1, offset=len(body))] if times > 1 else []
    return [*body, *loop, Instruction(Operation.EXIT)]


def _two_operands(operation: Operation, registers: int, tiles: int) -> list[Instruction]:
    body = []
    for file in (Operand.GRF_A, Operand.GRF_B):
        body += [
            Instruction(Operation.FILL, file, Operand.BANK),
            Instruction(operation, file, file, Operand.BANK),
            _store(registers),
        ]
    return _looped(body, tiles)


def _relu(registers: int, tiles: int) -> list[Instruction]:
    body = []
    for file in (Operand.GRF_A, Operand.GRF_B):
        body += [Instruction(Operation.FILL, file, Operand.BANK, relu=True), _store(registers)]
    return _looped(body, tiles)


ELEMENTWISE: Mapping[str, Callable[[int, int], list[Instruction]]] = {
    "add": lambda registers, tiles: _two_operands(Operation.ADD, registers, tiles),
    "mul": lambda registers, tiles: _two_operands(Operation.MUL, registers, tiles),
    "relu": _relu,
}
"""The program of each element-wise kernel, of the registers of a file and the tiles of the vector."""


def gemv_program(registers: int, even_tiles: int, odd_tiles: int) -> list[Instruction]:
    """The program of a matrix-vector product: even tiles of the matrix from even banks, then odd ones.

    Parameters
    ----------
    registers
        Registers of a file: inputs of a tile (bursts) in GRF_A, outputs in GRF_B.
    even_tiles, odd_tiles
        Tiles of the vector in even and in odd banks.
    """
    body = []
    for tiles in (even_tiles, odd_tiles):
        if tiles:
            body += [
                Instruction(Operation.MAC, Operand.GRF_B, Operand.GRF_A, Operand.BANK),
                Instruction(Operation.JUMP, count=registers * tiles - 1, offset=1),
            ]
    return [*body, _store(registers), Instruction(Operation.EXIT)]


def instruction_rows(program: list[Instruction]) -> Int64Array:
    """(n, INSTRUCTION_COLUMNS) a program for compiled code."""
    return np.array([instruction.as_row() for instruction in program], dtype=np.int64)
