"""The request queues: lists by bank, so that a scheduling scan looks at banks and not at requests.

Within a bank all requests of a queue that need the same command are ready at the same cycle, so only the
oldest of them matters. Each queue therefore keeps, a bank: its requests in order of arrival (HEAD, TAIL), the
oldest that hits the open row (HIT) and the oldest that does not (OTHER).
"""

from openrow.memory.columns import (
    ADDRESS,
    AT_FREE,
    AT_PROMOTED,
    BANK,
    CLOSED,
    FREE,
    HEAD,
    HIT,
    NEXT,
    OPEN_ROW,
    OTHER,
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
from openrow_kernels.compilation import Cells, inlined


@inlined
def new_entry(rules: Cells, s: Cells, ch: int) -> int:
    """Take a free entry."""
    s[ch + FREE] -= 1
    return s[ch + rules[AT_FREE] + s[ch + FREE]]


@inlined
def free_entry(rules: Cells, s: Cells, ch: int, e: int) -> None:
    """Give entry ``e`` back."""
    s[ch + rules[AT_FREE] + s[ch + FREE]] = e
    s[ch + FREE] += 1


@inlined
def count_size(s: Cells, ch: int, queue: int, change: int, cycle: int) -> None:
    """Change the size of a request queue after ``cycle``, and sum sizes over cycles."""
    s[ch + SUM_R + queue] += s[ch + SIZE_R + queue] * (cycle - s[ch + SINCE_R + queue])
    s[ch + SINCE_R + queue] = cycle
    s[ch + SIZE_R + queue] += change


@inlined
def append(s: Cells, ch: int, queue: int, e: int, cycle: int) -> None:
    """Put entry ``e`` at the tail of ``queue`` after ``cycle``."""
    b = s[e + BANK]
    o = queue * QUEUE_STRIDE
    tail = s[b + TAIL + o]
    s[e + NEXT] = 0
    s[e + PREVIOUS] = tail
    if tail == 0:
        s[b + HEAD + o] = e
    else:
        s[tail + NEXT] = e
    s[b + TAIL + o] = e
    open_row = s[b + OPEN_ROW]
    if open_row >= 0:
        kind = (HIT if s[e + ROW] == open_row else OTHER) + o
        if s[b + kind] == 0:
            s[b + kind] = e
    count_size(s, ch, queue, 1, cycle)


@inlined
def next_of_kind(s: Cells, e: int, open_row: int, hit: bool) -> int:
    """The first entry from ``e`` on whose row is (``hit``) or is not the open one; 0 where there is none."""
    while e != 0 and (s[e + ROW] == open_row) != hit:
        e = s[e + NEXT]
    return e


@inlined
def remove(s: Cells, ch: int, queue: int, e: int, cycle: int) -> None:
    """Take entry ``e`` out of ``queue`` after ``cycle``; the order of the others stays."""
    b = s[e + BANK]
    o = queue * QUEUE_STRIDE
    following, previous = s[e + NEXT], s[e + PREVIOUS]
    if previous == 0:
        s[b + HEAD + o] = following
    else:
        s[previous + NEXT] = following
    if following == 0:
        s[b + TAIL + o] = previous
    else:
        s[following + PREVIOUS] = previous
    if s[b + HIT + o] == e:
        s[b + HIT + o] = next_of_kind(s, following, s[b + OPEN_ROW], True)
    elif s[b + OTHER + o] == e:
        s[b + OTHER + o] = next_of_kind(s, following, s[b + OPEN_ROW], False)
    count_size(s, ch, queue, -1, cycle)


@inlined
def row_opened(s: Cells, b: int, row: int) -> None:
    """Record that ``row`` is open in bank ``b`` and find the hits among the waiting requests."""
    s[b + OPEN_ROW] = row
    for o in range(0, 2 * QUEUE_STRIDE, QUEUE_STRIDE):
        head = s[b + HEAD + o]
        s[b + HIT + o] = next_of_kind(s, head, row, True)
        s[b + OTHER + o] = next_of_kind(s, head, row, False)


@inlined
def row_closed(s: Cells, b: int) -> None:
    """Record that bank ``b`` has no open row."""
    s[b + OPEN_ROW] = CLOSED
    for o in range(0, 2 * QUEUE_STRIDE, QUEUE_STRIDE):
        s[b + HIT + o] = 0
        s[b + OTHER + o] = 0


@inlined
def append_promoted(rules: Cells, s: Cells, ch: int, e: int) -> None:
    """Put entry ``e``, whose row is now open, at the tail of the active buffer."""
    s[ch + rules[AT_PROMOTED] + s[ch + SIZE_PROMOTED]] = e
    s[ch + SIZE_PROMOTED] += 1
    s[s[e + BANK] + PROMOTED] = e


@inlined
def remove_promoted(rules: Cells, s: Cells, ch: int, e: int) -> None:
    """Take entry ``e`` out of the active buffer, keeping the order of the others."""
    i = ch + rules[AT_PROMOTED]
    last = i + s[ch + SIZE_PROMOTED] - 1
    while s[i] != e:
        i += 1
    while i < last:
        s[i] = s[i + 1]
        i += 1
    s[ch + SIZE_PROMOTED] -= 1
    s[s[e + BANK] + PROMOTED] = 0


@inlined
def waiting_at(s: Cells, queue: int, b: int, address: int) -> int:
    """The entry of ``queue`` with this burst address, or 0; equal addresses share a bank."""
    e = s[b + HEAD + queue * QUEUE_STRIDE]
    while e != 0 and s[e + ADDRESS] != address:
        e = s[e + NEXT]
    return e
