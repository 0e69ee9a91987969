"""Inputs as rows that are asked for in tiles, so that what would be large need never exist as a whole."""

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from openrow.crossbar.quantisation import Tile


class InputRows(Protocol):
    """A batch of matrices whose tiles can be asked for."""

    batch: int
    rows: int
    columns: int

    def tile(self, item: int, rows: slice, columns: slice) -> Tile:
        """Return part of one matrix, in float32 or float64, C-contiguous or not."""
        ...


class MatrixRows:
    """Matrices that are there already (batch, rows, columns)."""

    def __init__(self, values: NDArray[np.float32] | NDArray[np.float64]) -> None:
        self._values = values
        self.batch, self.rows, self.columns = values.shape

    def tile(self, item: int, rows: slice, columns: slice) -> Tile:
        """Return part of one matrix."""
        return self._values[item, rows, columns]
