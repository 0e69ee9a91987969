"""Bilinear sampling, as PyTorch's grid_sample defines it: the part that bilinear and deformable attention
share.

A sample at pixel coordinates (x, y), the centre of the first pixel being (0, 0), reads the neighbours nw, ne,
sw, se of (floor x, floor y), in this order. A neighbour outside the map is no access and counts as zero; one
of weight zero inside the map is an access.

Numbers of type fp32 and fp16 are sampled in fp32. Of type int8 they are sampled in fixed point: the fractions
of x and y are rounded to 7 bits (half to even, 128 standing for 1), so that the products of the four weights
are integers of 14 bits, summed in int32.
"""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

FRACTION_BITS = 7
"""Bits of a coordinate's fraction in fixed point; a sample carries twice as many."""

_ONE = np.float32(1)
_TWO = np.float32(2)


def centred(grid: NDArray[np.float32], size: int) -> NDArray[np.float32]:
    """Return the pixel coordinate of ``grid`` in -1..1 where -1 and 1 are the map's edges
    (align_corners=False)."""
    return ((grid + _ONE) * np.float32(size) - _ONE) / _TWO


def cornered(grid: NDArray[np.float32], size: int) -> NDArray[np.float32]:
    """Return the pixel coordinate of ``grid`` in -1..1 where -1 and 1 are centres of the outermost pixels."""
    return (grid + _ONE) / _TWO * np.float32(size - 1)


def neighbours(
    x: NDArray[np.float32], y: NDArray[np.float32], height: int, width: int
) -> Iterator[tuple[NDArray[np.bool_], NDArray[np.int64], NDArray[np.int64], int, int]]:
    """Yield (inside, row, column, dy, dx) for nw, ne, sw, se; rows and columns are 0 where not inside."""
    near = (x >= -1) & (x < width) & (y >= -1) & (y < height)
    left = np.floor(np.where(near, x, 0)).astype(np.int64)
    top = np.floor(np.where(near, y, 0)).astype(np.int64)
    for dy in (0, 1):
        for dx in (0, 1):
            row, column = top + dy, left + dx
            inside = near & (row >= 0) & (row < height) & (column >= 0) & (column < width)
            yield inside, np.where(inside, row, 0), np.where(inside, column, 0), dy, dx


def sample(value: NDArray[np.float32], x: NDArray[np.float32], y: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return ``value`` (height, width, channels) at x, y of any shape: (..., channels), in fp32."""
    total = np.zeros((*x.shape, value.shape[2]), np.float32)
    left, top = np.floor(x), np.floor(y)
    across = (left + _ONE - x, x - left)
    down = (top + _ONE - y, y - top)
    for inside, row, column, dy, dx in neighbours(x, y, *value.shape[:2]):
        weight = across[dx] * down[dy]
        total[inside] += weight[inside, None] * value[row[inside], column[inside]]
    return total


def sample_fixed(
    value: NDArray[np.int8], x: NDArray[np.float32], y: NDArray[np.float32]
) -> NDArray[np.int32]:
    """Return ``value`` (height, width, channels) at x, y: (..., channels), times 2 to the 14."""
    total = np.zeros((*x.shape, value.shape[2]), np.int32)
    one = 1 << FRACTION_BITS
    right, lower = fixed_fraction(x), fixed_fraction(y)
    across, down = (one - right, right), (one - lower, lower)
    for inside, row, column, dy, dx in neighbours(x, y, *value.shape[:2]):
        weight = across[dx] * down[dy]
        total[inside] += weight[inside, None] * value[row[inside], column[inside]]
    return total


def fixed_fraction(coordinate: NDArray[np.float32]) -> NDArray[np.int32]:
    """Return the fraction of ``coordinate`` in units of 1/128, 0 where it is not finite."""
    finite = np.where(np.isfinite(coordinate), coordinate, _ONE)
    return np.rint((finite - np.floor(finite)) * np.float32(1 << FRACTION_BITS)).astype(np.int32)


def round_shift(values: NDArray[np.int32], bits: int) -> NDArray[np.int32]:
    """Divide by 2^bits, rounded to the nearest integer, halves up."""
    rounded: NDArray[np.int32] = (values + np.int32(1 << (bits - 1))) >> np.int32(bits)
    return rounded


def to_int8(total: NDArray[np.int32], fraction_bits: int) -> NDArray[np.int8]:
    """Take the fraction off a sum, halves up, and clip it to int8."""
    return np.clip(round_shift(total, fraction_bits), -128, 127).astype(np.int8)
