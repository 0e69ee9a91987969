"""Building and comparing small traces."""

from collections.abc import Iterable, Sequence

import numpy as np

from openrow_traces.chunk import TraceChunk


def trace(
    address: Sequence[int],
    is_write: Sequence[int] | None = None,
    size: Sequence[int] | None = None,
    cycle: Sequence[int] | None = None,
) -> TraceChunk:
    return TraceChunk(
        np.array(address, np.uint64),
        np.array(is_write if is_write is not None else [0] * len(address), np.bool_),
        None if size is None else np.array(size, np.uint32),
        None if cycle is None else np.array(cycle, np.int64),
    )


def joined(chunks: Iterable[TraceChunk]) -> dict[str, list[int] | None]:
    parts = list(chunks)
    return {
        name: None
        if getattr(parts[0], name) is None
        else [int(value) for part in parts for value in getattr(part, name)]
        for name in ("address", "is_write", "size", "cycle")
    }
