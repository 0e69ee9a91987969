"""Feeding a memory: trace entries checked, split into bursts, decoded and handed to the channels in order."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from openrow.errors import UserError
from openrow.memory.feed_compiled import fill_feeds, first_empty, first_outside
from openrow.memory.mapping import AddressMapping
from openrow_kernels.compilation import read_only


class AddressError(UserError):
    """An entry that the memory cannot take, with its place in the trace."""


class Entries(Protocol):
    """Consecutive entries of a trace, one array element each."""

    @property
    def address(self) -> NDArray[np.uint64]:
        """First byte of each entry."""

    @property
    def is_write(self) -> NDArray[np.bool_]:
        """Which entries are written."""

    @property
    def size(self) -> NDArray[np.uint32] | None:
        """Bytes of each entry; None where the feeder's ``entry_bytes`` applies."""

    @property
    def cycle(self) -> NDArray[np.int64] | None:
        """Arrival times in memory cycles; None where an entry comes as soon as the one before it is taken."""


@dataclass(frozen=True)
class NoEntries:
    """A chunk of a trace without an entry."""

    address: NDArray[np.uint64] = field(default_factory=lambda: np.empty(0, dtype=np.uint64))
    is_write: NDArray[np.bool_] = field(default_factory=lambda: np.empty(0, dtype=np.bool_))
    size: None = None
    cycle: None = None


def sound_extents(
    entries: Entries, entry_bytes: int, capacity_bytes: int | None, before: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """First bytes and sizes of entries, read-only, once they are known to be sound.

    Parameters
    ----------
    entries
        The entries.
    entry_bytes
        Bytes of each where they do not say; the sizes are then one number.
    capacity_bytes
        The memory's size, which all must lie in; None where addresses may alias.
    before
        Entries of the trace before these, for messages.

    Raises
    ------
    AddressError
        For an entry of no bytes or beyond the memory.
    """
    address, capacity = np.asarray(entries.address), capacity_bytes
    size = read_only(np.array([entry_bytes]) if entries.size is None else entries.size.astype(np.int64))
    empty = int(first_empty(size))
    if empty >= 0:
        raise AddressError(f"entry {before + empty} has no bytes")
    signed = read_only(address.astype(np.uint64, copy=False).view(np.int64))
    outside = -1 if capacity is None else int(first_outside(signed, size, capacity))
    if outside >= 0:
        raise AddressError(
            f"entry {before + outside}: address {int(address[outside]):#x} lies beyond the memory "
            f"of {capacity:#x} bytes; use a larger memory, or memory.wrap_addresses=true to let "
            "addresses alias"
        )
    return signed, size


class Feeder:
    """Moves the entries of one source into feeds, a piece at a time.

    Parameters
    ----------
    mapping
        The memory's address mapping.
    chunks
        The entries, in order.
    entry_bytes
        Bytes of an entry whose chunk has no sizes.
    wrap
        Let addresses beyond the memory alias into it.

    Attributes
    ----------
    entries : int
        Entries taken so far.
    requests : int
        Bursts made of them so far.
    """

    def __init__(
        self, mapping: AddressMapping, chunks: Iterator[Entries], entry_bytes: int, wrap: bool
    ) -> None:
        self._mapping = mapping
        self._chunks = chunks
        self._entry_bytes = entry_bytes
        self._wrap = wrap
        self._entry = 0
        self._burst = 0
        self._address = read_only(np.empty(0, dtype=np.int64))
        self._size = self._cycle = self._address
        self._is_write = read_only(np.empty(0, dtype=np.bool_))
        self.entries = 0
        self.requests = 0

    def fill(self, feeds: NDArray[np.int64], counts: NDArray[np.int64], apart: bool, source: int) -> bool:
        """Fill feeds until one may be full; returns False once the entries have ended.

        Parameters
        ----------
        feeds, counts
            (feeds, capacity, FEED_COLUMNS) and the requests in each, both changed.
        apart
            Whether each channel has a feed; else the source has feed ``source``.
        source
            Number of the source.

        Raises
        ------
        AddressError
            For an entry of no bytes or beyond the memory.
        """
        while True:
            self._entry, self._burst, requests = fill_feeds(
                self._mapping.digit, self._mapping.runs, self._mapping.hashes, self._mapping.offset_bits,
                self._address, self._is_write, self._size, self._cycle,
                self._entry, self._burst, self.requests, apart, source, feeds, counts,
            )  # fmt: skip
            self.requests = int(requests)
            if self._entry < len(self._address):
                return True
            chunk = next(self._chunks, None)
            if chunk is None:
                return False
            self._take(chunk)

    def _take(self, chunk: Entries) -> None:
        """Make ``chunk`` the present one, once its entries are known to be sound."""
        capacity = None if self._wrap else self._mapping.capacity_bytes
        self._address, self._size = sound_extents(chunk, self._entry_bytes, capacity, self.entries)
        self._is_write = read_only(np.asarray(chunk.is_write))
        self._cycle = read_only(np.zeros(1, dtype=np.int64) if chunk.cycle is None else chunk.cycle)
        self._entry = self._burst = 0
        self.entries += len(self._address)
