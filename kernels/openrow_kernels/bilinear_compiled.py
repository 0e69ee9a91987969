"""Compiled twin of ``bilinear``: the numbers and the addresses of a run of output pixels, in loops.

``x`` and ``y`` (outputs,) are pixel coordinates in the sampled map.
"""

import numpy as np
from numpy.typing import NDArray

from openrow_kernels.compilation import compiled


@compiled
def resample(
    value: NDArray[np.float32], x: NDArray[np.float32], y: NDArray[np.float32], out: NDArray[np.float32]
) -> None:
    """Add the samples of ``value`` (height, width, channels) onto ``out`` (outputs, channels), in fp32."""
    one = np.float32(1)
    height, width = value.shape[0], value.shape[1]
    for q in range(x.size):
        px, py = x[q], y[q]
        if not (px >= -1 and px < width and py >= -1 and py < height):
            continue
        left, top = np.floor(px), np.floor(py)
        column, row = int(left), int(top)
        for dy in range(2):
            down = py - top if dy else top + one - py
            for dx in range(2):
                across = px - left if dx else left + one - px
                r, c = row + dy, column + dx
                if r >= 0 and r < height and c >= 0 and c < width:
                    weight = across * down
                    for i in range(value.shape[2]):
                        out[q, i] += weight * value[r, c, i]


@compiled
def resample_fixed(
    value: NDArray[np.int8], x: NDArray[np.float32], y: NDArray[np.float32], out: NDArray[np.int32]
) -> None:
    """Add the samples of ``value`` onto ``out``, in int32 with 14 bits of fraction."""
    height, width = value.shape[0], value.shape[1]
    for q in range(x.size):
        px, py = x[q], y[q]
        if not (px >= -1 and px < width and py >= -1 and py < height):
            continue
        left, top = np.floor(px), np.floor(py)
        column, row = int(left), int(top)
        right = np.int32(np.rint((px - left) * np.float32(128)))
        lower = np.int32(np.rint((py - top) * np.float32(128)))
        for dy in range(2):
            down = lower if dy else 128 - lower
            for dx in range(2):
                across = right if dx else 128 - right
                r, c = row + dy, column + dx
                if r >= 0 and r < height and c >= 0 and c < width:
                    weight = np.int32(across * down)
                    for i in range(value.shape[2]):
                        out[q, i] += weight * np.int32(value[r, c, i])


@compiled
def addresses(
    x: NDArray[np.float32],
    y: NDArray[np.float32],
    grid_address: NDArray[np.int64],
    grid_bytes: int,
    row_address: NDArray[np.int64],
    column_bytes: NDArray[np.int64],
    output_address: NDArray[np.int64],
    runs: int,
    run_bytes: int,
    channel_pitch: int,
    output_pitch: int,
    address: NDArray[np.uint64],
    size: NDArray[np.uint32],
    is_write: NDArray[np.bool_],
) -> int:
    """Write the accesses of the outputs and return how many there are.

    ``grid_address`` and ``output_address`` (outputs,) are where each output's coordinates and first channel
    lie; ``row_address`` and ``column_bytes`` the tables of the sampled map. A pixel is ``runs`` runs of
    ``run_bytes``, ``channel_pitch`` (in the output ``output_pitch``) bytes apart.
    """
    n = 0
    height, width = row_address.size, column_bytes.size
    for q in range(x.size):
        address[n], size[n], is_write[n] = grid_address[q], grid_bytes, False
        n += 1
        px, py = x[q], y[q]
        if px >= -1 and px < width and py >= -1 and py < height:
            column, row = int(np.floor(px)), int(np.floor(py))
            for r in range(max(row, 0), min(row + 2, height)):
                for c in range(max(column, 0), min(column + 2, width)):
                    place = row_address[r] + column_bytes[c]
                    for run in range(runs):
                        address[n], size[n], is_write[n] = place + run * channel_pitch, run_bytes, False
                        n += 1
        for run in range(runs):
            address[n], size[n], is_write[n] = output_address[q] + run * output_pitch, run_bytes, True
            n += 1
    return n
