"""Real numbers to integers: blocks that share a scale, and the scale."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from openrow.config.crossbar import Granularity, Mode
from openrow.crossbar import quantisation_compiled
from openrow_kernels.compilation import read_only

Tile = NDArray[np.float32] | NDArray[np.float64]


@dataclass(frozen=True)
class Sharing:
    """Which rows and columns of an operand share a scale."""

    rows: int
    columns: int
    row_groups: int
    column_groups: int


def sharing(
    shape: tuple[int, int], block: tuple[int, int], granularity: tuple[int, int] | Granularity
) -> Sharing:
    """Return the sharing of an operand of ``shape``, its extents rounded up to whole blocks."""
    if granularity is Granularity.BLOCK:
        wanted = block
    elif granularity is Granularity.MATRIX:
        wanted = shape
    elif granularity is Granularity.ROW:
        wanted = (1, shape[1])
    elif granularity is Granularity.COLUMN:
        wanted = (shape[0], 1)
    else:
        wanted = granularity
    rows = -(-wanted[0] // block[0]) * block[0]
    columns = -(-wanted[1] // block[1]) * block[1]
    return Sharing(rows, columns, -(-shape[0] // rows), -(-shape[1] // columns))


@dataclass(frozen=True)
class Scaling:
    """How the numbers of an operand become integers: rint(x / divisor top), kept within lowest and top's
    range."""

    divisor: NDArray[np.float64]
    """By row group and column group; 1 where all numbers are zero."""
    scale: NDArray[np.float64]
    """What 1 of the integers is worth, by row group and column group."""
    top: float
    lowest: int
    highest: int

    def integers(self, tile: Tile, first_row: int, rows_shared: int, column_group: int) -> NDArray[np.int32]:
        """Return the integers of a tile (rows, height) that lies in one column group."""
        out = np.empty(tile.shape, np.int32)
        quantisation_compiled.integers_of_tile(
            read_only(tile),
            first_row,
            rows_shared,
            read_only(self.divisor[:, column_group]),
            self.top,
            float(self.lowest),
            float(self.highest),
            out,
        )
        return out


def scaling(largest: NDArray[np.float64], mode: Mode, bits: int, lowest: int) -> Scaling:
    """Return the scaling of blocks with the given largest magnitudes to integers of ``bits`` bits."""
    highest = (1 << (bits - 1)) - 1
    if mode is Mode.INTEGER:
        divisor = np.where(largest > 0, largest, 1.0)
        return Scaling(divisor, largest / highest, float(highest), lowest, highest)
    power = np.exp2(np.floor(np.log2(largest + 1e-10)))
    return Scaling(power, power * 2.0 ** (2 - bits), 2.0 ** (bits - 2), lowest, highest)


def fold_maxima(tile: Tile, first_row: int, shared: Sharing, largest: NDArray[np.float64]) -> bool:
    """Raise ``largest`` to the magnitudes of whole rows from ``first_row``; false if one is not finite."""
    return quantisation_compiled.fold_maxima(read_only(tile), first_row, shared.rows, shared.columns, largest)
