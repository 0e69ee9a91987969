"""Compiled twin of ``bicubic``: the numbers and the addresses of a run of output pixels, in loops.

``rows`` and ``columns`` (outputs along the axis, 4) are the taps of each output row and column, clamped to
the map.
"""

import numpy as np
from numpy.typing import NDArray

from openrow_kernels.compilation import compiled


@compiled
def upsample(
    value: NDArray[np.float32],
    rows: NDArray[np.int64],
    columns: NDArray[np.int64],
    down: NDArray[np.float32],
    across: NDArray[np.float32],
    out: NDArray[np.float32],
) -> None:
    """Fill ``out`` (out height, out width, channels) from ``value`` (height, width, channels), in fp32."""
    line = np.empty(4, np.float32)
    for y in range(rows.shape[0]):
        for x in range(columns.shape[0]):
            for c in range(value.shape[2]):
                for i in range(4):
                    total = across[x, 0] * value[rows[y, i], columns[x, 0], c]
                    for j in range(1, 4):
                        total += across[x, j] * value[rows[y, i], columns[x, j], c]
                    line[i] = total
                total = down[y, 0] * line[0]
                for i in range(1, 4):
                    total += down[y, i] * line[i]
                out[y, x, c] = total


@compiled
def upsample_fixed(
    value: NDArray[np.int8],
    rows: NDArray[np.int64],
    columns: NDArray[np.int64],
    down: NDArray[np.int32],
    across: NDArray[np.int32],
    out: NDArray[np.int32],
) -> None:
    """Fill ``out`` in int32 with 14 bits of fraction."""
    for y in range(rows.shape[0]):
        for x in range(columns.shape[0]):
            for c in range(value.shape[2]):
                total = np.int32(0)
                for i in range(4):
                    for j in range(4):
                        weight = np.int32(down[y, i] * across[x, j])
                        total += weight * np.int32(value[rows[y, i], columns[x, j], c])
                out[y, x, c] = total


@compiled
def addresses(
    pixels: NDArray[np.int64],
    row_address: NDArray[np.int64],
    column_bytes: NDArray[np.int64],
    output_row_address: NDArray[np.int64],
    output_column_bytes: NDArray[np.int64],
    runs: int,
    run_bytes: int,
    channel_pitch: int,
    output_pitch: int,
    address: NDArray[np.uint64],
    size: NDArray[np.uint32],
    is_write: NDArray[np.bool_],
) -> int:
    """Write the accesses of output ``pixels`` (raster numbers) and return how many there are.

    ``row_address`` (out height, 4) and ``column_bytes`` (out width, 4) are where the taps of each output row
    and column lie. A pixel is ``runs`` runs of ``run_bytes``, ``channel_pitch`` (in the output
    ``output_pitch``) bytes apart.
    """
    n = 0
    width = column_bytes.shape[0]
    for q in range(pixels.size):
        y, x = pixels[q] // width, pixels[q] % width
        for i in range(4):
            for j in range(4):
                place = row_address[y, i] + column_bytes[x, j]
                for run in range(runs):
                    address[n], size[n], is_write[n] = place + run * channel_pitch, run_bytes, False
                    n += 1
        place = output_row_address[y] + output_column_bytes[x]
        for run in range(runs):
            address[n], size[n], is_write[n] = place + run * output_pitch, run_bytes, True
            n += 1
    return n
