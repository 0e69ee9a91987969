"""How long an array takes: one operation, and the operations of a vector one after another.

An operation is one slice of an input vector on one group of rows: the converters of the rows drive them, the
array settles, and the columns of each converter are converted in sequence. With sample-and-hold the currents
are kept while the array goes on to the next operation, so that reading and converting overlap:

    held_i = max(held_{i-1} + read, converted_{i-1}),  converted_i = held_i + conversions x conversion

Without it the array is driven anew for every column, and nothing overlaps: this is the composition of MNSIM
2.0, ceil(input bits / DAC bits) x ceil(rows / DACs) x ceil(columns / ADCs) x (array + DAC + ADC).

All arrays of a copy of a layer step together, at the pace of the fullest.
"""

from dataclasses import dataclass
from math import ceil

from openrow.config.crossbar import SignedMapping
from openrow.config.crossbar_hardware import CrossbarHardware
from openrow.crossbar.hardware.mapping import LayerMapping

PS_PER_NS = 1000


def picoseconds(nanoseconds: float) -> int:
    """Return a time in whole picoseconds."""
    return round(nanoseconds * PS_PER_NS)


@dataclass(frozen=True)
class OperationTimes:
    """Times of a layer's arrays, ps.

    Attributes
    ----------
    operations
        Operations of a vector: slices of the input times groups of rows.
    read
        Driving the rows and settling.
    conversions
        Columns that the fullest converter converts in an operation.
    conversion
        Time of these conversions together.
    overlapped
        Whether there is sample-and-hold.
    added
        From the last code to the sum.
    """

    operations: int
    read: int
    conversions: int
    conversion: int
    overlapped: bool
    added: int

    @property
    def interval(self) -> int:
        """Between two operations of a busy array."""
        if self.overlapped:
            return max(self.read, self.conversion)
        return self.conversions * self.read + self.conversion

    @property
    def vector_interval(self) -> int:
        """Between two vectors of a busy array."""
        return self.operations * self.interval

    @property
    def vector_latency(self) -> int:
        """Of one vector on an idle array."""
        if not self.overlapped:
            return self.vector_interval + self.added
        return self.read + (self.operations - 1) * self.interval + self.conversion + self.added

    @property
    def array_busy(self) -> int:
        """Of a vector: time in which the array is driven."""
        return self.operations * self.read * (1 if self.overlapped else self.conversions)

    @property
    def adc_busy(self) -> int:
        """Of a vector: time in which the fullest converter converts."""
        return self.operations * self.conversion


def operation_times(mapping: LayerMapping) -> OperationTimes:
    """Return the times of a layer's arrays."""
    hardware = mapping.hardware
    conversions = _conversions(mapping)
    return OperationTimes(
        operations=operations_of_vector(mapping),
        read=picoseconds(hardware.dac_built.time_ns + hardware.array.read_ns),
        conversions=conversions,
        conversion=picoseconds(conversions * hardware.adc_built.time_ns),
        overlapped=hardware.sample_and_hold is not None,
        added=picoseconds(hardware.shift_add.time_ns),
    )


def operations_of_vector(mapping: LayerMapping) -> int:
    """Return the operations of a vector on an array: slices of the input times groups of rows."""
    hardware = mapping.hardware
    rows = min(mapping.layer.rows_of_weights, hardware.array.rows)
    return len(hardware.numerics.input_slices) * ceil(rows / hardware.rows_at_once)


def _conversions(mapping: LayerMapping) -> int:
    """Return the columns that the fullest converter converts: pairs of cells once, and the offset column."""
    hardware = mapping.hardware
    outputs = min(mapping.layer.outputs, hardware.weights_of_row)
    columns = min(outputs * hardware.cells_of_weight, hardware.adc.columns)
    of_array = ceil(columns / cells_of_conversion(hardware)) + hardware.offset_columns
    return of_array * min(hardware.arrays_of_adc, mapping.row_blocks * mapping.column_blocks)


def cells_of_conversion(hardware: CrossbarHardware) -> int:
    """Return how many cells of a row are converted together: two of a differential pair."""
    return 2 if hardware.numerics.signed_mapping is SignedMapping.DIFFERENTIAL else 1


class ArrayPipeline:
    """The arrays of one copy of a layer in time: vectors one after another.

    Operations of a vector are put together into one step, exactly: nothing outside the arrays waits for a
    single operation.
    """

    def __init__(self, times: OperationTimes) -> None:
        self._times = times
        self._held = 0
        """When the array may be driven again."""
        self._converted = 0
        """When the converters are free."""

    def multiply(self, at: int) -> tuple[int, int]:
        """Take a vector at time ``at``, ps; returns when it begins and when its sums are there."""
        times = self._times
        begin = max(at, self._held)
        if not times.overlapped:
            self._held = begin + times.vector_interval
            return begin, self._held + times.added
        first = max(begin + times.read, self._converted)
        self._held = first + (times.operations - 1) * times.interval
        self._converted = self._held + times.conversion
        return begin, self._converted + times.added
