"""Statistics of a channel: latencies, row outcomes, and what the data bus waited for.

Lost time is counted in column-command slots of a data bus (a pseudo channel, or the channel): a column
command takes the slots of one burst, and those between the end of a burst and the next column command are a
gap. Bursts and gaps lie end to end from cycle 0, so they add up to the cycle in which the last burst ends.
A gap is split so:

1. Slots up to the first in which any request for this bus could be issued: nothing to do.
2. Slots from the falling due of an all-bank refresh to its end: refresh.
3. Other slots up to the release of the command that ends the gap, by its last binding constraint: the cause
   of that constraint. Where that is the command's own activation, it is what the activation waited for.
4. Slots after the release in which the command bus carried other commands: command bus.
5. Slots after the release in which the request had not arrived, and others waited but could not be issued:
   what the bus's last activation waited for. With a full queue it is the one that made room for this
   request.
6. What remains: scheduling. The command was legal and the policy let it wait.
"""

from openrow.memory.columns import (
    ACT,
    ACT_CAUSE,
    ARRIVAL,
    BANK,
    BURST,
    BUS,
    BUS_BUSY,
    BUS_CAUSE,
    BUS_FREE,
    BUS_IDLE,
    BUS_WAITING,
    CAUSE_BITS,
    CAUSE_MASK,
    COMMAND_BUS,
    COMMAND_BUSES,
    DOUBLING_BUCKETS,
    DUAL_BUS,
    EDGES,
    EXACT_LATENCY,
    HISTOGRAM,
    HISTOGRAM_BUCKETS,
    LATENCY_COUNT,
    LATENCY_MAX,
    LATENCY_SUM,
    LOST,
    N_COMMANDS,
    NOTHING_TO_DO,
    OPEN_BANKS,
    OPEN_CYCLES,
    OPEN_SINCE,
    PIM_READ,
    READ,
    READ_AUTO,
    REFRESH,
    REFRESH_FROM,
    REFRESH_UNTIL,
    ROW_CYCLE,
    RUN_FROM,
    RUN_FROM_ROW,
    SCHEDULING,
    SCOPE,
    WRITE,
    WRITE_AUTO,
)
from openrow.memory.controller.timing_compiled import limit_of
from openrow_kernels.compilation import Cells, inlined


@inlined
def latency_bucket(latency: int) -> int:
    """The histogram bucket of a latency in cycles: exact at first, then DOUBLING_BUCKETS a doubling."""
    bucket = latency
    shift = 0
    while bucket >= EXACT_LATENCY:
        bucket >>= 1
        shift += 1
    return min(bucket + shift * DOUBLING_BUCKETS, HISTOGRAM_BUCKETS - 1)


@inlined
def count_latency(s: Cells, ch: int, latency: int) -> None:
    """Add one read's latency."""
    s[ch + LATENCY_SUM] += latency
    s[ch + LATENCY_COUNT] += 1
    s[ch + LATENCY_MAX] = max(s[ch + LATENCY_MAX], latency)
    s[ch + HISTOGRAM + latency_bucket(latency)] += 1


@inlined
def run_of(rules: Cells, ch: int, command: int) -> int:
    """Where the run of back-to-back commands on the bus of ``command`` is kept."""
    column = command in (READ, WRITE, READ_AUTO, WRITE_AUTO, PIM_READ)
    return ch + (RUN_FROM_ROW if rules[COMMAND_BUSES] == DUAL_BUS and not column else RUN_FROM)


@inlined
def count_command(rules: Cells, s: Cells, ch: int, command: int, cycle: int) -> None:
    """Count ``command``, and note since when its bus has carried one command after the other."""
    s[ch + N_COMMANDS + command] += 1
    run = run_of(rules, ch, command)
    if cycle - s[run + 1] >= rules[EDGES]:
        s[run] = cycle
    s[run + 1] = cycle + 1


@inlined
def slot_wanted(rules: Cells, s: Cells, run: int, cycle: int) -> int:
    """The first slot from which on a command issued at ``cycle`` found its bus taken in every one."""
    return s[run] if cycle - s[run + 1] < rules[EDGES] else cycle


@inlined
def first_slot(rules: Cells, cycle: int) -> int:
    """The first slot from ``cycle`` on in which a column command or an activation may start."""
    return cycle | (rules[EDGES] - 1)


@inlined
def request_waits(rules: Cells, s: Cells, u: int, cycle: int) -> None:
    """A request accepted after ``cycle`` waits for data bus ``u``: if none did, there was nothing to do."""
    if s[u + BUS_WAITING] == 0:
        s[u + BUS_IDLE] = max(first_slot(rules, cycle + 1) - s[u + BUS_FREE], 0)
    s[u + BUS_WAITING] += 1


@inlined
def column_cause(s: Cells, b: int, limit: int) -> int:
    """The cause of column limit ``limit``: that of the bank's activation where the row was waited for."""
    cause = limit & CAUSE_MASK
    return s[b + ACT_CAUSE] if cause == ROW_CYCLE else cause


@inlined
def count_gap(rules: Cells, s: Cells, ch: int, column: int, e: int, cycle: int) -> None:
    """Split the gap that column command ``column`` of entry ``e`` ends at ``cycle`` among its causes."""
    b = s[e + BANK]
    lost, sc, u = b + LOST, s[b + SCOPE], s[b + BUS]
    first = s[u + BUS_FREE] + s[u + BUS_IDLE]
    s[lost + NOTHING_TO_DO] += s[u + BUS_IDLE]
    refresh = max(min(cycle, s[sc + REFRESH_UNTIL]) - max(first, s[sc + REFRESH_FROM]), 0)
    s[lost + REFRESH] += refresh
    limit = limit_of(rules, s, ch, b, column)
    released = max(first, first_slot(rules, limit >> CAUSE_BITS))
    late = min(cycle - released, cycle - first - refresh)
    s[lost + column_cause(s, b, limit)] += cycle - first - refresh - late
    if late > 0:
        blocked = min(late, cycle - max(released, slot_wanted(rules, s, run_of(rules, ch, column), cycle)))
        absent = min(max(s[e + ARRIVAL] + 1 - released, 0), late - blocked)
        s[lost + COMMAND_BUS] += blocked
        s[lost + s[u + BUS_CAUSE]] += absent
        s[lost + SCHEDULING] += late - blocked - absent


@inlined
def count_column(rules: Cells, s: Cells, ch: int, column: int, e: int, cycle: int) -> None:
    """Account for column command ``column`` of entry ``e`` at ``cycle``: the gap before it and its burst."""
    u = s[s[e + BANK] + BUS]
    if cycle > s[u + BUS_FREE]:
        count_gap(rules, s, ch, column, e, cycle)
    s[u + BUS_IDLE] = 0
    s[u + BUS_FREE] = max(cycle, s[u + BUS_FREE]) + rules[BURST]
    s[u + BUS_BUSY] += rules[BURST]
    s[u + BUS_WAITING] -= 1


@inlined
def count_activation(rules: Cells, s: Cells, ch: int, b: int, cycle: int) -> None:
    """Note what the activation of bank ``b`` at ``cycle`` waited for; the gaps of its accesses go to that.

    It is the cause of its last limit, where it was released by that and then found its bus taken at most. Any
    other activation waited for nothing that counts, and what its access waits for is the row.
    """
    limit = limit_of(rules, s, ch, b, ACT)
    wanted = slot_wanted(rules, s, run_of(rules, ch, ACT), cycle)
    cause = ROW_CYCLE
    if limit > 0 and first_slot(rules, limit >> CAUSE_BITS) >= wanted:
        cause = limit & CAUSE_MASK
    s[b + ACT_CAUSE] = cause
    s[s[b + BUS] + BUS_CAUSE] = cause


@inlined
def bank_opened(s: Cells, b: int, cycle: int) -> None:
    """Count the time in which a scope has any open bank (active standby)."""
    sc = s[b + SCOPE]
    if s[sc + OPEN_BANKS] == 0:
        s[sc + OPEN_SINCE] = cycle
    s[sc + OPEN_BANKS] += 1


@inlined
def banks_closed(s: Cells, b: int, count: int, cycle: int) -> None:
    """``count`` banks of the scope of bank ``b`` have been closed."""
    sc = s[b + SCOPE]
    s[sc + OPEN_BANKS] -= count
    if s[sc + OPEN_BANKS] == 0 and count > 0:
        s[sc + OPEN_CYCLES] += cycle - s[sc + OPEN_SINCE]
