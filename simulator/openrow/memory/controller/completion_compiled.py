"""What a source gets back: returned reads, finished writes, freed slots of its window."""

from openrow.memory.columns import (
    ARRIVAL,
    LAST_END,
    LAST_RETURN,
    MERGED,
    READ_LATENCY,
    RECORD_REQUESTS,
    REQUEST,
    S_CONSUME,
    S_DONE,
    S_HEAP,
    S_OUTSTANDING,
    S_UNISSUED,
    S_WINDOW,
    SOURCE,
    SOURCE_COLUMNS,
)
from openrow.memory.controller.accounting_compiled import count_latency
from openrow.memory.controller.queues_compiled import free_entry
from openrow_kernels.compilation import Cells, compiled, inlined


@compiled
def push(s: Cells, heap: int, size: int, value: int) -> None:
    """Put ``value`` into the binary min-heap of ``size`` values at ``heap``."""
    i = size
    while i > 0 and s[heap + ((i - 1) >> 1)] > value:
        s[heap + i] = s[heap + ((i - 1) >> 1)]
        i = (i - 1) >> 1
    s[heap + i] = value


@compiled
def pop(s: Cells, heap: int, size: int) -> None:
    """Remove the smallest of the binary min-heap of ``size`` values at ``heap``."""
    last = s[heap + size - 1]
    size -= 1
    i = 0
    while 2 * i + 1 < size:
        child = 2 * i + 1
        if child + 1 < size and s[heap + child + 1] < s[heap + child]:
            child += 1
        if s[heap + child] >= last:
            break
        s[heap + i] = s[heap + child]
        i = child
    s[heap + i] = last


@inlined
def finish(
    rules: Cells, s: Cells, times: Cells, src: int, request: int, arrival: int, departure: int, returned: int
) -> None:
    """Tell source ``src`` that a request of its own is done; its slot frees when the response is consumed."""
    s[src + S_UNISSUED] -= 1
    s[src + S_DONE] = max(s[src + S_DONE], returned)
    if s[src + S_WINDOW] > 0:
        push(s, src + SOURCE_COLUMNS, s[src + S_HEAP], returned + s[src + S_CONSUME])
        s[src + S_HEAP] += 1
    if rules[RECORD_REQUESTS] != 0:
        times[3 * request + 0] = arrival
        times[3 * request + 1] = departure
        times[3 * request + 2] = returned


@inlined
def return_read(
    rules: Cells, s: Cells, times: Cells, ch: int, src: int, request: int, arrival: int, departure: int
) -> None:
    """A read departs at ``departure``; reads return in the order in which their departures were decided."""
    returned = max(departure, s[ch + LAST_RETURN])
    s[ch + LAST_RETURN] = returned
    s[ch + LAST_END] = max(s[ch + LAST_END], returned)
    count_latency(s, ch, departure - arrival)
    finish(rules, s, times, src, request, arrival, departure, returned)


@inlined
def retire_read(rules: Cells, s: Cells, times: Cells, ch: int, e: int, cycle: int) -> None:
    """The RD of entry ``e`` was issued at ``cycle``: return it and the reads merged into it."""
    departure = cycle + rules[READ_LATENCY]
    while e != 0:
        return_read(rules, s, times, ch, s[e + SOURCE], s[e + REQUEST], s[e + ARRIVAL], departure)
        merged = s[e + MERGED]
        free_entry(rules, s, ch, e)
        e = merged


@inlined
def retire_write(rules: Cells, s: Cells, times: Cells, ch: int, e: int, cycle: int) -> None:
    """The WR of entry ``e`` was issued at ``cycle``; a write is done then."""
    s[ch + LAST_END] = max(s[ch + LAST_END], cycle)
    finish(rules, s, times, s[e + SOURCE], s[e + REQUEST], s[e + ARRIVAL], cycle, cycle)
    free_entry(rules, s, ch, e)


@compiled
def free_slots(s: Cells, src: int, now: int) -> None:
    """Free the window slots whose responses have been consumed by ``now``."""
    while s[src + S_HEAP] > 0 and s[src + SOURCE_COLUMNS] <= now:
        pop(s, src + SOURCE_COLUMNS, s[src + S_HEAP])
        s[src + S_HEAP] -= 1
        s[src + S_OUTSTANDING] -= 1
