"""Names of the columns of the controller's state arrays.

The whole state of a memory system is one int64 array ``s``. Records lie in it one after the other, a handle
is the place where a record begins, and this module names the fields, so that ``s[b + OPEN_ROW]`` reads as
what it is: ``ch`` is a channel, ``b`` a bank, ``e`` an entry (one request in the controller), ``sc`` a scope,
``u`` a data bus, ``src`` a traffic source. Handle 0 is no record. One array instead of many keeps calls
between compiled functions cheap. Cycles are cycles of the controller's clock throughout.
"""

# Commands, the first index of ``ready`` and the value in a command record.
(
    ACT,
    PRE,
    PRE_ALL,
    READ,
    WRITE,
    REF_ALL,
    REF_BANK,
    READ_AUTO,
    WRITE_AUTO,
    ACT2,
    SYNC_READ,
    SYNC_WRITE,
    PIM_READ,
) = range(13)
COMMANDS = 13
COMMAND_NAMES = (
    "ACT",
    "PRE",
    "PREab",
    "RD",
    "WR",
    "REFab",
    "REFpb",
    "RDA",
    "WRA",
    "ACT2",
    "CAS_RD",
    "CAS_WR",
    "PIM_RD",
)

# A time in ``ready`` carries in its low bits the cause that set it; the greater cause wins a tie. Of two
# limits that end together the earlier stage counts (rows before columns), and of two on rows the one all
# banks share.
CAUSE_BITS = 4
CAUSE_MASK = (1 << CAUSE_BITS) - 1
(
    DATA_BUS,
    COMMAND_BUS,
    BANK_GROUP_SPACING,
    TURNAROUND,
    ROW_CYCLE,
    ACTIVATION_WINDOW,
    REFRESH,
    NOTHING_TO_DO,
    SCHEDULING,
) = range(9)
CAUSES = 9
CAUSE_NAMES = (
    "data_bus",
    "command_bus",
    "bank_group_spacing",
    "turnaround",
    "row_cycle",
    "activation_window",
    "refresh",
    "nothing_to_do",
    "scheduling",
)

FAR = 1 << 58  # a cycle that never comes; shifted by CAUSE_BITS it still fits

# The head of ``s``: the present cycle, logged commands and room for them, room in a feed, sources, channels,
# where they begin, and where their next events are kept: a cycle, or 0 where it has to be found anew;
# the source whose turn it is to offer, and whether a request has been taken in this round of turns.
(
    CLOCK,
    LOGGED,
    LOG_CAPACITY,
    FEED_CAPACITY,
    SOURCES,
    CHANNELS,
    AT_SOURCES,
    AT_CHANNELS,
    AT_EVENTS,
    TURN,
    ROUND_TAKEN,
) = range(11)
HEADER = 11

# rows: one resolved timing constraint; ``rules[ROW_START + p]`` is the first row of preceding command p.
FOLLOWING, LATENCY, SPAN, PARENT_SPAN, WINDOW, RING, ROW_CAUSE = range(7)
ROW_COLUMNS = 7

# rules: what does not change during a run.
(
    BANKS,
    SCOPE_BANKS,
    BUS_BANKS,
    READ_LATENCY,
    BURST,
    COMMAND_BUSES,
    EDGES,
    SCHEDULER,
    ROW_HIT_CAP,
    READ_QUEUE,
    WRITE_QUEUE,
    HIGH_WATERMARK,
    LOW_WATERMARK,
    MERGING,
    COALESCING,
    FORWARDING,
    PAGE_POLICY,
    PAGE_TIMEOUT,
    REFRESH_MODE,
    REFRESH_INTERVAL,
    REFRESH_CYCLES,
    ACT2_DEADLINE,
    SYNC_EXPIRY_READ,
    SYNC_EXPIRY_WRITE,
    RECORD_REQUESTS,
    SCOPES,
    BUSES,
    AT_BANKS,
    AT_SCOPES,
    AT_BUSES,
    AT_READY,
    AT_RING,
    AT_ENTRIES,
    AT_KEYS,
    AT_CLOSED,
    AT_PROMOTED,
    AT_FREE,
    ENTRIES,
    CHANNEL_SIZE,
) = range(39)
ROW_START = 39
RULES = ROW_START + COMMANDS + 1

SINGLE_BUS, DUAL_BUS, SPLIT_ACTIVATE = range(3)
RAMULATOR2, RAMULATOR2_ROW_HIT, FR_FCFS, FR_FCFS_CAP, FCFS = range(5)
OPEN_PAGE, CLOSED_PAGE, TIMEOUT_PAGE = range(3)
NO_REFRESH, ALL_BANK_REFRESH, PER_BANK_REFRESH = range(3)

# entry: one request in the controller.
(
    ROW,
    COLUMN,
    BANK,
    ADDRESS,
    ARRIVAL,
    ORDER,
    SOURCE,
    REQUEST,
    IS_WRITE,
    CLASSIFIED,
    NEXT,
    PREVIOUS,
    MERGED,
) = range(13)
ENTRY_COLUMNS = 13
# ORDER is the order of acceptance shifted by SLOT_BITS, with the number of the entry below.
SLOT_BITS = 20
SLOT_MASK = (1 << SLOT_BITS) - 1
READS, WRITES = 0, 1  # the two request queues, by IS_WRITE

# bank: one bank; the list columns of the write queue follow those of the read queue.
(
    OPEN_ROW,
    PROMOTED,
    HEAD,
    TAIL,
    HIT,
    OTHER,
    HEAD_W,
    TAIL_W,
    HIT_W,
    OTHER_W,
    HELD,
    INDEX,
    SCOPE,
    BUS,
    LAST_USE,
    HITS_IN_ROW,
    ACT_CAUSE,
    N_HITS,
    N_MISSES,
    N_CONFLICTS,
    N_ACTS,
    N_BURSTS,
    LOST,
) = range(23)
BANK_COLUMNS = LOST + CAUSES
QUEUE_STRIDE = HEAD_W - HEAD
CLOSED, ACTIVATING = -1, -2

# chan: one channel's scalars.
(
    PLANNED,
    PLAN_CYCLE,
    PLAN_COMMAND,
    PLAN_ENTRY,
    PLAN_BANK,
    NUMBER,
    WRITE_MODE,
    SIZE_R,
    SIZE_W,
    SIZE_PROMOTED,
    SUM_R,
    SUM_W,
    SUM_M,
    SINCE_R,
    SINCE_W,
    SINCE_M,
    CANDIDATES,
    CANDIDATES_1,
    CANDIDATES_2,
    CANDIDATES_3,
    FREE,
    ORDER_NEXT,
    NEXT_REFRESH,
    REFRESHES_DUE,
    REFRESHES_DONE,
    LAST_RETURN,
    LAST_END,
    ACT2_ENTRY,
    ACT2_LATEST,
    SYNC_ENTRY,
    SYNC_UNTIL,
    N_READS,
    N_WRITES,
    N_FORWARDED,
    N_COALESCED,
    N_MERGED,
    LATENCY_SUM,
    LATENCY_MAX,
    LATENCY_COUNT,
    RUN_FROM,
    RUN_UNTIL,
    RUN_FROM_ROW,
    RUN_UNTIL_ROW,
) = range(43)
N_COMMANDS = 43
HISTOGRAM = N_COMMANDS + COMMANDS
# The latency histogram is exact below 2048 cycles; each doubling above has 1,024 buckets.
EXACT_LATENCY = 2048
DOUBLING_BUCKETS = 1024
HISTOGRAM_BUCKETS = EXACT_LATENCY + 24 * DOUBLING_BUCKETS
CHANNEL_COLUMNS = HISTOGRAM + HISTOGRAM_BUCKETS

# bus: one data bus (a pseudo channel, or the channel), for the accounting of lost time.
BUS_FREE, BUS_WAITING, BUS_IDLE, BUS_BUSY, BUS_CAUSE = range(5)
BUS_COLUMNS = 5

# scope: what an all-bank command addresses (a rank, or a pseudo channel of one rank).
OPEN_BANKS, OPEN_SINCE, OPEN_CYCLES, REFRESH_FROM, REFRESH_UNTIL = range(5)
SCOPE_COLUMNS = 5

# feed: one request a source still has to offer.
F_CHANNEL, F_BANK, F_ROW, F_COLUMN, F_ADDRESS, F_WRITE, F_CYCLE, F_REQUEST = range(8)
FEED_COLUMNS = 8

# source: a traffic source.
(
    S_POSITION,
    S_COUNT,
    S_FINAL,
    S_WINDOW,
    S_INTERVAL,
    S_CONSUME,
    S_OUTSTANDING,
    S_NEXT_OFFER,
    S_HEAP,
    S_DONE,
    S_AWAITED,
    S_NUMBER,
    S_UNISSUED,
    S_SIZE,
    S_PLACE,
) = range(15)
SOURCE_COLUMNS = 15  # followed by the heap of the window's slots

# Why ``advance`` returned.
REACHED, NEED_FEED, LOG_FULL, COMPLETED, DRAINED, STALLED = range(6)

# record: one issued command.
R_CYCLE, R_COMMAND, R_CHANNEL, R_BANK, R_ROW, R_COLUMN, R_WIDE = range(7)
RECORD_COLUMNS = 7
