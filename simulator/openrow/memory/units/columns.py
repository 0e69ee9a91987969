"""Names of the columns of the state of a channel's units, one int64 array ``u``.

``un`` is the place of one unit's record in it. Samples lie in another array ``v``, SAMPLE_COLUMNS each: the
neighbours of a sample as ``row << COLUMN_BITS | burst`` of this bank, OUTSIDE the map (it counts as zero), or
ELSEWHERE: the unit gets it from another bank, which is not its own traffic.
Cycles are cycles of the memory's controller, unit cycles those of the units' clock.
"""

NEIGHBOURS = 4
SAMPLE_COLUMNS = NEIGHBOURS
OUTSIDE, ELSEWHERE = -1, -2
COLUMN_BITS = 16
COLUMN_MASK = (1 << COLUMN_BITS) - 1
LARGEST_WINDOW = 8

# The head: units, the next cycle in which any may do something, units that have samples left; then what the
# units are.
(
    COUNT,
    NEXT,
    LEFT,
    BANK_LOCAL,
    BY_ROW,
    BURSTS,
    BLOCK_CYCLES,
    LAST_CYCLES,
    PERIOD,
    PERIODS,
    WINDOW,
    LATENCY,
    AT_UNITS,
) = range(13)
"""BURSTS of a neighbour's channels; BLOCK_CYCLES unit cycles computed on a block, LAST_CYCLES more on the
last of a sample; a unit cycle is PERIOD / PERIODS cycles; WINDOW blocks in the buffer; LATENCY from a read
to its data in the buffer."""
AT_KEYS = 16
"""The first cycle in which each unit may do something, one a unit, before the records."""

# unit
(
    INDEX,
    CURSOR,
    END,
    NEIGHBOUR,
    BURST,
    COMMAND,
    COUNTED,
    WAITED_FOR,
    ARRIVED,
    COMPUTE_END,
    COMPUTED,
    SLOT,
) = range(12)
"""INDEX of the bank; CURSOR and END in ``v``; the next NEIGHBOUR and BURST; the COMMAND it needs; whether
its row outcome has been COUNTED; the cause WAITED_FOR in this block, or -1; the cycle in which the block's
last burst ARRIVED; the unit cycle at which computing ends, and unit cycles COMPUTED; the SLOT that is next
in SLOTS."""
SLOTS = 12
"""The cycle in which each slot of the buffer is free."""
LOST = SLOTS + LARGEST_WINDOW
"""Unit cycles in which the unit waited for data, by cause."""
UNIT_COLUMNS = LOST + 16
