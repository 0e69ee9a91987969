"""What a source gets back: returned reads, finished writes, freed slots of its window."""

from openrow.memory.accounting_compiled import count_latency
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
)
from openrow.memory.queues_compiled import free_entry
from openrow_kernels.compilation import compiled


@compiled
def push(heap, size, value):
    """Put ``value`` into the binary min-heap ``heap[:size]``."""
    i = size
    while i > 0 and heap[(i - 1) >> 1] > value:
        heap[i] = heap[(i - 1) >> 1]
        i = (i - 1) >> 1
    heap[i] = value


@compiled
def pop(heap, size):
    """Remove the smallest of the binary min-heap ``heap[:size]``."""
    last = heap[size - 1]
    size -= 1
    i = 0
    while 2 * i + 1 < size:
        child = 2 * i + 1
        if child + 1 < size and heap[child + 1] < heap[child]:
            child += 1
        if heap[child] >= last:
            break
        heap[i] = heap[child]
        i = child
    heap[i] = last


@compiled
def finish(rules, src, heap, times, source, request, arrival, departure, returned):
    """Tell source ``source`` that a request of its own is done; its slot frees when the response is consumed."""
    src[source, S_UNISSUED] -= 1
    src[source, S_DONE] = max(src[source, S_DONE], returned)
    if src[source, S_WINDOW] > 0:
        push(heap[source], src[source, S_HEAP], returned + src[source, S_CONSUME])
        src[source, S_HEAP] += 1
    if rules[RECORD_REQUESTS] != 0:
        times[request, 0] = arrival
        times[request, 1] = departure
        times[request, 2] = returned


@compiled
def return_read(rules, chan, src, heap, times, source, request, arrival, departure):
    """A read departs at ``departure``; reads return in the order in which their departures were decided."""
    returned = max(departure, chan[LAST_RETURN])
    chan[LAST_RETURN] = returned
    chan[LAST_END] = max(chan[LAST_END], returned)
    count_latency(chan, departure - arrival)
    finish(rules, src, heap, times, source, request, arrival, departure, returned)


@compiled
def retire_read(rules, entry, chan, lists, src, heap, times, e, cycle):
    """The RD of entry ``e`` was issued at ``cycle``: return it and the reads merged into it, free the entries."""
    departure = cycle + rules[READ_LATENCY]
    while e >= 0:
        return_read(
            rules, chan, src, heap, times, entry[e, SOURCE], entry[e, REQUEST], entry[e, ARRIVAL], departure
        )
        merged = entry[e, MERGED]
        free_entry(chan, lists, e)
        e = merged


@compiled
def retire_write(rules, entry, chan, lists, src, heap, times, e, cycle):
    """The WR of entry ``e`` was issued at ``cycle``; a write is done then."""
    chan[LAST_END] = max(chan[LAST_END], cycle)
    finish(rules, src, heap, times, entry[e, SOURCE], entry[e, REQUEST], entry[e, ARRIVAL], cycle, cycle)
    free_entry(chan, lists, e)


@compiled
def free_slots(src, heap, source, now):
    """Free the window slots whose responses have been consumed by ``now``."""
    while src[source, S_HEAP] > 0 and heap[source, 0] <= now:
        pop(heap[source], src[source, S_HEAP])
        src[source, S_HEAP] -= 1
        src[source, S_OUTSTANDING] -= 1
