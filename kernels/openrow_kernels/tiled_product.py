"""The addresses of a blocked matrix product C = A B: which tiles move, and the runs of each.

The product is done in steps; step (i, j, l) multiplies tile (i, l) of A by tile (l, j) of B onto tile (i, j)
of C. One tile of each operand is held near the arithmetic. A tile of A or B is read when a step needs another
one than the step before; a tile of C is written when it makes room for another one, and read back if it has
been begun before.

The first two of ``loops`` span a grid of steps that is visited in ``order``, the third runs innermost. So
``mnk`` with order raster is the output-stationary product, ``mkn`` keeps a tile of A, ``knm`` a tile of B.

A tile is transferred line by line, contiguous elements merged into one run, also across lines; lines are
rows, or columns of a column-major matrix. Runs of packed slices are rounded outwards to whole bytes, and a
tile of several slices is transferred slice by slice, the most significant first.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from openrow_kernels import tiled_product_compiled
from openrow_kernels.compilation import read_only
from openrow_kernels.elements import bits_of
from openrow_kernels.kernel import Chunk, Parameters, PositiveInt, Tile, chunk_buffers
from openrow_kernels.layout import MatrixLayout, Tensor
from openrow_kernels.order import LoopOrder, visiting_order
from openrow_kernels.tiled_product_compiled import (
    BASE,
    BITS,
    IS_WRITE,
    MAJOR_END,
    MAJOR_FIRST,
    MINOR_END,
    MINOR_FIRST,
    OPERAND,
    TRANSFER_FIELDS,
)

Loops: TypeAlias = Literal["mnk", "mkn", "nmk", "nkm", "kmn", "knm"]

STEPS_AT_ONCE = 1 << 14


class MatrixParameters(Parameters):
    """What all blocked matrix products share: C (m, n) = A (m, k) B (k, n)."""

    m: PositiveInt = 512
    """Rows of A and C."""
    n: PositiveInt = 512
    """Columns of B and C."""
    k: PositiveInt = 512
    """Columns of A and rows of B: the length of each sum."""
    tile_m: PositiveInt = 64
    """Rows of a tile of A and C; the last tile of an axis may be smaller."""
    tile_n: PositiveInt = 64
    """Columns of a tile of B and C."""
    tile_k: PositiveInt = 64
    """Columns of a tile of A and rows of a tile of B."""
    loops: Loops = "mnk"
    """Loops over tiles, the outermost first."""
    order: LoopOrder = "raster"
    """The order of the grid that the first two loops span."""
    order_tile: Tile = (4, 4)
    """Tiles of the first and second loop in a tile of the order ``tiled``."""
    a_layout: MatrixLayout = "row-major"
    """How A lies in memory."""
    b_layout: MatrixLayout = "row-major"
    """How B lies in memory."""
    c_layout: MatrixLayout = "row-major"
    """How C lies in memory."""
    layout_tile: Tile = (16, 16)
    """Rows and columns of a tile of the layout ``tiled``."""
    seed: Annotated[int, Field(ge=0, lt=2**63)] = 0
    """Seed of every synthetic number."""


@dataclass(frozen=True)
class Operand:
    """A matrix of one or several planes that lie alike, cut into tiles."""

    planes: tuple[Tensor, ...]
    tile: tuple[int, int]
    """Rows and columns of a tile."""

    def lines(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return the tables (major, minor) in elements: of lines, and of places on a line."""
        placement = self.planes[0].placement()
        return (placement.column, placement.row) if self.by_columns else (placement.row, placement.column)

    @property
    def by_columns(self) -> bool:
        """Whether lines are columns."""
        return self.planes[0].layout == "column-major"

    def extent(self) -> tuple[tuple[int, int], tuple[int, int]]:
        """Return ((lines, places on a line), the same of a tile)."""
        rows, columns = self.planes[0].shape
        if self.by_columns:
            return (columns, rows), (self.tile[1], self.tile[0])
        return (rows, columns), self.tile

    def run_end(self) -> NDArray[np.int64]:
        """Return, for each place on a line, the place where the contiguous ones from it end."""
        minor = self.lines()[1]
        breaks = np.flatnonzero(np.diff(minor) != 1) + 1
        ends = np.append(breaks, len(minor))
        end: NDArray[np.int64] = ends[np.searchsorted(breaks, np.arange(len(minor)), side="right")]
        return end

    def runs(self) -> NDArray[np.int64]:
        """Return the runs of each tile, counted over all planes: (tiles down, tiles across)."""
        (lines, places), (tile_lines, tile_places) = self.extent()
        major, minor = self.lines()
        first = np.arange(0, places, tile_places)
        last = np.minimum(first + tile_places, places) - 1
        breaks = np.concatenate([[0], np.cumsum(np.diff(minor) != 1)])
        runs_of_line = breaks[last] - breaks[first] + 1
        joined = np.zeros((lines, len(first)), np.int64)
        joined[1:] = np.diff(major)[:, None] == minor[last] + 1 - minor[first]
        starts = np.arange(0, lines, tile_lines)
        joined[starts] = 0
        heights = np.minimum(starts + tile_lines, lines) - starts
        runs: NDArray[np.int64] = heights[:, None] * runs_of_line - np.add.reduceat(joined, starts, axis=0)
        runs *= len(self.planes)
        return runs.T if self.by_columns else runs


@dataclass(frozen=True)
class Step:
    """One tile of A times one of B, and what moves first for it.

    Attributes
    ----------
    size
        Elements of the tiles along m, k and n; all 0 after the last step, when only C is left to be written.
    accesses
        In this order: the tile of C that makes room is written, the tiles of A and B are read, and that of C
        is read if it has been begun before.
    """

    size: tuple[int, int, int]
    accesses: Chunk


class TiledProduct:
    """The steps of a blocked product and their accesses."""

    def __init__(self, parameters: MatrixParameters, a: Operand, b: Operand, c: Operand) -> None:
        self.parameters = parameters
        self.operands = (a, b, c)
        p = parameters
        self._tiles = {"m": -(-p.m // p.tile_m), "n": -(-p.n // p.tile_n), "k": -(-p.k // p.tile_k)}
        self._runs = [operand.runs() for operand in self.operands]
        tables = [(*operand.lines(), operand.run_end()) for operand in self.operands]
        longest = max(len(table) for operand in tables for table in operand)
        padded = np.zeros((3, len(tables), longest), np.int64)
        for i, operand_tables in enumerate(tables):
            for j, table in enumerate(operand_tables):
                padded[j, i, : len(table)] = table
        self._major, self._minor, self._run_end = (read_only(table) for table in padded)

    def total_entries(self) -> int:
        """Return how many entries the stream has, exactly."""
        return sum(int(entries.sum()) for _, entries, _, _ in self._transfers())

    def chunks(self, chunk_entries: int) -> Iterator[Chunk]:
        """Yield the accesses, whole tiles at a time."""
        for transfers, entries, _, _ in self._transfers():
            ends = np.cumsum(entries)
            first = 0
            while first < len(ends):
                done = ends[first - 1] if first else 0
                end = max(first + 1, int(np.searchsorted(ends, done + chunk_entries, side="right")))
                yield self._chunk(transfers[first:end], int(ends[end - 1] - done))
                first = end

    def each_step(self) -> Iterator[Step]:
        """Yield the steps in order, each with its accesses; all together are those of :meth:`chunks`."""
        p = self.parameters
        whole, tile = np.array([p.m, p.n, p.k]), np.array([p.tile_m, p.tile_n, p.tile_k])
        for transfers, entries, owners, steps in self._transfers():
            sizes = np.where(steps >= 0, np.minimum(tile, whole - steps * tile), 0)
            ends = np.searchsorted(owners, np.arange(len(steps)), side="right")
            for (m, n, k), first, end in zip(sizes.tolist(), [0, *ends[:-1]], ends, strict=True):
                moved = transfers[first:end]
                yield Step((m, k, n), self._chunk(moved, int(entries[first:end].sum())))

    def _chunk(self, transfers: NDArray[np.int64], entries: int) -> Chunk:
        address, size, is_write = chunk_buffers(entries)
        tiled_product_compiled.addresses(
            read_only(transfers), self._major, self._minor, self._run_end, address, size, is_write
        )
        return Chunk(address, size, is_write)

    def _steps(self) -> Iterator[NDArray[np.int64]]:
        """Yield the steps (steps, 3: tile along m, n, k) in order, many at a time."""
        p = self.parameters
        outer, inner, innermost = (self._tiles[axis] for axis in p.loops)
        grid = visiting_order(p.order, outer, inner, p.order_tile)
        at_once = max(1, STEPS_AT_ONCE // innermost)
        for first in range(0, len(grid), at_once):
            cells = np.repeat(grid[first : first + at_once], innermost)
            loops = (cells // inner, cells % inner, np.tile(np.arange(innermost), len(cells) // innermost))
            yield np.stack([loops[p.loops.index(axis)] for axis in "mnk"], axis=1)

    def _transfers(self) -> Iterator[tuple[NDArray[np.int64], ...]]:
        """Yield the transfers of many steps, the entries and the step of each, and these steps.

        After the last step comes one of -1, which needs no tile.
        """
        previous = np.full((1, 3), -1, np.int64)
        for steps in self._steps():
            before = np.concatenate([previous, steps[:-1]])
            yield (*self._moved(before, steps), steps)
            previous = steps[-1:]
        end = np.full((1, 3), -1, np.int64)
        yield (*self._moved(previous, end), end)

    def _moved(
        self, before: NDArray[np.int64], steps: NDArray[np.int64]
    ) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
        """Return the transfers between each step and the one before, the entries of each, and which step it
        is for; a step of -1 holds and needs no tile."""
        m, n, k = steps.T
        changed_m, changed_n, changed_k = (steps != before).T
        needed = m >= 0
        changed_c = changed_m | changed_n
        moves = [
            (2, before[:, 0], before[:, 1], True, changed_c & (before[:, 0] >= 0)),
            (0, m, k, False, (changed_m | changed_k) & needed),
            (1, k, n, False, (changed_k | changed_n) & needed),
            (2, m, n, False, changed_c & (k > 0)),
        ]
        planes = [self._tile_transfers(*move[:4]) for move in moves]
        wanted = np.concatenate(
            [np.repeat(move[4][:, None], len(self.operands[move[0]].planes), axis=1) for move in moves],
            axis=1,
        )
        transfers = np.concatenate([transfer for transfer, _ in planes], axis=1)[wanted]
        entries = np.concatenate([entries for _, entries in planes], axis=1)[wanted]
        return transfers, entries, np.nonzero(wanted)[0]

    def _tile_transfers(
        self, index: int, row: NDArray[np.int64], column: NDArray[np.int64], write: bool
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return the transfers (tiles, planes, fields) of tiles of one operand, and the entries of each."""
        operand = self.operands[index]
        (lines, places), (tile_lines, tile_places) = operand.extent()
        line, place = (column, row) if operand.by_columns else (row, column)
        transfers = np.empty((len(row), len(operand.planes), TRANSFER_FIELDS), np.int64)
        transfers[..., OPERAND] = index
        transfers[..., BASE] = [plane.base for plane in operand.planes]
        transfers[..., BITS] = [bits_of(plane.element) for plane in operand.planes]
        transfers[..., MAJOR_FIRST] = (line * tile_lines)[:, None]
        transfers[..., MAJOR_END] = np.minimum((line + 1) * tile_lines, lines)[:, None]
        transfers[..., MINOR_FIRST] = (place * tile_places)[:, None]
        transfers[..., MINOR_END] = np.minimum((place + 1) * tile_places, places)[:, None]
        transfers[..., IS_WRITE] = write
        runs = self._runs[index][row, column] // len(operand.planes)
        return transfers, np.repeat(runs[:, None], len(operand.planes), axis=1)
