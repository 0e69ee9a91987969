"""Where feature maps lie in the active banks: tiles of pixels, each whole in one bank.

A pixel is all its channels, side by side. A tile is stored with its halo, where there is one: copies of the
pixels right of it and below it, so that the four neighbours of any sample whose upper left neighbour lies in
the tile are together. Tiles of a bank lie one after the other; one that fits a DRAM row does not straddle
two.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from openrow.config.geopim import GeoPimConfig, Neighbours, PlacementRule
from openrow.config.memory import MemoryConfig
from openrow.config.organisation import burst_bytes, row_bytes
from openrow.errors import UserError
from openrow.memory.units.columns import COLUMN_BITS

Int64Array = NDArray[np.int64]
WorkOfTiles = Callable[[Int64Array, int, int, int], Int64Array]

HASH_MULTIPLIER = 0x9E3779B97F4A7C15
"""2^64 over the golden ratio: Knuth, The Art of Computer Programming 3, section 6.4 (Fibonacci hashing)."""


class DoesNotFitError(UserError):
    """Feature maps that the active banks cannot hold."""


@dataclass(frozen=True)
class FeatureMap:
    """One map: an image at one level."""

    height: int
    width: int


@dataclass(frozen=True)
class Placement:
    """Where every tile and pixel lies.

    Attributes
    ----------
    maps
        (maps, 5) int64: height, width, tiles across, and the numbers of the map's first tile and first pixel.
    tile_height, tile_width, halo
        Pixels of a tile, and rows and columns of copies beside it.
    tile_bank, tile_place
        (tiles,) bank of each tile, and the number of the first pixel it stores there.
    pixels_in_row, bursts
        Pixels of a DRAM row, and bursts of a pixel.
    stored_bytes, plain_bytes
        Memory taken, padding included, and what the maps alone need.
    """

    maps: Int64Array
    tile_height: int
    tile_width: int
    halo: int
    tile_bank: Int64Array
    tile_place: Int64Array
    pixels_in_row: int
    bursts: int
    stored_bytes: int
    plain_bytes: int

    @property
    def tile_of_pixel(self) -> Int64Array:
        """The tile of every pixel of every map."""
        return tile_of_pixels(self.maps, self.tile_height, self.tile_width)

    def place_of(self, pixels: Int64Array) -> Int64Array:
        """Pixel numbers of banks as the places of their first bursts."""
        row, within = np.divmod(pixels, self.pixels_in_row)
        places: Int64Array = row << COLUMN_BITS | within * self.bursts
        return places


def tile_of_pixels(maps: Int64Array, height: int, width: int) -> Int64Array:
    """The tile of every pixel of every map, for tiles of ``height`` x ``width`` pixels."""
    parts = []
    for rows, columns, across, first, _ in maps.tolist():
        down = np.arange(rows) // height * across
        parts.append((first + down[:, None] + np.arange(columns) // width).reshape(-1))
    return np.concatenate(parts)


def tile_shape(config: GeoPimConfig, pixels_in_row: int) -> tuple[int, int]:
    """Height and width of a tile in pixels: a run as long as a DRAM row, or a square."""
    if config.placement is PlacementRule.ROW_MAJOR:
        return 1, pixels_in_row
    return config.tile_pixels, config.tile_pixels


def map_table(maps: Sequence[FeatureMap], tile_height: int, tile_width: int) -> Int64Array:
    """Height, width, tiles across, first tile and first pixel of each map."""
    table = np.zeros((len(maps), 5), dtype=np.int64)
    tiles = pixels = 0
    for number, each in enumerate(maps):
        across = -(-each.width // tile_width)
        table[number] = each.height, each.width, across, tiles, pixels
        tiles += across * -(-each.height // tile_height)
        pixels += each.height * each.width
    return table


def tile_count(maps: Int64Array, tile_height: int) -> int:
    """Tiles of all maps."""
    height, _, across, first = (int(value) for value in maps[-1, :4])
    return first + across * -(-height // tile_height)


def _morton(tiles: Int64Array, across: int) -> Int64Array:
    """The place of each tile of a map on the Z curve."""
    y, x = tiles // across, tiles % across
    code = np.zeros_like(tiles)
    for bit in range(16):
        code |= (x >> bit & 1) << (2 * bit) | (y >> bit & 1) << (2 * bit + 1)
    return code


def curve_order(maps: Int64Array, tiles: int) -> Int64Array:
    """All tiles, map by map, along the Z curve."""
    bounds = [*maps[:, 3].tolist(), tiles]
    parts = []
    for number, (first, end) in enumerate(pairwise(bounds)):
        own = np.arange(end - first, dtype=np.int64)
        parts.append(first + np.argsort(_morton(own, int(maps[number, 2])), kind="stable"))
    return np.concatenate(parts)


def assign_tiles(rule: PlacementRule, banks: int, order: Int64Array, work: Int64Array) -> Int64Array:
    """The bank of each tile.

    Parameters
    ----------
    rule
        How tiles are dealt.
    banks
        Active banks.
    order
        The tiles along the Z curve.
    work
        (tiles,) samples expected to begin in each.
    """
    tiles = len(order)
    if rule is PlacementRule.ROW_MAJOR:
        return np.arange(tiles, dtype=np.int64) % banks
    if rule is PlacementRule.HASHED:
        hashed = np.arange(tiles, dtype=np.uint64) * np.uint64(HASH_MULTIPLIER)
        return ((hashed >> np.uint64(32)) * np.uint64(banks) >> np.uint64(32)).astype(np.int64)
    # A piece of the curve a bank, of equal work; every tile counts for a little, or maps nobody samples would
    # all go to one bank.
    along = work[order] * tiles + max(int(work.sum()), 1) // max(tiles, 1) + 1
    middle = np.cumsum(along) - along / 2
    bank = np.empty(tiles, dtype=np.int64)
    bank[order] = np.minimum(middle * banks / along.sum(), banks - 1).astype(np.int64)
    return bank


def _first_pixels(bank: Int64Array, order: Int64Array, banks: int, stored: int) -> Int64Array:
    """The first pixel number of each tile in its bank: tiles of a bank lie in the order of the curve."""
    along = bank[order]
    by_bank = np.argsort(along, kind="stable")
    counts = np.bincount(along, minlength=banks)
    within = np.arange(len(order)) - np.repeat(np.cumsum(counts) - counts, counts)
    place = np.empty(len(order), dtype=np.int64)
    place[order[by_bank]] = within * stored
    return place


def _padded(pixels: int, pixels_in_row: int) -> int:
    """Pixels a tile takes so that none that fits a row straddles two."""
    if pixels > pixels_in_row:
        return -(-pixels // pixels_in_row) * pixels_in_row
    while pixels_in_row % pixels:
        pixels += 1
    return pixels


def place_maps(
    memory: MemoryConfig,
    config: GeoPimConfig,
    maps: Sequence[FeatureMap],
    pixel_bytes: int,
    work_of: WorkOfTiles,
) -> Placement:
    """Place feature maps in the active banks.

    Parameters
    ----------
    memory, config
        The memory and its units.
    maps
        The maps; all have pixels of ``pixel_bytes``.
    pixel_bytes
        All channels of a pixel.
    work_of
        Given the map table, the tile's height and width, the samples expected to begin in each tile.

    Raises
    ------
    DoesNotFitError
        Where a pixel does not fit a DRAM row, or the maps do not fit the banks.
    """
    burst, row = burst_bytes(memory), row_bytes(memory)
    if pixel_bytes > row or pixel_bytes % burst:
        raise DoesNotFitError(
            f"a pixel of {pixel_bytes} B should be a multiple of a burst ({burst} B) and fit a row ({row} B)"
        )
    pixels_in_row = row // pixel_bytes
    height, width = tile_shape(config, pixels_in_row)
    halo = 1 if config.neighbours is Neighbours.HALO else 0
    table = map_table(maps, height, width)
    tiles = tile_count(table, height)
    order = curve_order(table, tiles)
    bank = assign_tiles(config.placement, config.active_banks, order, work_of(table, height, width, tiles))
    stored = _padded((height + halo) * (width + halo), pixels_in_row)
    place = _first_pixels(bank, order, config.active_banks, stored)
    rows = -(-(int(place.max(initial=0)) + stored) // pixels_in_row)
    if rows > memory.rows:
        raise DoesNotFitError(
            f"the feature maps need {rows} rows of a bank, and there are {memory.rows} (memory.rows); "
            f"more banks (pim.active_banks = {config.active_banks}) or pim.neighbours=channel need fewer"
        )
    plain = sum(each.height * each.width for each in maps) * pixel_bytes
    return Placement(
        table, height, width, halo, bank, place, pixels_in_row, pixel_bytes // burst,
        tiles * stored * pixel_bytes, plain,
    )  # fmt: skip
