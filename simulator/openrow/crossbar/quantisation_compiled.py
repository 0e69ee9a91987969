"""The compiled twin of ``quantisation``: largest magnitudes of blocks, and levels of a tile of inputs."""

import numpy as np
from numpy.typing import NDArray

from openrow_kernels.compilation import compiled

Reals = NDArray[np.float64]


@compiled
def fold_maxima(
    tile: NDArray[np.float64], first_row: int, rows_shared: int, columns_shared: int, largest: Reals
) -> bool:
    """Raise ``largest`` (row groups, column groups) to the magnitudes of ``tile``.

    ``tile`` may be float32 or float64. Returns false if a number is not finite.
    """
    rows, columns = tile.shape
    for row in range(rows):
        group = (first_row + row) // rows_shared
        for place in range(largest.shape[1]):
            most = 0.0
            poison = 0.0
            for column in range(place * columns_shared, min((place + 1) * columns_shared, columns)):
                magnitude = abs(float(tile[row, column]))
                poison += magnitude * 0.0
                most = magnitude if magnitude > most else most
            if poison != 0.0:
                return False
            if most > largest[group, place]:
                largest[group, place] = most
    return True


@compiled
def integers_of_tile(
    tile: NDArray[np.float64],
    first_row: int,
    rows_shared: int,
    divisor: Reals,
    top: float,
    lowest: float,
    highest: float,
    out: NDArray[np.int32],
) -> None:
    """Quantise ``tile`` (rows, height) to ``out``; ``divisor`` holds one number per row group."""
    rows, height = tile.shape
    for row in range(rows):
        by = divisor[(first_row + row) // rows_shared]
        for k in range(height):
            value = np.rint(float(tile[row, k]) / by * top)
            value = lowest if value < lowest else value
            value = highest if value > highest else value
            out[row, k] = np.int32(value)


@compiled
def levels_of_integers(
    integers: NDArray[np.int32],
    place: int,
    offset: int,
    mask: int,
    levels: NDArray[np.float32],
    out: NDArray[np.float32],
) -> None:
    """Write the levels of one slice of ``integers`` (rows, height) to ``out`` (rows, slices, block height).

    Beyond ``height`` a block is padded with zeros.
    """
    rows, height = integers.shape
    for row in range(rows):
        line = out[row, place]
        for k in range(height):
            line[k] = levels[(integers[row, k] >> offset) & mask]
        for k in range(height, len(line)):
            line[k] = 0


@compiled
def words_of_integers(
    integers: NDArray[np.int32],
    offset: int,
    mask: int,
    levels: NDArray[np.uint32],
    planes: int,
    first_plane: int,
    out: NDArray[np.uint32],
) -> None:
    """Pack bit planes of one slice of ``integers`` (rows, height) into ``out`` (rows, planes, words)."""
    rows, height = integers.shape
    held = np.zeros(32, np.uint32)
    for row in range(rows):
        for word in range(out.shape[2]):
            first = word * 32
            count = min(32, height - first)
            held[:] = 0
            for k in range(count):
                held[k] = levels[(integers[row, first + k] >> offset) & mask]
            for plane in range(planes):
                packed = np.uint32(0)
                for k in range(32):
                    packed |= ((held[k] >> np.uint32(plane)) & np.uint32(1)) << np.uint32(k)
                out[row, first_plane + plane, word] = packed


@compiled
def pack_columns(levels: NDArray[np.uint32], plane: int, out: NDArray[np.uint32]) -> None:
    """Pack one bit plane of ``levels`` (height, columns) into ``out`` (words, columns)."""
    height, columns = levels.shape
    out[:] = 0
    for k in range(height):
        shift = np.uint32(k % 32)
        line = out[k // 32]
        for n in range(columns):
            line[n] |= ((levels[k, n] >> np.uint32(plane)) & np.uint32(1)) << shift
