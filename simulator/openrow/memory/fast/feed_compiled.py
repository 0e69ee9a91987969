"""From trace entries to the packed requests of the fast model.

As ``feed_compiled`` for the exact engine, with less to write: a request is one number and its cycle. Work
goes in blocks that stay in the cache, in loops that the compiler turns into vector code.
"""

import numpy as np
from numpy.typing import NDArray

from openrow.memory.fast.columns import COLUMN_BITS, ROW_BITS
from openrow.memory.feed_compiled import BLOCK, smallest_room, split_block
from openrow.memory.mapping_compiled import divide_out, parity
from openrow_kernels.compilation import compiled

Int64Array = NDArray[np.int64]

CHANNEL, BANK, ROW, COLUMN = range(4)
"""The fields of an address mapping."""


@compiled
def place_of(field: int) -> int:
    """The lowest bit of a field in a request."""
    if field == BANK:
        return 1
    return ROW_BITS if field == ROW else COLUMN_BITS


@compiled
def pack_block(
    runs: Int64Array, hashes: Int64Array, address: Int64Array, packed: Int64Array, channel: Int64Array
) -> None:
    """Decode burst addresses into requests, which are 1 for a write and 0 for a read before, and channels."""
    channel[:] = 0
    for r in range(runs.shape[0]):
        shift, mask = runs[r, 1], runs[r, 2]
        if runs[r, 0] == CHANNEL:
            left = runs[r, 3]
            for i in range(address.shape[0]):
                channel[i] |= ((address[i] >> shift) & mask) << left
        else:
            left = runs[r, 3] + place_of(runs[r, 0])
            for i in range(address.shape[0]):
                packed[i] |= ((address[i] >> shift) & mask) << left
    for h in range(hashes.shape[0]):
        bit, mask = hashes[h, 1], hashes[h, 2]
        if hashes[h, 0] == CHANNEL:
            for i in range(address.shape[0]):
                channel[i] ^= parity((packed[i] >> ROW_BITS) & mask) << bit
        else:
            bit += place_of(hashes[h, 0])
            for i in range(address.shape[0]):
                packed[i] ^= parity((packed[i] >> ROW_BITS) & mask) << bit


@compiled
def pack_bursts(
    digit: Int64Array, runs: Int64Array, hashes: Int64Array, address: Int64Array, rest: Int64Array,
    packed: Int64Array, channel: Int64Array,
) -> None:  # fmt: skip
    """As :func:`pack_block`, for any number of channels; ``rest`` is room for as many addresses."""
    if digit[1] == 0:
        pack_block(runs, hashes, address, packed, channel)
    else:
        owner = np.empty_like(channel)
        divide_out(digit, address, rest, owner)
        pack_block(runs, hashes, rest, packed, channel)
        channel[:] = owner


@compiled
def single_bursts(address: Int64Array, size: Int64Array, burst_bytes: int) -> bool:
    """Whether each entry lies in one burst; sizes may be one for all."""
    end = 0
    if size.shape[0] == 1:
        for i in range(address.shape[0]):
            end = max(end, address[i] & (burst_bytes - 1))
        return int(end + size[0]) <= burst_bytes
    for i in range(address.shape[0]):
        end = max(end, (address[i] & (burst_bytes - 1)) + size[i])
    return end <= burst_bytes


@compiled
def hand_out(
    packed: Int64Array, channel: Int64Array, stamps: Int64Array, requests: Int64Array, cycles: Int64Array,
    counts: Int64Array,
) -> None:  # fmt: skip
    """Append requests to those of their channels."""
    for i in range(packed.shape[0]):
        c = channel[i]
        place = counts[c]
        counts[c] = place + 1
        requests[c, place] = packed[i]
        cycles[c, place] = stamps[i]


@compiled
def pack_requests(
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
    requests: Int64Array,
    cycles: Int64Array,
    counts: Int64Array,
) -> tuple[int, int]:
    """Move trace entries to the channels as packed requests, until one channel may be full or they end.

    Parameters
    ----------
    digit, runs, hashes, offset_bits
        The address mapping.
    address, is_write, size, cycle
        The entries; ``size`` and ``cycle`` have one element if it holds for all.
    entry, burst
        Where to go on.
    requests, cycles
        (channels, capacity) each.
    counts
        Requests of each channel.

    Returns
    -------
    tuple
        (entry, burst) to go on with.
    """
    split = np.empty(BLOCK, dtype=np.int64)
    owner = np.empty(BLOCK, dtype=np.int64)
    channel = np.empty(BLOCK, dtype=np.int64)
    rest = np.empty(BLOCK, dtype=np.int64)
    mixed = np.empty(BLOCK, dtype=np.int64)
    mixed_stamps = np.empty(BLOCK, dtype=np.int64)
    alone = requests.shape[0] == 1
    while entry < address.shape[0]:
        room = min(BLOCK, smallest_room(counts, requests.shape[1]))
        if room == 0:
            break
        packed = requests[0, counts[0] : counts[0] + room] if alone else mixed
        stamps = cycles[0, counts[0] : counts[0] + room] if alone else mixed_stamps
        count = min(room, address.shape[0] - entry)
        here = address[entry : entry + count]
        sizes = size if size.shape[0] == 1 else size[entry : entry + count]
        if burst == 0 and single_bursts(here, sizes, 1 << offset_bits):
            packed[:count] = is_write[entry : entry + count]
            pack_bursts(digit, runs, hashes, here, rest[:count], packed[:count], channel[:count])
            if cycle.shape[0] == 1:
                stamps[:count] = cycle[0]
            else:
                stamps[:count] = cycle[entry : entry + count]
            entry += count
        else:
            entry, burst, count = split_block(address, size, offset_bits, entry, burst, split[:room], owner)
            for i in range(count):
                packed[i] = is_write[owner[i]]
                stamps[i] = cycle[min(owner[i], cycle.shape[0] - 1)]
            pack_bursts(digit, runs, hashes, split[:count], rest[:count], packed[:count], channel[:count])
        if alone:
            counts[0] += count
        else:
            hand_out(packed[:count], channel[:count], stamps[:count], requests, cycles, counts)
    return entry, burst
