"""Which request is served next: the earliest cycle at which anything can be issued, and the winner at that cycle.

Nothing changes between two issues but the clock, so a scan answers for all cycles from ``floor`` on: it returns the
first cycle at which one of its candidates is legal and, among those legal then, the winner. The controller jumps
there. ``odd`` is 1 where commands other than a precharge start only on odd cycles (HBM3's rising edges), else 0.
"""

from openrow.memory.columns import (
    ACT,
    ACT2_ENTRY,
    ACTIVE_R,
    ALL_BANK_REFRESH,
    ARRIVAL,
    BANK,
    BANKS,
    CAUSE_BITS,
    CLOSED,
    EDGES,
    FAR,
    FCFS,
    FR_FCFS,
    FR_FCFS_CAP,
    HEAD,
    HIGH_WATERMARK,
    HIT,
    HITS_IN_ROW,
    IS_WRITE,
    LAST_USE,
    LIST_PROMOTED,
    LIST_R,
    LOW_WATERMARK,
    OPEN_BANKS,
    OPEN_ROW,
    ORDER,
    OTHER,
    PAGE_TIMEOUT,
    PRE,
    PRE_ALL,
    PROMOTED,
    QUEUE_STRIDE,
    RAMULATOR2_ROW_HIT,
    READ,
    REF_ALL,
    REF_BANK,
    REFRESH_MODE,
    REFRESH_UNITS,
    REFRESHES_DONE,
    REFRESHES_DUE,
    ROW,
    ROW_HIT_CAP,
    SCHEDULER,
    SCOPE_BANKS,
    SIZE_PROMOTED,
    SIZE_R,
    SIZE_W,
    WRITE_MODE,
)
from openrow_kernels.compilation import compiled


@compiled
def update_write_mode(rules, chan):
    """Evaluate the write mode once, with the sizes of this moment; return the queue it selects."""
    if chan[WRITE_MODE] == 0:
        if chan[SIZE_W] >= rules[HIGH_WATERMARK] or chan[SIZE_R] == 0:
            chan[WRITE_MODE] = 1
    elif chan[SIZE_W] < rules[LOW_WATERMARK] and chan[SIZE_R] != 0:
        chan[WRITE_MODE] = 0
    return chan[WRITE_MODE]


@compiled
def scan_promoted(ready, entry, chan, lists, floor, odd):
    """The active buffer: oldest ready access to a row opened for it. Returns (cycle, entry)."""
    best_cycle, best_arrival, best = FAR, FAR, -1
    for i in range(chan[SIZE_PROMOTED]):
        e = lists[LIST_PROMOTED, i]
        cycle = max(ready[READ + entry[e, IS_WRITE], entry[e, BANK]] >> CAUSE_BITS, floor) | odd
        if cycle < best_cycle or (cycle == best_cycle and entry[e, ARRIVAL] < best_arrival):
            best_cycle, best_arrival, best = cycle, entry[e, ARRIVAL], e
    return best_cycle, best


@compiled
def scan_hits(rules, ready, bank, entry, chan, lists, queue, floor, held):
    """The oldest ready row hit of a queue, but for bank ``held``. Returns (cycle, entry)."""
    odd = rules[EDGES] - 1
    capped = rules[SCHEDULER] == FR_FCFS_CAP
    o = queue * QUEUE_STRIDE
    best_cycle, best_order, best = FAR, FAR, -1
    for i in range(chan[ACTIVE_R + queue]):
        b = lists[LIST_R + queue, i]
        e = bank[b, HIT + o]
        if e < 0 or b == held:
            continue
        if capped and bank[b, HITS_IN_ROW] >= rules[ROW_HIT_CAP] and bank[b, OTHER + o] >= 0:
            continue
        cycle = max(ready[READ + queue, b] >> CAUSE_BITS, floor) | odd
        if cycle < best_cycle or (cycle == best_cycle and entry[e, ORDER] < best_order):
            best_cycle, best_order, best = cycle, entry[e, ORDER], e
    return best_cycle, best


@compiled
def may_close(rules, bank, entry, b, o):
    """Whether the scheduler lets the oldest request to another row close bank ``b``."""
    if bank[b, PROMOTED] >= 0:
        return False
    hit = bank[b, HIT + o]
    scheduler = rules[SCHEDULER]
    if hit < 0:
        return True
    if scheduler == RAMULATOR2_ROW_HIT:
        return entry[hit, ARRIVAL] > entry[bank[b, OTHER + o], ARRIVAL]
    if scheduler == FR_FCFS:
        return False
    if scheduler == FR_FCFS_CAP:
        return bank[b, HITS_IN_ROW] >= rules[ROW_HIT_CAP]
    return True


@compiled
def scan_rows(rules, ready, bank, entry, chan, lists, queue, floor, held):
    """The oldest request of a queue whose ACT or PREpb is ready. Returns (cycle, entry, command)."""
    odd = rules[EDGES] - 1
    o = queue * QUEUE_STRIDE
    activating = chan[ACT2_ENTRY] >= 0
    best_cycle, best_order, best, best_command = FAR, FAR, -1, ACT
    for i in range(chan[ACTIVE_R + queue]):
        b = lists[LIST_R + queue, i]
        if b == held:
            continue
        open_row = bank[b, OPEN_ROW]
        if open_row == CLOSED and not activating:
            e = bank[b, HEAD + o]
            cycle = max(ready[ACT, b] >> CAUSE_BITS, floor) | odd
            command = ACT
        elif open_row >= 0 and bank[b, OTHER + o] >= 0 and may_close(rules, bank, entry, b, o):
            e = bank[b, OTHER + o]
            cycle = max(ready[PRE, b] >> CAUSE_BITS, floor)
            command = PRE
        else:
            continue
        if cycle < best_cycle or (cycle == best_cycle and entry[e, ORDER] < best_order):
            best_cycle, best_order, best, best_command = cycle, entry[e, ORDER], e, command
    return best_cycle, best, best_command


@compiled
def oldest(bank, entry, chan, lists, queue):
    """The oldest request of a queue, or -1."""
    best_order, best = FAR, -1
    for i in range(chan[ACTIVE_R + queue]):
        e = bank[lists[LIST_R + queue, i], HEAD + queue * QUEUE_STRIDE]
        if entry[e, ORDER] < best_order:
            best_order, best = entry[e, ORDER], e
    return best


@compiled
def scan_in_order(rules, ready, bank, entry, chan, lists, queue, floor, held):
    """FCFS: the oldest request alone, once no activated request waits. Returns (cycle, entry, command)."""
    e = oldest(bank, entry, chan, lists, queue)
    if e < 0 or chan[SIZE_PROMOTED] > 0 or chan[ACT2_ENTRY] >= 0 or entry[e, BANK] == held:
        return FAR, -1, ACT
    odd = rules[EDGES] - 1
    b = entry[e, BANK]
    open_row = bank[b, OPEN_ROW]
    if open_row == CLOSED:
        return max(ready[ACT, b] >> CAUSE_BITS, floor) | odd, e, ACT
    if open_row == entry[e, ROW]:
        return max(ready[READ + queue, b] >> CAUSE_BITS, floor) | odd, e, READ + queue
    return max(ready[PRE, b] >> CAUSE_BITS, floor), e, PRE


@compiled
def scan_queue(rules, ready, bank, entry, chan, lists, queue, floor, held):
    """One queue, any command. Returns (cycle, entry, command)."""
    scheduler = rules[SCHEDULER]
    if scheduler == FCFS:
        return scan_in_order(rules, ready, bank, entry, chan, lists, queue, floor, held)
    hit_cycle, hit = scan_hits(rules, ready, bank, entry, chan, lists, queue, floor, held)
    row_cycle, row, command = scan_rows(rules, ready, bank, entry, chan, lists, queue, floor, held)
    hit_first = scheduler == FR_FCFS or scheduler == FR_FCFS_CAP
    if hit >= 0 and (
        hit_cycle < row_cycle
        or (hit_cycle == row_cycle and (hit_first or entry[hit, ORDER] < entry[row, ORDER]))
    ):
        return hit_cycle, hit, READ + queue
    return row_cycle, row, command


@compiled
def scan_timeouts(rules, ready, bank, floor):
    """Time-out page policy: the first open row that nobody has used for long enough. Returns (cycle, bank)."""
    best_cycle, best = FAR, -1
    for b in range(rules[BANKS]):
        wanted = bank[b, HIT] >= 0 or bank[b, HIT + QUEUE_STRIDE] >= 0 or bank[b, PROMOTED] >= 0
        if bank[b, OPEN_ROW] >= 0 and not wanted:
            cycle = max(ready[PRE, b] >> CAUSE_BITS, bank[b, LAST_USE] + rules[PAGE_TIMEOUT], floor)
            if cycle < best_cycle:
                best_cycle, best = cycle, b
    return best_cycle, best


@compiled
def refresh_bank(rules, chan):
    """The bank the refresh at the head of the maintenance queue addresses (all-bank: its scope's first)."""
    done, scopes, scope_banks = chan[REFRESHES_DONE], rules[REFRESH_UNITS], rules[SCOPE_BANKS]
    first = (done % scopes) * scope_banks
    if rules[REFRESH_MODE] == ALL_BANK_REFRESH:
        return first
    return first + (done // scopes) % scope_banks


@compiled
def refresh_waits_for_access(rules, bank, entry, chan, lists, b):
    """Whether a promoted request (or one being activated) still needs a row the refresh would close."""
    span = rules[SCOPE_BANKS] if rules[REFRESH_MODE] == ALL_BANK_REFRESH else 1
    if chan[ACT2_ENTRY] >= 0 and b <= entry[chan[ACT2_ENTRY], BANK] < b + span:
        return True
    for i in range(chan[SIZE_PROMOTED]):
        if b <= entry[lists[LIST_PROMOTED, i], BANK] < b + span:
            return True
    return False


@compiled
def plan_refresh(rules, ready, bank, entry, chan, lists, scope, floor):
    """The command the head of the maintenance queue needs. Returns (cycle, bank, command)."""
    if chan[REFRESHES_DUE] == chan[REFRESHES_DONE]:
        return FAR, -1, REF_ALL
    odd = rules[EDGES] - 1
    b = refresh_bank(rules, chan)
    if rules[REFRESH_MODE] == ALL_BANK_REFRESH:
        is_open = scope[b // rules[SCOPE_BANKS], OPEN_BANKS] > 0
        close, command = PRE_ALL, REF_ALL
    else:
        is_open = bank[b, OPEN_ROW] != CLOSED
        close, command = PRE, REF_BANK
    if not is_open:
        return max(ready[command, b] >> CAUSE_BITS, floor) | odd, b, command
    if refresh_waits_for_access(rules, bank, entry, chan, lists, b):
        return FAR, b, close
    return max(ready[close, b] >> CAUSE_BITS, floor), b, close
