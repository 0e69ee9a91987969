"""Neighbours that lie in other banks, and which of them a channel's scratchpad saves from being fetched."""

import numpy as np
from numpy.typing import NDArray

from openrow.config.geopim import GeoPimConfig, Neighbours
from openrow.memory.units.columns import COLUMN_BITS
from openrow.pim.geopim.assignment import LayerSamples, UnitWork
from openrow.pim.geopim.remote_compiled import through_scratchpads
from openrow.pim.geopim.units import BankNumbers
from openrow_kernels.compilation import read_only

Int64Array = NDArray[np.int64]


def own_places(work: UnitWork, samples: LayerSamples) -> Int64Array:
    """(pixels, 2): the bank that holds each pixel of the maps itself, and the place of its first burst."""
    placement = work.placement
    parts = []
    stride = placement.tile_width + placement.halo
    for rows, columns, across, first, _, _ in placement.maps.tolist():
        y, x = np.divmod(np.arange(rows * columns, dtype=np.int64), columns)
        tile = first + y // placement.tile_height * across + x // placement.tile_width
        within = y % placement.tile_height * stride + x % placement.tile_width
        pixel = placement.tile_place[tile] + within
        row, column = np.divmod(pixel, placement.pixels_in_row)
        parts.append(np.stack([placement.tile_bank[tile], row << COLUMN_BITS | column * placement.bursts], 1))
    assert len(parts) == len(samples.maps)
    return np.concatenate(parts)


def remote_pixels(
    config: GeoPimConfig,
    work: UnitWork,
    numbers: BankNumbers,
    pixel_bytes: int,
    samples: LayerSamples,
) -> Int64Array:
    """(fetches, 2): bank and place of every neighbour fetched over a channel, in turns of the units.

    With scratchpads, those that the scratchpad of the unit's channel holds are left out. It keeps the pixels
    used last; units of a channel take turns, a sample each.
    """
    if work.remote_neighbours == 0:
        return np.zeros((0, 2), dtype=np.int64)
    places = own_places(work, samples)
    remote, starts = read_only(work.remote), read_only(work.starts)
    channel = numbers.channel(np.arange(config.active_banks, dtype=np.int64))
    pixels = 0
    if config.neighbours is Neighbours.SCRATCHPAD:
        pixels = config.scratchpad_bytes // (pixel_bytes // samples.heads)
    out = np.empty(work.remote_neighbours, dtype=np.int32)
    count = through_scratchpads(remote, starts, read_only(channel), pixels, out)
    return places[out[:count]]
