"""The units' numbers in loops: weights, where neighbours begin, runs, sums in the units' order; exact sums.

``row`` is a query and head: query x heads + head. Samples in the order of the units are counted by ``i``,
runs of one row in one unit by ``r``. Functions that add up take the channels from ``low`` to ``high`` of each
head, so that threads share no sum.
"""

import numpy as np
from numpy.typing import NDArray

from openrow.memory.units.columns import COLUMN_BITS, COLUMN_MASK, ELSEWHERE, NEIGHBOURS, OUTSIDE
from openrow_kernels.compilation import compiled, pointer

Int32Array = NDArray[np.int32]
Int64Array = NDArray[np.int64]
Float32Array = NDArray[np.float32]
Float64Array = NDArray[np.float64]


@compiled
def bilinear_weights(order: Int32Array, x: Float32Array, y: Float32Array, weights: Float32Array) -> None:
    """Write the weights (i, 4) of nw, ne, sw, se: differences and their product, each rounded to fp32."""
    one = np.float32(1)
    for i in range(order.shape[0]):
        px, py = x[order[i]], y[order[i]]
        left, top = np.floor(px), np.floor(py)
        west, east = left + one - px, px - left
        north, south = top + one - py, py - top
        weights[i, 0] = west * north
        weights[i, 1] = east * north
        weights[i, 2] = west * south
        weights[i, 3] = east * south


@compiled
def first_elements(
    starts: Int64Array,
    places: Int64Array,
    remote: Int32Array,
    own: Int64Array,
    order: Int32Array,
    head_of: Int32Array,
    head_elements: int,
    burst_elements: int,
    row_bursts: int,
    bank_bursts: int,
    zeros: int,
    first: Int64Array,
) -> None:
    """Write where each neighbour's channels begin among the stored elements.

    Parameters
    ----------
    starts, places, remote, order
        Of the units' work.
    own
        (pixels, 2) bank and place of every pixel itself, for neighbours in other banks.
    head_of, head_elements
        The head of each sample, and the channels of one.
    burst_elements, row_bursts, bank_bursts
        Elements of a burst, bursts of a DRAM row and of a bank.
    zeros
        Where zeros begin, for neighbours outside the map.
    first
        (i, 4); changed.
    """
    for unit in range(starts.shape[0] - 1):
        for i in range(starts[unit], starts[unit + 1]):
            for n in range(NEIGHBOURS):
                place = places[i, n]
                if place == OUTSIDE:
                    first[i, n] = zeros
                    continue
                bank, within = unit, 0
                if place == ELSEWHERE:
                    bank, place = own[remote[i, n], 0], own[remote[i, n], 1]
                    within = head_of[order[i]] * head_elements
                burst = (place >> COLUMN_BITS) * row_bursts + (place & COLUMN_MASK)
                first[i, n] = (bank * bank_bursts + burst) * burst_elements + within


@compiled
def runs_of(
    order: Int32Array, starts: Int64Array, row_of: Int32Array, run_start: Int64Array, run_row: Int64Array
) -> int:
    """Write where runs of one row in one unit begin, and their rows; return how many there are."""
    runs = 0
    for unit in range(starts.shape[0] - 1):
        last = -1
        for i in range(starts[unit], starts[unit + 1]):
            row = row_of[order[i]]
            if row != last:
                run_start[runs] = i
                run_row[runs] = row
                runs += 1
                last = row
    run_start[runs] = starts[-1]
    return runs


@compiled
def add_by_tile(
    runs: int,
    run_start: Int64Array,
    run_row: Int64Array,
    elements: Float32Array,
    first: Int64Array,
    weights: Float32Array,
    attention: Float32Array,
    low: int,
    high: int,
    out: Float32Array,
    passed: Float32Array,
) -> None:
    """Add up runs, then the runs of a row: the neighbours of a sample first, then the attention times that.

    ``elements`` are those stored, ``first`` (i, 4) where neighbours begin, ``weights`` (i, 4) and
    ``attention`` (i,) their factors; ``out`` (rows, channels of a head) is added to, and ``passed`` (the
    same) gets the magnitudes of all sums on the way.
    """
    size, stored = high - low, pointer(elements)
    total, seen = np.empty(size, np.float32), np.empty(size, np.float32)
    for r in range(runs):
        total[:] = 0
        seen[:] = 0
        for i in range(run_start[r], run_start[r + 1]):
            nw, ne, sw, se = first[i, 0] + low, first[i, 1] + low, first[i, 2] + low, first[i, 3] + low
            w_nw, w_ne, w_sw, w_se = weights[i, 0], weights[i, 1], weights[i, 2], weights[i, 3]
            factor = attention[i]
            for c in range(size):
                sampled = w_nw * stored[nw + c]
                sampled += w_ne * stored[ne + c]
                sampled += w_sw * stored[sw + c]
                sampled += w_se * stored[se + c]
                total[c] += factor * sampled
                seen[c] += abs(total[c])
        row = run_row[r]
        for c in range(size):
            out[row, low + c] += total[c]
            passed[row, low + c] += seen[c] + abs(out[row, low + c])


@compiled
def add_by_row(
    runs: int,
    run_start: Int64Array,
    run_row: Int64Array,
    elements: Float32Array,
    first: Int64Array,
    weights: Float32Array,
    low: int,
    high: int,
    out: Float32Array,
    passed: Float32Array,
) -> None:
    """Add up runs, then the runs of a row: neighbour after neighbour, attention in their ``weights``.

    Everything else is as for :func:`add_by_tile`.
    """
    size, stored = high - low, pointer(elements)
    total, seen = np.empty(size, np.float32), np.empty(size, np.float32)
    for r in range(runs):
        total[:] = 0
        seen[:] = 0
        for i in range(run_start[r], run_start[r + 1]):
            nw, ne, sw, se = first[i, 0] + low, first[i, 1] + low, first[i, 2] + low, first[i, 3] + low
            w_nw, w_ne, w_sw, w_se = weights[i, 0], weights[i, 1], weights[i, 2], weights[i, 3]
            for c in range(size):
                one = total[c] + w_nw * stored[nw + c]
                two = one + w_ne * stored[ne + c]
                three = two + w_sw * stored[sw + c]
                total[c] = three + w_se * stored[se + c]
                seen[c] += (abs(one) + abs(two)) + (abs(three) + abs(total[c]))
        row = run_row[r]
        for c in range(size):
            out[row, low + c] += total[c]
            passed[row, low + c] += seen[c] + abs(out[row, low + c])


@compiled
def exact_sums(
    x: Float32Array,
    y: Float32Array,
    map_of: Int32Array,
    head_of: Int32Array,
    maps: Int64Array,
    attention: Float32Array,
    pixels: Float32Array,
    low: int,
    high: int,
    total: Float64Array,
    magnitude: Float64Array,
) -> None:
    """Add up the definition in float64, in the order of the kernel: so many samples a row, row by row.

    ``maps`` (maps, 5) has height, width and in column 4 the first pixel of each, ``pixels`` (pixels,
    channels) are their values; ``total`` and ``magnitude`` (rows, channels of a head) become the sums of the
    terms and of their magnitudes.
    """
    size, channels, values = high - low, pixels.shape[1], pointer(pixels)
    samples = x.shape[0] // total.shape[0]
    row_sum, row_magnitude = np.empty(size, np.float64), np.empty(size, np.float64)
    for row in range(total.shape[0]):
        row_sum[:] = 0
        row_magnitude[:] = 0
        for s in range(row * samples, (row + 1) * samples):
            height, width = maps[map_of[s], 0], maps[map_of[s], 1]
            if not (x[s] >= -1 and x[s] < width and y[s] >= -1 and y[s] < height):
                continue
            px, py, factor = np.float64(x[s]), np.float64(y[s]), np.float64(attention[s])
            left, top = int(np.floor(px)), int(np.floor(py))
            for n in range(NEIGHBOURS):
                line, column = top + (n >> 1), left + (n & 1)
                if line < 0 or line >= height or column < 0 or column >= width:
                    continue
                weight = factor * (1 - abs(px - column)) * (1 - abs(py - line))
                pixel = maps[map_of[s], 4] + line * width + column
                first = pixel * channels + head_of[s] * total.shape[1] + low
                for c in range(size):
                    term = weight * np.float64(values[first + c])
                    row_sum[c] += term
                    row_magnitude[c] += abs(term)
        for c in range(size):
            total[row, low + c] = row_sum[c]
            magnitude[row, low + c] = row_magnitude[c]
