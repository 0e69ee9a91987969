"""One command issued: row state, queues, statistics, timing, record."""

from openrow.memory.accounting_compiled import activation_cause, bank_opened, banks_closed, count_column
from openrow.memory.columns import (
    ACT,
    ACT2,
    ACT2_DEADLINE,
    ACT2_ENTRY,
    ACT2_LATEST,
    ACT_CAUSE,
    ACTIVATING,
    BANK,
    CLASSIFIED,
    CLOSED,
    CLOSED_PAGE,
    COLUMN,
    COMMAND_BUSES,
    HIT,
    HITS_IN_ROW,
    IS_WRITE,
    LAST_USE,
    LOGGED,
    N_ACTS,
    N_BURSTS,
    N_COMMANDS,
    N_CONFLICTS,
    N_HITS,
    N_MISSES,
    OPEN_ROW,
    PAGE_POLICY,
    PRE,
    PRE_ALL,
    PROMOTED,
    QUEUE_STRIDE,
    R_BANK,
    R_CHANNEL,
    R_COLUMN,
    R_COMMAND,
    R_CYCLE,
    R_ROW,
    R_WIDE,
    READ,
    READ_AUTO,
    REF_ALL,
    REF_BANK,
    REFRESH_CYCLES,
    REFRESH_FROM,
    REFRESH_INTERVAL,
    REFRESH_MODE,
    REFRESH_UNITS,
    REFRESH_UNTIL,
    REFRESHES_DONE,
    ROW,
    SCOPE_BANKS,
    SIZE_R,
    SPLIT_ACTIVATE,
    SUM_M,
    SINCE_M,
    REFRESHES_DUE,
    ALL_BANK_REFRESH,
    SYNC_READ,
    SYNC_WRITE,
    WRITE,
    WRITE_AUTO,
)
from openrow.memory.completion_compiled import retire_read, retire_write
from openrow.memory.queues_compiled import append_promoted, remove, remove_promoted, row_closed, row_opened
from openrow.memory.timing_compiled import apply_constraints
from openrow_kernels.compilation import compiled


@compiled
def record(log, chan, channel, cycle, command, b, row, column, wide):
    """Append a command to the record."""
    i = chan[LOGGED]
    log[i, R_CYCLE] = cycle
    log[i, R_COMMAND] = command
    log[i, R_CHANNEL] = channel
    log[i, R_BANK] = b
    log[i, R_ROW] = row
    log[i, R_COLUMN] = column
    log[i, R_WIDE] = wide
    chan[LOGGED] = i + 1


@compiled
def classify(bank, entry, e, b):
    """Count the row outcome of a request at the first command issued for it."""
    if entry[e, CLASSIFIED] == 0:
        entry[e, CLASSIFIED] = 1
        open_row = bank[b, OPEN_ROW]
        if open_row == entry[e, ROW]:
            bank[b, N_HITS] += 1
        elif open_row == CLOSED:
            bank[b, N_MISSES] += 1
        else:
            bank[b, N_CONFLICTS] += 1


@compiled
def last_access(rules, bank, b, e, promoted):
    """Whether closed-page policy closes the row with this access: no other waiting request hits it."""
    if rules[PAGE_POLICY] != CLOSED_PAGE or (bank[b, PROMOTED] >= 0 and not promoted):
        return False
    for o in range(0, 2 * QUEUE_STRIDE, QUEUE_STRIDE):
        if bank[b, HIT + o] >= 0:
            return False
    return True


@compiled
def issue_activate(rules, ready, bank, entry, chan, lists, scope, e, b, cycle):
    """ACT: the request's row opens and the request moves to the active buffer."""
    bank[b, ACT_CAUSE] = activation_cause(ready, ACT, b, cycle)
    bank[b, N_ACTS] += 1
    bank[b, HITS_IN_ROW] = 0
    bank[b, LAST_USE] = cycle
    bank_opened(rules, scope, b, cycle)
    remove(bank, entry, chan, lists, entry[e, IS_WRITE], e, cycle)
    if rules[COMMAND_BUSES] == SPLIT_ACTIVATE:
        bank[b, OPEN_ROW] = ACTIVATING
        chan[ACT2_ENTRY] = e
        chan[ACT2_LATEST] = cycle + rules[ACT2_DEADLINE]
    else:
        row_opened(bank, entry, b, entry[e, ROW])
        append_promoted(bank, entry, chan, lists, e)


@compiled
def issue_column(rules, ready, bank, entry, chan, lists, bus, scope, e, b, cycle):
    """RD or WR: the request leaves the controller. Returns the command, which may close the row as well."""
    is_write = entry[e, IS_WRITE]
    command = WRITE if is_write else READ
    count_column(rules, ready, bank, bus, scope, command, b, cycle)
    bank[b, N_BURSTS] += 1
    bank[b, HITS_IN_ROW] += 1
    bank[b, LAST_USE] = cycle
    promoted = bank[b, PROMOTED] == e
    if promoted:
        remove_promoted(bank, entry, chan, lists, e)
    else:
        remove(bank, entry, chan, lists, is_write, e, cycle)
    if last_access(rules, bank, b, e, promoted):
        row_closed(bank, b)
        banks_closed(rules, scope, b, 1, cycle)
        command = WRITE_AUTO if is_write else READ_AUTO
    return command


@compiled
def issue_for_request(
    rules, rows, ready, ring, bank, entry, chan, lists, bus, scope, log, src, heap, times, channel, command, e, cycle
):
    """Issue ``command``, the one entry ``e`` needs, at ``cycle``."""
    b, row, column = entry[e, BANK], entry[e, ROW], entry[e, COLUMN]
    if command != SYNC_READ and command != SYNC_WRITE and command != ACT2:
        classify(bank, entry, e, b)
    if command == ACT:
        issue_activate(rules, ready, bank, entry, chan, lists, scope, e, b, cycle)
    elif command == PRE:
        row_closed(bank, b)
        banks_closed(rules, scope, b, 1, cycle)
    elif command == ACT2:
        row_opened(bank, entry, b, row)
        append_promoted(bank, entry, chan, lists, e)
        chan[ACT2_ENTRY] = -1
    elif command == READ:
        command = issue_column(rules, ready, bank, entry, chan, lists, bus, scope, e, b, cycle)
        retire_read(rules, entry, chan, lists, src, heap, times, e, cycle)
    elif command == WRITE:
        command = issue_column(rules, ready, bank, entry, chan, lists, bus, scope, e, b, cycle)
        retire_write(rules, entry, chan, lists, src, heap, times, e, cycle)
    apply_constraints(rules, rows, ready, ring, command, b, cycle)
    chan[N_COMMANDS + command] += 1
    if log.shape[0] > 0:
        record(log, chan, channel, cycle, command, b, row, column, 0)


@compiled
def close_bank(rules, rows, ready, ring, bank, chan, scope, log, channel, b, cycle):
    """PREpb on behalf of no request: for a per-bank refresh, or by the time-out page policy."""
    row = bank[b, OPEN_ROW]
    row_closed(bank, b)
    banks_closed(rules, scope, b, 1, cycle)
    apply_constraints(rules, rows, ready, ring, PRE, b, cycle)
    chan[N_COMMANDS + PRE] += 1
    if log.shape[0] > 0:
        record(log, chan, channel, cycle, PRE, b, row, -1, 0)


@compiled
def close_scope(rules, rows, ready, ring, bank, chan, scope, log, channel, b, cycle):
    """PREab: close every bank of the scope whose first bank is ``b``."""
    count = 0
    for i in range(b, b + rules[SCOPE_BANKS]):
        if bank[i, OPEN_ROW] != CLOSED:
            row_closed(bank, i)
            count += 1
    banks_closed(rules, scope, b, count, cycle)
    apply_constraints(rules, rows, ready, ring, PRE_ALL, b, cycle)
    chan[N_COMMANDS + PRE_ALL] += 1
    if log.shape[0] > 0:
        record(log, chan, channel, cycle, PRE_ALL, b, -1, -1, 1)


@compiled
def refresh(rules, rows, ready, ring, chan, scope, log, channel, command, b, cycle):
    """REFab or REFpb: the refresh at the head of the maintenance queue is done."""
    s = b // rules[SCOPE_BANKS]
    if command == REF_ALL:
        due = (chan[REFRESHES_DONE] // rules[REFRESH_UNITS] + 1) * rules[REFRESH_INTERVAL]
        scope[s, REFRESH_FROM] = due
        scope[s, REFRESH_UNTIL] = cycle + rules[REFRESH_CYCLES]
    size = chan[REFRESHES_DUE] - chan[REFRESHES_DONE]
    chan[SUM_M] += size * (cycle - chan[SINCE_M])
    chan[SINCE_M] = cycle
    chan[REFRESHES_DONE] += 1
    apply_constraints(rules, rows, ready, ring, command, b, cycle)
    chan[N_COMMANDS + command] += 1
    if log.shape[0] > 0:
        record(log, chan, channel, cycle, command, b, -1, -1, 1 if command == REF_ALL else 0)
