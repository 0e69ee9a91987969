"""The loop of the cache filter.

A set holds its lines in order of use, the most recent first: finding a line that was just used takes one
comparison, and the line to replace is the last. ``lines`` and ``states`` are (sets, ways) as one run of
numbers: the line number, or EMPTY, and the states of its sectors, valid in the low half, written (dirty) in
the high half.
"""

import numpy as np
from numpy.typing import NDArray

from openrow_kernels.compilation import Cells, compiled, inlined, pointer

Int64Array = NDArray[np.int64]

EMPTY = -1
DIRTY_SHIFT = 16
VALID_BITS = (1 << DIRTY_SHIFT) - 1

# The columns of ``shape``.
SETS, WAYS, LINE_BITS, SECTOR_BITS, FOLD_BITS, WRITE_THROUGH, INSTANCES, DEALT = range(8)

# What is counted: entries; bytes they ask for; sectors read and written; of both, those found, those absent
# from a line that is there, and those of a line that is not; sectors fetched and written back; lines that
# were replaced; entries and bytes of writes passed on.
(
    ENTRIES, BYTES, READS, WRITES, HITS, SECTOR_MISSES, LINE_MISSES, FILLS, WRITE_BACKS, REPLACED,
    PASSED, PASSED_BYTES,
) = range(12)  # fmt: skip
COUNTS = 12


@inlined
def set_of(line: int, sets: int, fold_bits: int) -> int:
    """The set of a line number; with ``fold_bits`` its higher bits are XORed in, that many at a time."""
    if fold_bits == 0:
        return line % sets
    folded, rest = line, line >> fold_bits
    while rest != 0:
        folded ^= rest
        rest >>= fold_bits
    return folded % sets


@inlined
def ones(mask: int) -> int:
    """How many bits of ``mask`` are set."""
    count = 0
    while mask != 0:
        mask &= mask - 1
        count += 1
    return count


@inlined
def find(lines: Cells, first: int, ways: int, line: int) -> int:
    """The place of ``line`` in the set that begins at ``first``; ``ways`` where it is not there."""
    way = 0
    while way < ways and lines[first + way] != line:
        way += 1
    return way


@inlined
def put_first(lines: Cells, states: Cells, first: int, way: int, line: int, state: int) -> None:
    """Make ``line`` the most recent of its set, in the place of the one at ``way``."""
    while way > 0:
        lines[first + way] = lines[first + way - 1]
        states[first + way] = states[first + way - 1]
        way -= 1
    lines[first] = line
    states[first] = state


@inlined
def emit(
    mask: int, base: int, sector_bits: int, is_write: int,
    address: Cells, size: Cells, write: Cells, count: int,
) -> int:  # fmt: skip
    """Append one access for each run of neighbouring sectors in ``mask``; returns how many there are now."""
    sector = 0
    while mask != 0:
        if mask & 1:
            run = 1
            while (mask >> run) & 1:
                run += 1
            address[count] = base + (sector << sector_bits)
            size[count] = run << sector_bits
            write[count] = is_write
            count += 1
            sector += run
            mask >>= run
        else:
            sector += 1
            mask >>= 1
    return count


@compiled
def filter_entries(
    shape: Int64Array,
    lines_of: Int64Array,
    states_of: Int64Array,
    counts: Int64Array,
    address: Int64Array,
    size: Int64Array,
    is_write: NDArray[np.bool_],
    entry: int,
    done: int,
    below_address: Int64Array,
    below_size: Int64Array,
    below_write: Int64Array,
) -> tuple[int, int, int]:
    """Look entries up until they end or the accesses below may not fit any more.

    Parameters
    ----------
    shape
        The cache, by the columns above.
    lines_of, states_of
        (sets, ways) of all instances one after the other.
    counts
        What is counted, added to.
    address, size, is_write
        The entries.
    entry, done
        Where to go on: the entry, and the bytes of it that were looked up.
    below_address, below_size, below_write
        The accesses that go to the next level.

    Returns
    -------
    tuple
        (entry, done, accesses below).
    """
    lines, states = pointer(lines_of), pointer(states_of)
    out_address, out_size, out_write = pointer(below_address), pointer(below_size), pointer(below_write)
    sets, ways, line_bits, sector_bits = shape[SETS], shape[WAYS], shape[LINE_BITS], shape[SECTOR_BITS]
    fold_bits, through = shape[FOLD_BITS], shape[WRITE_THROUGH] != 0
    instances, dealt = shape[INSTANCES], shape[DEALT]
    line_bytes, sector_bytes = 1 << line_bits, 1 << sector_bits
    room = below_address.shape[0] - 2 * (line_bytes >> sector_bits)
    hits = line_misses = sector_misses = fills = write_backs = replaced = 0
    count = 0
    while entry < address.shape[0] and count <= room:
        here, end, writes = address[entry] + done, address[entry] + size[entry], is_write[entry]
        line = here >> line_bits
        base = line << line_bits
        last = min(end, base + line_bytes) - 1
        low, high = (here - base) >> sector_bits, (last - base) >> sector_bits
        touched = (1 << (high + 1)) - (1 << low)
        # The next entry; and whose instance this one is.
        instance = 0 if instances == 1 else counts[ENTRIES] // dealt % instances
        done = last + 1 - address[entry]
        if last + 1 == end:
            entry, done = entry + 1, 0
            counts[ENTRIES] += 1
        counts[BYTES] += last + 1 - here
        counts[WRITES if writes else READS] += high - low + 1
        first = (instance * sets + set_of(line, sets, fold_bits)) * ways
        way = find(lines, first, ways, line)
        present = way < ways
        state = states[first + way] if present else 0
        missing = touched & ~state
        absent = ones(missing)
        hits += high - low + 1 - absent
        if present:
            sector_misses += absent
        else:
            line_misses += absent
        if writes and through:
            out_address[count], out_size[count], out_write[count] = here, last + 1 - here, 1
            count += 1
            counts[PASSED] += 1
            counts[PASSED_BYTES] += last + 1 - here
            if present:
                put_first(lines, states, first, way, line, state)
            continue
        fetched = missing
        if writes:
            # A sector written whole needs no fetch; only the outermost two can be written in part.
            whole = touched
            if (here & (sector_bytes - 1)) != 0:
                whole &= ~(1 << low)
            if ((last + 1) & (sector_bytes - 1)) != 0:
                whole &= ~(1 << high)
            fetched = missing & ~whole
            state |= touched << DIRTY_SHIFT
        if fetched != 0:
            fills += ones(fetched)
            count = emit(fetched, base, sector_bits, 0, out_address, out_size, out_write, count)
        if not present:
            way = ways - 1
            if lines[first + way] != EMPTY:
                replaced += 1
                dirty = states[first + way] >> DIRTY_SHIFT
                if dirty != 0:
                    write_backs += ones(dirty)
                    victim = lines[first + way] << line_bits
                    count = emit(dirty, victim, sector_bits, 1, out_address, out_size, out_write, count)
        put_first(lines, states, first, way, line, state | touched)
    counts[HITS] += hits
    counts[SECTOR_MISSES] += sector_misses
    counts[LINE_MISSES] += line_misses
    counts[FILLS] += fills
    counts[WRITE_BACKS] += write_backs
    counts[REPLACED] += replaced
    return entry, done, count
