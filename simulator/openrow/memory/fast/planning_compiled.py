"""What a bank of the fast model does next, where it takes more than a glance at the head of its queue.

A bank has at most one candidate of each kind: a read, a write, an activation. It is found from the queue that
the write mode selects:

- a request whose row was opened for it (*promoted*) goes first, and its row stays open until then;
- of an open row, the oldest waiting request to it;
- else the activation for the oldest request, with the precharge before it folded in.

``CLOSE_AT`` is the cycle in which the row is closed for a waiting request to another one. A candidate that
cannot be issued by then has lost its row: then the oldest request of the bank opens its own.
"""

from openrow.memory.fast.columns import (
    ACCESSES,
    ACT_AT,
    ACT_FROM,
    ACT_TO_ACT,
    ACT_TO_READ,
    AT_ACT,
    AT_ACT_FLOOR,
    AT_BANKS,
    AT_COLUMN,
    AT_COLUMN_FLOOR,
    AT_MASKS,
    AT_WRITE_FILTER,
    BANK_COLUMNS,
    BANK_MASK,
    BANKS,
    BREAKS,
    CHOSEN,
    CLOSE_AT,
    CLOSED,
    COLUMN_BITS,
    CYCLE_BITS,
    E_BREAK,
    E_COUNTED,
    E_LOW,
    E_NEXT,
    E_REQUEST,
    E_ROW,
    EDGE,
    FAR,
    FILTER_PLACES,
    GROUP_BITS,
    HEAD,
    HIGH_WATERMARK,
    LANE_BLOCK,
    LANES,
    LAST_READ,
    LOW_WATERMARK,
    MAX_BANKS,
    MODE,
    N_CLOSED,
    N_CONFLICTS,
    NEVER,
    NEXT_ACT,
    NEXT_READ,
    NEXT_WRITE,
    OLDER_HITS,
    PAIR_BITS,
    PRE_FROM,
    PRE_TO_ACT,
    PROMOTED,
    QUEUE_COLUMNS,
    READ_ROWS,
    READS,
    REPEATED,
    ROW,
    ROW_BITS,
    ROW_HIT_CAP,
    ROWS_SEEN,
    TAIL,
    WAITING_READS,
    WAITING_WRITES,
    WRITES,
    WRITES_SEEN,
    YOUNGER_HITS,
)
from openrow.memory.fast.lanes_compiled import PART_LANES, first, put_in_part
from openrow_kernels.compilation import Cells, compiled, inlined


@inlined
def bank_record(bank: int) -> int:
    """Where the record of bank number ``bank`` lies."""
    return AT_BANKS + bank * BANK_COLUMNS


@inlined
def queue_record(b: int, kind: int) -> int:
    """Where the queue of reads (0) or writes (1) of the bank at ``b`` lies."""
    return b + kind * QUEUE_COLUMNS


@inlined
def column_keys(kind: int) -> int:
    """Where the keys of reads or writes lie."""
    return AT_COLUMN + kind * MAX_BANKS


@inlined
def column_floors(kind: int) -> int:
    """Where the floors of reads or writes lie."""
    return AT_COLUMN_FLOOR + kind * MAX_BANKS


@inlined
def rows_behind(rules: Cells, rows: int, bank: int) -> int:
    """Where the pair of rows lies that a command to ``bank`` leaves behind, of the ``rows`` of its kind."""
    return rules[rows] + ((bank >> rules[GROUP_BITS]) << rules[PAIR_BITS])


@inlined
def key_at(rules: Cells, cycle: int, low: int) -> int:
    """The key of a command that is ready in ``cycle``: on the next rising edge where edges count."""
    return (cycle << CYCLE_BITS) | rules[EDGE] | low


@inlined
def row_bit(row: int) -> int:
    """One of 64 bits that stands for ``row``."""
    return 1 << (row & 63)


@inlined
def mask_of(within: int) -> int:
    """Where the mask of one lane of a block lies."""
    return AT_MASKS + within * LANE_BLOCK


@inlined
def put(rules: Cells, s: Cells, keys: int, bank: int, key: int) -> None:
    """Set the key of ``bank``."""
    put_in_part(s, keys + (bank & -PART_LANES), rules, mask_of(bank & (PART_LANES - 1)), key)


@inlined
def first_of_all(rules: Cells, s: Cells, keys: int, floors: int) -> int:
    """The least key of all banks, raised to its floor."""
    least = first(s, keys, floors)
    i = LANE_BLOCK
    while i < rules[LANES] and least > 0:
        least = min(least, first(s, keys + i, floors + i))
        i += LANE_BLOCK
    return least


@compiled
def find_first(rules: Cells, s: Cells) -> None:
    """Find the next command of each kind anew."""
    s[NEXT_READ] = first_of_all(rules, s, column_keys(READS), column_floors(READS))
    s[NEXT_WRITE] = first_of_all(rules, s, column_keys(WRITES), column_floors(WRITES))
    s[NEXT_ACT] = first_of_all(rules, s, AT_ACT, AT_ACT_FLOOR)


@compiled
def waiting_for_row(s: Cells, q: int, row: int) -> int:
    """The oldest request of a queue to ``row``, or 0; then the rows seen are noted anew."""
    e = s[q + HEAD]
    seen = 0
    repeated = 0
    last = CLOSED
    while e != 0:
        own = s[e + E_ROW]
        if own == row:
            return e
        if own != last:
            if seen & row_bit(own):
                repeated = 1
            seen |= row_bit(own)
        last = own
        e = s[e + E_NEXT]
    s[q + ROWS_SEEN] = seen
    s[q + REPEATED] = repeated
    return 0


@inlined
def may_wait(s: Cells, q: int, row: int) -> bool:
    """Whether a request to ``row`` may wait behind one to another row; the row of the head is not meant."""
    return s[q + BREAKS] > 0 and (s[q + ROWS_SEEN] >> (row & 63)) & 1 != 0


@inlined
def blame(s: Cells, q: int, row: int) -> None:
    """Count the conflict of the oldest request of a queue that closes ``row``."""
    e = s[q + HEAD]
    while e != 0 and s[e + E_ROW] == row:
        e = s[e + E_NEXT]
    if e != 0 and s[e + E_COUNTED] == 0:
        s[e + E_COUNTED] = 1
        s[N_CONFLICTS] += 1


@inlined
def close(rules: Cells, s: Cells, b: int) -> None:
    """The row of the bank at ``b`` is closed at CLOSE_AT."""
    s[N_CLOSED] += 1
    s[b + ACT_FROM] = max(s[b + CLOSE_AT] + rules[PRE_TO_ACT], s[b + ACT_AT] + rules[ACT_TO_ACT])
    s[b + ROW] = CLOSED
    s[b + CLOSE_AT] = FAR


@inlined
def no_candidate(rules: Cells, s: Cells, bank: int) -> None:
    """Take all candidates of a bank away."""
    put(rules, s, column_keys(READS), bank, NEVER)
    put(rules, s, column_keys(WRITES), bank, NEVER)
    put(rules, s, AT_ACT, bank, NEVER)


@compiled
def lose_row(rules: Cells, s: Cells, bank: int) -> None:
    """The row of ``bank`` is closed for a waiting request; the oldest opens its own."""
    b = bank_record(bank)
    q = queue_record(b, s[MODE])
    blame(s, q, s[b + ROW])
    close(rules, s, b)
    no_candidate(rules, s, bank)
    put(rules, s, AT_ACT, bank, key_at(rules, s[b + ACT_FROM], s[s[q + HEAD] + E_LOW]))


@inlined
def choose_hit(rules: Cells, s: Cells, bank: int, mode: int, e: int, now: int) -> None:
    """Make the access of ``e`` to the open row the bank's candidate."""
    b = bank_record(bank)
    s[b + CHOSEN + mode] = e
    ready = max(s[b + ACT_AT] + rules[ACT_TO_READ + mode], now + 1)
    put(rules, s, column_keys(mode), bank, key_at(rules, ready, s[e + E_LOW]))


@compiled
def choose_beside_promoted(rules: Cells, s: Cells, bank: int, mode: int, now: int) -> None:
    """While a write waits for its turn, reads of its row may go, and the other way round."""
    b = bank_record(bank)
    put(rules, s, column_keys(mode), bank, NEVER)
    e = waiting_for_row(s, queue_record(b, mode), s[b + ROW])
    if e != 0:
        choose_hit(rules, s, bank, mode, e, now)


@compiled
def choose_in_open_row(rules: Cells, s: Cells, bank: int, mode: int, now: int) -> None:
    """The candidate of a bank with an open row and requests waiting."""
    b = bank_record(bank)
    q = queue_record(b, mode)
    head, row = s[q + HEAD], s[b + ROW]
    e = head if s[head + E_ROW] == row else 0
    hold = rules[OLDER_HITS]
    if e == 0:
        hold = rules[YOUNGER_HITS]
        if may_wait(s, q, row):
            e = waiting_for_row(s, q, row)
    conflict = e != head or s[q + BREAKS] > 0
    earliest = max(s[b + PRE_FROM], now + 1)
    if e == 0:
        s[b + CLOSE_AT] = earliest
        ready = max(earliest + rules[PRE_TO_ACT], s[b + ACT_AT] + rules[ACT_TO_ACT])
        put(rules, s, AT_ACT, bank, key_at(rules, ready, s[head + E_LOW]))
    elif conflict and s[b + ACCESSES] >= rules[ROW_HIT_CAP]:
        s[b + CLOSE_AT] = earliest
        lose_row(rules, s, bank)
    else:
        s[b + CLOSE_AT] = max(earliest, hold) if conflict else FAR
        choose_hit(rules, s, bank, mode, e, now)


@compiled
def choose(rules: Cells, s: Cells, bank: int, now: int) -> None:
    """Find the candidate of ``bank`` from scratch, in cycle ``now``; the next commands are found after it."""
    b = bank_record(bank)
    mode = s[MODE]
    if s[b + PROMOTED] != 0:
        if s[s[b + PROMOTED] + E_LOW] & 1 == mode:
            put(rules, s, column_keys(1 - mode), bank, NEVER)
        else:
            choose_beside_promoted(rules, s, bank, mode, now)
        return
    if s[b + ROW] >= 0 and s[b + CLOSE_AT] <= now:
        blame(s, queue_record(b, 1 - mode), s[b + ROW])
        close(rules, s, b)
    no_candidate(rules, s, bank)
    head = s[queue_record(b, mode) + HEAD]
    s[b + CLOSE_AT] = FAR
    if head == 0:
        return
    if s[b + ROW] < 0:
        put(rules, s, AT_ACT, bank, key_at(rules, max(s[b + ACT_FROM], now + 1), s[head + E_LOW]))
    else:
        choose_in_open_row(rules, s, bank, mode, now)


@compiled
def choose_now(rules: Cells, s: Cells, bank: int, now: int) -> None:
    """:func:`choose`, and find the next commands."""
    choose(rules, s, bank, now)
    find_first(rules, s)


@compiled
def update_write_mode(rules: Cells, s: Cells, now: int) -> bool:
    """Enter or leave the write mode by the watermarks; returns whether the next commands have changed."""
    mode = s[MODE]
    if mode == READS:
        if s[WAITING_WRITES] >= rules[HIGH_WATERMARK] or s[WAITING_READS] == 0:
            mode = WRITES
    elif s[WAITING_WRITES] < rules[LOW_WATERMARK] and s[WAITING_READS] > 0:
        mode = READS
    if mode == s[MODE]:
        return False
    s[MODE] = mode
    if s[WAITING_READS] + s[WAITING_WRITES] == 0:
        return False
    for bank in range(rules[BANKS]):
        b = bank_record(bank)
        if s[queue_record(b, READS) + HEAD] + s[queue_record(b, WRITES) + HEAD] > 0:
            choose(rules, s, bank, now)
    find_first(rules, s)
    return True


@compiled
def join_row(rules: Cells, s: Cells, bank: int, e: int, row: int, now: int) -> None:
    """A request to the open row joins the queue behind one to another row, or a row has had its hits."""
    b = bank_record(bank)
    if s[b + PROMOTED] != 0 or s[b + ACCESSES] >= rules[ROW_HIT_CAP]:
        choose(rules, s, bank, now)
    elif s[AT_ACT + bank] < NEVER and s[b + ROW] == row and s[b + CLOSE_AT] > now:
        put(rules, s, AT_ACT, bank, NEVER)
        s[b + CLOSE_AT] = max(s[b + CLOSE_AT], rules[YOUNGER_HITS])
        choose_hit(rules, s, bank, s[MODE], e, now)
    find_first(rules, s)


@compiled
def unlink(s: Cells, q: int, e: int) -> None:
    """Take an entry other than the head out of its queue."""
    before, after = s[q + HEAD], s[e + E_NEXT]
    while s[before + E_NEXT] != e:
        before = s[before + E_NEXT]
    s[before + E_NEXT] = after
    s[q + BREAKS] -= s[e + E_BREAK]
    if after == 0:
        s[q + TAIL] = before
    else:
        s[q + BREAKS] -= s[after + E_BREAK]
        s[after + E_BREAK] = s[after + E_ROW] != s[before + E_ROW]
        s[q + BREAKS] += s[after + E_BREAK]


@inlined
def filter_place(request: int) -> int:
    """Where waiting writes to the address of ``request`` are counted, with others."""
    mixed = (request >> 1) ^ (request >> COLUMN_BITS) ^ (request >> ROW_BITS)
    return AT_WRITE_FILTER + (mixed & (FILTER_PLACES - 1))


@compiled
def write_waits(s: Cells, request: int) -> bool:
    """Whether a write to the address of ``request`` waits in the write queue."""
    if s[filter_place(request)] == 0:
        return False
    e = s[queue_record(bank_record((request >> 1) & BANK_MASK), WRITES) + HEAD]
    while e != 0 and s[e + E_REQUEST] | 1 != request | 1:
        e = s[e + E_NEXT]
    return e != 0


@compiled
def first_write(rules: Cells, s: Cells) -> None:
    """From the first write on, the floors of writes are kept; until then they follow from the last read."""
    s[WRITES_SEEN] = 1
    for bank in range(rules[BANKS]):
        turnaround = (s[LAST_READ] << CYCLE_BITS) + rules[rules[READ_ROWS] + rules[LANES] + bank]
        floor = column_floors(WRITES) + bank
        s[floor] = max(s[floor], turnaround)
