"""The fast model's loop: admit, issue the next command, refresh.

One channel a call. Time goes from command to command; every command is the earliest of the next read, write
and activation, so that the loop is a simulation in time order in which a precharge is part of the activation
after it and the command bus is not contended for.
"""

import numpy as np
from numpy.typing import NDArray

from openrow.memory.columns import ALL_BANK_REFRESH
from openrow.memory.fast.columns import (
    ABSORB_READS,
    ACT_FROM,
    AT_ACT,
    BANK_MASK,
    BANKS,
    BLOCK_REQUESTS,
    CLEARED,
    CLOSE_AT,
    CLOSED_CYCLES,
    CYCLE_BITS,
    E_LOW,
    E_NEXT,
    EDGE,
    FAR,
    HEAD,
    LAST_WRITE,
    LATENCY_SUM,
    LOW,
    MODE,
    N_CLOSED,
    N_COALESCED,
    N_FORWARDED,
    N_PRE_ALL,
    N_READS,
    NEVER,
    NEXT_ACT,
    NEXT_READ,
    NEXT_REFRESH,
    NEXT_WRITE,
    NOW,
    ORDER_BITS,
    PRE_FROM,
    PRE_TO_ACT,
    PRE_TO_REFRESH,
    PROMOTED,
    READ_QUEUE,
    READS,
    REFRESH_BANK,
    REFRESH_CYCLES,
    REFRESH_INTERVAL,
    REFRESH_MODE,
    REFRESHES,
    REQUEST_LOW,
    ROW,
    SCOPE_BANKS,
    WAITING,
    WAITING_READS,
    WAITING_WRITES,
    WRITES,
    WRITES_SEEN,
)
from openrow.memory.fast.events_compiled import activate, admit, column, open_other_row, raised
from openrow.memory.fast.planning_compiled import (
    bank_record,
    blame,
    choose,
    column_floors,
    column_keys,
    find_first,
    queue_record,
    update_write_mode,
    write_waits,
)
from openrow_kernels.compilation import Cells, compiled, inlined, pointer

Int64Array = NDArray[np.int64]


@compiled
def issue_column(rules: Cells, s: Cells, latencies: Cells, bank: int, kind: int, key: int) -> None:
    """Issue a column command away from the loop."""
    _, s[NEXT_READ], s[NEXT_WRITE], s[NEXT_ACT] = column(
        rules, s, latencies, bank, kind, key, s[NEXT_READ], s[NEXT_WRITE], s[NEXT_ACT]
    )


@compiled
def issue_promoted(rules: Cells, s: Cells, latencies: Cells) -> None:
    """Issue what rows have been opened for, before an all-bank refresh."""
    while True:
        least = NEVER
        for bank in range(rules[BANKS]):
            e = s[bank_record(bank) + PROMOTED]
            if e != 0:
                kind = s[e + E_LOW] & 1
                own = raised(s[column_keys(kind) + bank], s[column_floors(kind) + bank])
                least = min(least, own)
        if least >= NEVER:
            return
        issue_column(rules, s, latencies, (least >> 1) & BANK_MASK, least & 1, least)


@inlined
def close_for_refresh(rules: Cells, s: Cells, b: int, due: int) -> int:
    """Close the row of the bank at ``b`` for a refresh. Returns the earliest cycle of the refresh."""
    if s[b + ROW] < 0:
        s[b + ROW] = CLEARED
        return max(due, s[b + ACT_FROM] - rules[PRE_TO_ACT] + rules[PRE_TO_REFRESH])
    if s[b + CLOSE_AT] <= due:
        blame(s, queue_record(b, s[MODE]), s[b + ROW])
    s[b + ROW] = CLEARED
    s[b + CLOSE_AT] = FAR
    return max(due, s[b + PRE_FROM]) + rules[PRE_TO_REFRESH]


@compiled
def refresh_all(rules: Cells, s: Cells, latencies: Cells, now: int) -> None:
    """An all-bank refresh of all ranks at once: every row is closed, none opened until its end."""
    due = s[NEXT_REFRESH]
    issue_promoted(rules, s, latencies)
    start = due
    scope = -1
    for bank in range(rules[BANKS]):
        b = bank_record(bank)
        if s[b + ROW] >= 0 and bank // rules[SCOPE_BANKS] != scope:
            scope = bank // rules[SCOPE_BANKS]
            s[N_PRE_ALL] += 1
        start = max(start, close_for_refresh(rules, s, b, due))
    end = (start | (rules[EDGE] >> CYCLE_BITS)) + rules[REFRESH_CYCLES]
    s[CLOSED_CYCLES] += end - start
    for bank in range(rules[BANKS]):
        s[bank_record(bank) + ACT_FROM] = end
        choose(rules, s, bank, now)
    s[REFRESHES] += 1
    s[NEXT_REFRESH] = due + rules[REFRESH_INTERVAL]


@compiled
def refresh_bank(rules: Cells, s: Cells, bank: int, due: int, now: int) -> None:
    """A per-bank refresh: the bank's row is closed, and it is not activated until the end of the refresh."""
    b = bank_record(bank)
    s[N_CLOSED] += s[b + ROW] >= 0
    start = close_for_refresh(rules, s, b, due)
    s[b + ACT_FROM] = (start | (rules[EDGE] >> CYCLE_BITS)) + rules[REFRESH_CYCLES]
    choose(rules, s, bank, now)


@compiled
def refresh_next_banks(rules: Cells, s: Cells, now: int) -> None:
    """The per-bank refresh of the next bank of every rank; one with an activated request waits for it."""
    due = s[NEXT_REFRESH]
    bank = s[REFRESH_BANK]
    s[REFRESH_BANK] = bank + 1 if bank + 1 < rules[SCOPE_BANKS] else 0
    while bank < rules[BANKS]:
        b = bank_record(bank)
        if s[b + PROMOTED] != 0:
            s[b + CLOSE_AT] = -1
        else:
            refresh_bank(rules, s, bank, due, now)
        bank += rules[SCOPE_BANKS]
    s[REFRESHES] += 1
    s[NEXT_REFRESH] = due + rules[REFRESH_INTERVAL]


@compiled
def refresh(rules: Cells, s: Cells, latencies: Cells, now: int, idle_until: int) -> int:
    """The refresh that is due, before anything else happens in ``idle_until``. Returns its cycle.

    Of many all-bank refreshes that an idle memory has in a row, the last two stand for all.
    """
    interval = rules[REFRESH_INTERVAL]
    all_banks = rules[REFRESH_MODE] == ALL_BANK_REFRESH
    missed = (idle_until - s[NEXT_REFRESH]) // interval - 1
    if all_banks and missed > 0:
        s[REFRESHES] += missed
        s[CLOSED_CYCLES] += missed * rules[REFRESH_CYCLES]
        s[NEXT_REFRESH] += missed * interval
    now = max(now, s[NEXT_REFRESH])
    if all_banks:
        refresh_all(rules, s, latencies, now)
    else:
        refresh_next_banks(rules, s, now)
    find_first(rules, s)
    return now


@compiled
def issue_before_refresh(rules: Cells, s: Cells, latencies: Cells, bank: int, kind: int, key: int) -> None:
    """Issue the next access, to a bank whose refresh waits for what its row was opened for."""
    b = bank_record(bank)
    s[b + CLOSE_AT] = FAR
    issue_column(rules, s, latencies, bank, kind, key)
    if s[b + PROMOTED] == 0:
        refresh_bank(rules, s, bank, key >> CYCLE_BITS, key >> CYCLE_BITS)
    else:
        s[b + CLOSE_AT] = -1
    find_first(rules, s)


@inlined
def absorbed(rules: Cells, s: Cells, request: int) -> bool:
    """Whether a waiting write answers ``request`` at once."""
    return s[WAITING_WRITES] > 0 and rules[ABSORB_READS + (request & 1)] != 0 and write_waits(s, request)


@compiled
def absorb(s: Cells, latencies: Cells, kind: int, now: int) -> None:
    """A read is forwarded from the write queue, or a write coalesced with one in it."""
    s[LAST_WRITE] = max(s[LAST_WRITE], now + (kind == READS))
    if kind == READS:
        s[N_FORWARDED] += 1
        s[LATENCY_SUM] += 1
        latencies[1] += 1
    else:
        s[N_COALESCED] += 1


@inlined
def offer(
    rules: Cells, s: Cells, latencies: Cells, requests: Cells, cycles: Cells, stamped: int, place: int,
    count: int, none: int, order: int, now: int, read: int, write: int, act: int,
) -> tuple[int, int, int, int, int]:  # fmt: skip
    """Admit all requests that come by cycle ``now`` and find room.

    Returns the place of the next request, the cycle in which it comes (FAR where it has no room, ``none``
    where there is none), and the next commands.
    """
    while place < count:
        request = requests[place]
        kind = request & 1
        answered = absorbed(rules, s, request)
        if not answered and s[WAITING_READS + kind] >= rules[READ_QUEUE + kind]:
            return place, FAR, read, write, act
        cycle = cycles[place * stamped]
        if cycle > now:
            return place, cycle, read, write, act
        s[N_READS + kind] += 1
        if answered:
            absorb(s, latencies, kind, now)
        elif kind == READS:
            read, write, act = admit(rules, s, request, READS, order + place, now, read, write, act)
        else:
            read, write, act = admit(rules, s, request, WRITES, order + place, now, read, write, act)
        place += 1
    return place, none, read, write, act


@inlined
def access(
    rules: Cells, s: Cells, latencies: Cells, kind: int, key: int, read: int, write: int, act: int
) -> tuple[bool, int, int, int]:
    """The read or write of ``key`` is next. Returns whether it made room, and the next commands."""
    bank = (key >> 1) & BANK_MASK
    b = bank_record(bank)
    if key >> CYCLE_BITS <= s[b + CLOSE_AT]:
        return column(rules, s, latencies, bank, kind, key, read, write, act)
    if s[b + PROMOTED] == 0:
        read, write, act = open_other_row(rules, s, bank, kind, read, write, act)
        return False, read, write, act
    issue_before_refresh(rules, s, latencies, bank, kind, key)
    return True, s[NEXT_READ], s[NEXT_WRITE], s[NEXT_ACT]


@compiled
def run(
    rules: Cells, s: Cells, latencies: Cells, requests: Cells, cycles: Cells, stamped: int, place: int,
    count: int, none: int,
) -> None:  # fmt: skip
    """The loop of :func:`play`, on pointers, for the requests from ``place`` to ``count``."""
    order = BLOCK_REQUESTS - place
    arrival = 0
    limit = 0
    now = s[NOW]
    read, write, act = s[NEXT_READ], s[NEXT_WRITE], s[NEXT_ACT]
    while True:
        # Branches instead of one key, with code of its own for reads and writes: the processor goes on with
        # the kind it expects, and waits for none.
        if act < read and act < write and act < limit:
            now = act >> CYCLE_BITS
            if act & 1 == READS:
                read, write, act = activate(rules, s, (act >> 1) & BANK_MASK, READS, act, read, write)
            else:
                read, write, act = activate(rules, s, (act >> 1) & BANK_MASK, WRITES, act, read, write)
        elif read < write and read < limit:
            cycle = read >> CYCLE_BITS
            room, read, write, act = access(rules, s, latencies, READS, read, read, write, act)
            if not room:
                continue
            now = cycle
        elif write < limit:
            cycle = write >> CYCLE_BITS
            room, read, write, act = access(rules, s, latencies, WRITES, write, read, write, act)
            if not room:
                continue
            now = cycle
        else:
            cycle, comes = min(read, write, act) >> CYCLE_BITS, max(arrival, now)
            if arrival < 0 or min(cycle, arrival) >= FAR:
                break
            if s[NEXT_REFRESH] <= min(cycle, comes):
                s[NEXT_READ], s[NEXT_WRITE], s[NEXT_ACT] = read, write, act
                now = refresh(rules, s, latencies, now, min(cycle, comes))
                read, write, act = s[NEXT_READ], s[NEXT_WRITE], s[NEXT_ACT]
                limit = min(arrival + 1, s[NEXT_REFRESH]) << CYCLE_BITS
                continue
            now = comes
        place, arrival, read, write, act = offer(
            rules, s, latencies, requests, cycles, stamped, place, count, none, order, now, read, write, act
        )
        limit = min(arrival + 1, s[NEXT_REFRESH]) << CYCLE_BITS
        if s[WRITES_SEEN] != 0 and arrival >= 0 and update_write_mode(rules, s, now):
            read, write, act = s[NEXT_READ], s[NEXT_WRITE], s[NEXT_ACT]
    s[NEXT_READ], s[NEXT_WRITE], s[NEXT_ACT] = read, write, act
    s[NOW] = now


@inlined
def older(low: int, by: int) -> int:
    """The low part of a key, its order reduced by ``by`` requests but not below 0."""
    order = max(((low & ~WAITING & LOW) >> ORDER_BITS) - by, 0)
    return (low & ~(LOW & ~WAITING)) | (order << ORDER_BITS) | (low & REQUEST_LOW)


@compiled
def renumber(rules: Cells, s: Cells, by: int) -> None:
    """Make room for the order of further requests."""
    for bank in range(rules[BANKS]):
        b = bank_record(bank)
        for keys in (column_keys(READS), column_keys(WRITES), AT_ACT):
            if s[keys + bank] < NEVER:
                s[keys + bank] = older(s[keys + bank], by)
        if s[b + PROMOTED] != 0:
            s[s[b + PROMOTED] + E_LOW] = older(s[s[b + PROMOTED] + E_LOW], by)
        for kind in range(2):
            e = s[queue_record(b, kind) + HEAD]
            while e != 0:
                s[e + E_LOW] = older(s[e + E_LOW], by)
                e = s[e + E_NEXT]
    find_first(rules, s)


@compiled
def play(
    rules: Int64Array,
    s: Int64Array,
    latencies: Int64Array,
    requests: Int64Array,
    cycles: Int64Array,
    final: bool,
) -> None:
    """Play requests through one channel.

    Parameters
    ----------
    rules
        What ``fast_rules`` makes of a memory (read-only).
    s
        The channel's state.
    latencies
        (HISTOGRAM_BUCKETS,) the latency histogram of reads.
    requests
        Row, column, bank and kind of each request (read-only).
    cycles
        The cycle in which each request comes, or one for all (read-only).
    final
        Whether no more requests follow. Else it stops where the next one has room.
    """
    stamped = 1 if cycles.shape[0] == requests.shape[0] else 0
    count = requests.shape[0]
    place = 0
    while True:
        upto = min(place + BLOCK_REQUESTS, count)
        none = FAR if final and upto == count else -1
        run(
            pointer(rules), pointer(s), pointer(latencies), pointer(requests), pointer(cycles),
            stamped, place, upto, none,
        )  # fmt: skip
        renumber(pointer(rules), pointer(s), upto - place)
        place = upto
        if place == count:
            break
