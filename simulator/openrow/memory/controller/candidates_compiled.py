"""The candidates of a bank: for each queue the request that may hit its row and the one that may open or
close it.

A candidate's key is its ORDER, or FAR where there is none: the scan takes the smallest. The keys of a bank
change only when the bank or its lists do, so the scheduling policy is applied here, once a change, and not in
every scan. There are four tables of keys: hits and row commands of the read queue, hits and row commands of
the write queue.
"""

from openrow.memory.columns import (
    ARRIVAL,
    AT_CLOSED,
    AT_KEYS,
    BANKS,
    CANDIDATES,
    CLOSED,
    FAR,
    FCFS,
    FR_FCFS_CAP,
    HEAD,
    HELD,
    HIT,
    HITS_IN_ROW,
    INDEX,
    OPEN_ROW,
    ORDER,
    OTHER,
    PROMOTED,
    QUEUE_STRIDE,
    RAMULATOR2,
    RAMULATOR2_ROW_HIT,
    ROW_HIT_CAP,
    SCHEDULER,
)
from openrow_kernels.compilation import Cells, inlined


@inlined
def may_hit(rules: Cells, s: Cells, b: int, o: int) -> bool:
    """Whether the scheduler lets a hit of bank ``b`` go: a capped row yields to a waiting conflict."""
    if rules[SCHEDULER] != FR_FCFS_CAP:
        return True
    return s[b + HITS_IN_ROW] < rules[ROW_HIT_CAP] or s[b + OTHER + o] == 0


@inlined
def may_close(rules: Cells, s: Cells, b: int, o: int) -> bool:
    """Whether the scheduler lets the oldest request to another row close bank ``b``."""
    if s[b + PROMOTED] != 0:
        return False
    scheduler, hit = rules[SCHEDULER], s[b + HIT + o]
    if scheduler == RAMULATOR2 or scheduler == FCFS or hit == 0:
        return True
    if scheduler == RAMULATOR2_ROW_HIT:
        return s[hit + ARRIVAL] > s[s[b + OTHER + o] + ARRIVAL]
    if scheduler == FR_FCFS_CAP:
        return s[b + HITS_IN_ROW] >= rules[ROW_HIT_CAP]
    return False


@inlined
def set_key(rules: Cells, s: Cells, ch: int, table: int, b: int, key: int) -> None:
    """Set bank ``b``'s key in a table of candidates and count how many banks have one."""
    place = ch + rules[AT_KEYS] + table * rules[BANKS] + s[b + INDEX]
    s[ch + CANDIDATES + table] += (key < FAR) - (s[place] < FAR)
    s[place] = key


@inlined
def update_queue_candidates(rules: Cells, s: Cells, ch: int, queue: int, b: int) -> None:
    """Find the candidates of bank ``b`` in one queue."""
    o = queue * QUEUE_STRIDE
    hit_key = row_key = FAR
    # First come, first served: the oldest request holds up the others even while a refresh holds its bank.
    if s[b + HELD] == 0 or rules[SCHEDULER] == FCFS:
        if s[b + OPEN_ROW] == CLOSED:
            if s[b + HEAD + o] != 0:
                row_key = s[s[b + HEAD + o] + ORDER]
        elif s[b + OPEN_ROW] >= 0:
            if s[b + HIT + o] != 0 and may_hit(rules, s, b, o):
                hit_key = s[s[b + HIT + o] + ORDER]
            if s[b + OTHER + o] != 0 and may_close(rules, s, b, o):
                row_key = s[s[b + OTHER + o] + ORDER]
    set_key(rules, s, ch, 2 * queue, b, hit_key)
    set_key(rules, s, ch, 2 * queue + 1, b, row_key)


@inlined
def update_candidates(rules: Cells, s: Cells, ch: int, b: int) -> None:
    """Find the candidates of bank ``b`` after its row or its activated request has changed."""
    s[ch + rules[AT_CLOSED] + s[b + INDEX]] = s[b + OPEN_ROW] == CLOSED
    for queue in range(2):
        update_queue_candidates(rules, s, ch, queue, b)
