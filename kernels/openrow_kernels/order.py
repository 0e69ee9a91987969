"""The order in which a kernel visits its output pixels or queries."""

from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from openrow_kernels.layout import pixel_tables

LoopOrder: TypeAlias = Literal["raster", "tiled", "morton"]


def visiting_order(order: LoopOrder, height: int, width: int, tile: tuple[int, int]) -> NDArray[np.int64]:
    """Return the raster numbers ``y * width + x`` of all pixels, in the order of their visit.

    ``raster`` goes row by row; ``tiled`` tile by tile, inside each row by row; ``morton`` along a Z curve,
    pixels that padding to powers of two would add left out.
    """
    if order == "raster":
        return np.arange(height * width, dtype=np.int64)
    row, column, _ = pixel_tables(order, height, width, tile)
    return np.argsort((row[:, None] + column[None, :]).ravel(), kind="stable").astype(np.int64)
