"""Which request is served next: the earliest cycle at which anything can be issued, and the winner at that cycle.

Nothing changes between two issues but the clock, so a scan answers for all cycles from ``floor`` on: it returns the
first cycle at which one of its candidates is legal and, among those legal then, the winner; entry 0 is none. The
controller jumps there. Where commands other than a precharge start only on odd cycles (HBM3's rising edges),
``odd`` is 1 and rounds their cycle up, else 0. ``held`` is the bank a due per-bank refresh keeps from the queues.
"""

from openrow.memory.columns import (
    ACT,
    ACT2_ENTRY,
    ACTIVE_R,
    ARRIVAL,
    AT_ACTIVE,
    AT_BANKS,
    AT_PROMOTED,
    AT_READY,
    BANK,
    BANK_COLUMNS,
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
    INDEX,
    IS_WRITE,
    LAST_USE,
    LOW_WATERMARK,
    OPEN_ROW,
    ORDER,
    OTHER,
    PAGE_TIMEOUT,
    PRE,
    PROMOTED,
    QUEUE_STRIDE,
    RAMULATOR2,
    RAMULATOR2_ROW_HIT,
    READ,
    ROW,
    ROW_HIT_CAP,
    SCHEDULER,
    SIZE_PROMOTED,
    SIZE_R,
    SIZE_W,
    WRITE_MODE,
)
from openrow.memory.timing_compiled import limit_of
from openrow_kernels.compilation import compiled


@compiled
def update_write_mode(rules, s, ch):
    """Evaluate the write mode once, with the sizes of this moment; return the queue it selects."""
    if s[ch + WRITE_MODE] == 0:
        if s[ch + SIZE_W] >= rules[HIGH_WATERMARK] or s[ch + SIZE_R] == 0:
            s[ch + WRITE_MODE] = 1
    elif s[ch + SIZE_W] < rules[LOW_WATERMARK] and s[ch + SIZE_R] != 0:
        s[ch + WRITE_MODE] = 0
    return s[ch + WRITE_MODE]


@compiled
def scan_promoted(rules, s, ch, floor):
    """The active buffer: the oldest ready access to a row opened for it. Returns (cycle, entry)."""
    odd = rules[EDGES] - 1
    promoted = ch + rules[AT_PROMOTED]
    best_cycle, best_arrival, best = FAR, FAR, 0
    for i in range(promoted, promoted + s[ch + SIZE_PROMOTED]):
        e = s[i]
        limit = limit_of(rules, s, ch, s[e + BANK], READ + s[e + IS_WRITE])
        cycle = max(limit >> CAUSE_BITS, floor) | odd
        if cycle < best_cycle or (cycle == best_cycle and s[e + ARRIVAL] < best_arrival):
            best_cycle, best_arrival, best = cycle, s[e + ARRIVAL], e
    return best_cycle, best


@compiled
def may_hit(rules, s, b, o):
    """Whether the scheduler lets a hit of bank ``b`` go: a capped row yields to a waiting conflict."""
    if rules[SCHEDULER] != FR_FCFS_CAP:
        return True
    return s[b + HITS_IN_ROW] < rules[ROW_HIT_CAP] or s[b + OTHER + o] == 0


@compiled
def may_close(rules, s, b, o):
    """Whether the scheduler lets the oldest request to another row close bank ``b``."""
    if s[b + PROMOTED] != 0:
        return False
    scheduler, hit = rules[SCHEDULER], s[b + HIT + o]
    if scheduler == RAMULATOR2 or hit == 0:
        return True
    if scheduler == RAMULATOR2_ROW_HIT:
        return s[hit + ARRIVAL] > s[s[b + OTHER + o] + ARRIVAL]
    if scheduler == FR_FCFS_CAP:
        return s[b + HITS_IN_ROW] >= rules[ROW_HIT_CAP]
    return False


@compiled
def scan_hits(rules, s, ch, queue, floor, held):
    """The oldest ready row hit of a queue. Returns (cycle, entry)."""
    odd = rules[EDGES] - 1
    o = queue * QUEUE_STRIDE
    active = ch + rules[AT_ACTIVE] + queue * rules[BANKS]
    limits = ch + rules[AT_READY] + (READ + queue) * rules[BANKS]
    best_cycle, best_order, best = FAR, FAR, 0
    for i in range(active, active + s[ch + ACTIVE_R + queue]):
        b = s[i]
        e = s[b + HIT + o]
        if e == 0 or b == held or not may_hit(rules, s, b, o):
            continue
        cycle = max(s[limits + s[b + INDEX]] >> CAUSE_BITS, floor) | odd
        if cycle < best_cycle or (cycle == best_cycle and s[e + ORDER] < best_order):
            best_cycle, best_order, best = cycle, s[e + ORDER], e
    return best_cycle, best


@compiled
def scan_rows(rules, s, ch, queue, floor, held):
    """The oldest request of a queue whose ACT or PRE is ready. Returns (cycle, entry, command)."""
    odd = rules[EDGES] - 1
    o = queue * QUEUE_STRIDE
    active = ch + rules[AT_ACTIVE] + queue * rules[BANKS]
    table = ch + rules[AT_READY]
    activating = s[ch + ACT2_ENTRY] != 0
    best_cycle, best_order, best, best_command = FAR, FAR, 0, ACT
    for i in range(active, active + s[ch + ACTIVE_R + queue]):
        b = s[i]
        open_row = s[b + OPEN_ROW]
        if b == held:
            continue
        if open_row == CLOSED and not activating:
            e, command = s[b + HEAD + o], ACT
            cycle = max(s[table + ACT * rules[BANKS] + s[b + INDEX]] >> CAUSE_BITS, floor) | odd
        elif open_row >= 0 and s[b + OTHER + o] != 0 and may_close(rules, s, b, o):
            e, command = s[b + OTHER + o], PRE
            cycle = max(s[table + PRE * rules[BANKS] + s[b + INDEX]] >> CAUSE_BITS, floor)
        else:
            continue
        if cycle < best_cycle or (cycle == best_cycle and s[e + ORDER] < best_order):
            best_cycle, best_order, best, best_command = cycle, s[e + ORDER], e, command
    return best_cycle, best, best_command


@compiled
def oldest(rules, s, ch, queue):
    """The oldest request of a queue, or 0."""
    active = ch + rules[AT_ACTIVE] + queue * rules[BANKS]
    best_order, best = FAR, 0
    for i in range(active, active + s[ch + ACTIVE_R + queue]):
        e = s[s[i] + HEAD + queue * QUEUE_STRIDE]
        if s[e + ORDER] < best_order:
            best_order, best = s[e + ORDER], e
    return best


@compiled
def scan_in_order(rules, s, ch, queue, floor, held):
    """FCFS: the oldest request alone, once no activated request waits. Returns (cycle, entry, command)."""
    e = oldest(rules, s, ch, queue)
    if e == 0 or s[ch + SIZE_PROMOTED] > 0 or s[ch + ACT2_ENTRY] != 0 or s[e + BANK] == held:
        return FAR, 0, ACT
    odd = rules[EDGES] - 1
    b = s[e + BANK]
    open_row = s[b + OPEN_ROW]
    if open_row == CLOSED:
        return max(limit_of(rules, s, ch, b, ACT) >> CAUSE_BITS, floor) | odd, e, ACT
    if open_row == s[e + ROW]:
        return max(limit_of(rules, s, ch, b, READ + queue) >> CAUSE_BITS, floor) | odd, e, READ + queue
    return max(limit_of(rules, s, ch, b, PRE) >> CAUSE_BITS, floor), e, PRE


@compiled
def scan_queue(rules, s, ch, queue, floor, held):
    """One queue, any command. Returns (cycle, entry, command)."""
    scheduler = rules[SCHEDULER]
    if scheduler == FCFS:
        return scan_in_order(rules, s, ch, queue, floor, held)
    cycle, e, command = scan_rows(rules, s, ch, queue, floor, held)
    hit_cycle, hit = scan_hits(rules, s, ch, queue, floor, held)
    if hit_cycle < cycle:
        return hit_cycle, hit, READ + queue
    if hit != 0 and hit_cycle == cycle:
        hit_first = scheduler == FR_FCFS or scheduler == FR_FCFS_CAP
        if hit_first or s[hit + ORDER] < s[e + ORDER]:
            return hit_cycle, hit, READ + queue
    return cycle, e, command


@compiled
def scan_timeouts(rules, s, ch, floor):
    """Time-out page policy: the first open row that nobody has used for long enough. Returns (cycle, bank)."""
    best_cycle, best = FAR, 0
    first = ch + rules[AT_BANKS]
    for b in range(first, first + rules[BANKS] * BANK_COLUMNS, BANK_COLUMNS):
        wanted = s[b + HIT] != 0 or s[b + HIT + QUEUE_STRIDE] != 0 or s[b + PROMOTED] != 0
        if s[b + OPEN_ROW] >= 0 and not wanted:
            idle = s[b + LAST_USE] + rules[PAGE_TIMEOUT]
            cycle = max(limit_of(rules, s, ch, b, PRE) >> CAUSE_BITS, idle, floor)
            if cycle < best_cycle:
                best_cycle, best = cycle, b
    return best_cycle, best
