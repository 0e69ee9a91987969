"""One command issued: row state, queues, statistics, timing, record."""

from openrow.memory.columns import (
    ACT,
    ACT2,
    ACT2_DEADLINE,
    ACT2_ENTRY,
    ACT2_LATEST,
    ACTIVATING,
    BANK,
    BANK_COLUMNS,
    CLASSIFIED,
    CLOSED,
    CLOSED_PAGE,
    COLUMN,
    COMMAND_BUSES,
    HIT,
    HITS_IN_ROW,
    INDEX,
    IS_WRITE,
    LAST_USE,
    LOG_CAPACITY,
    LOGGED,
    N_ACTS,
    N_BURSTS,
    N_CONFLICTS,
    N_HITS,
    N_MISSES,
    NUMBER,
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
    RECORD_COLUMNS,
    REF_ALL,
    REFRESH_CYCLES,
    REFRESH_FROM,
    REFRESH_INTERVAL,
    REFRESH_UNTIL,
    REFRESHES_DONE,
    REFRESHES_DUE,
    ROW,
    SCOPE,
    SCOPE_BANKS,
    SCOPES,
    SINCE_M,
    SPLIT_ACTIVATE,
    SUM_M,
    WRITE,
    WRITE_AUTO,
)
from openrow.memory.controller.accounting_compiled import (
    bank_opened,
    banks_closed,
    count_activation,
    count_column,
    count_command,
)
from openrow.memory.controller.candidates_compiled import update_candidates
from openrow.memory.controller.completion_compiled import retire_read, retire_write
from openrow.memory.controller.queues_compiled import (
    append_promoted,
    remove,
    remove_promoted,
    row_closed,
    row_opened,
)
from openrow.memory.controller.refresh_compiled import hold_bank, release_bank
from openrow.memory.controller.timing_compiled import apply_constraints
from openrow_kernels.compilation import Cells, compiled, inlined


@inlined
def record(
    s: Cells, log: Cells, ch: int, cycle: int, command: int, b: int, row: int, column: int, wide: int
) -> None:
    """Append a command to the record, if one is kept."""
    if s[LOG_CAPACITY] > 0:
        r = s[LOGGED] * RECORD_COLUMNS
        log[r + R_CYCLE] = cycle
        log[r + R_COMMAND] = command
        log[r + R_CHANNEL] = s[ch + NUMBER]
        log[r + R_BANK] = s[b + INDEX]
        log[r + R_ROW] = row
        log[r + R_COLUMN] = column
        log[r + R_WIDE] = wide
        s[LOGGED] += 1


@inlined
def classify(s: Cells, e: int, b: int) -> None:
    """Count the row outcome of a request at the first command issued for it."""
    if s[e + CLASSIFIED] == 0:
        s[e + CLASSIFIED] = 1
        open_row = s[b + OPEN_ROW]
        if open_row == s[e + ROW]:
            s[b + N_HITS] += 1
        elif open_row == CLOSED:
            s[b + N_MISSES] += 1
        else:
            s[b + N_CONFLICTS] += 1


@inlined
def last_access(rules: Cells, s: Cells, b: int, promoted: bool) -> bool:
    """Whether closed-page policy closes the row with this access: no other waiting request hits it."""
    if rules[PAGE_POLICY] != CLOSED_PAGE or (s[b + PROMOTED] != 0 and not promoted):
        return False
    return s[b + HIT] == 0 and s[b + HIT + QUEUE_STRIDE] == 0


@inlined
def activate(rules: Cells, s: Cells, ch: int, e: int, b: int, cycle: int) -> None:
    """ACT: the request's row opens and the request moves to the active buffer."""
    count_activation(rules, s, ch, b, cycle)
    s[b + N_ACTS] += 1
    s[b + HITS_IN_ROW] = 0
    s[b + LAST_USE] = cycle
    bank_opened(s, b, cycle)
    remove(s, ch, s[e + IS_WRITE], e, cycle)
    if rules[COMMAND_BUSES] == SPLIT_ACTIVATE:
        s[b + OPEN_ROW] = ACTIVATING
        s[ch + ACT2_ENTRY] = e
        s[ch + ACT2_LATEST] = cycle + rules[ACT2_DEADLINE]
    else:
        row_opened(s, b, s[e + ROW])
        append_promoted(rules, s, ch, e)


@inlined
def access(rules: Cells, s: Cells, ch: int, e: int, b: int, cycle: int) -> int:
    """RD or WR: the request leaves its queue. Returns the command, which may close the row as well."""
    is_write = s[e + IS_WRITE]
    command = WRITE if is_write else READ
    count_column(rules, s, ch, command, e, cycle)
    s[b + N_BURSTS] += 1
    s[b + HITS_IN_ROW] += 1
    s[b + LAST_USE] = cycle
    promoted = s[b + PROMOTED] == e
    if promoted:
        remove_promoted(rules, s, ch, e)
    else:
        remove(s, ch, is_write, e, cycle)
    if last_access(rules, s, b, promoted):
        row_closed(s, b)
        banks_closed(s, b, 1, cycle)
        command = WRITE_AUTO if is_write else READ_AUTO
    return command


@inlined
def issue_for_request(
    rules: Cells, rows: Cells, s: Cells, log: Cells, times: Cells, ch: int, command: int, e: int, cycle: int
) -> None:
    """Issue ``command``, the one entry ``e`` needs, at ``cycle``."""
    b, row, column = s[e + BANK], s[e + ROW], s[e + COLUMN]
    if command < ACT2:
        classify(s, e, b)
    if command == READ:
        command = access(rules, s, ch, e, b, cycle)
        retire_read(rules, s, times, ch, e, cycle)
    elif command == WRITE:
        command = access(rules, s, ch, e, b, cycle)
        retire_write(rules, s, times, ch, e, cycle)
    elif command == ACT:
        activate(rules, s, ch, e, b, cycle)
    elif command == PRE:
        row_closed(s, b)
        banks_closed(s, b, 1, cycle)
    elif command == ACT2:
        row_opened(s, b, row)
        append_promoted(rules, s, ch, e)
        s[ch + ACT2_ENTRY] = 0
    update_candidates(rules, s, ch, b)
    apply_constraints(rules, rows, s, ch, b, command, cycle)
    count_command(rules, s, ch, command, cycle)
    record(s, log, ch, cycle, command, b, row, column, 0)


@compiled
def close_bank(rules: Cells, rows: Cells, s: Cells, log: Cells, ch: int, b: int, cycle: int) -> None:
    """PRE on behalf of no request: for a per-bank refresh, or by the time-out page policy."""
    row = s[b + OPEN_ROW]
    row_closed(s, b)
    banks_closed(s, b, 1, cycle)
    update_candidates(rules, s, ch, b)
    apply_constraints(rules, rows, s, ch, b, PRE, cycle)
    count_command(rules, s, ch, PRE, cycle)
    record(s, log, ch, cycle, PRE, b, row, -1, 0)


@compiled
def close_scope(rules: Cells, rows: Cells, s: Cells, log: Cells, ch: int, b: int, cycle: int) -> None:
    """PREab: close every bank of the scope whose first bank is ``b``."""
    count = 0
    for i in range(b, b + rules[SCOPE_BANKS] * BANK_COLUMNS, BANK_COLUMNS):
        if s[i + OPEN_ROW] != CLOSED:
            row_closed(s, i)
            update_candidates(rules, s, ch, i)
            count += 1
    banks_closed(s, b, count, cycle)
    apply_constraints(rules, rows, s, ch, b, PRE_ALL, cycle)
    count_command(rules, s, ch, PRE_ALL, cycle)
    record(s, log, ch, cycle, PRE_ALL, b, -1, -1, 1)


@compiled
def refresh(
    rules: Cells, rows: Cells, s: Cells, log: Cells, ch: int, command: int, b: int, cycle: int
) -> None:
    """REFab or REFpb: the refresh at the head of the maintenance queue is done."""
    if command == REF_ALL:
        sc = s[b + SCOPE]
        s[sc + REFRESH_FROM] = (s[ch + REFRESHES_DONE] // rules[SCOPES] + 1) * rules[REFRESH_INTERVAL]
        s[sc + REFRESH_UNTIL] = cycle + rules[REFRESH_CYCLES]
    s[ch + SUM_M] += (s[ch + REFRESHES_DUE] - s[ch + REFRESHES_DONE]) * (cycle - s[ch + SINCE_M])
    s[ch + SINCE_M] = cycle
    release_bank(rules, s, ch)
    s[ch + REFRESHES_DONE] += 1
    hold_bank(rules, s, ch)
    apply_constraints(rules, rows, s, ch, b, command, cycle)
    count_command(rules, s, ch, command, cycle)
    record(s, log, ch, cycle, command, b, -1, -1, 1 if command == REF_ALL else 0)
