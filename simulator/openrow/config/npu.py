"""The typed model of a digital NPU: a systolic array with scratchpads, and a DMA engine to the memory.

The files in ``arch_configs/npu`` name the source of every figure.
"""

from typing import Annotated, Self

from pydantic import Field, model_validator

from openrow.config.base import Choice, PositiveInt, Section

NotNegative = Annotated[float, Field(ge=0)]
PositiveFloat = Annotated[float, Field(gt=0)]
SUM_BYTES = 4
BUFFERS = 2
"""Each scratchpad holds a tile that is computed on and one that moves."""


class Dataflow(Choice):
    """Which operand stays in the array while the others pass through it."""

    OUTPUT_STATIONARY = "output-stationary"
    WEIGHT_STATIONARY = "weight-stationary"
    INPUT_STATIONARY = "input-stationary"


class ProductTile(Section):
    """The part of a product that is computed at once, of operands that lie in scratchpads."""

    m: PositiveInt
    """Rows of the inputs and of the result."""
    k: PositiveInt
    """Columns of the inputs and rows of the weights."""
    n: PositiveInt
    """Columns of the weights and of the result."""

    @property
    def scratchpad_bytes(self) -> int:
        """What a tile and the next one take: operands of a byte, sums of four."""
        return BUFFERS * (self.m * self.k + self.k * self.n + self.m * self.n * SUM_BYTES)


class NpuConfig(Section):
    """A systolic array that multiplies integers of 8 bits."""

    name: str
    """What results call it."""
    source: str
    """Where the figures come from."""
    rows: PositiveInt
    """Rows of multipliers."""
    columns: PositiveInt
    """Columns of multipliers."""
    dataflow: Dataflow = Dataflow.WEIGHT_STATIONARY
    """Which operand stays in the array."""
    clock_mhz: PositiveFloat
    """Of the array."""
    tile: ProductTile
    """What is computed at once."""
    scratchpad_bytes: PositiveInt
    """Of all scratchpads together."""
    window: PositiveInt | None = None
    """Requests of each DMA channel outstanding at once; none means as many as the memory takes."""
    energy_pj_per_mac: NotNegative
    """Of a multiplication of 8 bits with an addition of 32."""
    energy_pj_per_scratchpad_byte: NotNegative
    """Of a byte read or written."""

    @model_validator(mode="after")
    def _tile_fits(self) -> Self:
        if self.tile.scratchpad_bytes > self.scratchpad_bytes:
            raise ValueError(
                f"tile needs {self.tile.scratchpad_bytes:,} bytes, twice {self.tile.m} x {self.tile.k} "
                f"inputs, {self.tile.k} x {self.tile.n} weights and {self.tile.m} x {self.tile.n} sums of "
                f"{SUM_BYTES} bytes; scratchpad_bytes is {self.scratchpad_bytes:,}"
            )
        return self
