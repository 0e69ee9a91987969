"""What one unit does: the command it needs next, and what issuing it changes.

A unit reads the bursts of its samples in order. A block is what its buffer holds in one slot: one burst of
each neighbour, or, where whole rows are read first, one burst. Computing on a block begins when its data have
arrived and the block before is done; its slot is free again when its computing ends. Rows are opened ahead of
a free slot.
"""

from openrow.memory.columns import (
    ACT,
    AT_BANKS,
    BANK_COLUMNS,
    BANK_GROUP_SPACING,
    CAUSE_BITS,
    CAUSE_MASK,
    CLOSED,
    COMMAND_BUS,
    EDGES,
    FAR,
    HELD,
    HITS_IN_ROW,
    LAST_USE,
    N_ACTS,
    N_BURSTS,
    N_COMMANDS,
    N_CONFLICTS,
    N_HITS,
    N_MISSES,
    OPEN_ROW,
    PIM_READ,
    PRE,
    PROMOTED,
)
from openrow.memory.controller.accounting_compiled import bank_opened, banks_closed, count_command
from openrow.memory.controller.candidates_compiled import update_candidates
from openrow.memory.controller.issue_compiled import record
from openrow.memory.controller.queues_compiled import row_closed, row_opened
from openrow.memory.controller.timing_compiled import apply_constraints, limit_of
from openrow.memory.units.columns import (
    ARRIVED,
    AT_KEYS,
    BANK_LOCAL,
    BLOCK_CYCLES,
    BURST,
    BURSTS,
    BY_ROW,
    COLUMN_BITS,
    COLUMN_MASK,
    COMMAND,
    COMPUTE_END,
    COMPUTED,
    COUNTED,
    CURSOR,
    ELSEWHERE,
    END,
    INDEX,
    LAST_CYCLES,
    LATENCY,
    LEFT,
    LOST,
    NEIGHBOUR,
    NEIGHBOURS,
    PERIOD,
    PERIODS,
    SAMPLE_COLUMNS,
    SLOT,
    SLOTS,
    WAITED_FOR,
    WINDOW,
)
from openrow_kernels.compilation import Cells, inlined


@inlined
def bank_of(rules: Cells, ch: int, u: Cells, un: int) -> int:
    """The record of the unit's bank."""
    return ch + rules[AT_BANKS] + u[un + INDEX] * BANK_COLUMNS


@inlined
def next_neighbour(v: Cells, cursor: int, neighbour: int) -> int:
    """The first neighbour from ``neighbour`` on that lies in this bank; NEIGHBOURS where there is none."""
    while neighbour < NEIGHBOURS and v[cursor + neighbour] < 0:
        neighbour += 1
    return neighbour


@inlined
def starts_block(u: Cells, v: Cells, un: int) -> bool:
    """Whether the unit's next burst is the first of a block."""
    return u[BY_ROW] != 0 or u[un + NEIGHBOUR] == next_neighbour(v, u[un + CURSOR], 0)


@inlined
def plan_unit(rules: Cells, s: Cells, u: Cells, v: Cells, ch: int, un: int) -> int:
    """Find the command the unit needs; returns the first cycle in which it may be issued, or FAR."""
    if u[un + CURSOR] == u[un + END]:
        return FAR
    b = bank_of(rules, ch, u, un)
    row = v[u[un + CURSOR] + u[un + NEIGHBOUR]] >> COLUMN_BITS
    open_row = s[b + OPEN_ROW]
    if s[b + HELD] != 0:
        return FAR
    if open_row == row:
        u[un + COMMAND] = PIM_READ
        cycle = limit_of(rules, s, ch, b, PIM_READ) >> CAUSE_BITS
        if starts_block(u, v, un):
            cycle = max(cycle, u[un + SLOTS + u[un + SLOT]])
        return cycle | (rules[EDGES] - 1)
    if open_row == CLOSED:
        u[un + COMMAND] = ACT
        return (limit_of(rules, s, ch, b, ACT) >> CAUSE_BITS) | (rules[EDGES] - 1)
    if s[b + PROMOTED] != 0:
        return FAR
    u[un + COMMAND] = PRE
    return limit_of(rules, s, ch, b, PRE) >> CAUSE_BITS


@inlined
def count_outcome(s: Cells, u: Cells, un: int, b: int, row: int) -> None:
    """Count the row outcome of a burst at the first command issued for it."""
    if u[un + COUNTED] == 0:
        u[un + COUNTED] = 1
        if s[b + OPEN_ROW] == row:
            s[b + N_HITS] += 1
        elif s[b + OPEN_ROW] == CLOSED:
            s[b + N_MISSES] += 1
        else:
            s[b + N_CONFLICTS] += 1


@inlined
def compute(u: Cells, un: int, cycles: int) -> None:
    """The block has been read: compute on it for ``cycles`` unit cycles, which frees its slot."""
    arrived = -(-u[un + ARRIVED] * u[PERIODS] // u[PERIOD])
    begin = max(arrived, u[un + COMPUTE_END])
    cause = u[un + WAITED_FOR]
    u[un + LOST + (cause if cause >= 0 else BANK_GROUP_SPACING)] += begin - u[un + COMPUTE_END]
    u[un + WAITED_FOR] = -1
    u[un + COMPUTED] += cycles
    end = begin + cycles
    u[un + COMPUTE_END] = end
    slot = u[un + SLOT]
    u[un + SLOTS + slot] = -(-end * u[PERIOD] // u[PERIODS])
    u[un + SLOT] = slot + 1 if slot + 1 < u[WINDOW] else 0


@inlined
def whole_sample_cycles(u: Cells, v: Cells, cursor: int) -> int:
    """Unit cycles of a sample of which nothing is read here: the data come from elsewhere."""
    return remote_cycles(u, v, cursor) + u[LAST_CYCLES]


@inlined
def remote_cycles(u: Cells, v: Cells, cursor: int) -> int:
    """Unit cycles computed on neighbours that come from elsewhere, beyond those of blocks that are read."""
    if u[BY_ROW] == 0:
        return u[BURSTS] * u[BLOCK_CYCLES]
    count = 0
    for neighbour in range(NEIGHBOURS):
        count += v[cursor + neighbour] == ELSEWHERE
    return count * u[BURSTS] * u[BLOCK_CYCLES]


@inlined
def find_sample(u: Cells, v: Cells, un: int) -> None:
    """Find the unit's next sample that reads anything, and compute what lies before it."""
    cursor, end = u[un + CURSOR], u[un + END]
    while cursor < end and next_neighbour(v, cursor, 0) == NEIGHBOURS:
        cycles = whole_sample_cycles(u, v, cursor)
        u[un + COMPUTE_END] += cycles
        u[un + COMPUTED] += cycles
        cursor += SAMPLE_COLUMNS
    u[un + CURSOR] = cursor
    u[un + BURST] = 0
    if cursor == end:
        u[LEFT] -= 1
    else:
        u[un + NEIGHBOUR] = next_neighbour(v, cursor, 0)


@inlined
def next_sample(u: Cells, v: Cells, un: int) -> None:
    """Go on to the unit's next sample."""
    u[un + CURSOR] += SAMPLE_COLUMNS
    find_sample(u, v, un)


@inlined
def go_on_by_tile(u: Cells, v: Cells, un: int) -> None:
    """The next burst, where the same burst of all neighbours makes a block."""
    neighbour = next_neighbour(v, u[un + CURSOR], u[un + NEIGHBOUR] + 1)
    if neighbour < NEIGHBOURS:
        u[un + NEIGHBOUR] = neighbour
        return
    u[un + BURST] += 1
    last = u[un + BURST] == u[BURSTS]
    compute(u, un, u[BLOCK_CYCLES] + last * u[LAST_CYCLES])
    if last:
        next_sample(u, v, un)
    else:
        u[un + NEIGHBOUR] = next_neighbour(v, u[un + CURSOR], 0)


@inlined
def go_on_by_row(u: Cells, v: Cells, un: int) -> None:
    """The next burst, where all of a neighbour's channels are read before those of the next."""
    u[un + BURST] += 1
    if u[un + BURST] < u[BURSTS]:
        compute(u, un, u[BLOCK_CYCLES])
        return
    neighbour = next_neighbour(v, u[un + CURSOR], u[un + NEIGHBOUR] + 1)
    if neighbour == NEIGHBOURS:
        compute(u, un, u[BLOCK_CYCLES] + u[LAST_CYCLES] + remote_cycles(u, v, u[un + CURSOR]))
        next_sample(u, v, un)
    else:
        compute(u, un, u[BLOCK_CYCLES])
        u[un + NEIGHBOUR] = neighbour
        u[un + BURST] = 0


@inlined
def waited_for(rules: Cells, s: Cells, ch: int, b: int, command: int, cycle: int) -> int:
    """What ``command`` waited for last, issued at ``cycle``: the cause of its limit, or the command bus."""
    limit = limit_of(rules, s, ch, b, command)
    if cycle > (limit >> CAUSE_BITS) | (rules[EDGES] - 1):
        return COMMAND_BUS
    return limit & CAUSE_MASK


@inlined
def issue_unit(
    rules: Cells, rows: Cells, s: Cells, log: Cells, u: Cells, v: Cells, ch: int, un: int, cycle: int
) -> None:
    """Issue the command the unit needs at ``cycle``."""
    b, command = bank_of(rules, ch, u, un), u[un + COMMAND]
    place = v[u[un + CURSOR] + u[un + NEIGHBOUR]]
    row, column = place >> COLUMN_BITS, (place & COLUMN_MASK) + u[un + BURST]
    count_outcome(s, u, un, b, row)
    if command == PIM_READ:
        s[b + N_BURSTS] += 1
        s[b + HITS_IN_ROW] += 1
        u[un + COUNTED] = 0
        u[un + ARRIVED] = cycle + u[LATENCY]
        if u[BY_ROW] != 0:
            go_on_by_row(u, v, un)
        else:
            go_on_by_tile(u, v, un)
    elif command == ACT:
        u[un + WAITED_FOR] = waited_for(rules, s, ch, b, ACT, cycle)
        s[b + N_ACTS] += 1
        s[b + HITS_IN_ROW] = 0
        bank_opened(s, b, cycle)
        row_opened(s, b, row)
        update_candidates(rules, s, ch, b)
    else:
        row_closed(s, b)
        banks_closed(s, b, 1, cycle)
        update_candidates(rules, s, ch, b)
    s[b + LAST_USE] = cycle
    apply_constraints(rules, rows, s, ch, b, command, cycle)
    if command == PIM_READ and u[BANK_LOCAL] != 0:
        s[ch + N_COMMANDS + PIM_READ] += 1
    else:
        count_command(rules, s, ch, command, cycle)
    record(s, log, ch, cycle, command, b, row, column, 0)


@inlined
def key_of(number: int) -> int:
    """Where the key of a unit lies."""
    return AT_KEYS + number
