"""Inputs as rows that are asked for in tiles, so that what would be large need never exist as a whole."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from openrow.crossbar import rows_compiled
from openrow.crossbar.quantisation import Tile
from openrow_kernels.compilation import read_only

Pair = tuple[int, int]


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


@dataclass(frozen=True)
class Window:
    """The geometry of a convolution; pairs are vertical and horizontal."""

    kernel: Pair
    stride: Pair = (1, 1)
    padding: Pair = (0, 0)
    dilation: Pair = (1, 1)

    def output(self, image: Pair) -> Pair:
        """Return height and width of the output of an image of the given height and width."""
        height, width = (
            (size + 2 * padding - dilation * (kernel - 1) - 1) // stride + 1
            for size, padding, dilation, kernel, stride in zip(
                image, self.padding, self.dilation, self.kernel, self.stride, strict=True
            )
        )
        return height, width


class PatchRows:
    """The unfolded input of a convolution, of which only tiles ever exist.

    A matrix is an image of the batch, a row an output pixel, a column a channel and place in the kernel, in
    the order of weights (outputs, channels, y, x).
    """

    def __init__(self, images: NDArray[np.float32] | NDArray[np.float64], window: Window) -> None:
        height, width = window.output((images.shape[2], images.shape[3]))
        around = ((0, 0), (0, 0), (window.padding[0],) * 2, (window.padding[1],) * 2)
        self._images = read_only(np.pad(images, around) if any(window.padding) else images)
        self._window = window
        self.output: Pair = (height, width)
        self.batch, self.rows = images.shape[0], height * width
        self.columns = images.shape[1] * window.kernel[0] * window.kernel[1]

    def tile(self, item: int, rows: slice, columns: slice) -> Tile:
        """Return part of one unfolded image."""
        first_row, end_row, _ = rows.indices(self.rows)
        first_column, end_column, _ = columns.indices(self.columns)
        out = np.empty((end_row - first_row, end_column - first_column), self._images.dtype)
        window = self._window
        rows_compiled.gather_patches(
            self._images[item],
            *window.kernel,
            window.stride,
            window.dilation,
            self.output[1],
            first_row,
            first_column,
            out,
        )
        return out
