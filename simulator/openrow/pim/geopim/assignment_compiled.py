"""Samples to units, in loops: centres, a stable sort by bank, and where each neighbour lies."""

import numpy as np
from numpy.typing import NDArray

from openrow.memory.units.columns import COLUMN_BITS, ELSEWHERE, OUTSIDE
from openrow_kernels.compilation import compiled

Int64Array = NDArray[np.int64]
Int32Array = NDArray[np.int32]
Float32Array = NDArray[np.float32]


@compiled
def centre_pixels(
    x: Float32Array, y: Float32Array, map_of: Int32Array, maps: Int64Array, together: int, pixel: Int32Array
) -> int:
    """The pixel at the centre of each run of ``together`` samples, noted for each; -1 for one wholly outside.

    Returns how many samples have a neighbour inside their map.
    """
    inside = 0
    for first in range(0, x.shape[0], together):
        height, width, first_pixel = maps[map_of[first], 0], maps[map_of[first], 1], maps[map_of[first], 4]
        sum_x = sum_y = np.float64(0)
        count = 0
        for i in range(first, first + together):
            if -1 <= x[i] < width and -1 <= y[i] < height:
                sum_x += x[i]
                sum_y += y[i]
                count += 1
        number = -1
        if count > 0:
            column = min(max(int(np.floor(sum_x / count)), 0), width - 1)
            row = min(max(int(np.floor(sum_y / count)), 0), height - 1)
            number = first_pixel + row * width + column
        inside += count
        for i in range(first, first + together):
            taken = -1 <= x[i] < width and -1 <= y[i] < height
            pixel[i] = number if taken else -1
    return inside


@compiled
def count_keys(key: Int32Array, values: Int32Array, counts: Int64Array) -> None:
    """Count the values of ``values[key[i]]`` over all i with key[i] not negative."""
    for i in range(key.shape[0]):
        if key[i] >= 0:
            counts[values[key[i]]] += 1


@compiled
def sort_stably(
    order: Int32Array, count: int, key: Int32Array, values: Int32Array, counts: Int64Array, out: Int32Array
) -> None:
    """A counting sort: the first ``count`` numbers of ``order``, by ``values[key[number]]``.

    ``counts`` (values,) are those of :func:`count_keys`; changed.
    """
    total = 0
    for value in range(counts.shape[0]):
        own = counts[value]
        counts[value] = total
        total += own
    for i in range(count):
        value = values[key[order[i]]]
        out[counts[value]] = order[i]
        counts[value] += 1


@compiled
def pixel_in_bank(
    bank: int,
    y: int,
    x: int,
    tile_y: int,
    tile_x: int,
    m: int,
    maps: Int64Array,
    tile_bank: Int64Array,
    tile_place: Int64Array,
    tile: tuple[int, int],
    halo: int,
) -> int:
    """Where ``bank`` stores a pixel of map ``m`` with the tile in row ``tile_y`` and column ``tile_x``; -1
    where that tile lies elsewhere."""
    number = maps[m, 3] + tile_y * maps[m, 2] + tile_x
    if tile_bank[number] != bank:
        return -1
    height, width = tile
    pixel: int = tile_place[number] + (y - tile_y * height) * (width + halo) + x - tile_x * width
    return pixel


@compiled
def neighbours_of(
    order: Int32Array,
    bank_of_sample: Int32Array,
    x: Float32Array,
    y: Float32Array,
    map_of: Int32Array,
    head_of: Int32Array,
    maps: Int64Array,
    tile_bank: Int64Array,
    tile_place: Int64Array,
    tile: tuple[int, int],
    halo: int,
    pixels_in_row: int,
    bursts: int,
    head_bursts: int,
    places: Int64Array,
    remote: Int32Array,
) -> None:
    """Where the neighbours of each sample lie, in the order the units take them.

    Parameters
    ----------
    order
        Samples by unit.
    bank_of_sample
        The bank of each sample's unit, by sample.
    x, y, map_of, head_of
        Of each sample.
    maps, tile_bank, tile_place, tile, halo, pixels_in_row, bursts
        The placement; ``tile`` is height and width.
    head_bursts
        Bursts of one head's channels.
    places
        (samples, 4): place in the unit's own bank, OUTSIDE the map, or ELSEWHERE; changed.
    remote
        (samples, 4) pixel number of a remote neighbour, -1 for others; changed.
    """
    height, width = tile
    for i in range(order.shape[0]):
        sample = order[i]
        m, bank = map_of[sample], bank_of_sample[sample]
        rows, columns, first_pixel = maps[m, 0], maps[m, 1], maps[m, 4]
        left, top = int(np.floor(x[sample])), int(np.floor(y[sample]))
        # The tile of the upper left neighbour, or of the one there is; its halo may hold all four.
        home_y, home_x = max(top, 0) // height, max(left, 0) // width
        for n in range(4):
            py, px = top + (n >> 1), left + (n & 1)
            places[i, n] = OUTSIDE
            remote[i, n] = -1
            if py < 0 or py >= rows or px < 0 or px >= columns:
                continue
            pixel = -1
            if py < (home_y + 1) * height + halo and px < (home_x + 1) * width + halo:
                pixel = pixel_in_bank(
                    bank, py, px, home_y, home_x, m, maps, tile_bank, tile_place, tile, halo
                )
            if pixel < 0:
                own_y, own_x = py // height, px // width
                pixel = pixel_in_bank(bank, py, px, own_y, own_x, m, maps, tile_bank, tile_place, tile, halo)
            if pixel < 0:
                places[i, n] = ELSEWHERE
                remote[i, n] = first_pixel + py * columns + px
            else:
                column = (pixel % pixels_in_row) * bursts + head_of[sample] * head_bursts
                places[i, n] = ((pixel // pixels_in_row) << COLUMN_BITS) | column


@compiled
def count_runs(order: Int32Array, starts: Int64Array, owner: Int32Array, runs: Int64Array) -> None:
    """Runs of equal ``owner`` in each unit's samples; unit u has ``order[starts[u] : starts[u + 1]]``."""
    for u in range(starts.shape[0] - 1):
        last = -1
        for i in range(starts[u], starts[u + 1]):
            if owner[order[i]] != last:
                last = owner[order[i]]
                runs[u] += 1
