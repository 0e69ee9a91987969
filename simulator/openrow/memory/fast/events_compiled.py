"""The events of the fast model: a request is admitted, a row opened, a column accessed.

Each returns the next read, write and activation (keys, raised to their floors), which the caller keeps in
registers.
"""

from openrow.memory.columns import EXACT_LATENCY
from openrow.memory.controller.accounting_compiled import latency_bucket
from openrow.memory.fast.columns import (
    ACCESSES,
    ACT_AT,
    ACT_FROM,
    ACT_ROWS,
    ACT_SLOTS,
    ACT_TO_ACT,
    ACT_TO_PRE,
    ACT_TO_READ,
    AT_ACT,
    AT_ACT_FLOOR,
    AT_WINDOW,
    BANK_MASK,
    BREAKS,
    BUS_FREE,
    BUS_SLACK,
    CHOSEN,
    CLEARED,
    CLOSE_AT,
    CLOSED_PAGE,
    COLUMN_ROWS,
    CYCLE_BITS,
    E_ARRIVAL,
    E_BREAK,
    E_COUNTED,
    E_LOW,
    E_NEXT,
    E_REQUEST,
    E_ROW,
    EDGE,
    FAR,
    FREE,
    HEAD,
    IDLE_ROW,
    LANE_BLOCK,
    LANES,
    LAST_READ,
    LATENCY_MAX,
    LATENCY_SUM,
    LOW,
    MODE,
    N_CLOSED,
    N_COUNTED_OPENED,
    N_OPENED,
    N_READ_AUTO,
    NEVER,
    NEXT_ACT,
    NEXT_READ,
    NEXT_WRITE,
    OLDER_HITS,
    ORDER_BITS,
    PRE_FROM,
    PRE_SLOTS,
    PRE_TO_ACT,
    PROMOTED,
    QUEUE_CYCLES,
    READ_LATENCY,
    READ_TO_PRE,
    READS,
    REPEATED,
    REQUEST_LOW,
    ROW,
    ROW_BITS,
    ROW_HIT_CAP,
    ROWS_SEEN,
    TAIL,
    WAITING,
    WAITING_READS,
    WINDOW,
    WINDOW_BITS,
    WINDOW_COLUMNS,
    WINDOW_FLOOR,
    WINDOW_PLACE,
    WINDOWS,
    WRITES_SEEN,
    YOUNGER_HITS,
)
from openrow.memory.fast.lanes_compiled import raise_floors, serve, serve_above
from openrow.memory.fast.planning_compiled import (
    bank_record,
    blame,
    choose_now,
    close,
    column_floors,
    column_keys,
    filter_place,
    first_of_all,
    first_write,
    join_row,
    key_at,
    mask_of,
    may_wait,
    put,
    queue_record,
    row_bit,
    rows_behind,
    unlink,
    waiting_for_row,
)
from openrow_kernels.compilation import Cells, compiled, inlined


@inlined
def raised(key: int, floor: int) -> int:
    """A key, not before its floor."""
    return max(key, floor | (key & LOW))


@inlined
def place(rules: Cells, s: Cells, keys: int, floors: int, bank: int, key: int) -> int:
    """Make ``key`` the candidate of ``bank``; returns it raised to its floor."""
    put(rules, s, keys, bank, key)
    return raised(key, s[floors + bank])


@inlined
def take_entry(s: Cells, request: int, order: int, now: int) -> int:
    """Write ``request`` into a free entry."""
    e = s[FREE]
    s[FREE] = s[e + E_NEXT]
    s[e + E_ROW] = request >> ROW_BITS
    s[e + E_NEXT] = 0
    s[e + E_ARRIVAL] = now
    s[e + E_LOW] = WAITING | (order << ORDER_BITS) | (request & REQUEST_LOW)
    s[e + E_BREAK] = 0
    s[e + E_COUNTED] = 0
    return e


@inlined
def candidate_alone(
    rules: Cells, s: Cells, bank: int, kind: int, e: int, now: int, read: int, write: int, act: int
) -> tuple[int, int, int]:
    """The first request to wait for its bank is its candidate at once."""
    b = bank_record(bank)
    if s[b + CLOSE_AT] <= now and s[b + ROW] >= 0:
        close(rules, s, b)
    if s[b + ROW] == s[e + E_ROW]:
        s[b + CHOSEN + kind] = e
        s[b + CLOSE_AT] = FAR
        ready = max(s[b + ACT_AT] + rules[ACT_TO_READ + kind], now + 1)
        key = key_at(rules, ready, s[e + E_LOW])
        key = place(rules, s, column_keys(kind), column_floors(kind), bank, key)
        if kind == READS:
            return min(read, key), write, act
        return read, min(write, key), act
    earliest = max(s[b + PRE_FROM], now + 1)
    ready = max(earliest + rules[PRE_TO_ACT], s[b + ACT_AT] + rules[ACT_TO_ACT])
    if s[b + ROW] < 0:
        ready = max(s[b + ACT_FROM], now + 1)
    s[b + CLOSE_AT] = earliest
    key = place(rules, s, AT_ACT, AT_ACT_FLOOR, bank, key_at(rules, ready, s[e + E_LOW]))
    return read, write, min(act, key)


@inlined
def joins_row(s: Cells, bank: int, now: int) -> bool:
    """Whether a request to the open row changes what a bank with others waiting does."""
    b = bank_record(bank)
    return s[b + PROMOTED] != 0 or (s[AT_ACT + bank] < NEVER and s[b + CLOSE_AT] > now)


@inlined
def admit(
    rules: Cells, s: Cells, request: int, kind: int, order: int, now: int, read: int, write: int, act: int
) -> tuple[int, int, int]:
    """Put ``request`` into its queue in cycle ``now``. Returns the next commands."""
    bank, row = (request >> 1) & BANK_MASK, request >> ROW_BITS
    b = bank_record(bank)
    q = queue_record(b, kind)
    e = take_entry(s, request, order, now)
    if kind != READS:
        s[e + E_REQUEST] = request
        s[filter_place(request)] += 1
        if s[WRITES_SEEN] == 0:
            first_write(rules, s)
    s[WAITING_READS + kind] += 1
    tail = s[q + TAIL]
    s[q + TAIL] = e
    if s[q + HEAD] == 0:
        s[q + HEAD] = e
        s[q + BREAKS] = 0
        s[q + ROWS_SEEN] = row_bit(row)
        s[q + REPEATED] = 0
        if s[MODE] == kind:
            if s[b + PROMOTED] == 0:
                return candidate_alone(rules, s, bank, kind, e, now, read, write, act)
            if s[WRITES_SEEN] != 0:
                choose_now(rules, s, bank, now)
                return s[NEXT_READ], s[NEXT_WRITE], s[NEXT_ACT]
        return read, write, act
    s[tail + E_NEXT] = e
    if s[tail + E_ROW] == row:
        return read, write, act
    s[e + E_BREAK] = 1
    s[q + BREAKS] += 1
    seen = s[q + ROWS_SEEN]
    s[q + REPEATED] |= (seen >> (row & 63)) & 1
    s[q + ROWS_SEEN] = seen | row_bit(row)
    if s[MODE] != kind:
        return read, write, act
    earliest = max(max(s[b + PRE_FROM], now + 1), rules[OLDER_HITS])
    s[b + CLOSE_AT] = min(s[b + CLOSE_AT], earliest if s[b + PROMOTED] == 0 else FAR)
    if (s[b + ROW] == row and joins_row(s, bank, now)) or s[b + ACCESSES] >= rules[ROW_HIT_CAP]:
        join_row(rules, s, bank, e, row, now)
        return s[NEXT_READ], s[NEXT_WRITE], s[NEXT_ACT]
    return read, write, act


@inlined
def leave_queue(s: Cells, e: int, kind: int, cycle: int) -> None:
    """An entry leaves the read or write queue."""
    s[WAITING_READS + kind] -= 1
    s[QUEUE_CYCLES + kind] += cycle - s[e + E_ARRIVAL]
    if kind != READS:
        s[filter_place(s[e + E_REQUEST])] -= 1


@inlined
def take_head(s: Cells, q: int, e: int) -> None:
    """Take the head out of its queue."""
    after = s[e + E_NEXT]
    s[q + HEAD] = after
    s[q + BREAKS] -= s[after + E_BREAK]


@inlined
def block_mask(bank: int, first_bank: int) -> int:
    """The mask of ``bank`` in the block of lanes from ``first_bank``, empty if it is in another."""
    within = bank - first_bank
    return mask_of(within if 0 <= within < LANE_BLOCK else LANE_BLOCK)


@inlined
def raise_all(rules: Cells, s: Cells, floors: int, row: int, floor: int) -> None:
    """Raise floors of all banks to the row of cycles behind ``floor``."""
    i = 0
    while i < rules[LANES]:
        raise_floors(s, floors + i, rules, row + i, floor)
        i += LANE_BLOCK


@inlined
def serve_acts(rules: Cells, s: Cells, bank: int, row: int, floor: int, window_floor: int, bus: int) -> int:
    """Take the activation of ``bank`` away and raise the floors of the others. Returns the next of them."""
    keys, floors = AT_ACT, AT_ACT_FLOOR
    if rules[WINDOWS] == 1:
        bus = max(bus, window_floor)
    else:
        raise_all(rules, s, floors, row + rules[LANES], window_floor)
    least = serve_above(s, keys, floors, rules, mask_of(min(bank, LANE_BLOCK)), row, floor, bus)
    i = LANE_BLOCK
    while i < rules[LANES] and least > 0:
        mask = block_mask(bank, i)
        least = min(least, serve_above(s, keys + i, floors + i, rules, mask, row + i, floor, bus))
        i += LANE_BLOCK
    return least


@inlined
def activate(
    rules: Cells, s: Cells, bank: int, kind: int, key: int, read: int, write: int
) -> tuple[int, int, int]:
    """Open the row of the oldest request of ``bank`` in the cycle of ``key``. Returns the next commands."""
    cycle, floor = key >> CYCLE_BITS, key & ~LOW
    b = bank_record(bank)
    q = queue_record(b, kind)
    e = s[q + HEAD]
    w = AT_WINDOW + (bank >> rules[WINDOW_BITS]) * WINDOW_COLUMNS
    i = s[w + WINDOW_PLACE]
    s[w + i] = floor + rules[WINDOW_FLOOR]
    i = i + 1 if i + 1 < rules[WINDOW] else 0
    s[w + WINDOW_PLACE] = i
    oldest = s[w + i]
    closes = s[b + ROW] >= 0
    # Commands move a little to find a slot. The bus is a limit only where there is none in BUS_SLACK.
    slots = rules[ACT_SLOTS] + (s[b + ROW] != CLEARED) * rules[PRE_SLOTS]
    bus = max(s[BUS_FREE], floor - rules[BUS_SLACK]) + slots
    s[BUS_FREE] = bus
    bus |= rules[EDGE]
    row = rows_behind(rules, ACT_ROWS, bank)
    act = serve_acts(rules, s, bank, row, floor, oldest, bus)
    s[N_OPENED + closes] += 1
    if s[e + E_COUNTED] != 0:
        s[N_COUNTED_OPENED + closes] += 1
    own = s[e + E_ROW]
    take_head(s, q, e)
    s[q + ROWS_SEEN] &= ~((1 - s[q + REPEATED]) << (own & 63))
    leave_queue(s, e, kind, cycle)
    s[b + ROW] = own
    s[b + ACT_AT] = cycle
    s[b + PRE_FROM] = cycle + rules[ACT_TO_PRE]
    s[b + PROMOTED] = e
    s[b + CHOSEN + kind] = e
    s[b + CLOSE_AT] = FAR
    s[b + ACCESSES] = 0
    ready = floor + (rules[ACT_TO_READ + kind] << CYCLE_BITS)
    least = place(rules, s, column_keys(kind), column_floors(kind), bank, ready | (s[e + E_LOW] - WAITING))
    if kind == READS:
        return min(read, least), write, act
    return read, min(write, least), act


@inlined
def serve_column(rules: Cells, s: Cells, bank: int, kind: int, row: int, floor: int) -> int:
    """Take the column candidate of ``bank`` away and raise the floors of its kind. Returns the next of it."""
    keys, floors = column_keys(kind), column_floors(kind)
    least = serve(s, keys, floors, rules, mask_of(min(bank, LANE_BLOCK)), row, floor)
    i = LANE_BLOCK
    while i < rules[LANES] and least > 0:
        least = min(least, serve(s, keys + i, floors + i, rules, block_mask(bank, i), row + i, floor))
        i += LANE_BLOCK
    return least


@inlined
def turn_around(rules: Cells, s: Cells, kind: int, row: int, floor: int) -> int:
    """Raise the floors of the columns of ``kind`` after one of the other. Returns the next of ``kind``."""
    floors = column_floors(kind)
    raise_all(rules, s, floors, row, floor)
    return first_of_all(rules, s, column_keys(kind), floors)


@inlined
def retire(rules: Cells, s: Cells, latencies: Cells, e: int, kind: int, cycle: int) -> None:
    """An access is done: count it and free its entry."""
    s[LAST_READ + kind] = cycle
    if kind == READS:
        latency = cycle + rules[READ_LATENCY] - s[e + E_ARRIVAL]
        s[LATENCY_SUM] += latency
        if latency < EXACT_LATENCY:
            latencies[latency] += 1
        else:
            s[LATENCY_MAX] = max(s[LATENCY_MAX], latency)
            latencies[latency_bucket(latency)] += 1
    s[e + E_NEXT] = s[FREE]
    s[FREE] = e


@inlined
def open_other_row(
    rules: Cells, s: Cells, bank: int, kind: int, read: int, write: int, act: int
) -> tuple[int, int, int]:
    """The access of ``bank`` comes after the closing of its row, so the oldest request opens its own instead.

    Returns the next commands.
    """
    b = bank_record(bank)
    q = queue_record(b, kind)
    blame(s, q, s[b + ROW])
    close(rules, s, b)
    put(rules, s, column_keys(kind), bank, NEVER)
    key = place(rules, s, AT_ACT, AT_ACT_FLOOR, bank, key_at(rules, s[b + ACT_FROM], s[s[q + HEAD] + E_LOW]))
    least = first_of_all(rules, s, column_keys(kind), column_floors(kind))
    if kind == READS:
        return least, write, min(act, key)
    return read, least, min(act, key)


@compiled
def close_behind(rules: Cells, s: Cells, bank: int, kind: int) -> None:
    """With closed pages, an access that no waiting request follows in its row precharges it."""
    b = bank_record(bank)
    row = s[b + ROW]
    waits = s[b + PROMOTED] != 0
    for other in range(2):
        waits = waits or waiting_for_row(s, queue_record(b, other), row) != 0
    if not waits:
        s[N_READ_AUTO + kind] += 1
        s[N_CLOSED] -= 1  # it is part of the access
        s[b + CLOSE_AT] = s[b + PRE_FROM]
        close(rules, s, b)
        s[b + ROW] = CLEARED


@inlined
def next_in_bank(
    rules: Cells, s: Cells, bank: int, kind: int, cycle: int, earliest: int, read: int, write: int, act: int
) -> tuple[int, int, int]:
    """What a bank does after an access in ``cycle``, whose row may be closed from ``earliest`` on.

    Returns the next commands.
    """
    b = bank_record(bank)
    q = queue_record(b, kind)
    head, row = s[q + HEAD], s[b + ROW]
    if head == 0:
        s[b + CLOSE_AT] = max(earliest, cycle + rules[IDLE_ROW])
        return read, write, act
    breaks = s[q + BREAKS]
    if breaks > 0 and s[b + ACCESSES] >= rules[ROW_HIT_CAP]:
        s[b + CLOSE_AT] = FAR
        choose_now(rules, s, bank, cycle)
        return s[NEXT_READ], s[NEXT_WRITE], s[NEXT_ACT]
    hit = head
    if s[head + E_ROW] != row:
        hit = waiting_for_row(s, q, row) if may_wait(s, q, row) else 0
    if hit != 0:
        hold = rules[OLDER_HITS] if hit == head else rules[YOUNGER_HITS]
        s[b + CHOSEN + kind] = hit
        s[b + CLOSE_AT] = max(earliest, hold) if breaks > 0 else FAR
        ready = key_at(rules, cycle + 1, s[hit + E_LOW])
        least = place(rules, s, column_keys(kind), column_floors(kind), bank, ready)
        if kind == READS:
            return min(read, least), write, act
        return read, min(write, least), act
    s[b + CLOSE_AT] = earliest
    ready = max(earliest + rules[PRE_TO_ACT], s[b + ACT_AT] + rules[ACT_TO_ACT])
    least = place(rules, s, AT_ACT, AT_ACT_FLOOR, bank, key_at(rules, ready, s[head + E_LOW]))
    return read, write, min(act, least)


@inlined
def column(
    rules: Cells, s: Cells, latencies: Cells, bank: int, kind: int, key: int, read: int, write: int, act: int
) -> tuple[bool, int, int, int]:
    """Issue the read or write of ``bank`` in the cycle of ``key``.

    Returns whether it made room in a queue, and the next commands.
    """
    cycle, floor = key >> CYCLE_BITS, key & ~LOW
    b = bank_record(bank)
    mode = s[MODE]
    q = queue_record(b, kind)
    e = s[b + CHOSEN + kind]
    pair = rows_behind(rules, COLUMN_ROWS + kind, bank)
    least = serve_column(rules, s, bank, kind, pair + kind * rules[LANES], floor)
    if s[WRITES_SEEN] == 0:
        read = least
    elif kind == READS:
        read, write = least, turn_around(rules, s, 1 - kind, pair + rules[LANES], floor)
    else:
        read, write = turn_around(rules, s, 1 - kind, pair, floor), least
    waited = s[b + PROMOTED] != e
    if waited:
        if s[q + HEAD] == e:
            take_head(s, q, e)
        else:
            unlink(s, q, e)
        leave_queue(s, e, kind, cycle)
    else:
        s[b + PROMOTED] = 0
    earliest = max(s[b + PRE_FROM], cycle + rules[READ_TO_PRE + kind])
    s[b + PRE_FROM] = earliest
    s[b + ACCESSES] += 1
    retire(rules, s, latencies, e, kind, cycle)
    if kind != mode or s[b + PROMOTED] != 0 or rules[CLOSED_PAGE] != 0:
        if rules[CLOSED_PAGE] != 0:
            close_behind(rules, s, bank, kind)
        s[b + CLOSE_AT] = FAR
        choose_now(rules, s, bank, cycle)
        return waited, s[NEXT_READ], s[NEXT_WRITE], s[NEXT_ACT]
    read, write, act = next_in_bank(rules, s, bank, kind, cycle, earliest, read, write, act)
    return waited, read, write, act
