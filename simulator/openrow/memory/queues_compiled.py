"""The request queues: lists by bank, so that a scheduling scan looks at banks and not at requests.

Within a bank all requests of a queue that need the same command are ready at the same cycle, so only the oldest of
them matters. Each queue therefore keeps, a bank: its requests in order of arrival (HEAD, TAIL), the oldest that
hits the open row (HIT) and the oldest that does not (OTHER). A list of the banks with any request in the queue
lets a scan skip the others.
"""

from openrow.memory.columns import (
    ACTIVE_R,
    ADDRESS,
    BANK,
    CLOSED,
    FREE,
    HEAD,
    HIT,
    LIST_FREE,
    LIST_PROMOTED,
    LIST_R,
    NEXT,
    OPEN_ROW,
    OTHER,
    PLACE,
    PREVIOUS,
    PROMOTED,
    QUEUE_STRIDE,
    ROW,
    SINCE_R,
    SIZE_PROMOTED,
    SIZE_R,
    SUM_R,
    TAIL,
)
from openrow_kernels.compilation import compiled


@compiled
def new_entry(chan, lists):
    """Take a free entry."""
    chan[FREE] -= 1
    return lists[LIST_FREE, chan[FREE]]


@compiled
def free_entry(chan, lists, e):
    """Give entry ``e`` back."""
    lists[LIST_FREE, chan[FREE]] = e
    chan[FREE] += 1


@compiled
def count_size(chan, queue, change, cycle):
    """Change the size of a request queue after ``cycle``; sizes are summed over cycles for the mean length."""
    chan[SUM_R + queue] += chan[SIZE_R + queue] * (cycle - chan[SINCE_R + queue])
    chan[SINCE_R + queue] = cycle
    chan[SIZE_R + queue] += change


@compiled
def append(bank, entry, chan, lists, queue, e, cycle):
    """Put entry ``e`` at the tail of ``queue`` after ``cycle``."""
    b = entry[e, BANK]
    o = queue * QUEUE_STRIDE
    tail = bank[b, TAIL + o]
    entry[e, NEXT] = -1
    entry[e, PREVIOUS] = tail
    if tail < 0:
        bank[b, HEAD + o] = e
        active = chan[ACTIVE_R + queue]
        lists[LIST_R + queue, active] = b
        bank[b, PLACE + o] = active
        chan[ACTIVE_R + queue] = active + 1
    else:
        entry[tail, NEXT] = e
    bank[b, TAIL + o] = e
    open_row = bank[b, OPEN_ROW]
    if open_row >= 0:
        column = (HIT if entry[e, ROW] == open_row else OTHER) + o
        if bank[b, column] < 0:
            bank[b, column] = e
    count_size(chan, queue, 1, cycle)


@compiled
def next_of_kind(entry, e, open_row, hit):
    """The first entry from ``e`` on whose row is (``hit``) or is not the open one; -1 where there is none."""
    while e >= 0 and (entry[e, ROW] == open_row) != hit:
        e = entry[e, NEXT]
    return e


@compiled
def remove(bank, entry, chan, lists, queue, e, cycle):
    """Take entry ``e`` out of ``queue`` after ``cycle``; the order of the others stays."""
    b = entry[e, BANK]
    o = queue * QUEUE_STRIDE
    following, previous = entry[e, NEXT], entry[e, PREVIOUS]
    if previous < 0:
        bank[b, HEAD + o] = following
    else:
        entry[previous, NEXT] = following
    if following < 0:
        bank[b, TAIL + o] = previous
    else:
        entry[following, PREVIOUS] = previous
    if bank[b, HIT + o] == e:
        bank[b, HIT + o] = next_of_kind(entry, following, bank[b, OPEN_ROW], True)
    elif bank[b, OTHER + o] == e:
        bank[b, OTHER + o] = next_of_kind(entry, following, bank[b, OPEN_ROW], False)
    if bank[b, HEAD + o] < 0:
        last = chan[ACTIVE_R + queue] - 1
        chan[ACTIVE_R + queue] = last
        place, moved = bank[b, PLACE + o], lists[LIST_R + queue, last]
        lists[LIST_R + queue, place] = moved
        bank[moved, PLACE + o] = place
    count_size(chan, queue, -1, cycle)


@compiled
def row_opened(bank, entry, b, row):
    """Record that ``row`` is open in bank ``b`` and find the hits among the waiting requests."""
    bank[b, OPEN_ROW] = row
    for o in range(0, 2 * QUEUE_STRIDE, QUEUE_STRIDE):
        head = bank[b, HEAD + o]
        bank[b, HIT + o] = next_of_kind(entry, head, row, True)
        bank[b, OTHER + o] = next_of_kind(entry, head, row, False)


@compiled
def row_closed(bank, b):
    """Record that bank ``b`` has no open row."""
    bank[b, OPEN_ROW] = CLOSED
    for o in range(0, 2 * QUEUE_STRIDE, QUEUE_STRIDE):
        bank[b, HIT + o] = -1
        bank[b, OTHER + o] = -1


@compiled
def append_promoted(bank, entry, chan, lists, e):
    """Put entry ``e``, whose row is now open, at the tail of the active buffer."""
    lists[LIST_PROMOTED, chan[SIZE_PROMOTED]] = e
    chan[SIZE_PROMOTED] += 1
    bank[entry[e, BANK], PROMOTED] = e


@compiled
def remove_promoted(bank, entry, chan, lists, e):
    """Take entry ``e`` out of the active buffer, keeping the order of the others."""
    size = chan[SIZE_PROMOTED] - 1
    i = 0
    while lists[LIST_PROMOTED, i] != e:
        i += 1
    while i < size:
        lists[LIST_PROMOTED, i] = lists[LIST_PROMOTED, i + 1]
        i += 1
    chan[SIZE_PROMOTED] = size
    bank[entry[e, BANK], PROMOTED] = -1


@compiled
def waiting_at(bank, entry, queue, b, address):
    """The entry of ``queue`` with this burst address, or -1. Equal addresses share a bank, so its list is enough."""
    e = bank[b, HEAD + queue * QUEUE_STRIDE]
    while e >= 0 and entry[e, ADDRESS] != address:
        e = entry[e, NEXT]
    return e
