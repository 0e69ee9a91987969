"""Entries cut into bursts: what a format without sizes can carry."""

from collections.abc import Iterable, Iterator

import numpy as np

from openrow_traces.chunk import TraceChunk
from openrow_traces.errors import TraceError
from openrow_traces.reader import DEFAULT_CHUNK_ROWS

DEFAULT_ENTRY_BYTES = 64


def split_into_bursts(
    chunks: Iterable[TraceChunk], burst_bytes: int, entry_bytes: int = DEFAULT_ENTRY_BYTES
) -> Iterator[TraceChunk]:
    """Yield, for each entry, the aligned bursts that cover it, in rising order and at the time of the entry.

    Parameters
    ----------
    chunks
        The entries.
    burst_bytes
        Bytes of a burst, a power of two; the addresses yielded are its multiples.
    entry_bytes
        Bytes of an entry where the trace does not say.

    Raises
    ------
    TraceError
        If ``burst_bytes`` is no power of two, or an entry reaches beyond 64-bit addresses.
    """
    if burst_bytes < 1 or burst_bytes & (burst_bytes - 1):
        raise TraceError(f"--burst-bytes must be a power of two, not {burst_bytes}")
    entries = 0
    for chunk in chunks:
        size = np.uint64(entry_bytes) if chunk.size is None else chunk.size.astype(np.uint64)
        last_byte = chunk.address + (size - np.uint64(1))
        if (last_byte < chunk.address).any():
            at = int(np.argmax(last_byte < chunk.address))
            raise TraceError(
                f"entry {entries + at} (address {chunk.address[at]:#x}) reaches beyond 64-bit addresses"
            )
        first = chunk.address // np.uint64(burst_bytes)
        counts = (last_byte // np.uint64(burst_bytes) - first + np.uint64(1)).astype(np.int64)
        yield from _bursts(chunk, first, counts, burst_bytes)
        entries += len(chunk)


def _bursts(
    chunk: TraceChunk, first: np.ndarray, counts: np.ndarray, burst_bytes: int
) -> Iterator[TraceChunk]:
    ends = np.cumsum(counts)
    for begin in range(0, int(counts.sum()), DEFAULT_CHUNK_ROWS):
        number = np.arange(begin, min(begin + DEFAULT_CHUNK_ROWS, int(ends[-1])))
        entry = np.searchsorted(ends, number, side="right")
        within = number - (ends - counts)[entry]
        yield TraceChunk(
            (first[entry] + within.astype(np.uint64)) * np.uint64(burst_bytes),
            chunk.is_write[entry],
            np.full(len(entry), burst_bytes, np.uint32),
            None if chunk.cycle is None else chunk.cycle[entry],
        )
