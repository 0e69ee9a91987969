"""The typed model of crossbar hardware: arrays with their converters, tiles with their buffers, and a link.

The numerics say how many slices there are and how many rows are driven at once; here is what drives and
converts them, how long it takes, and what it costs. The files in ``arch_configs/crossbar`` name the source of
every figure.
"""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from openrow.config.base import PositiveInt, Section
from openrow.config.crossbar import CrossbarSettings, SignedMapping

NotNegative = Annotated[float, Field(ge=0)]
PositiveFloat = Annotated[float, Field(gt=0)]
Bits = Annotated[int, Field(ge=1, le=24)]
BITS_A_BYTE = 8
PARTIAL_SUM_BYTES = 4


class ArrayConfig(Section):
    """One array of cells."""

    rows: PositiveInt
    """Rows of cells. ``numerics.weight_block`` says how many of them are driven at once."""
    columns: PositiveInt
    """Columns of cells. All cells of a weight lie side by side in one array."""
    read_ns: PositiveFloat
    """From the voltages on the rows to settled currents in the columns."""
    energy_pj_per_cell: NotNegative
    """Mean energy of a driven cell in one read."""
    area_um2: NotNegative
    """Area of the array."""


class Converter(Section):
    """A digital-to-analogue or analogue-to-digital converter of some resolution."""

    bits: Bits
    """Its resolution."""
    time_ns: NotNegative
    """Of one conversion; the next begins when it is done."""
    energy_pj: NotNegative
    """Of one conversion."""
    area_um2: NotNegative
    """Of one converter."""


def converter_for(converters: list[Converter], bits: int | None, levels: int) -> Converter | None:
    """Return the converter of so many bits, or else the smallest that has the levels; None if there is
    none."""
    found = sorted(converters, key=lambda each: each.bits)
    if bits is not None:
        return next((each for each in found if each.bits == bits), None)
    return next((each for each in found if 1 << each.bits >= levels), None)


class DacConfig(Section):
    """The converters that drive the rows: one for each row driven at once."""

    converters: Annotated[list[Converter], Field(min_length=1)]
    """What there is; the smallest with ``numerics.dac_levels`` is built."""
    bits: Bits | None = None
    """Builds the converter of so many bits, whatever the numerics say."""


class AdcConfig(Section):
    """The converters that read the columns, one column after another."""

    columns: PositiveInt
    """Columns that share a converter: a divisor or a multiple of those of an array."""
    converters: Annotated[list[Converter], Field(min_length=1)]
    """What there is; the smallest with ``numerics.adc_levels`` is built, with the most of a list of them."""
    bits: Bits | None = None
    """Builds the converter of so many bits, whatever the numerics say; needed where theirs is ideal."""


class SampleAndHoldConfig(Section):
    """What keeps the current of each column while the array reads again."""

    energy_pj: NotNegative
    """Of holding one column once."""
    area_um2: NotNegative
    """Of the circuit of one column."""


class ShiftAddConfig(Section):
    """What adds codes, each shifted by the weight of its slices."""

    adcs: PositiveInt = 1
    """Converters that share one."""
    time_ns: NotNegative
    """From the last code to the sum."""
    energy_pj: NotNegative
    """Of one code."""
    area_um2: NotNegative
    """Of one shift-and-add."""


class RegisterConfig(Section):
    """Registers beside an array: the input it is driven with, and its sums."""

    energy_pj: NotNegative
    """Of an array for one read."""
    area_um2: NotNegative
    """Of an array's registers."""


class BufferConfig(Section):
    """A buffer of a tile with one port."""

    bytes: PositiveInt
    """Its capacity."""
    bandwidth_gb_per_s: PositiveFloat
    """Of its port, for reads and writes together."""
    energy_pj_per_byte: NotNegative
    """Of a byte read or written."""
    area_um2: NotNegative
    """Of the buffer of one tile, with the bus to the arrays."""


class DigitalConfig(Section):
    """The arithmetic of a tile beside its arrays: partial sums, shortcuts, rectification, pooling."""

    operations_per_ns: PositiveFloat
    """Operations of a tile at once."""
    energy_pj: NotNegative
    """Of one operation."""
    area_um2: NotNegative
    """Of a tile's units."""


class LinkConfig(Section):
    """The network between tiles: a square mesh, and a port each way at each tile."""

    bandwidth_gb_per_s: PositiveFloat
    """Of a port."""
    energy_pj_per_byte: NotNegative
    """Of a byte that a tile receives."""
    hop_ns: NotNegative
    """From one tile to the next."""
    area_um2: NotNegative
    """Of a tile's share of the network."""


class WriteConfig(Section):
    """Programming cells."""

    pulse_ns: PositiveFloat
    """Of one pulse."""
    pulses: PositiveInt = 1
    """Pulses that a cell needs, with its verification."""
    energy_pj: NotNegative
    """Of one pulse on one cell."""
    rows_at_once: PositiveInt = 1
    """Rows of an array written together; all columns of a row are."""
    arrays_at_once: PositiveInt = 1
    """Arrays of a tile written together."""


class TileConfig(Section):
    """One tile: arrays that share buffers, arithmetic and a place in the network."""

    arrays: PositiveInt
    """Arrays of a tile. A tile holds one layer."""
    input_buffer: BufferConfig
    """Inputs of the tile's layer."""
    output_buffer: BufferConfig
    """Its results."""
    digital: DigitalConfig
    """Arithmetic beside the arrays."""


class CrossbarHardware(Section):
    """A chip of crossbar tiles."""

    name: str
    """What results call it."""
    source: str
    """Where the figures come from."""
    numerics: CrossbarSettings = CrossbarSettings()
    """What is computed: slices, levels, noise. ``weight_block`` has the rows that are driven at once."""
    array: ArrayConfig
    """Arrays."""
    dac: DacConfig
    """Converters of rows."""
    sample_and_hold: SampleAndHoldConfig | None = None
    """Lets arrays read while the columns of the read before are converted. Without it the array is driven
    for every column that a converter reads."""
    adc: AdcConfig
    """Converters of columns."""
    shift_add: ShiftAddConfig
    """What puts slices together."""
    registers: RegisterConfig
    """Registers beside each array."""
    tile: TileConfig
    """What surrounds arrays."""
    tiles: PositiveInt
    """Tiles of the chip."""
    link: LinkConfig
    """The network between tiles."""
    write: WriteConfig
    """Programming."""
    replicate: bool = True
    """Whether layers with many vectors get copies where tiles are left."""
    tensors: Literal["dram", "on-chip"] = "dram"
    """Where input, output and weights are: in the simulated memory, or in the chip from the start."""
    static_power_w: NotNegative = 0.0
    """What the chip takes at any time."""
    other_area_um2: NotNegative = 0.0
    """Area of the chip beside its tiles."""

    @model_validator(mode="after")
    def _checked(self) -> Self:
        problems = [problem for check in _CHECKS if (problem := check(self))]
        if problems:
            raise ValueError("; ".join(problems))
        return self

    @property
    def arrays(self) -> int:
        """Arrays of the chip."""
        return self.tiles * self.tile.arrays

    @property
    def rows_at_once(self) -> int:
        """Rows of an array driven at once; as many converters drive them."""
        return min(self.numerics.weight_block[0], self.array.rows)

    @property
    def cells_of_weight(self) -> int:
        """Cells of one weight, side by side."""
        pairs = self.numerics.signed_mapping is SignedMapping.DIFFERENTIAL
        return len(self.numerics.cell_slices()) * (2 if pairs else 1)

    @property
    def weights_of_row(self) -> int:
        """Whole weights in a row of an array."""
        return self.array.columns // self.cells_of_weight

    @property
    def offset_columns(self) -> int:
        """Columns of an array beside those of the weights, that measure their offset."""
        return int(self.numerics.signed_mapping is SignedMapping.OFFSET_COLUMN)

    @property
    def arrays_of_adc(self) -> int:
        """Arrays that share one converter; they step together and belong to one copy of a layer."""
        return max(1, self.adc.columns // self.array.columns)

    @property
    def adcs_of_array(self) -> float:
        """Converters of an array."""
        return max(1, self.array.columns // self.adc.columns) / self.arrays_of_adc

    @property
    def dac_built(self) -> Converter:
        """The converter of a row."""
        found = converter_for(self.dac.converters, self.dac.bits, self.numerics.dac_levels)
        assert found is not None, "it has been checked"
        return found

    @property
    def adc_built(self) -> Converter:
        """The converter of columns."""
        found = converter_for(self.adc.converters, self.adc.bits, _most_adc_levels(self))
        assert found is not None, "it has been checked"
        return found

    @property
    def input_bytes(self) -> int:
        """Bytes of an input, and of an output."""
        return -(-sum(self.numerics.input_slices) // BITS_A_BYTE)

    @property
    def weight_bytes(self) -> int:
        """Bytes of a weight in memory."""
        return -(-sum(self.numerics.weight_slices) // BITS_A_BYTE)


def _most_adc_levels(hardware: CrossbarHardware) -> int:
    return max((levels or 0 for levels in hardware.numerics.adc_levels_by_slice()), default=0)


def _rows(hardware: CrossbarHardware) -> str | None:
    rows, block = hardware.array.rows, hardware.numerics.weight_block[0]
    if rows % block:
        return (
            f"array.rows {rows} should be a multiple of the {block} rows that numerics.weight_block drives "
            "at once"
        )
    return None


def _columns(hardware: CrossbarHardware) -> str | None:
    if hardware.cells_of_weight > hardware.array.columns:
        return (
            f"array.columns {hardware.array.columns} cannot hold a weight of {hardware.cells_of_weight} cells"
        )
    return None


def _dac(hardware: CrossbarHardware) -> str | None:
    return _converter("dac", hardware.dac, hardware.numerics.dac_levels)


def _adc(hardware: CrossbarHardware) -> str | None:
    levels = hardware.numerics.adc_levels
    if hardware.adc.bits is None and (levels is None or (isinstance(levels, tuple) and None in levels)):
        return "adc.bits is required where numerics.adc_levels is null: it says which converter is built"
    return _converter("adc", hardware.adc, _most_adc_levels(hardware))


def _converter(name: str, section: DacConfig | AdcConfig, levels: int) -> str | None:
    if converter_for(section.converters, section.bits, levels) is not None:
        return None
    listed = ", ".join(str(bits) for bits in sorted(each.bits for each in section.converters))
    if section.bits is not None:
        return f"{name}.bits {section.bits} is no converter of {name}.converters, which has {listed} bits"
    return (
        f"numerics.{name}_levels {levels} needs a converter of {(levels - 1).bit_length()} bits, and "
        f"{name}.converters has {listed}; list one, or choose one with {name}.bits"
    )


def _shared_columns(hardware: CrossbarHardware) -> str | None:
    shared, columns = hardware.adc.columns, hardware.array.columns
    if columns % shared and shared % columns:
        return (
            f"adc.columns {shared} should divide the {columns} columns of an array or be a multiple of them"
        )
    if hardware.tile.arrays % hardware.arrays_of_adc:
        return (
            f"tile.arrays {hardware.tile.arrays} should be a multiple of the {hardware.arrays_of_adc} arrays "
            "that share a converter"
        )
    if hardware.array.columns % 2 and hardware.numerics.signed_mapping is SignedMapping.DIFFERENTIAL:
        return f"array.columns {columns} should be even for differential pairs"
    return None


_CHECKS = (_rows, _columns, _dac, _adc, _shared_columns)
