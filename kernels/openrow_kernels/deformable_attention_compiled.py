"""Compiled twin of ``deformable_attention``: the numbers and the addresses of a run of queries, in loops.

Coordinates come as x and y of shape (queries, heads, levels, samples), in pixels of each level.
"""

import numpy as np
from numpy.typing import NDArray

from openrow_kernels.compilation import compiled


@compiled
def attend(
    values: NDArray[np.float32],
    levels: NDArray[np.int64],
    x: NDArray[np.float32],
    y: NDArray[np.float32],
    weights: NDArray[np.float32],
    out: NDArray[np.float32],
) -> None:
    """Add up weighted samples in fp32.

    ``values`` (pixels of all levels, channels), ``levels`` (levels, 3: height, width, first pixel), ``out``
    (queries, channels), zero.
    """
    one = np.float32(1)
    heads, samples = x.shape[1], x.shape[3]
    size = values.shape[1] // heads
    sampled = np.empty(size, np.float32)
    for q in range(x.shape[0]):
        for h in range(heads):
            first = h * size
            for level in range(levels.shape[0]):
                height, width, start = levels[level, 0], levels[level, 1], levels[level, 2]
                for s in range(samples):
                    px, py = x[q, h, level, s], y[q, h, level, s]
                    if not (px >= -1 and px < width and py >= -1 and py < height):
                        continue
                    left, top = np.floor(px), np.floor(py)
                    column, row = int(left), int(top)
                    sampled[:] = 0
                    for dy in range(2):
                        down = py - top if dy else top + one - py
                        for dx in range(2):
                            across = px - left if dx else left + one - px
                            r, c = row + dy, column + dx
                            if r >= 0 and r < height and c >= 0 and c < width:
                                weight = across * down
                                pixel = start + r * width + c
                                for i in range(size):
                                    sampled[i] += weight * values[pixel, first + i]
                    attention = weights[q, h, level, s]
                    for i in range(size):
                        out[q, first + i] += attention * sampled[i]


@compiled
def attend_fixed(
    values: NDArray[np.int8],
    levels: NDArray[np.int64],
    x: NDArray[np.float32],
    y: NDArray[np.float32],
    weights: NDArray[np.int8],
    out: NDArray[np.int32],
) -> None:
    """Add up weighted samples in int32; a sample is rounded to 7 bits of fraction before it is weighted."""
    heads, samples = x.shape[1], x.shape[3]
    size = values.shape[1] // heads
    sampled = np.empty(size, np.int32)
    for q in range(x.shape[0]):
        for h in range(heads):
            first = h * size
            for level in range(levels.shape[0]):
                height, width, start = levels[level, 0], levels[level, 1], levels[level, 2]
                for s in range(samples):
                    px, py = x[q, h, level, s], y[q, h, level, s]
                    if not (px >= -1 and px < width and py >= -1 and py < height):
                        continue
                    left, top = np.floor(px), np.floor(py)
                    column, row = int(left), int(top)
                    right = np.int32(np.rint((px - left) * np.float32(128)))
                    lower = np.int32(np.rint((py - top) * np.float32(128)))
                    sampled[:] = 0
                    for dy in range(2):
                        down = lower if dy else 128 - lower
                        for dx in range(2):
                            across = right if dx else 128 - right
                            r, c = row + dy, column + dx
                            if r >= 0 and r < height and c >= 0 and c < width:
                                weight = np.int32(across * down)
                                pixel = start + r * width + c
                                for i in range(size):
                                    sampled[i] += weight * np.int32(values[pixel, first + i])
                    attention = np.int32(weights[q, h, level, s])
                    for i in range(size):
                        out[q, first + i] += attention * ((sampled[i] + np.int32(64)) >> np.int32(7))


@compiled
def addresses(
    x: NDArray[np.float32],
    y: NDArray[np.float32],
    rows: NDArray[np.int64],
    levels: NDArray[np.int64],
    row_bytes: NDArray[np.int64],
    column_bytes: NDArray[np.int64],
    channel_pitch: NDArray[np.int64],
    head_channels: int,
    runs: int,
    run_bytes: int,
    streams: NDArray[np.int64],
    address: NDArray[np.uint64],
    size: NDArray[np.uint32],
    is_write: NDArray[np.bool_],
) -> int:
    """Write the accesses of queries ``rows`` and return how many there are.

    ``levels`` (levels, 3: height, width, address of the sampled map); ``row_bytes`` and ``column_bytes``
    (levels, y or x) the layout's tables; a neighbour is ``runs`` runs of ``run_bytes``, one for each channel
    (``channel_pitch`` bytes apart, by level) or one in all. ``streams`` (3: offsets, weights, output; 2:
    base, bytes of one query); offsets of 0 bytes are not read.
    """
    n = 0
    head_pitch = channel_pitch * head_channels
    for q in range(rows.size):
        for stream in range(2):
            if streams[stream, 1] > 0:
                address[n] = streams[stream, 0] + rows[q] * streams[stream, 1]
                size[n] = streams[stream, 1]
                is_write[n] = False
                n += 1
        for h in range(x.shape[1]):
            for level in range(x.shape[2]):
                height, width = levels[level, 0], levels[level, 1]
                base = levels[level, 2] + h * head_pitch[level]
                for s in range(x.shape[3]):
                    px, py = x[q, h, level, s], y[q, h, level, s]
                    if not (px >= -1 and px < width and py >= -1 and py < height):
                        continue
                    column, row = int(np.floor(px)), int(np.floor(py))
                    for r in range(max(row, 0), min(row + 2, height)):
                        line = base + row_bytes[level, r]
                        for c in range(max(column, 0), min(column + 2, width)):
                            place = line + column_bytes[level, c]
                            for run in range(runs):
                                address[n] = place + run * channel_pitch[level]
                                size[n] = run_bytes
                                is_write[n] = False
                                n += 1
        address[n] = streams[2, 0] + rows[q] * streams[2, 1]
        size[n] = streams[2, 1]
        is_write[n] = True
        n += 1
    return n
