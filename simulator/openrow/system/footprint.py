"""The footprint of traffic: how many different lines of memory its accesses touch."""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from openrow_traces.chunk import TraceChunk

LINE_BYTES = 64


def touched_lines(chunks: Iterable[TraceChunk], line_bytes: int = LINE_BYTES) -> NDArray[np.uint64]:
    """The lines that entries touch, each once, in order of address.

    Parameters
    ----------
    chunks
        The entries. One without a size touches the line of its address.
    line_bytes
        Bytes of a line.

    Returns
    -------
    uint64 array
        Line numbers: address // ``line_bytes``.
    """
    touched = np.empty(0, dtype=np.uint64)
    for chunk in chunks:
        size = np.ones(len(chunk), dtype=np.uint64) if chunk.size is None else chunk.size.astype(np.uint64)
        first = chunk.address // np.uint64(line_bytes)
        last = (chunk.address + size - np.uint64(1)) // np.uint64(line_bytes)
        lines = (last - first).astype(np.int64) + 1
        within = np.arange(lines.sum()) - np.repeat(np.cumsum(lines) - lines, lines)
        touched = np.union1d(touched, np.repeat(first, lines) + within.astype(np.uint64))
    return touched
