"""The bit-sliced product as it is first written down: with the products of all pairs of slices at once.

Three plain NumPy versions of the same mathematics in float32, to measure what each step spares. They take
integer mode, two's complement, one number of ADC levels, and nothing that disturbs:

- ``all_at_once``: the products of all slices of inputs and weights as one tensor, random numbers drawn for
  noise that is off, nothing kept of the weights;
- ``without_noise``: the same without what noise would need;
- ``pair_by_pair``: weights sliced once, the pairs one after another, each added to the sum at once.

``definition`` is the same product exactly, ``program`` the same in little memory.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from openrow.config.crossbar import CrossbarSettings
from openrow.crossbar.definition import plain_integers
from openrow.crossbar.levels import Slice, slices

Reals = NDArray[np.float64]
Singles = NDArray[np.float32]


@dataclass(frozen=True)
class Sliced:
    """An operand in blocks and slices."""

    digits: Singles
    """(blocks of rows, blocks of columns, slices, rows, columns)."""
    scale: Singles
    """(blocks of rows, blocks of columns)."""
    slices: tuple[Slice, ...]

    def widest(self) -> Singles:
        """Return the largest digit of each slice, to divide the digits by."""
        most = [(1 << each.width) - 1 for each in self.slices]
        return np.array(most, np.float32).reshape(-1, 1, 1)

    def worth(self) -> Singles:
        """Return what a full digit of each slice counts."""
        return np.array([each.value for each in self.slices], np.float32)


def sliced_inputs(x: NDArray[Any], s: CrossbarSettings) -> Sliced:
    """Return inputs (M, K) in blocks and slices."""
    parts = slices(s.input_slices, s.dac_levels, -1)
    integers, scale = plain_integers(
        np.asarray(x, np.float64), s.input_block, s.input_granularity, sum(s.input_slices), s.mode,
        -(1 << (sum(s.input_slices) - 1)),
    )  # fmt: skip
    return Sliced(_digits(integers, s.input_block, parts), scale.astype(np.float32), parts)


def sliced_weights(w: NDArray[Any], s: CrossbarSettings) -> Sliced:
    """Return weights (K, N) in blocks and slices."""
    parts = slices(s.weight_slices, s.conductance_levels, -1)
    integers, scale = plain_integers(
        np.asarray(w, np.float64), s.weight_block, s.weight_granularity, sum(s.weight_slices), s.mode,
        -(1 << (sum(s.weight_slices) - 1)),
    )  # fmt: skip
    return Sliced(_digits(integers, s.weight_block, parts), scale.astype(np.float32), parts)


def _digits(integers: NDArray[np.int64], block: tuple[int, int], parts: tuple[Slice, ...]) -> Singles:
    rows, columns = integers.shape[0] // block[0], integers.shape[1] // block[1]
    blocks = integers.reshape(rows, block[0], columns, block[1]).transpose(0, 2, 1, 3)
    out = np.empty((rows, columns, len(parts), *block), np.float32)
    for place, each in enumerate(parts):
        out[:, :, place] = (blocks >> each.offset) & ((1 << each.width) - 1)
    return out


def voltages(inputs: Sliced, s: CrossbarSettings) -> Singles:
    """Return what the DACs drive, in volts, in the shape of the digits."""
    levels = np.rint(inputs.digits / inputs.widest() * np.float32(s.dac_levels - 1))
    return np.asarray(np.float32(s.read_voltage_v) * levels / np.float32(s.dac_levels - 1), np.float32)


def conductances(weights: Sliced, s: CrossbarSettings) -> Singles:
    """Return what the cells conduct, in siemens, in the shape of the digits."""
    step = np.float32((s.conductance_high_s - s.conductance_low_s) / (s.conductance_levels - 1))
    levels = np.rint(weights.digits / weights.widest() * np.float32(s.conductance_levels - 1))
    return np.asarray(levels * step + np.float32(s.conductance_low_s), np.float32)


def all_at_once(x: NDArray[Any], w: NDArray[Any], s: CrossbarSettings) -> Singles:
    """Return the product (M, N) with everything that noise would need, though it is off."""
    inputs, weights = sliced_inputs(x, s), sliced_weights(w, s)
    random = np.random.default_rng(s.seed)
    driven = voltages(inputs, s)
    driven = driven * (1 + np.float32(0) * random.standard_normal(driven.shape, np.float32))
    held = conductances(weights, s)
    levels = np.linspace(s.conductance_low_s, s.conductance_high_s, s.conductance_levels, dtype=np.float32)
    nearest = np.abs(held[..., np.newaxis] - levels).argmin(axis=-1)
    noise = np.zeros_like(held)
    for level in range(s.conductance_levels):
        drawn = np.float32(0) * random.standard_normal(held.shape, np.float32)
        noise[nearest == level] = drawn[nearest == level]
    return _all_pairs(inputs, weights, driven, held * np.exp(noise), s)[: len(x), : w.shape[1]]


def without_noise(x: NDArray[Any], w: NDArray[Any], s: CrossbarSettings) -> Singles:
    """Return the product (M, N), all pairs of slices at once."""
    inputs, weights = sliced_inputs(x, s), sliced_weights(w, s)
    product = _all_pairs(inputs, weights, voltages(inputs, s), conductances(weights, s), s)
    return product[: len(x), : w.shape[1]]


def _all_pairs(
    inputs: Sliced, weights: Sliced, driven: Singles, held: Singles, s: CrossbarSettings
) -> Singles:
    """Return the padded product; one tensor holds the currents of all pairs of slices."""
    currents = _currents(driven, held, s)
    codes = np.rint(currents / _full_scale(s) * _steps(s)) / _steps(s)
    worth = np.outer(inputs.worth(), weights.worth()).astype(np.float32)
    weighted = codes * worth[:, :, np.newaxis, np.newaxis] * np.float32(s.weight_block[0])
    sums = weighted.sum(axis=(3, 4)) * _scales(inputs, weights)
    return _joined(sums.sum(axis=1))


def pair_currents(inputs: Sliced, weights: Sliced, s: CrossbarSettings) -> Singles:
    """Return the currents of all pairs of slices, as ``all_at_once`` holds them: (blocks of rows, of the
    inner size, of columns, input slices, weight slices, rows, columns)."""
    return _currents(voltages(inputs, s), conductances(weights, s), s)


def _currents(driven: Singles, held: Singles, s: CrossbarSettings) -> Singles:
    net = held - np.float32(s.conductance_low_s)
    return np.asarray(driven[:, :, np.newaxis, :, np.newaxis] @ net[np.newaxis, :, :, np.newaxis])


def pair_by_pair(x: NDArray[Any], weights: Sliced, columns: int, s: CrossbarSettings) -> Singles:
    """Return the product (M, columns) with weights sliced before, one pair of slices after another."""
    inputs = sliced_inputs(x, s)
    driven, net = voltages(inputs, s), conductances(weights, s) - np.float32(s.conductance_low_s)
    blocks = (len(driven), len(net), net.shape[1], s.input_block[0], s.weight_block[1])
    total = np.zeros(blocks, np.float32)
    for i, input_worth in enumerate(inputs.worth()):
        for j, weight_worth in enumerate(weights.worth()):
            currents = driven[:, :, np.newaxis, i] @ net[np.newaxis, :, :, j]
            currents *= _steps(s) / _full_scale(s)
            np.rint(currents, out=currents)
            currents *= input_worth * weight_worth * np.float32(s.weight_block[0]) / _steps(s)
            total += currents
    total *= _scales(inputs, weights)
    return _joined(total.sum(axis=1))[: len(x), :columns]


def _full_scale(s: CrossbarSettings) -> np.float32:
    span = s.conductance_high_s - s.conductance_low_s
    return np.float32(span * s.read_voltage_v * s.weight_block[0])


def _steps(s: CrossbarSettings) -> np.float32:
    levels = s.adc_levels
    if not isinstance(levels, int):
        raise TypeError("the plain versions take one number of ADC levels")
    return np.float32(levels - 1)


def _scales(inputs: Sliced, weights: Sliced) -> Singles:
    """Return the scale of each block of the product, before blocks of the inner size are added."""
    both = inputs.scale[:, :, np.newaxis] * weights.scale[np.newaxis]
    return both[..., np.newaxis, np.newaxis]


def _joined(blocks: Singles) -> Singles:
    """Return the matrix of blocks (rows, columns, height, width)."""
    rows, columns, height, width = blocks.shape
    return blocks.transpose(0, 2, 1, 3).reshape(rows * height, columns * width)
