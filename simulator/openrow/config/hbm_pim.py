"""The typed model of HBM-PIM (Samsung): FP16 units, each between an even and an odd bank of HBM2.

The host steers the units with ordinary accesses. Accesses to certain rows switch between three modes: single
bank, all banks (a command to bank 0 or 1 goes to all even or all odd banks), and all banks with units
working, where every such column command is also one step of each unit's program.
"""

from typing import Annotated, Literal

from pydantic import Field

from openrow.config.base import PositiveInt, Section
from openrow.config.memory import Constraint

NotNegative = Annotated[float, Field(ge=0)]
Row = Annotated[int, Field(ge=0)]


class ModeRows(Section):
    """The rows that are registers: an access to one is a command to the device."""

    park: Row
    """Every bank reads a burst of it before and after, so that no row of data stays open as modes change."""
    to_all_banks: Row
    """Single bank to all banks, once four banks have opened it."""
    to_single_bank: Row
    """All banks to single bank, once the even and the odd banks have closed it."""
    registers: Row
    """Mode, instructions and general registers of the units; nothing is stored."""
    mode_column: Annotated[int, Field(ge=0)]
    """The column of accesses that change between single bank and all banks."""


class HbmPimEnergy(Section):
    """Energy of the units. What the DRAM spends on the way is counted from the memory's energy."""

    alu_pj_per_byte: NotNegative
    """Arithmetic, for each byte of a 256-bit operand from a bank that a unit works on."""
    registers_pj_per_byte: NotNegative
    """A byte read from or written to a unit's registers."""
    source: str
    """Where the figures come from, and what is not known."""


class HbmPimConfig(Section):
    """Compute units between even and odd banks, steered by ordinary column commands."""

    model: Literal["hbm-pim"]
    """Says that this section is HBM-PIM."""
    source: str
    """Where the figures come from."""
    blocks: PositiveInt
    """Units of a channel (a pseudo channel of HBM2): one for each even bank and its odd neighbour."""
    lanes: PositiveInt
    """FP16 lanes of a unit: as many as a burst has elements."""
    registers: Annotated[int, Field(gt=0, le=64)]
    """General registers in each of the two files, GRF_A and GRF_B, each of one burst."""
    instructions: Annotated[int, Field(gt=0, le=1024)]
    """Entries of the instruction buffer (CRF), of 32 bits."""
    command_queue: Annotated[int, Field(gt=0, le=4096)]
    """Transactions the controller looks at: it takes in one a cycle while there is room."""
    command_transfer_cycles: Annotated[int, Field(ge=0, le=64)]
    """Cycles a command takes to the device, before its latency counts."""
    write_latency: str | int
    """Cycles from a write to the first beat of its data: a number or a formula of timings."""
    operand_rows: PositiveInt
    """Rows from the first vector of an element-wise operation to the second, and on to the result; more
    where a vector needs more."""
    data_rows: PositiveInt
    """Rows that hold data: those from here on are registers or not seen by the units."""
    rows: ModeRows
    """The rows that are registers."""
    constraints: Annotated[list[Constraint], Field(min_length=1)]
    """Rows of the constraint table of the commands to half the banks, beside those of the memory."""
    energy: HbmPimEnergy
    """Of the units."""
