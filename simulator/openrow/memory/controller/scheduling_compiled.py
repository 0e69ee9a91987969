"""Which request is served next: the earliest cycle at which anything can be issued, and the winner at that
cycle.

Nothing changes between two issues but the clock, so a scan answers for all cycles from ``floor`` on: it
returns the first cycle at which one of its candidates is legal and, among those legal then, the winner; entry
0 is none. The controller jumps there. Where commands other than a precharge start only on odd cycles (HBM3's
rising edges), ``odd`` is 1 and rounds their cycle up, else 0.

Every bank has at most one candidate a queue for the column bus and one for the row bus
(``candidates_compiled``). A scan is two vector loops over the banks without a branch: the earliest cycle,
then the oldest key at that cycle.
"""

from openrow.memory.columns import (
    ACT,
    ACT2_ENTRY,
    ARRIVAL,
    AT_BANKS,
    AT_CLOSED,
    AT_ENTRIES,
    AT_KEYS,
    AT_PROMOTED,
    AT_READY,
    BANK,
    BANK_COLUMNS,
    BANKS,
    CANDIDATES,
    CAUSE_BITS,
    CLOSED,
    EDGES,
    ENTRY_COLUMNS,
    FAR,
    FCFS,
    FR_FCFS,
    FR_FCFS_CAP,
    HELD,
    HIGH_WATERMARK,
    HIT,
    IS_WRITE,
    LAST_USE,
    LOW_WATERMARK,
    OPEN_ROW,
    ORDER,
    PAGE_TIMEOUT,
    PRE,
    PROMOTED,
    QUEUE_STRIDE,
    READ,
    ROW,
    SCHEDULER,
    SIZE_PROMOTED,
    SIZE_R,
    SIZE_W,
    SLOT_MASK,
    WRITE_MODE,
)
from openrow.memory.controller.timing_compiled import limit_of
from openrow_kernels.compilation import Cells, compiled, inlined


@inlined
def update_write_mode(rules: Cells, s: Cells, ch: int) -> int:
    """Evaluate the write mode once, with the sizes of this moment; return the queue it selects."""
    if s[ch + WRITE_MODE] == 0:
        if s[ch + SIZE_W] >= rules[HIGH_WATERMARK] or s[ch + SIZE_R] == 0:
            s[ch + WRITE_MODE] = 1
    elif s[ch + SIZE_W] < rules[LOW_WATERMARK] and s[ch + SIZE_R] != 0:
        s[ch + WRITE_MODE] = 0
    return s[ch + WRITE_MODE]


@inlined
def scan_promoted(rules: Cells, s: Cells, ch: int, floor: int) -> tuple[int, int]:
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


@inlined
def entry_of(rules: Cells, ch: int, key: int) -> int:
    """The entry a candidate's key names."""
    return ch + rules[AT_ENTRIES] + (key & SLOT_MASK) * ENTRY_COLUMNS


@inlined
def scan_hits(rules: Cells, s: Cells, ch: int, queue: int, floor: int) -> tuple[int, int]:
    """The oldest ready row hit of a queue. Returns (cycle, entry)."""
    if s[ch + CANDIDATES + 2 * queue] == 0:
        return FAR, 0
    banks, odd = rules[BANKS], rules[EDGES] - 1
    keys = ch + rules[AT_KEYS] + 2 * queue * banks
    limits = ch + rules[AT_READY] + (READ + queue) * banks
    best = FAR
    for i in range(banks):
        cycle = max(s[limits + i] >> CAUSE_BITS, floor) | odd
        best = min(best, cycle if s[keys + i] < FAR else FAR)
    key = FAR
    for i in range(banks):
        cycle = max(s[limits + i] >> CAUSE_BITS, floor) | odd
        key = min(key, s[keys + i] if cycle == best else FAR)
    return best, entry_of(rules, ch, key)


@inlined
def row_command_cycle(
    s: Cells, activates: int, banks: int, closed: int, i: int, floor: int, odd: int, blocked: int
) -> int:
    """When bank ``i``'s row command is legal: ACT (unless ``blocked``), or PRE, whose table is next."""
    activate = max(s[activates + i] >> CAUSE_BITS, floor) | odd | blocked
    precharge = max(s[activates + banks + i] >> CAUSE_BITS, floor)
    return activate if s[closed + i] != 0 else precharge


@inlined
def needed_command(s: Cells, e: int) -> int:
    """The command entry ``e`` needs now."""
    open_row = s[s[e + BANK] + OPEN_ROW]
    if open_row == CLOSED:
        return ACT
    return READ + s[e + IS_WRITE] if open_row == s[e + ROW] else PRE


@inlined
def scan_rows(rules: Cells, s: Cells, ch: int, queue: int, floor: int) -> tuple[int, int, int]:
    """The oldest request of a queue whose ACT or PRE is ready. Returns (cycle, entry, command)."""
    if s[ch + CANDIDATES + 2 * queue + 1] == 0:
        return FAR, 0, ACT
    banks, odd = rules[BANKS], rules[EDGES] - 1
    blocked = FAR if s[ch + ACT2_ENTRY] != 0 else 0
    keys = ch + rules[AT_KEYS] + (2 * queue + 1) * banks
    closed, activates = ch + rules[AT_CLOSED], ch + rules[AT_READY] + ACT * banks
    best = FAR
    for i in range(banks):
        cycle = row_command_cycle(s, activates, banks, closed, i, floor, odd, blocked)
        best = min(best, cycle if s[keys + i] < FAR else FAR)
    if best == FAR:
        return FAR, 0, ACT
    key = FAR
    for i in range(banks):
        cycle = row_command_cycle(s, activates, banks, closed, i, floor, odd, blocked)
        key = min(key, s[keys + i] if cycle == best else FAR)
    e = entry_of(rules, ch, key)
    return best, e, needed_command(s, e)


@compiled
def oldest(rules: Cells, s: Cells, ch: int, queue: int) -> int:
    """The oldest request of a queue, or 0, while no bank has an activated request."""
    keys = ch + rules[AT_KEYS] + 2 * queue * rules[BANKS]
    key = FAR
    for i in range(keys, keys + 2 * rules[BANKS]):
        key = min(key, s[i])
    return entry_of(rules, ch, key) if key < FAR else 0


@compiled
def scan_in_order(rules: Cells, s: Cells, ch: int, queue: int, floor: int) -> tuple[int, int, int]:
    """FCFS: the oldest request alone, once no activated request waits. Returns (cycle, entry, command)."""
    if s[ch + SIZE_PROMOTED] > 0 or s[ch + ACT2_ENTRY] != 0:
        return FAR, 0, ACT
    e = oldest(rules, s, ch, queue)
    if e == 0 or s[s[e + BANK] + HELD] != 0:
        return FAR, 0, ACT
    command = needed_command(s, e)
    cycle = max(limit_of(rules, s, ch, s[e + BANK], command) >> CAUSE_BITS, floor)
    if command != PRE:
        cycle |= rules[EDGES] - 1
    return cycle, e, command


@inlined
def scan_queue(rules: Cells, s: Cells, ch: int, queue: int, floor: int) -> tuple[int, int, int]:
    """One queue, any command. Returns (cycle, entry, command)."""
    scheduler = rules[SCHEDULER]
    if scheduler == FCFS:
        return scan_in_order(rules, s, ch, queue, floor)
    cycle, e, command = scan_rows(rules, s, ch, queue, floor)
    hit_cycle, hit = scan_hits(rules, s, ch, queue, floor)
    if hit_cycle < cycle:
        return hit_cycle, hit, READ + queue
    if hit != 0 and hit_cycle == cycle:
        hit_first = scheduler == FR_FCFS or scheduler == FR_FCFS_CAP
        if hit_first or s[hit + ORDER] < s[e + ORDER]:
            return hit_cycle, hit, READ + queue
    return cycle, e, command


@compiled
def scan_timeouts(rules: Cells, s: Cells, ch: int, floor: int) -> tuple[int, int]:
    """Time-out policy: the first open row unused for long enough. Returns (cycle, bank)."""
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
