"""Compiled twin of ``tiled_product``: the runs of a list of tile transfers."""

import numpy as np
from numpy.typing import NDArray

from openrow_kernels.compilation import compiled

OPERAND, BASE, BITS, MAJOR_FIRST, MAJOR_END, MINOR_FIRST, MINOR_END, IS_WRITE = range(8)
TRANSFER_FIELDS = 8


@compiled
def addresses(
    transfers: NDArray[np.int64],
    major: NDArray[np.int64],
    minor: NDArray[np.int64],
    run_end: NDArray[np.int64],
    address: NDArray[np.uint64],
    size: NDArray[np.uint32],
    is_write: NDArray[np.bool_],
) -> int:
    """Write the runs of ``transfers`` and return how many there are.

    ``transfers`` (transfers, fields as numbered above); ``major``, ``minor`` (operands, places) the layout's
    tables in elements; ``run_end`` (operands, places) the end of the contiguous minor places from each one
    on.
    """
    n = 0
    for t in range(transfers.shape[0]):
        operand, base, bits = transfers[t, OPERAND], transfers[t, BASE], transfers[t, BITS]
        minor_end, write = transfers[t, MINOR_END], transfers[t, IS_WRITE] != 0
        first, end = np.int64(-1), np.int64(-1)  # the run in hand, in elements
        for line in range(transfers[t, MAJOR_FIRST], transfers[t, MAJOR_END]):
            place = transfers[t, MINOR_FIRST]
            while place < minor_end:
                stop = min(run_end[operand, place], minor_end)
                start = major[operand, line] + minor[operand, place]
                if start != end:
                    if end >= 0:
                        low = first * bits // 8
                        address[n], size[n] = base + low, (end * bits + 7) // 8 - low
                        is_write[n] = write
                        n += 1
                    first = start
                end = start + stop - place
                place = stop
        low = first * bits // 8
        address[n], size[n], is_write[n] = base + low, (end * bits + 7) // 8 - low, write
        n += 1
    return n
