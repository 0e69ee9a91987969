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
    BUS,
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
    HISTOGRAM_BUCKETS,
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
    SCOPE,
)
from openrow.memory.timing_compiled import limit_of
from openrow_kernels.compilation import Cells, compiled


@compiled
def latency_bucket(latency: int) -> int:
    """The histogram bucket of a latency in cycles: exact at first, then DOUBLING_BUCKETS a doubling."""
    bucket = latency
    shift = 0
    while bucket >= EXACT_LATENCY:
        bucket >>= 1
        shift += 1
    return min(bucket + shift * DOUBLING_BUCKETS, HISTOGRAM_BUCKETS - 1)


@compiled
def count_latency(s: Cells, ch: int, latency: int) -> None:
    """Add one read's latency."""
    s[ch + LATENCY_SUM] += latency
    s[ch + LATENCY_COUNT] += 1
    s[ch + LATENCY_MAX] = max(s[ch + LATENCY_MAX], latency)
    s[ch + HISTOGRAM + latency_bucket(latency)] += 1


@compiled
def request_waits(s: Cells, u: int, cycle: int) -> None:
    """A request arrived after ``cycle`` for data bus ``u``: close the time in which it had nothing to do."""
    if s[u + BUS_WAITING] == 0:
        s[u + BUS_IDLE] += max(cycle - max(s[u + BUS_EMPTY_SINCE], s[u + BUS_FREE]), 0)
    s[u + BUS_WAITING] += 1


@compiled
def count_column(rules: Cells, s: Cells, ch: int, column: int, b: int, cycle: int) -> None:
    """Account for column command ``column`` at ``cycle``: the gap before it by cause, and its burst."""
    u = s[b + BUS]
    gap = cycle - s[u + BUS_FREE]
    if gap > 0:
        idle = min(gap, s[u + BUS_IDLE])
        if idle > 0:
            s[b + LOST + NOTHING_TO_DO] += idle
            gap -= idle
        sc = s[b + SCOPE]
        refresh = min(cycle, s[sc + REFRESH_UNTIL]) - max(s[u + BUS_FREE], s[sc + REFRESH_FROM])
        if refresh > 0 and gap > 0:
            refresh = min(refresh, gap)
            s[b + LOST + REFRESH] += refresh
            gap -= refresh
        if gap > 0:
            limit = limit_of(rules, s, ch, b, column)
            cause = SCHEDULING
            if limit >> CAUSE_BITS > s[u + BUS_FREE]:
                cause = limit & CAUSE_MASK
                if cause == ROW_CYCLE:
                    cause = s[b + ACT_CAUSE]
            s[b + LOST + cause] += gap
    s[u + BUS_IDLE] = 0
    s[u + BUS_FREE] = cycle + rules[BURST]
    s[u + BUS_BUSY] += rules[BURST]
    s[u + BUS_WAITING] -= 1
    s[u + BUS_EMPTY_SINCE] = cycle


@compiled
def activation_cause(rules: Cells, s: Cells, ch: int, command: int, b: int, cycle: int) -> int:
    """What an activation at ``cycle`` waited for, for the gaps of the accesses that wait for it."""
    limit = limit_of(rules, s, ch, b, command)
    if limit >> CAUSE_BITS == cycle:
        return limit & CAUSE_MASK
    return ROW_CYCLE


@compiled
def bank_opened(s: Cells, b: int, cycle: int) -> None:
    """Count the time in which a scope has any open bank (active standby)."""
    sc = s[b + SCOPE]
    if s[sc + OPEN_BANKS] == 0:
        s[sc + OPEN_SINCE] = cycle
    s[sc + OPEN_BANKS] += 1


@compiled
def banks_closed(s: Cells, b: int, count: int, cycle: int) -> None:
    """``count`` banks of the scope of bank ``b`` have been closed."""
    sc = s[b + SCOPE]
    s[sc + OPEN_BANKS] -= count
    if s[sc + OPEN_BANKS] == 0 and count > 0:
        s[sc + OPEN_CYCLES] += cycle - s[sc + OPEN_SINCE]
