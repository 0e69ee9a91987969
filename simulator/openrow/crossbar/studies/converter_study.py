"""What the levels of a converter cost and what they spare: energy against error.

A product of standard normal matrices is held against the exact one for every converter, height of an array
and way to slice. The energy is that of the converters alone, the part that grows with their levels:
conversions times the energy of one.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from openrow.config.crossbar import CrossbarSettings
from openrow.crossbar.programming import program

Reals = NDArray[np.float64]


@dataclass(frozen=True)
class Converter:
    """A converter and where its figures stand."""

    source: str
    levels: int
    energy_pj: float
    """Of one conversion."""


HEIGHTS = (16, 32, 64, 128)
SLICINGS = ((1,) * 8, (1, 1, 2, 2, 2), (1, 1, 2, 4))
"""8 bits in slices of up to 1, 2 and 4 bits."""
SIZE = 256


@dataclass(frozen=True)
class Choice:
    """A converter on arrays of some height under some slicing, and what comes of it."""

    converter: Converter
    height: int
    slices: tuple[int, ...]
    error: float
    """Norm of the product's error over the norm of the exact product."""
    energy_fj_per_mac: float
    """Energy of the converters for each multiplication of two numbers."""

    def as_dict(self) -> dict[str, Any]:
        """The choice as plain data."""
        return {
            "source": self.converter.source,
            "adc_levels": self.converter.levels,
            "conversion_pj": self.converter.energy_pj,
            "array_height": self.height,
            "slices": list(self.slices),
            "relative_error": self.error,
            "energy_fj_per_mac": self.energy_fj_per_mac,
        }


def choices(
    converters: Sequence[Converter], heights: Sequence[int] = HEIGHTS, size: int = SIZE
) -> Iterator[Choice]:
    """Yield every converter with every height and slicing.

    Parameters
    ----------
    converters, heights
        What is chosen from.
    size
        Rows, inner size and columns of the product.
    """
    x, w = operands(size)

    @cache
    def error(levels: int, height: int, slices: tuple[int, ...]) -> float:
        return relative_error(x, w, settings_of(levels, height, slices))

    for converter, height, slices in product(converters, heights, SLICINGS):
        conversions = len(slices) ** 2 / height
        energy = 1000 * converter.energy_pj * conversions
        yield Choice(converter, height, slices, error(converter.levels, height, slices), energy)


def operands(size: int) -> tuple[Reals, Reals]:
    """Return two square matrices of standard normal numbers, always the same."""
    random = np.random.default_rng(0)
    return random.standard_normal((size, size)), random.standard_normal((size, size))


def settings_of(adc_levels: int, height: int, slices: tuple[int, ...]) -> CrossbarSettings:
    """Return noise-free numerics on square arrays."""
    levels, square = 1 << max(slices), (height, height)
    return CrossbarSettings(
        input_slices=slices,
        weight_slices=slices,
        input_block=square,
        weight_block=square,
        input_granularity=square,
        weight_granularity=square,
        conductance_levels=levels,
        dac_levels=levels,
        adc_levels=adc_levels,
    )


def relative_error(x: Reals, w: Reals, settings: CrossbarSettings) -> float:
    """Return the norm of the product's error over the norm of the exact product."""
    exact = x @ w
    return float(np.linalg.norm(program(w, settings).multiply(x) - exact) / np.linalg.norm(exact))
