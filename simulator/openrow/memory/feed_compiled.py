"""From trace entries to the feeds of the controller: split into bursts, decode, hand to the channels.

Work goes in blocks that stay in the cache: split a block of entries into burst addresses, decode the block
with vector loops, scatter it to the feeds.
"""

import numpy as np
from numpy.typing import NDArray

from openrow.memory.columns import (
    F_ADDRESS,
    F_BANK,
    F_CHANNEL,
    F_COLUMN,
    F_CYCLE,
    F_REQUEST,
    F_ROW,
    F_WRITE,
)
from openrow.memory.mapping_compiled import decode_block
from openrow_kernels.compilation import compiled

Int64Array = NDArray[np.int64]

BLOCK = 1024


@compiled
def all_inside(address: Int64Array, last: int) -> bool:
    """Whether all addresses lie between 0 and ``last``; a loop without a way out, for vector code."""
    least, greatest = 0, 0
    for i in range(address.shape[0]):
        least = min(least, address[i])
        greatest = max(greatest, address[i])
    return least == 0 and greatest <= last


@compiled
def first_outside(address: Int64Array, size: Int64Array, capacity_bytes: int) -> int:
    """The first entry that reaches beyond ``capacity_bytes``, or -1. Sizes may be one for all."""
    if size.shape[0] == 1 and all_inside(address, capacity_bytes - size[0]):
        return -1
    for i in range(address.shape[0]):
        bytes_of = size[min(i, size.shape[0] - 1)]
        if address[i] < 0 or address[i] > capacity_bytes - bytes_of:
            return i
    return -1


@compiled
def first_empty(size: Int64Array) -> int:
    """The first entry of no bytes, or -1."""
    for i in range(size.shape[0]):
        if size[i] == 0:
            return i
    return -1


@compiled
def split_block(
    address: Int64Array,
    size: Int64Array,
    offset_bits: int,
    entry: int,
    burst: int,
    bursts: Int64Array,
    owner: Int64Array,
) -> tuple[int, int, int]:
    """Fill ``bursts`` with burst addresses and ``owner`` with their entries, from burst ``burst`` of
    ``entry`` on.

    Returns (entry, burst, count): where to go on, and how many bursts were written.
    """
    count = 0
    while entry < address.shape[0] and count < bursts.shape[0]:
        first = address[entry] >> offset_bits
        last = (address[entry] + size[min(entry, size.shape[0] - 1)] - 1) >> offset_bits
        while first + burst <= last and count < bursts.shape[0]:
            bursts[count] = (first + burst) << offset_bits
            owner[count] = entry
            burst += 1
            count += 1
        if first + burst > last:
            entry += 1
            burst = 0
    return entry, burst, count


@compiled
def smallest_room(counts: Int64Array, capacity: int) -> int:
    """Requests that fit for certain, whichever channels they go to."""
    return capacity - int(counts.max())


@compiled
def fill_feeds(
    digit: Int64Array,
    runs: Int64Array,
    hashes: Int64Array,
    offset_bits: int,
    address: Int64Array,
    is_write: NDArray[np.bool_],
    size: Int64Array,
    cycle: Int64Array,
    entry: int,
    burst: int,
    request: int,
    apart: bool,
    source: int,
    feeds: Int64Array,
    counts: Int64Array,
) -> tuple[int, int, int]:
    """Move trace entries into feeds until one may be full or the entries end.

    Parameters
    ----------
    digit, runs, hashes
        The address mapping.
    offset_bits
        Address bits inside a burst.
    address, is_write, size, cycle
        The entries; ``size`` and ``cycle`` have one element if it holds for all.
    entry, burst
        Where to go on.
    request
        Number of the next request.
    apart
        Whether every channel has a feed of its own (then its channel number there is 0), or the source has
        one.
    source
        The source's feed, if it has one.
    feeds, counts
        (feeds, capacity, FEED_COLUMNS) and the requests in each.

    Returns
    -------
    tuple
        (entry, burst, request) to go on with.
    """
    addresses = np.empty(BLOCK, dtype=np.int64)
    owner = np.empty(BLOCK, dtype=np.int64)
    fields = np.empty((4, BLOCK), dtype=np.int64)
    capacity = feeds.shape[1]
    while entry < address.shape[0]:
        room = min(BLOCK, smallest_room(counts, capacity))
        if room == 0:
            break
        entry, burst, count = split_block(address, size, offset_bits, entry, burst, addresses[:room], owner)
        decode_block(digit, runs, hashes, addresses[:count], fields[:, :count])
        for i in range(count):
            channel = fields[0, i]
            feed = channel if apart else source
            place = counts[feed]
            counts[feed] = place + 1
            target = feeds[feed, place]
            target[F_CHANNEL] = 0 if apart else channel
            target[F_BANK] = fields[1, i]
            target[F_ROW] = fields[2, i]
            target[F_COLUMN] = fields[3, i]
            target[F_ADDRESS] = addresses[i]
            target[F_WRITE] = is_write[owner[i]]
            target[F_CYCLE] = cycle[min(owner[i], cycle.shape[0] - 1)]
            target[F_REQUEST] = request
            request += 1
    return entry, burst, request
