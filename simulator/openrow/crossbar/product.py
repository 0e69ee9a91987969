"""The product, streamed: tiles of rows, in each the blocks of the weights one after another.

Of the slices only those of one tile and block exist at a time, and of their products only what stays in a
core's own cache. Sums of codes are whole numbers, exact in float64, and the scaled sums of the blocks are
added in the order of the blocks, so that every path and number of threads gives the same float64 numbers.
"""

from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import ThreadpoolController

from openrow.config.crossbar import CrossbarSettings
from openrow.crossbar import product_compiled
from openrow.crossbar.levels import Plan
from openrow.crossbar.paths import Path
from openrow.crossbar.quantisation import Scaling, Sharing
from openrow.crossbar.rows import InputRows
from openrow_kernels.compilation import read_only

TILE_ROWS = 256
"""Rows of a tile; DAC noise is drawn for whole tiles."""


@cache
def _blas() -> ThreadpoolController:
    return ThreadpoolController()


@cache
def counts_in_vectors() -> bool:
    """Return whether this processor counts the ones of many words at once."""
    from llvmlite import binding

    return bool(binding.get_host_cpu_features().get("avx512vpopcntdq", False))


def multiply(
    rows: InputRows,
    scalings: list[Scaling],
    shared: Sharing,
    path: Path,
    settings: CrossbarSettings,
    column_scale: NDArray[np.float64],
    out: NDArray[Any],
    threads: int,
) -> None:
    """Write the product of ``rows`` to ``out`` (batch, rows, columns)."""
    tiles = [(item, first) for item in range(rows.batch) for first in range(0, rows.rows, TILE_ROWS)]
    worker = _Worker(rows, scalings, shared, path, settings, column_scale, out)
    shares = [tiles[len(tiles) * i // threads : len(tiles) * (i + 1) // threads] for i in range(threads)]
    # BLAS threads would wait for each other, spinning, on the cores that the tiles are computed on.
    with _blas().limit(limits=1, user_api="blas") if path.uses_blas else nullcontext():
        if threads == 1:
            worker(tiles)
        else:
            with ThreadPoolExecutor(threads) as pool:
                list(pool.map(worker, shares))


class _Worker:
    """Computes tiles, on a thread of its own."""

    def __init__(
        self,
        rows: InputRows,
        scalings: list[Scaling],
        shared: Sharing,
        path: Path,
        settings: CrossbarSettings,
        column_scale: NDArray[np.float64],
        out: NDArray[Any],
    ) -> None:
        self._rows, self._scalings, self._shared, self._path = rows, scalings, shared, path
        self._groups = Plan(settings).groups()
        self._height = settings.weight_block[0]
        self._column_scale, self._out = column_scale, out

    def __call__(self, tiles: list[tuple[int, int]]) -> None:
        """Compute ``tiles``, each given by matrix and first row."""
        columns = self._out.shape[2]
        total = np.empty((TILE_ROWS, columns))
        sums = np.empty((TILE_ROWS, columns))
        for item, first in tiles:
            count = min(TILE_ROWS, self._rows.rows - first)
            total[:count] = 0
            for block in range(len(self._column_scale)):
                self._add_block(item, first, block, sums[:count], total[:count])
            self._out[item, first : first + count] = total[:count]

    def _add_block(
        self, item: int, first: int, block: int, sums: NDArray[np.float64], total: NDArray[np.float64]
    ) -> None:
        """Add a block's share of the rows from ``first`` to ``total``."""
        shared, scaling = self._shared, self._scalings[item]
        group_of_columns = block * self._height // shared.columns
        part = slice(block * self._height, min((block + 1) * self._height, self._rows.columns))
        tile = self._rows.tile(item, slice(first, first + len(sums)), part)
        integers = scaling.integers(tile, first, shared.rows, group_of_columns)
        inputs = self._path.prepare(integers, (item, first, block))
        for group in self._groups:
            sums[:] = 0
            self._path.add_sums(inputs, block, group, sums)
            product_compiled.add_scaled(
                sums,
                read_only(scaling.scale[:, group_of_columns]),
                read_only(self._column_scale[block]),
                first,
                shared.rows,
                group.unit,
                total,
            )
