"""The typed model of a memristor crossbar's numerics: slices, blocks, cells, converters, disturbances.

Defaults are an 8-bit product in slices of 1, 1, 2 and 4 bits on 32 x 32 arrays of 16 levels. Everything that
disturbs is off by default, and each kind draws from a seed of its own that follows from ``seed``.
"""

from itertools import accumulate
from typing import Annotated, Any, Self

from pydantic import BeforeValidator, Field, model_validator

from openrow.config.base import Choice, Section

MOST_SLICE_BITS = 8
MOST_BITS = 16
MOST_WIRED_CELLS = 128


def _tuple_of_list(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def _whole_levels(value: Any) -> Any:
    """Take levels as they stand in a file, whose keys are text."""
    if not isinstance(value, dict):
        return value
    return {int(key) if str(key).isdecimal() else key: each for key, each in value.items()}


Widths = Annotated[tuple[int, ...], BeforeValidator(_tuple_of_list)]
"""Bits of the slices of an operand, the most significant first; the first is the sign and 1 bit wide."""
Shape = Annotated[
    tuple[Annotated[int, Field(gt=0)], Annotated[int, Field(gt=0)]], BeforeValidator(_tuple_of_list)
]
"""Rows and columns of a block."""
Levels = Annotated[int, Field(ge=2, le=1 << 24)]
"""A number of levels (not of bits)."""
LevelList = Annotated[tuple[Levels, ...], BeforeValidator(_tuple_of_list)]
Rate = Annotated[float, Field(ge=0, le=1)]
Deviation = Annotated[float, Field(ge=0)]
ByLevel = Annotated[dict[int, Deviation], BeforeValidator(_whole_levels)]
Positive = Annotated[float, Field(gt=0)]
Seed = Annotated[int, Field(ge=0)]


class Mode(Choice):
    """How real numbers become the integers that are sliced."""

    INTEGER = "integer"
    BLOCK_FLOATING_POINT = "block-floating-point"


class Granularity(Choice):
    """Named extents over which numbers share a scale, each rounded up to whole blocks."""

    BLOCK = "block"
    MATRIX = "matrix"
    ROW = "row"
    COLUMN = "column"


class SignedMapping(Choice):
    """How signed weights become conductances, which are positive."""

    TWOS_COMPLEMENT = "twos-complement"
    """The sign is a slice of its own, and its product is subtracted."""
    DIFFERENTIAL = "differential"
    """Two cells hold the magnitude, one of them zero; their currents are subtracted before the converter,
    whose levels span both signs. The sign slice needs no cell."""
    OFFSET_COLUMN = "offset-column"
    """Half the range is added to each weight, and one more column of each array, all cells at the highest
    level, measures what to subtract."""


class CrossbarSettings(Section):
    """The numerics of bit-sliced products on crossbars."""

    mode: Mode = Mode.INTEGER
    """Integers scaled by the largest magnitude of a granularity block, or by a power of two above it."""
    input_slices: Widths = (1, 1, 2, 4)
    """Bits of the input's slices, most significant first; the first is the sign, 1 bit."""
    weight_slices: Widths = (1, 1, 2, 4)
    """Bits of the weights' slices, likewise."""
    input_block: Shape = (32, 32)
    """Rows and columns of the input processed together; the columns are the rows of a weight block."""
    weight_block: Shape = (32, 32)
    """Rows and columns of one array."""
    input_granularity: Shape | Granularity = (32, 32)
    """Rows and columns of the input that share a scale, rounded up to whole blocks."""
    weight_granularity: Shape | Granularity = (32, 32)
    """Rows and columns of the weights that share a scale, rounded up to whole blocks."""
    signed_mapping: SignedMapping = SignedMapping.TWOS_COMPLEMENT
    """How signed weights are held."""
    conductance_low_s: Positive = 1e-7
    """Conductance of the lowest level, in siemens."""
    conductance_high_s: Positive = 1e-5
    """Conductance of the highest level, in siemens."""
    conductance_levels: Levels = 16
    """Levels of a cell, both ends included, equally spaced."""
    dac_levels: Levels = 16
    """Levels of the voltage on a row, both ends included."""
    adc_levels: Levels | LevelList | None = 1024
    """Levels of a converter, or one number per weight slice, most significant first; null is an ideal
    converter."""
    adc_clipping: bool = False
    """Whether codes are kept within the converter's levels; only noise drives them beyond."""
    read_voltage_v: Positive = 0.2
    """Voltage of the highest DAC level."""
    write_variation: Deviation = 0.0
    """Standard deviation of the relative error of a programmed conductance; drawn once, at programming."""
    read_variation: Deviation | ByLevel = 0.0
    """Standard deviation of the logarithm of a read conductance, for all levels or by level; drawn once a
    product."""
    dac_noise: Deviation = 0.0
    """Standard deviation of the relative error of a row voltage; drawn once a product."""
    stuck_high_rate: Rate = 0.0
    """Share of cells stuck at the highest conductance."""
    stuck_low_rate: Rate = 0.0
    """Share of cells stuck at the lowest conductance."""
    drift_exponent: Deviation = 0.0
    """Mean exponent nu of retention drift, G(t) = G (t / t0)^-nu (Le Gallo et al., Advanced Electronic
    Materials 2018)."""
    drift_exponent_deviation: Deviation = 0.0
    """Standard deviation of nu from cell to cell."""
    drift_time_s: Positive = 1.0
    """Time t since programming, in seconds."""
    drift_reference_s: Positive = 1.0
    """Time t0 after programming at which a conductance has its programmed value, in seconds."""
    wire_resistance_ohm: Deviation = 0.0
    """Resistance of the wire between neighbouring cells, in ohm, for arrays of up to 128 x 128 cells."""
    seed: Seed = 0
    """What the seeds follow from that are not given."""
    write_seed: Seed | None = None
    """Seed of write variation."""
    read_seed: Seed | None = None
    """Seed of read variation."""
    dac_seed: Seed | None = None
    """Seed of DAC noise."""
    stuck_seed: Seed | None = None
    """Seed of stuck cells."""
    drift_seed: Seed | None = None
    """Seed of the drift exponents."""

    @model_validator(mode="after")
    def _checked(self) -> Self:
        problems = [problem for check in _CHECKS if (problem := check(self))]
        if problems:
            raise ValueError("; ".join(problems))
        return self

    def cell_slices(self) -> tuple[int, ...]:
        """Return the bits of the weight slices that cells hold, most significant first."""
        if self.signed_mapping is SignedMapping.DIFFERENTIAL:
            return self.weight_slices[1:]
        return self.weight_slices

    def adc_levels_by_slice(self) -> tuple[int | None, ...]:
        """Return the converter's levels for each slice of :meth:`cell_slices`."""
        slices = self.cell_slices()
        if isinstance(self.adc_levels, tuple):
            return self.adc_levels[-len(slices) :]
        return (self.adc_levels,) * len(slices)

    def noisy(self) -> bool:
        """Return whether conductances or voltages leave their levels."""
        return self.noisy_cells() or self.dac_noise > 0

    def whole_levels(self) -> bool:
        """Return whether conductances and voltages, stuck cells among them, are at levels."""
        varied = self.write_variation > 0 or self.drifts() or self.varies_when_read()
        return not varied and self.dac_noise == 0 and self.wire_resistance_ohm == 0

    def noisy_cells(self) -> bool:
        """Return whether conductances leave their levels."""
        stuck = self.stuck_high_rate + self.stuck_low_rate > 0
        programmed = stuck or self.write_variation > 0 or self.drifts()
        return programmed or self.varies_when_read() or self.wire_resistance_ohm > 0

    def drifts(self) -> bool:
        """Return whether conductances drift."""
        spread = self.drift_exponent > 0 or self.drift_exponent_deviation > 0
        return spread and self.drift_time_s != self.drift_reference_s

    def varies_when_read(self) -> bool:
        """Return whether conductances vary from read to read."""
        by_level = self.read_variation
        return any(by_level.values()) if isinstance(by_level, dict) else by_level > 0


def offsets_below(widths: tuple[int, ...]) -> tuple[int, ...]:
    """Return the bits below each slice."""
    return tuple(accumulate(reversed(widths[1:]), initial=0))[::-1]


def _slice_widths(settings: CrossbarSettings) -> str | None:
    for name in ("input_slices", "weight_slices"):
        widths: tuple[int, ...] = getattr(settings, name)
        if len(widths) < 2 or widths[0] != 1:
            return f"{name} {widths} should start with the sign, 1 bit, and have a slice after it"
        if not all(1 <= width <= MOST_SLICE_BITS for width in widths):
            return f"{name} {widths} should be 1 to {MOST_SLICE_BITS} bits each"
        if sum(widths) > MOST_BITS:
            return f"{name} {widths} should be {MOST_BITS} bits together at most, not {sum(widths)}"
    return None


def _levels_hold_slices(settings: CrossbarSettings) -> str | None:
    widest_cell, widest_input = max(settings.cell_slices(), default=1), max(settings.input_slices)
    if settings.conductance_levels < 1 << widest_cell:
        return (
            f"conductance_levels {settings.conductance_levels} cannot hold a slice of {widest_cell} bits; "
            f"it should be at least {1 << widest_cell}"
        )
    if settings.dac_levels < 1 << widest_input:
        return (
            f"dac_levels {settings.dac_levels} cannot drive a slice of {widest_input} bits; "
            f"it should be at least {1 << widest_input}"
        )
    return None


def _blocks_meet(settings: CrossbarSettings) -> str | None:
    if settings.input_block[1] != settings.weight_block[0]:
        return (
            f"input_block has {settings.input_block[1]} columns but weight_block {settings.weight_block[0]} "
            "rows; they should be equal"
        )
    return None


def _adc_list(settings: CrossbarSettings) -> str | None:
    levels, slices = settings.adc_levels, settings.weight_slices
    if isinstance(levels, tuple) and len(levels) != len(slices):
        return f"adc_levels lists {len(levels)} numbers, but there are {len(slices)} weight slices"
    if settings.signed_mapping is SignedMapping.DIFFERENTIAL:
        fewest = min((3 if each is None else each for each in settings.adc_levels_by_slice()), default=3)
        if fewest < 3:
            return f"adc_levels {fewest} cannot tell the signs of differential pairs; at least 3 can"
    return None


def _conductances(settings: CrossbarSettings) -> str | None:
    if settings.conductance_low_s >= settings.conductance_high_s:
        return (
            f"conductance_low_s {settings.conductance_low_s} should be below "
            f"conductance_high_s {settings.conductance_high_s}"
        )
    return None


def _rates(settings: CrossbarSettings) -> str | None:
    both = settings.stuck_high_rate + settings.stuck_low_rate
    if both > 1:
        return f"stuck_high_rate and stuck_low_rate add up to {both}; they should stay within 1"
    if isinstance(settings.read_variation, dict):
        last = settings.conductance_levels - 1
        beyond = sorted(level for level in settings.read_variation if not 0 <= level <= last)
        if beyond:
            return f"read_variation names levels {beyond}; levels are 0 to {last}"
    return None


def _wired_arrays(settings: CrossbarSettings) -> str | None:
    if settings.wire_resistance_ohm > 0 and max(settings.weight_block) > MOST_WIRED_CELLS:
        return (
            f"weight_block {settings.weight_block} is too large for wire_resistance_ohm; "
            f"its voltages are solved for up to {MOST_WIRED_CELLS} x {MOST_WIRED_CELLS} cells"
        )
    return None


def _sums_stay_exact(settings: CrossbarSettings) -> str | None:
    full = (settings.dac_levels - 1) * (settings.conductance_levels - 1) * settings.weight_block[0]
    most = max((each or 1 for each in settings.adc_levels_by_slice()), default=1)
    if full * most >= 1 << 47:
        return (
            "dac_levels x conductance_levels x rows x adc_levels should stay below 2^47 so that currents "
            f"round exactly; here it is {full * most}"
        )
    if most << (sum(settings.input_slices) + sum(settings.weight_slices) + 2) >= 1 << 53:
        return f"adc_levels {most} is too many for slices of these widths to be added exactly"
    return None


_CHECKS = (
    _slice_widths,
    _levels_hold_slices,
    _blocks_meet,
    _adc_list,
    _conductances,
    _rates,
    _wired_arrays,
    _sums_stay_exact,
)
