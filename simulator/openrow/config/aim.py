"""The typed model of AiM (SK hynix): a row of multipliers with an adder tree in each bank of GDDR6.

One command opens a row in all banks, and each of the following multiplies a burst of every bank by a burst
of the channel's global buffer and adds the products to that bank's sum. Other commands multiply a burst of
the first bank of every group by one of the second, into the third, or take a function of every bank's sum.
"""

from typing import Annotated, Literal

from pydantic import Field

from openrow.config.base import PositiveInt, Section
from openrow.config.memory import Constraint

NotNegative = Annotated[float, Field(ge=0)]
Cycles = Annotated[int, Field(ge=0, le=2**20)]


class AimEnergy(Section):
    """Energy of the units. What the DRAM spends on the way is counted from the memory's energy."""

    alu_pj_per_byte: NotNegative
    """Arithmetic, for each byte that a multiplier takes from its bank, or that a function results in."""
    buffer_pj_per_byte: NotNegative
    """A byte read from or written to the global buffer."""
    source: str
    """Where the figures come from, and what is not known."""


class AimConfig(Section):
    """Multipliers and an adder tree in each bank, steered by commands to all banks."""

    model: Literal["aim"]
    """Says that this section is AiM."""
    source: str
    """Where the figures come from."""
    blocks: PositiveInt
    """Units of a channel: one in each bank."""
    lanes: PositiveInt
    """Multipliers of a unit: as many as a burst has elements."""
    precision: Literal["bf16", "fp16"] = "bf16"
    """Of operands and results; products are added in FP32."""
    global_buffer_bytes: PositiveInt
    """The part of the vector that all units of a channel share; a multiple of a burst, at most a row."""
    decode_cycles: Cycles
    """Cycles from an instruction's arrival to its first command."""
    finish_cycles: Cycles
    """Cycles from the last command until the host knows that all is done."""
    sums_latency: str | int
    """Cycles from reading sums or functions of them until they are there: a number or formula of timings."""
    constraints: Annotated[list[Constraint], Field(min_length=1)]
    """Rows of the constraint table of the commands to all banks, beside those of the memory."""
    energy: AimEnergy
    """Of the units."""
