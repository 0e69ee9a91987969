"""The record that every trace format speaks: consecutive accesses as plain arrays."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from openrow_traces.errors import TraceError


@dataclass(frozen=True, eq=False, slots=True)
class TraceChunk:
    """Consecutive entries of a trace, in order.

    All arrays are one-dimensional, of the same length and of exactly the type given; they may be read-only.

    Raises
    ------
    TraceError
        If an array has another type, shape or length.
    """

    address: NDArray[np.uint64]
    """First byte of each entry, bytes."""
    is_write: NDArray[np.bool_]
    """True where the entry is written, false where it is read."""
    size: NDArray[np.uint32] | None = None
    """Bytes of each entry; None where the trace does not say (the replay's ``entry_bytes`` applies)."""
    cycle: NDArray[np.int64] | None = None
    """Arrival time of each entry in memory controller cycles, from 0; None where the trace has no times."""

    def __post_init__(self) -> None:
        _check_array("address", self.address, np.uint64, len(self.address))
        _check_array("is_write", self.is_write, np.bool_, len(self.address))
        if self.size is not None:
            _check_array("size", self.size, np.uint32, len(self.address))
        if self.cycle is not None:
            _check_array("cycle", self.cycle, np.int64, len(self.address))

    def __len__(self) -> int:
        return len(self.address)

    def part(self, begin: int, end: int) -> "TraceChunk":
        """Return entries ``begin`` to ``end`` (exclusive) as a view."""
        return TraceChunk(
            self.address[begin:end],
            self.is_write[begin:end],
            None if self.size is None else self.size[begin:end],
            None if self.cycle is None else self.cycle[begin:end],
        )


class Accesses(Protocol):
    """Anything with the arrays of a kernel's chunk: address, type and size, no times."""

    @property
    def address(self) -> NDArray[np.uint64]:
        """First byte of each entry."""

    @property
    def is_write(self) -> NDArray[np.bool_]:
        """True where the entry is written."""

    @property
    def size(self) -> NDArray[np.uint32]:
        """Bytes of each entry."""


def as_trace_chunk(accesses: Accesses) -> TraceChunk:
    """Return a kernel's chunk as a chunk of a trace; the arrays are shared, not copied."""
    return TraceChunk(accesses.address, accesses.is_write, accesses.size)


def parts_of_at_most(chunks: Iterable[TraceChunk], rows: int) -> Iterator[TraceChunk]:
    """Yield the same entries in chunks of at most ``rows``, leaving out empty ones."""
    for chunk in chunks:
        for begin in range(0, len(chunk), rows):
            yield chunk.part(begin, begin + rows)


def same_columns(chunks: Iterable[TraceChunk], target: str) -> Iterator[TraceChunk]:
    """Yield ``chunks`` if a file can hold them: the same columns throughout, no time before 0, no size 0.

    Raises
    ------
    TraceError
        At the first chunk that breaks this, naming ``target`` and the entry.
    """
    columns: tuple[bool, bool] | None = None
    entry = 0
    for chunk in chunks:
        found = (chunk.size is not None, chunk.cycle is not None)
        columns = columns or found
        if found != columns:
            raise TraceError(
                f"{target}: from entry {entry} on the trace has other columns; sizes and cycles are for all "
                "entries or none"
            )
        if chunk.cycle is not None and len(chunk) and chunk.cycle.min() < 0:
            at = int(np.argmax(chunk.cycle < 0))
            raise TraceError(
                f"{target}: entry {entry + at} arrives at cycle {chunk.cycle[at]}; cycles start at 0"
            )
        if chunk.size is not None and len(chunk) and chunk.size.min() == 0:
            at = int(np.argmax(chunk.size == 0))
            raise TraceError(f"{target}: entry {entry + at} has size 0; an entry is at least 1 byte")
        entry += len(chunk)
        yield chunk


def _check_array(name: str, array: np.ndarray, dtype: type[np.generic], length: int) -> None:
    if array.dtype != dtype or array.shape != (length,):
        raise TraceError(
            f"{name} of a trace chunk must be {np.dtype(dtype)} of shape ({length},), "
            f"not {array.dtype} of shape {array.shape}"
        )
