"""Energy and area by part, and programming: counts of what happens times what each costs."""

from dataclasses import dataclass
from math import ceil

from openrow.config.crossbar_hardware import CrossbarHardware
from openrow.crossbar.hardware.chip import digital_operations
from openrow.crossbar.hardware.mapping import ChipMapping, LayerMapping
from openrow.crossbar.hardware.timing import PS_PER_NS, cells_of_conversion, operation_times
from openrow.crossbar.network_shape import matrix_shape

PJ_PER_NS_AND_W = 1000.0
"""A watt is so many picojoules a nanosecond."""


@dataclass(frozen=True)
class Counts:
    """What a layer's hardware does for one vector, and for one pixel of its input.

    Attributes
    ----------
    array_reads
        Times that an array is driven, all arrays together.
    cell_reads
        Cells that current flows through.
    dac_conversions, holds, adc_conversions
        Of rows and columns.
    input_bytes
        Read from input buffers.
    output_bytes
        Written to output buffers and read again.
    digital_operations
        In the tiles.
    partial_bytes
        Partial sums received over the network.
    """

    array_reads: int
    cell_reads: int
    dac_conversions: int
    holds: int
    adc_conversions: int
    input_bytes: int
    output_bytes: int
    digital_operations: int
    partial_bytes: int


def counts_of_vector(mapping: LayerMapping, copy: int = 0) -> Counts:
    """Return what one vector makes one copy of a layer do."""
    layer, hardware = mapping.layer, mapping.hardware
    slices, rows, blocks = len(hardware.numerics.input_slices), layer.rows_of_weights, mapping.column_blocks
    # Without sample-and-hold the rows are driven for each column that a converter reads; current flows in
    # the columns that are being read.
    times = operation_times(mapping)
    drives = 1 if times.overlapped else times.conversions
    offset = blocks * hardware.offset_columns
    columns = layer.outputs * hardware.cells_of_weight + offset
    converted = layer.outputs * hardware.cells_of_weight // cells_of_conversion(hardware) + offset
    groups = ceil(rows / hardware.rows_at_once)
    parts = mapping.parts(copy)
    return Counts(
        array_reads=slices * groups * blocks * drives,
        cell_reads=slices * rows * columns,
        dac_conversions=slices * rows * blocks * drives,
        holds=slices * groups * columns if times.overlapped else 0,
        adc_conversions=slices * groups * converted,
        input_bytes=sum(mapping.rows_on(part) for part in parts) * hardware.input_bytes,
        output_bytes=2 * layer.outputs * hardware.input_bytes,
        digital_operations=layer.outputs * digital_operations(mapping),
        partial_bytes=sum(mapping.partial_bytes_of(part) for part in parts),
    )


def layer_energy_pj(mapping: LayerMapping, batch: int, received: int) -> dict[str, float]:
    """Return the energy of a layer by part, without what the chip takes at any time.

    Parameters
    ----------
    mapping
        The layer.
    batch
        Images.
    received
        Bytes that its tiles have been sent, all together.
    """
    hardware, layer = mapping.hardware, mapping.layer
    vectors = [ceil((batch * layer.vectors - copy) / mapping.copies) for copy in range(mapping.copies)]
    counts = counts_of_vector(mapping)
    total = batch * layer.vectors
    loaded = sum(n * counts_of_vector(mapping, copy).input_bytes for copy, n in enumerate(vectors))
    gathered = sum(n * counts_of_vector(mapping, copy).partial_bytes for copy, n in enumerate(vectors))
    hold = hardware.sample_and_hold
    tile = hardware.tile
    return {
        "array": total * counts.cell_reads * hardware.array.energy_pj_per_cell,
        "dac": total * counts.dac_conversions * hardware.dac_built.energy_pj,
        "sample_and_hold": total * counts.holds * (hold.energy_pj if hold else 0.0),
        "adc": total * counts.adc_conversions * hardware.adc_built.energy_pj,
        "shift_add": total * counts.adc_conversions * hardware.shift_add.energy_pj,
        "registers": total * counts.array_reads * hardware.registers.energy_pj,
        "input_buffer": (loaded + received) * tile.input_buffer.energy_pj_per_byte,
        "output_buffer": total * counts.output_bytes * tile.output_buffer.energy_pj_per_byte,
        "digital": total * counts.digital_operations * tile.digital.energy_pj,
        "link": (received + gathered) * hardware.link.energy_pj_per_byte,
    }


def static_energy_pj(hardware: CrossbarHardware, time_ns: float) -> float:
    """Return the energy that the chip takes at any time."""
    return hardware.static_power_w * PJ_PER_NS_AND_W * time_ns


def array_area_um2(hardware: CrossbarHardware) -> dict[str, float]:
    """Return the area of one array with its converters, by part."""
    adcs = hardware.adcs_of_array
    columns = hardware.array.columns + hardware.offset_columns
    hold = hardware.sample_and_hold
    return {
        "array": hardware.array.area_um2 * columns / hardware.array.columns,
        "dac": hardware.rows_at_once * hardware.dac_built.area_um2,
        "sample_and_hold": columns * hold.area_um2 if hold else 0.0,
        "adc": adcs * hardware.adc_built.area_um2,
        "shift_add": adcs / hardware.shift_add.adcs * hardware.shift_add.area_um2,
        "registers": hardware.registers.area_um2,
    }


def tile_area_um2(hardware: CrossbarHardware) -> dict[str, float]:
    """Return the area of one tile by part."""
    tile = hardware.tile
    return {
        **{part: tile.arrays * area for part, area in array_area_um2(hardware).items()},
        "input_buffer": tile.input_buffer.area_um2,
        "output_buffer": tile.output_buffer.area_um2,
        "digital": tile.digital.area_um2,
        "link": hardware.link.area_um2,
    }


def chip_area_um2(hardware: CrossbarHardware) -> dict[str, float]:
    """Return the area of the chip by part, whether its tiles are used or not."""
    area = {part: hardware.tiles * own for part, own in tile_area_um2(hardware).items()}
    return {**area, "other": hardware.other_area_um2}


@dataclass(frozen=True)
class PeakFigures:
    """What a chip does at most, all arrays full and busy. A multiplication and its addition are two."""

    gop_per_s: float
    power_w: float
    area_mm2: float


def peak_figures(hardware: CrossbarHardware, busiest_tile_w: float = 0.0) -> PeakFigures:
    """Return the peak figures of a chip.

    Parameters
    ----------
    hardware
        The chip.
    busiest_tile_w
        What a tile takes beside its arrays.
    """
    weights = hardware.weights_of_row
    full = LayerMapping(matrix_shape(1, hardware.array.rows, weights)[0], hardware, 1, 0)
    times = operation_times(full)
    ns = times.vector_interval / PS_PER_NS
    energy = layer_energy_pj(full, 1, 0)
    arrays = ("array", "dac", "sample_and_hold", "adc", "shift_add", "registers")
    power = hardware.arrays * sum(energy[part] for part in arrays) / ns / PJ_PER_NS_AND_W
    return PeakFigures(
        gop_per_s=hardware.arrays * 2 * hardware.array.rows * weights / ns,
        power_w=power + hardware.tiles * busiest_tile_w + hardware.static_power_w,
        area_mm2=sum(chip_area_um2(hardware).values()) / 1e6,
    )


def programming_energy_pj(mapping: ChipMapping) -> float:
    """Return the energy of all pulses."""
    write = mapping.hardware.write
    return mapping.cells_used * write.pulses * write.energy_pj


def programming_ns(mapping: LayerMapping, arrays: int) -> float:
    """Return the time of programming so many arrays of one tile."""
    write = mapping.hardware.write
    rows = min(mapping.layer.rows_of_weights, mapping.hardware.array.rows)
    return (
        ceil(arrays / write.arrays_at_once) * ceil(rows / write.rows_at_once) * write.pulses * write.pulse_ns
    )


def weight_bytes(mapping: LayerMapping) -> int:
    """Return the bytes of a layer's weights in memory; its copies are programmed from the same."""
    layer = mapping.layer
    return layer.rows_of_weights * layer.outputs * mapping.hardware.weight_bytes
