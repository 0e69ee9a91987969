"""Statistics of a channel: latencies, row outcomes, and what the data bus waited for.

Lost time is counted in column-command slots of a data bus (a pseudo channel, or the channel): between two column
commands the bus is busy for one burst, and the rest of the distance is a gap. A gap is split, in this order, into
the time in which no request was waiting (nothing to do), the time in which a refresh held the scope, and the rest,
which goes to the cause of the constraint that released the later command. For a command that waited for its own
activation the cause is that of the activation.
"""

from openrow.memory.columns import (
    ACT_CAUSE,
    BURST,
    BUS_BANKS,
    BUS_BUSY,
    BUS_EMPTY_SINCE,
    BUS_FREE,
    BUS_IDLE,
    BUS_WAITING,
    CAUSE_BITS,
    CAUSE_MASK,
    DOUBLING_BUCKETS,
    EXACT_LATENCY,
    HISTOGRAM,
    LATENCY_COUNT,
    LATENCY_MAX,
    LATENCY_SUM,
    LOST,
    NOTHING_TO_DO,
    OPEN_BANKS,
    OPEN_CYCLES,
    OPEN_SINCE,
    REFRESH,
    REFRESH_FROM,
    REFRESH_UNTIL,
    ROW_CYCLE,
    SCHEDULING,
    SCOPE_BANKS,
)
from openrow_kernels.compilation import compiled


@compiled
def latency_bucket(latency):
    """The histogram bucket of a latency in cycles: exact at first, then DOUBLING_BUCKETS a doubling."""
    bucket = latency
    shift = 0
    while bucket >= EXACT_LATENCY:
        bucket >>= 1
        shift += 1
    return bucket + shift * DOUBLING_BUCKETS


@compiled
def count_latency(chan, latency):
    """Add one read's latency."""
    chan[LATENCY_SUM] += latency
    chan[LATENCY_COUNT] += 1
    chan[LATENCY_MAX] = max(chan[LATENCY_MAX], latency)
    chan[HISTOGRAM + latency_bucket(latency)] += 1


@compiled
def request_waits(bus, u, cycle):
    """A request arrived after ``cycle`` for data bus ``u``: close the time in which it had nothing to do."""
    if bus[u, BUS_WAITING] == 0:
        bus[u, BUS_IDLE] += max(cycle - max(bus[u, BUS_EMPTY_SINCE], bus[u, BUS_FREE]), 0)
    bus[u, BUS_WAITING] += 1


@compiled
def count_column(rules, ready, bank, bus, scope, column, b, cycle):
    """Account for column command ``column`` at ``cycle``: the gap before it by cause, and its burst."""
    u = b // rules[BUS_BANKS]
    gap = cycle - bus[u, BUS_FREE]
    if gap > 0:
        idle = min(gap, bus[u, BUS_IDLE])
        if idle > 0:
            bank[b, LOST + NOTHING_TO_DO] += idle
            gap -= idle
        s = b // rules[SCOPE_BANKS]
        refresh = min(cycle, scope[s, REFRESH_UNTIL]) - max(bus[u, BUS_FREE], scope[s, REFRESH_FROM])
        if refresh > 0 and gap > 0:
            refresh = min(refresh, gap)
            bank[b, LOST + REFRESH] += refresh
            gap -= refresh
        if gap > 0:
            limit = ready[column, b]
            cause = SCHEDULING
            if limit >> CAUSE_BITS > bus[u, BUS_FREE]:
                cause = limit & CAUSE_MASK
                if cause == ROW_CYCLE:
                    cause = bank[b, ACT_CAUSE]
            bank[b, LOST + cause] += gap
    bus[u, BUS_IDLE] = 0
    bus[u, BUS_FREE] = cycle + rules[BURST]
    bus[u, BUS_BUSY] += rules[BURST]
    bus[u, BUS_WAITING] -= 1
    bus[u, BUS_EMPTY_SINCE] = cycle


@compiled
def activation_cause(ready, command, b, cycle):
    """What an activation at ``cycle`` waited for, for the gaps of the accesses that wait for it."""
    limit = ready[command, b]
    if limit >> CAUSE_BITS == cycle:
        return limit & CAUSE_MASK
    return ROW_CYCLE


@compiled
def bank_opened(rules, scope, b, cycle):
    """Count the time in which a scope has any open bank (active standby)."""
    s = b // rules[SCOPE_BANKS]
    if scope[s, OPEN_BANKS] == 0:
        scope[s, OPEN_SINCE] = cycle
    scope[s, OPEN_BANKS] += 1


@compiled
def banks_closed(rules, scope, b, count, cycle):
    """``count`` banks of the scope of bank ``b`` have been closed."""
    s = b // rules[SCOPE_BANKS]
    scope[s, OPEN_BANKS] -= count
    if scope[s, OPEN_BANKS] == 0 and count > 0:
        scope[s, OPEN_CYCLES] += cycle - scope[s, OPEN_SINCE]
