"""A cache as a filter: accesses go in, those that the next level has to serve come out.

The cache is set-associative with least-recently-used replacement, and sectored: a line has one tag, and its
sectors are fetched one by one, as GPUs do. An entry of the stream is looked up line by line. A sector of it
is found, missing from a line that is there, or missing with its line. What goes below, in this order:

- a read for each run of neighbouring sectors that an entry reads and the cache lacks;
- the written sectors of the line that has to make room, if any.

A cache that writes back makes room for lines that are written, and fetches a written sector only if the entry
covers a part of it. One that writes through passes every write on as it is, updates the line if it is there,
and makes room for lines that are read alone.

What goes in is what reaches the cache: a GPU joins the lanes of a warp into accesses of whole sectors before
its caches see them. The streams of kernels here are of that kind (a vector of channels is one entry); a trace
with an entry a lane is not, and counts each lane.

Several caches of a kind side by side (the first level of a GPU, one a multiprocessor) share the stream: each
takes some consecutive entries, then it is the next one's turn. The stream stays in its order, so the level
below sees the multiprocessors one after the other in small turns.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from openrow.config.host import CacheConfig, SetIndex, WritePolicy
from openrow.config.mapping import bits_of
from openrow.host import cache_compiled as cc
from openrow.host.cache_compiled import filter_entries
from openrow.memory.feed import sound_extents
from openrow_kernels.compilation import read_only
from openrow_traces.chunk import TraceChunk

BELOW_ENTRIES = 1 << 16
LARGEST_CAPACITY = 1 << 62
"""Addresses up to here, and what is computed of them, fit 64 bits."""


@dataclass(frozen=True)
class CacheCounts:
    """What a cache has seen and done. Hits and misses are counted in sectors."""

    entries: int
    """Entries looked up."""
    bytes: int
    """Bytes they asked for."""
    sector_bytes: int
    """Bytes of a sector."""
    reads: int
    """Sectors read."""
    writes: int
    """Sectors written."""
    hits: int
    """Of both, sectors that were there."""
    sector_misses: int
    """Sectors missing from a line that was there."""
    line_misses: int
    """Sectors missing with their line."""
    fills: int
    """Sectors fetched from below."""
    write_backs: int
    """Written sectors handed down: their line made room, or the cache was flushed."""
    replaced_lines: int
    """Lines that made room for others."""
    passed_writes: int
    """Writes passed on by a cache that writes through."""
    passed_bytes: int
    """Their bytes."""

    def __sub__(self, earlier: "CacheCounts") -> "CacheCounts":
        """What was counted since ``earlier``, of the same cache."""
        since = {
            field.name: getattr(self, field.name) - getattr(earlier, field.name) for field in fields(self)
        }
        return CacheCounts(**since | {"sector_bytes": self.sector_bytes})

    @property
    def accesses(self) -> int:
        """Sectors read and written."""
        return self.reads + self.writes

    @property
    def hit_rate(self) -> float | None:
        """Share of the accesses that were hits; None without any."""
        return self.hits / self.accesses if self.accesses else None

    @property
    def moved_bytes(self) -> int:
        """Bytes that crossed the cache's upper side, in whole sectors."""
        return self.accesses * self.sector_bytes

    @property
    def below_bytes(self) -> int:
        """Bytes asked of the next level and handed down to it."""
        return (self.fills + self.write_backs) * self.sector_bytes + self.passed_bytes

    def as_dict(self) -> dict[str, int | float | None]:
        """The counts as plain data, ready for JSON."""
        return {
            "entries": self.entries,
            "accesses": self.accesses,
            "reads": self.reads,
            "writes": self.writes,
            "hits": self.hits,
            "sector_misses": self.sector_misses,
            "line_misses": self.line_misses,
            "hit_rate": self.hit_rate,
            "fills": self.fills,
            "write_backs": self.write_backs,
            "replaced_lines": self.replaced_lines,
            "passed_writes": self.passed_writes,
            "bytes": self.bytes,
            "moved_bytes": self.moved_bytes,
            "below_bytes": self.below_bytes,
        }


def sets_of(cache: CacheConfig) -> int:
    """The sets of one instance of a cache."""
    return cache.size_bytes // (cache.line_bytes * cache.ways)


class CacheFilter:
    """One level of cache. Its lines survive from one stream to the next.

    Parameters
    ----------
    cache
        The cache.
    capacity_bytes
        What addresses must lie in, as a memory's size.
    """

    def __init__(self, cache: CacheConfig, capacity_bytes: int = LARGEST_CAPACITY) -> None:
        self.cache = cache
        self._capacity_bytes = capacity_bytes
        sets = sets_of(cache)
        shape = np.zeros(8, dtype=np.int64)
        shape[cc.SETS], shape[cc.WAYS] = sets, cache.ways
        shape[cc.LINE_BITS], shape[cc.SECTOR_BITS] = bits_of(cache.line_bytes), bits_of(cache.sector_bytes)
        shape[cc.FOLD_BITS] = max(bits_of(sets), 1) if cache.index is SetIndex.XOR_FOLDED else 0
        shape[cc.WRITE_THROUGH] = cache.write is WritePolicy.WRITE_THROUGH
        shape[cc.INSTANCES], shape[cc.DEALT] = cache.instances, cache.dealt_entries
        self._shape = read_only(shape)
        self._lines = np.full(cache.instances * sets * cache.ways, cc.EMPTY, dtype=np.int64)
        self._states = np.zeros_like(self._lines)
        self._counts = np.zeros(cc.COUNTS, dtype=np.int64)
        self._below = np.empty((3, BELOW_ENTRIES), dtype=np.int64)

    @property
    def counts(self) -> CacheCounts:
        """What was counted so far."""
        c = [int(number) for number in self._counts]
        return CacheCounts(
            c[cc.ENTRIES], c[cc.BYTES], self.cache.sector_bytes, c[cc.READS], c[cc.WRITES], c[cc.HITS],
            c[cc.SECTOR_MISSES], c[cc.LINE_MISSES], c[cc.FILLS], c[cc.WRITE_BACKS], c[cc.REPLACED],
            c[cc.PASSED], c[cc.PASSED_BYTES],
        )  # fmt: skip

    def below(self, chunks: Iterable[TraceChunk]) -> Iterator[TraceChunk]:
        """Yield the accesses that the next level has to serve for ``chunks``.

        Arrival times are dropped: a host goes on when its memory answers. An entry without a size is the one
        sector that holds its address.

        Raises
        ------
        openrow.memory.feed.AddressError
            For an entry of no bytes or beyond the memory.
        """
        for chunk in chunks:
            address, size = self._extents(chunk)
            is_write = read_only(np.asarray(chunk.is_write))
            entry = done = 0
            while entry < len(address):
                entry, done, count = filter_entries(
                    self._shape, self._lines, self._states, self._counts,
                    address, size, is_write, entry, done, *self._below,
                )  # fmt: skip
                if count:
                    yield _chunk_of(self._below[:, :count])

    def _extents(self, chunk: TraceChunk) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        before, sector = int(self._counts[cc.ENTRIES]), self.cache.sector_bytes
        address, size = sound_extents(chunk, 1, self._capacity_bytes, before)
        if chunk.size is not None:
            return address, size
        return read_only(address & -sector), read_only(np.full(len(address), sector, dtype=np.int64))

    def flush(self) -> Iterator[TraceChunk]:
        """Write back all written sectors, in order of address; the lines stay, clean."""
        dirty = self._states >> cc.DIRTY_SHIFT
        self._states &= cc.VALID_BITS
        places = np.flatnonzero(dirty)
        sectors = np.arange(self.cache.line_bytes // self.cache.sector_bytes)
        written = (dirty[places, None] >> sectors) & 1 == 1
        base = self._lines[places, None] * self.cache.line_bytes
        address = np.sort((base + sectors * self.cache.sector_bytes)[written])
        self._counts[cc.WRITE_BACKS] += len(address)
        for start in range(0, len(address), BELOW_ENTRIES):
            part = address[start : start + BELOW_ENTRIES]
            size = np.full_like(part, self.cache.sector_bytes)
            yield _chunk_of(np.stack([part, size, np.ones_like(part)]))


def _chunk_of(below: NDArray[np.int64]) -> TraceChunk:
    """Accesses as a chunk of a trace."""
    address, size, is_write = below
    return TraceChunk(address.astype(np.uint64), is_write != 0, size.astype(np.uint32))
