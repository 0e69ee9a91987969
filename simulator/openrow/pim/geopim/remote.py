"""Neighbours that lie in other banks, and which of them a channel's scratchpad saves from being fetched."""

import numpy as np
from numpy.typing import NDArray

from openrow.config.geopim import GeoPimConfig, Neighbours
from openrow.pim.geopim.assignment import LayerSamples, UnitWork
from openrow.pim.geopim.remote_compiled import through_scratchpads
from openrow.pim.geopim.units import BankNumbers
from openrow_kernels.compilation import read_only

Int64Array = NDArray[np.int64]


def own_places(work: UnitWork, samples: LayerSamples) -> Int64Array:
    """(pixels, 2): the bank that holds each pixel of the maps itself, and the place of its first burst."""
    placement = work.placement
    tile = placement.tile_of_pixel
    stride = placement.tile_width + placement.halo
    within = [
        y[:, None] % placement.tile_height * stride + x % placement.tile_width
        for y, x in ((np.arange(each.height), np.arange(each.width)) for each in samples.maps)
    ]
    pixel = placement.tile_place[tile] + np.concatenate([part.reshape(-1) for part in within])
    return np.stack([placement.tile_bank[tile], placement.place_of(pixel)], 1)


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
