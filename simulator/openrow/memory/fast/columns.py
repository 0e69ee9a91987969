"""Names of the columns of the fast model's arrays.

``rules`` holds what does not change during a run, ``s`` the state of one channel. Times are cycles of the
controller's clock. Handles are places in ``s``: ``b`` a bank's record, ``q`` one of its two queues, ``e`` an
entry (one request in the controller). Handle 0 is no entry, and its record is all zeros.

A candidate is one number, its *key*: the cycle in which the command can be issued, and below it what decides
between candidates of one cycle. So the least key is the next command:

======  ====================================================
bits    meaning
======  ====================================================
24-61   cycle
23      1 where the request waits in a queue, 0 once its row has been opened for it: those go first
9-22    order of acceptance
1-8     bank
0       1 for a write
======  ====================================================

A floor is a cycle in the same place, with nothing below it.
"""

CYCLE_BITS = 24
LOW = (1 << CYCLE_BITS) - 1
WAITING = 1 << 23
ORDER_BITS = 9
ORDERS = 1 << 14
BLOCK_REQUESTS = ORDERS // 2
"""Requests between two renumberings, which keep older requests before them."""
BANK_MASK = 255
MAX_BANKS = 256
LANE_BLOCK = 16
"""Banks that vector code works on at a time; tables of one value a bank have a multiple of it."""
FAR = 1 << 38
"""A cycle that never comes."""
NEVER = FAR << CYCLE_BITS
"""The least key that stands for no candidate."""

# A request is one number too: row, column, bank and whether it is a write. Its lowest bits are those of a
# key.
ROW_BITS = 24
COLUMN_BITS = 9
REQUEST_LOW = (1 << COLUMN_BITS) - 1
MAX_COLUMNS = 1 << (ROW_BITS - COLUMN_BITS)

# rules
(
    BANKS,
    LANES,
    WINDOW_BITS,
    READ_QUEUE,
    WRITE_QUEUE,
    HIGH_WATERMARK,
    LOW_WATERMARK,
    ACT_TO_READ,
    ACT_TO_WRITE,
    READ_TO_PRE,
    WRITE_TO_PRE,
    ACT_TO_PRE,
    PRE_TO_ACT,
    ACT_TO_ACT,
    WINDOW,
    WINDOW_FLOOR,
    READ_LATENCY,
    ACT_SLOTS,
    PRE_SLOTS,
    BUS_SLACK,
    EDGE,
    ABSORB_READS,
    ABSORB_WRITES,
    OLDER_HITS,
    YOUNGER_HITS,
    ROW_HIT_CAP,
    CLOSED_PAGE,
    IDLE_ROW,
    REFRESH_MODE,
    REFRESH_INTERVAL,
    REFRESH_CYCLES,
    PRE_TO_REFRESH,
    SCOPE_BANKS,
    READ_ROWS,
    WRITE_ROWS,
    ACT_ROWS,
    GROUP_BITS,
    PAIR_BITS,
    WINDOWS,
) = range(39)
COLUMN_ROWS = READ_ROWS
"""Where the rows of floors begin that reads leave behind, and behind it where those of writes do.

There is a pair of rows for each bank group: after a read or write the floors of reads and those of writes,
after an activation those of activations and the activation window's. A bank's group is its number without
the lowest GROUP_BITS; its pair lies that many times 1 << PAIR_BITS behind the first.
WINDOWS is how many windows there are; where there is one, its floor is one for all banks.
"""
AT_MASKS = 40
"""Rows with all bits but the sign set in one lane of a block, and one with none."""
AT_ROWS = AT_MASKS + (LANE_BLOCK + 1) * LANE_BLOCK

READS, WRITES = 0, 1

# The state of a channel; places 0 to 7 are the entry that is none.
(
    NOW,
    FREE,
    WAITING_READS,
    WAITING_WRITES,
    MODE,
    NEXT_REFRESH,
    REFRESHES,
    REFRESH_BANK,
    LAST_READ,
    LAST_WRITE,
    WRITES_SEEN,
    NEXT_READ,
    NEXT_WRITE,
    NEXT_ACT,
    BUS_FREE,
    N_CONFLICTS,
    N_OPENED,
    N_REPLACED,
    N_COUNTED_OPENED,
    N_COUNTED_REPLACED,
    N_CLOSED,
    N_PRE_ALL,
    N_READ_AUTO,
    N_WRITE_AUTO,
    N_READS,
    N_WRITES,
    N_FORWARDED,
    N_COALESCED,
    CLOSED_CYCLES,
    LATENCY_SUM,
    LATENCY_MAX,
    READ_QUEUE_CYCLES,
    WRITE_QUEUE_CYCLES,
) = range(8, 41)
NEXT_COLUMN = NEXT_READ
"""The least key of the reads, and behind it that of the writes."""
QUEUE_CYCLES = READ_QUEUE_CYCLES

# One value a bank: floors and keys of reads, of writes, and of activations.
AT_COLUMN_FLOOR = 48
AT_ACT_FLOOR = AT_COLUMN_FLOOR + 2 * MAX_BANKS
AT_COLUMN = AT_ACT_FLOOR + MAX_BANKS
AT_ACT = AT_COLUMN + 2 * MAX_BANKS
# The last activations of each node that limits how many there are in a time.
AT_WINDOW = AT_ACT + MAX_BANKS
WINDOW_PLACE = 8
WINDOW_COLUMNS = WINDOW_PLACE + 1
# How many waiting writes there are by a hash of their address.
AT_WRITE_FILTER = AT_WINDOW + WINDOW_COLUMNS * MAX_BANKS
FILTER_PLACES = 256
AT_BANKS = AT_WRITE_FILTER + FILTER_PLACES

# bank
(
    ROW,
    ACT_AT,
    PRE_FROM,
    PROMOTED,
    CHOSEN_READ,
    CHOSEN_WRITE,
    CLOSE_AT,
    ACT_FROM,
    ACCESSES,
) = range(9)
CHOSEN = CHOSEN_READ
CLOSED, CLEARED = -1, -2
"""Values of ROW: closed by a precharge of its own, and closed otherwise."""
# The bank's queue of reads; that of writes follows QUEUE_COLUMNS behind. A break is an entry whose row is not
# that of the entry before it.
HEAD, TAIL, BREAKS, ROWS_SEEN, REPEATED = range(16, 21)
QUEUE_COLUMNS = 8
BANK_COLUMNS = 32

# entry
E_ROW, E_NEXT, E_ARRIVAL, E_LOW, E_BREAK, E_COUNTED, E_REQUEST = range(7)
ENTRY_COLUMNS = 8
