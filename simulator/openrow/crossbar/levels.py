"""The levels that slices drive, reduced to small integers, and what a converter makes of their products.

A slice of width b takes level rint(s / mx (levels - 1)), mx = 2^b - 1. The levels of one slice often share a
factor, 15 for a 1-bit slice on 16 levels; divided by it they are small, so that fewer bit planes and shorter
numbers do the same exact arithmetic. The factor returns in the ratio of the converter.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from math import gcd, lcm

import numpy as np
from numpy.typing import NDArray

from openrow.config.crossbar import CrossbarSettings, SignedMapping, offsets_below


class DistortionWarning(UserWarning):
    """Numbers of levels on which a slice's values are not equally spaced."""


@dataclass(frozen=True)
class Slice:
    """A slice of an operand."""

    offset: int
    """Bits below it."""
    width: int
    """Its bits."""
    levels: NDArray[np.int64]
    """The reduced level of each of its values (2^width)."""
    factor: int
    """What the levels were divided by."""
    value: int
    """Its weight in the product times the value of a full level."""

    @property
    def planes(self) -> int:
        """Bits of its largest reduced level."""
        return int(self.levels[-1]).bit_length()


def slices(widths: tuple[int, ...], levels: int, sign: int) -> tuple[Slice, ...]:
    """Return the slices of an operand; ``sign`` is the sign of the first one's weight."""
    found = []
    for place, (width, offset) in enumerate(zip(widths, offsets_below(widths), strict=True)):
        most = (1 << width) - 1
        # Half to even: values of a half only arise when 2 divides both, which an odd ``most`` excludes.
        driven = np.array([(2 * digit * (levels - 1) + most) // (2 * most) for digit in range(most + 1)])
        factor = gcd(*driven.tolist())
        weight = (sign if place == 0 else 1) << offset
        found.append(Slice(offset, width, driven // factor, factor, weight * most))
    return tuple(found)


@dataclass(frozen=True)
class Conversion:
    """How the converter reads the product of an input slice and a weight slice in reduced levels.

    The value is a correctly rounded product with the ratio away from the code's exact ratio. ``snap`` is a
    number whose addition and subtraction round to a grid that holds every tie and is finer than the distance
    of everything else from one, so that a tie is exact when it is rounded to even.
    """

    ratio: float
    snap: float
    value: float
    """What a code counts in the product."""


@dataclass(frozen=True)
class Group:
    """Weight slices whose converters have the same number of levels."""

    members: tuple[int, ...]
    unit: float
    """What 1 of the group's integer sum is worth, before the scales."""


class Plan:
    """All constants of a product under given settings."""

    def __init__(self, settings: CrossbarSettings) -> None:
        self.settings = settings
        s = settings
        self.inputs = slices(s.input_slices, s.dac_levels, -1)
        signed = s.signed_mapping is SignedMapping.TWOS_COMPLEMENT
        self.weights = slices(s.cell_slices(), s.conductance_levels, -1 if signed else 1)
        self.full_scale = (s.dac_levels - 1) * (s.conductance_levels - 1) * s.weight_block[0]
        self.ideal = s.adc_levels is None

    @cached_property
    def offset_column(self) -> Slice | None:
        """The column that measures the offset of the weights, where the mapping has one."""
        if self.settings.signed_mapping is not SignedMapping.OFFSET_COLUMN:
            return None
        factor = self.settings.conductance_levels - 1
        value = -(1 << (sum(self.settings.weight_slices) - 1))
        return Slice(0, 1, np.array([0, 1]), factor, value)

    def steps(self, levels: int) -> int:
        """Return the codes of one sign beside zero."""
        pairs = self.settings.signed_mapping is SignedMapping.DIFFERENTIAL
        return (levels - 1) // 2 if pairs else levels - 1

    def groups(self) -> tuple[Group, ...]:
        """Return the weight slices by their converters, in order of first appearance."""
        by_slice = self.settings.adc_levels_by_slice()
        found = []
        for levels in dict.fromkeys(by_slice):
            members = tuple(place for place, own in enumerate(by_slice) if own == levels)
            unit = (
                1.0 / ((self.settings.dac_levels - 1) * (self.settings.conductance_levels - 1))
                if levels is None
                else self.settings.weight_block[0] / self.steps(levels)
            )
            found.append(Group(members, unit))
        return tuple(found)

    def conversion(self, x: Slice, w: Slice, levels: int, reduced: bool) -> Conversion:
        """Return how a converter of ``levels`` reads a pair, whose cells are ``reduced`` or full levels.

        What noise has moved off its levels lies on no grid and has no ties.
        """
        factor = x.factor * (w.factor if reduced else 1)
        top, below = self.steps(levels) * factor, self.full_scale
        common = gcd(top, below)
        finest = (below // common).bit_length() + 1
        snap = 1.5 * 2.0 ** (52 - finest) if self.settings.whole_levels() else 0.0
        return Conversion((top // common) / (below // common), snap, float(x.value * w.value))

    def conversions(self, weights: tuple[Slice, ...], reduced: bool) -> NDArray[np.float64]:
        """Return ratio, snap and value for each weight slice and input slice (weights, inputs, 3)."""
        by_slice = self.settings.adc_levels_by_slice()
        table = np.zeros((len(weights), len(self.inputs), 3))
        for j, (w, levels) in enumerate(zip(weights, by_slice, strict=False)):
            if levels is not None:
                for i, x in enumerate(self.inputs):
                    found = self.conversion(x, w, levels, reduced)
                    table[j, i] = found.ratio, found.snap, found.value
        return table

    def largest_sum(self, reduced: bool = True) -> int:
        """Return the largest sum in a block of products of reduced levels, or with full levels of cells."""
        cell = max(int(w.levels[-1]) for w in self.weights) if reduced else self.settings.conductance_levels
        return max(int(x.levels[-1]) for x in self.inputs) * cell * self.settings.weight_block[0]


def distortions(settings: CrossbarSettings) -> Iterator[str]:
    """Yield what is wrong with level counts on which slices are not equally spaced, and what would fit."""
    for name, levels, widths, operand in (
        ("dac_levels", settings.dac_levels, settings.input_slices, "input"),
        ("conductance_levels", settings.conductance_levels, settings.cell_slices(), "weight"),
    ):
        uneven = sorted({width for width in widths if (levels - 1) % ((1 << width) - 1)})
        if uneven:
            step = lcm(*((1 << width) - 1 for width in widths))
            lower = max((levels - 1) // step, 1) * step + 1
            bits = " and ".join(map(str, uneven))
            yield (
                f"{name} {levels} distorts {operand} slices of {bits} bits: 2^bits - 1 does not divide "
                f"{levels - 1}; {lower} or {lower + step} levels fit {settings_widths(widths)}"
            )


def settings_widths(widths: tuple[int, ...]) -> str:
    """Return slice widths as people write them."""
    return "slices " + ", ".join(map(str, widths))
