"""The plain NumPy definition of a bit-sliced product on noise-free crossbars: the truth of the fast paths.

It is slow and keeps whole intermediate tensors; it exists to be read. Operands are cut into blocks and
zero-padded. In each granularity block the numbers share a scale and become integers of b bits,

    integer:               q = rint(x / max (2^(b-1) - 1)),                  scale max / (2^(b-1) - 1)
    block floating point:  e = floor(log2(max + 1e-10)),
                           q = clip(rint(x / 2^e 2^(b-2)), -2^(b-1), 2^(b-1) - 1),  scale 2^e 2^(2-b)

whose slices s, of at most mx = 2^width - 1, drive level rint(s / mx (levels - 1)) of a DAC or cell. The
current of a column is the exact integer S, the sum over the K rows of a block of DAC level times cell level,
and a converter of n + 1 levels turns it into

    code = rint(S n / ((dac_levels - 1)(conductance_levels - 1) K))

Rounding is half to even and exact. The product is the sum over blocks of both scales times K / n times the
integer sum over slice pairs of the slices' weights 2^offset, their mx, and code. An ideal converter leaves S
as it is. Differential pairs have converters whose levels span both signs, n = (levels - 1) // 2.

The semantics are those of MemIntelli (commit c121ff7), which computes them in float32.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray

from openrow.config.crossbar import CrossbarSettings, Granularity, Mode, SignedMapping, offsets_below

Integers = NDArray[np.int64]
Reals = NDArray[np.float64]
FLOAT32_ROUNDING = 2.0**-21
"""Relative error of a code that is computed in float32."""


def plain_product(inputs: Reals, weights: Reals, settings: CrossbarSettings) -> Reals:
    """Return inputs (M, K) times weights (K, N), by the definition, in float64."""
    total = np.zeros((inputs.shape[0], weights.shape[1]))
    for scale, voltages, cells in _blocks(inputs, weights, settings):
        for unit, integers in _block_sums(voltages, cells, settings):
            total += scale * unit * integers
    return total


def plain_ties(inputs: Reals, weights: Reals, settings: CrossbarSettings) -> Reals:
    """Return by how much each output (M, N) may move if codes between two levels go either way.

    Counted are codes exactly between two, or as near to it as float32 rounds: simulators that compute
    in float32 decide these by their rounding errors. For two's complement weights.
    """
    total = np.zeros((inputs.shape[0], weights.shape[1]))
    for scale, voltages, cells in _blocks(inputs, weights, settings):
        for x, (w, levels) in product(voltages, zip(cells, settings.adc_levels_by_slice(), strict=True)):
            if levels is not None:
                full = (
                    (settings.dac_levels - 1) * (settings.conductance_levels - 1) * settings.weight_block[0]
                )
                code = (x.levels @ w.levels) * (levels - 1) / full
                tied = np.abs(code % 1 - 0.5) <= code * FLOAT32_ROUNDING
                total += scale * _value_of_code(levels, settings) * abs(x.value * w.value) * tied
    return total


def _blocks(
    inputs: Reals, weights: Reals, s: CrossbarSettings
) -> Iterator[tuple[Reals, "list[_Slice]", "list[_Slice]"]]:
    """Yield for each block of rows of the weights the scale of each output, and the slices of both sides."""
    rows, inner = inputs.shape
    columns = weights.shape[1]
    bits = sum(s.input_slices), sum(s.weight_slices)
    lowest = -(1 << (bits[1] - 1)) + (s.signed_mapping is SignedMapping.DIFFERENTIAL)
    x, x_scale = plain_integers(
        inputs, s.input_block, s.input_granularity, bits[0], s.mode, -(1 << (bits[0] - 1))
    )
    w, w_scale = plain_integers(weights, s.weight_block, s.weight_granularity, bits[1], s.mode, lowest)
    height = s.weight_block[0]
    for block in range(-(-inner // height)):
        part = slice(block * height, min((block + 1) * height, x.shape[1], w.shape[0]))
        scale = np.outer(
            np.repeat(x_scale[:, block], s.input_block[0])[:rows],
            np.repeat(w_scale[block], s.weight_block[1])[:columns],
        )
        voltages = _slices(x[:rows, part] % (1 << bits[0]), s.input_slices, s.dac_levels)
        yield scale, voltages, _cells(w[part, :columns], s)


def plain_integers(
    values: Reals,
    block: tuple[int, int],
    granularity: tuple[int, int] | Granularity,
    bits: int,
    mode: Mode,
    lowest: int,
) -> tuple[Integers, Reals]:
    """Return the padded integers, and the scale of each block."""
    shares = _rounded_up_granularity(values.shape, block, granularity)
    grid = tuple(-(-size // share) for size, share in zip(values.shape, shares, strict=True))
    padded = np.zeros((grid[0] * shares[0], grid[1] * shares[1]))
    padded[: values.shape[0], : values.shape[1]] = values
    parts = padded.reshape(grid[0], shares[0], grid[1], shares[1])
    largest = np.abs(parts).max(axis=(1, 3), keepdims=True)
    top = (1 << (bits - 1)) - 1
    if mode is Mode.INTEGER:
        integers = np.rint(parts / np.where(largest > 0, largest, 1.0) * top)
        scale = largest / top
    else:
        power = np.exp2(np.floor(np.log2(largest + 1e-10)))
        integers = np.clip(np.rint(parts / power * 2.0 ** (bits - 2)), lowest, top)
        scale = power * 2.0 ** (2 - bits)
    blocks = [share // size for share, size in zip(shares, block, strict=True)]
    return (
        integers.astype(np.int64).reshape(padded.shape),
        scale[:, 0, :, 0].repeat(blocks[0], axis=0).repeat(blocks[1], axis=1),
    )


def round_half_even(numerator: Integers, denominator: int) -> Integers:
    """Return ``numerator / denominator`` rounded to the nearest integer, a tie to the even one."""
    below, rest = np.divmod(numerator, denominator)
    up = (2 * rest > denominator) | ((2 * rest == denominator) & (below % 2 == 1))
    rounded: Integers = below + up
    return rounded


def _rounded_up_granularity(
    shape: tuple[int, ...], block: tuple[int, int], granularity: tuple[int, int] | Granularity
) -> tuple[int, int]:
    named = {
        Granularity.BLOCK: block,
        Granularity.MATRIX: (shape[0], shape[1]),
        Granularity.ROW: (1, shape[1]),
        Granularity.COLUMN: (shape[0], 1),
    }
    wanted = named[granularity] if isinstance(granularity, Granularity) else granularity
    return (-(-wanted[0] // block[0]) * block[0], -(-wanted[1] // block[1]) * block[1])


@dataclass(frozen=True)
class _Slice:
    """A slice of an operand in one block: its levels, and the value of a full level in the product."""

    levels: Integers
    value: int


def _slices(unsigned: Integers, widths: tuple[int, ...], levels: int, sign: int = -1) -> list[_Slice]:
    found = []
    for place, (width, offset) in enumerate(zip(widths, offsets_below(widths), strict=True)):
        most = (1 << width) - 1
        digit = (unsigned >> offset) & most
        weight = (sign if place == 0 else 1) << offset
        found.append(_Slice(round_half_even(digit * (levels - 1), most), weight * most))
    return found


def _cells(integers: Integers, s: CrossbarSettings) -> list[_Slice]:
    """Return the slices of a block of weights as cells hold them, the offset column not among them."""
    bits, levels = sum(s.weight_slices), s.conductance_levels
    if s.signed_mapping is SignedMapping.TWOS_COMPLEMENT:
        return _slices(integers % (1 << bits), s.weight_slices, levels)
    if s.signed_mapping is SignedMapping.OFFSET_COLUMN:
        return _slices(integers + (1 << (bits - 1)), s.weight_slices, levels, sign=1)
    magnitude = _slices(np.abs(integers), s.weight_slices[1:], levels, sign=1)
    return [_Slice(np.sign(integers) * each.levels, each.value) for each in magnitude]


def _block_sums(
    voltages: list[_Slice], cells: list[_Slice], s: CrossbarSettings
) -> list[tuple[float, Integers]]:
    """Return, for each distinct number of ADC levels in order, the value of a code and the integer sum."""
    by_slice = s.adc_levels_by_slice()
    sums = []
    shape = (voltages[0].levels.shape[0], cells[0].levels.shape[1])
    for levels in dict.fromkeys(by_slice):
        held = [cell for cell, own in zip(cells, by_slice, strict=True) if own == levels]
        total = np.zeros(shape, np.int64)
        for x, w in product(voltages, held):
            total += x.value * w.value * _code(x.levels @ w.levels, levels, s)
        if s.signed_mapping is SignedMapping.OFFSET_COLUMN and levels == by_slice[0]:
            column = np.full((s.weight_block[0], 1), s.conductance_levels - 1)[: voltages[0].levels.shape[1]]
            offset = 1 << (sum(s.weight_slices) - 1)
            for x in voltages:
                total -= offset * x.value * _code(x.levels @ column, levels, s)
        sums.append((_value_of_code(levels, s), total))
    return sums


def _steps(levels: int, s: CrossbarSettings) -> int:
    return (levels - 1) // 2 if s.signed_mapping is SignedMapping.DIFFERENTIAL else levels - 1


def _code(current: Integers, levels: int | None, s: CrossbarSettings) -> Integers:
    if levels is None:
        return current
    full = (s.dac_levels - 1) * (s.conductance_levels - 1) * s.weight_block[0]
    return round_half_even(current * _steps(levels, s), full)


def _value_of_code(levels: int | None, s: CrossbarSettings) -> float:
    if levels is None:
        return 1.0 / ((s.dac_levels - 1) * (s.conductance_levels - 1))
    return s.weight_block[0] / _steps(levels, s)
