"""The controller of HBM-PIM, cycle by cycle; the compiled twin of :mod:`openrow.pim.hbm_pim.controller`."""

import numpy as np
from numpy.typing import NDArray

from openrow.pim import columns as c
from openrow.pim.command_log_compiled import write_down
from openrow.pim.command_table_compiled import charge
from openrow.pim.hbm_pim import columns as h
from openrow_kernels.compilation import compiled

Int64Array = NDArray[np.int64]
CLOSED = -1


@compiled
def code_of(plain: int, bank: int, state: Int64Array) -> int:
    """The command as the device takes it: with all banks addressed, banks 0 and 1 stand for half of them."""
    return plain + h.HALF if state[h.ALL_BANKS] != 0 and bank < 2 else plain


@compiled
def find_column(
    transactions: Int64Array,
    queue: Int64Array,
    state: Int64Array,
    banks: int,
    open_row: Int64Array,
    ready: Int64Array,
) -> int:
    """The place in the queue of the first transaction whose column command can be issued, or -1.

    A transaction with a barrier is issued from the head of the queue alone, and none behind it before that.
    Accesses to the same burst keep their order.
    """
    for place in range(state[h.QUEUED]):
        t = queue[place]
        if place > 0 and transactions[t, h.BARRIER] != 0:
            return -1
        bank, row = transactions[t, h.T_BANK], transactions[t, h.T_ROW]
        if open_row[bank] == row:
            code = code_of(h.WRITE if transactions[t, h.IS_WRITE] != 0 else h.READ, bank, state)
            if state[h.NOW] >= ready[code * banks + bank]:
                free = True
                for before in range(place):
                    other = queue[before]
                    if (
                        transactions[other, h.T_BANK] == bank
                        and transactions[other, h.T_ROW] == row
                        and transactions[other, h.T_COLUMN] == transactions[t, h.T_COLUMN]
                    ):
                        free = False
                        break
                if free:
                    return place
        if transactions[t, h.BARRIER] != 0:
            return -1
    return -1


@compiled
def find_closed(
    transactions: Int64Array,
    queue: Int64Array,
    state: Int64Array,
    banks: int,
    open_row: Int64Array,
    ready: Int64Array,
) -> int:
    """The place of the first transaction whose bank is closed and can be opened, or -1.

    The search ends before the second barrier: rows of the next phase may be opened ahead of it.
    """
    for place in range(state[h.QUEUED]):
        t = queue[place]
        if place > 0 and transactions[t, h.BARRIER] != 0:
            return -1
        bank = transactions[t, h.T_BANK]
        may_open = open_row[bank] == CLOSED and (state[h.ALL_BANKS] == 0 or bank < 2)
        if may_open and state[h.NOW] >= ready[code_of(h.ACT, bank, state) * banks + bank]:
            return place
    return -1


@compiled
def find_unwanted(
    transactions: Int64Array,
    queue: Int64Array,
    state: Int64Array,
    banks: int,
    open_row: Int64Array,
    ready: Int64Array,
) -> int:
    """A bank whose open row no transaction may use yet and that can be closed, or -1.

    Used now: by the head of the queue and, unless that has a barrier, by those behind it up to the first.
    Kept for a barrier itself, a row would keep its bank from what must be done before it.
    """
    wanted = 0
    for place in range(state[h.QUEUED]):
        t = queue[place]
        barrier = transactions[t, h.BARRIER] != 0
        if place > 0 and barrier:
            break
        bank = transactions[t, h.T_BANK]
        if open_row[bank] == transactions[t, h.T_ROW]:
            wanted |= 1 << bank
        if barrier:
            break
    for step in range(banks):
        bank = int((state[h.CLOSING] + step) % banks)
        may_close = open_row[bank] != CLOSED and wanted >> bank & 1 == 0
        if may_close and state[h.NOW] >= ready[code_of(h.PRE, bank, state) * banks + bank]:
            state[h.CLOSING] = bank
            return bank
    return -1


@compiled
def change_mode(rules: Int64Array, state: Int64Array, command: int, bank: int, row: int, column: int) -> None:
    """Opening the mode row in four banks leaves single-bank mode; closing its counterpart in two returns."""
    if command == h.ACT and row == rules[h.TO_ALL_ROW] and column == rules[h.MODE_COLUMN]:
        second = rules[h.SECOND_GROUP]
        for bit, entrance in enumerate((0, 1, second, second + 1)):
            if bank == entrance:
                state[h.ENTERED] |= 1 << bit
        if state[h.ENTERED] == 15:
            state[h.ENTERED] = 0
            state[h.ALL_BANKS] = 1
    elif command == h.PRE_HALF and row == rules[h.TO_SINGLE_ROW]:
        state[h.LEFT] |= 1 << bank
        if state[h.LEFT] == 3:
            state[h.LEFT] = 0
            state[h.ALL_BANKS] = 0


@compiled
def account_column(
    state: Int64Array, pace: int, limit: int, cause: int, kind: int, account: Int64Array
) -> None:
    """Say where the cycles since the last column command went.

    ``pace`` of them the last one kept its successor away in any case; up to ``limit`` a constraint did; the
    rest went to barriers and the order of commands.
    """
    now = state[h.NOW]
    free = min(state[h.LAST_COLUMN] + pace, now)
    allowed = min(max(limit, free), now)
    account[kind, c.COLUMNS] += free - state[h.LAST_COLUMN]
    account[kind, cause] += allowed - free
    account[kind, c.ORDER] += now - allowed


@compiled
def refresh_step(
    rules: Int64Array, state: Int64Array, banks: int, open_row: Int64Array, ready: Int64Array
) -> tuple[int, int]:
    """The command that brings a due refresh nearer, and its bank; -1 where none can be issued yet."""
    all_closed = True
    for bank in range(banks):
        if open_row[bank] != CLOSED:
            all_closed = False
            code = code_of(h.PRE, bank, state)
            if state[h.NOW] >= ready[code * banks + bank]:
                return code, bank
    if all_closed and state[h.NOW] >= ready[h.REFRESH * banks]:
        state[h.REFRESH_DUE] += rules[h.REFRESH_INTERVAL]
        return h.REFRESH, 0
    return -1, 0


@compiled
def next_command(
    rules: Int64Array,
    transactions: Int64Array,
    state: Int64Array,
    queue: Int64Array,
    open_row: Int64Array,
    ready: Int64Array,
) -> tuple[int, int, int]:
    """The command of this cycle, its bank, and the place in the queue of its transaction.

    Both the command, where none can be issued, and the place, where it serves no transaction, may be -1.
    """
    banks = rules[h.BANKS]
    if state[h.NOW] >= state[h.REFRESH_DUE]:
        command, bank = refresh_step(rules, state, banks, open_row, ready)
        return command, bank, -1
    place = find_column(transactions, queue, state, banks, open_row, ready)
    if place >= 0:
        t = queue[place]
        plain = h.WRITE if transactions[t, h.IS_WRITE] != 0 else h.READ
        return code_of(plain, transactions[t, h.T_BANK], state), transactions[t, h.T_BANK], place
    place = find_closed(transactions, queue, state, banks, open_row, ready)
    if place >= 0:
        bank = transactions[queue[place], h.T_BANK]
        return code_of(h.ACT, bank, state), bank, place
    bank = find_unwanted(transactions, queue, state, banks, open_row, ready)
    if bank >= 0:
        return code_of(h.PRE, bank, state), bank, -1
    return -1, 0, -1


@compiled
def finish_column(
    rules: Int64Array,
    transactions: Int64Array,
    state: Int64Array,
    queue: Int64Array,
    place: int,
    command: int,
    limit: int,
    cause: int,
    account: Int64Array,
) -> None:
    """Take a transaction whose column command is issued out of the queue, and say where the time went."""
    is_write = transactions[queue[place], h.IS_WRITE] != 0
    account_column(state, state[h.LAST_PACE], limit, cause, transactions[queue[place], h.KIND], account)
    state[h.LAST_COLUMN] = state[h.NOW]
    state[h.LAST_PACE] = rules[h.PACE] if command < h.HALF else rules[h.HALF_PACE]
    done = rules[h.WRITE_DONE] if is_write else rules[h.READ_DONE]
    state[h.DONE] = max(state[h.DONE], state[h.NOW] + done)
    for later in range(place, state[h.QUEUED] - 1):
        queue[later] = queue[later + 1]
    state[h.QUEUED] -= 1


@compiled
def advance(
    rules: Int64Array,
    rows: Int64Array,
    starts: Int64Array,
    transactions: Int64Array,
    state: Int64Array,
    queue: Int64Array,
    open_row: Int64Array,
    ready: Int64Array,
    reason: Int64Array,
    ring: Int64Array,
    account: Int64Array,
    log: Int64Array,
) -> int:
    """Issue commands until every transaction is done, or the log is full.

    Parameters
    ----------
    rules
        (RULES,) the controller.
    rows, starts
        The constraint table.
    transactions
        (n, TRANSACTION_COLUMNS) what is to be done, in the order in which the controller takes it in.
    state, queue, open_row, ready, reason, ring
        The controller's state; changed.
    account
        (KINDS, CAUSES) cycles by kind of transaction and cause; changed.
    log
        (m, LOG_COLUMNS) the commands issued.

    Returns
    -------
    int
        Commands in the log. With fewer than m, all is done.
    """
    banks = rules[h.BANKS]
    logged = 0
    total = transactions.shape[0]
    while logged < log.shape[0]:
        if state[h.NEXT] == total and state[h.QUEUED] == 0 and state[h.NOW] >= state[h.DONE]:
            break
        command, bank, place = next_command(rules, transactions, state, queue, open_row, ready)
        if command >= 0:
            origin, row, column = -1, open_row[bank], 0
            if place >= 0:
                origin = queue[place]
                row, column = transactions[origin, h.T_ROW], transactions[origin, h.T_COLUMN]
            write_down(log, logged, state[h.NOW], command, bank, row, column, origin)
            logged += 1
            plain = command if command < h.HALF or command == h.REFRESH else command - h.HALF
            if plain == h.ACT:
                open_row[bank] = row
            elif plain == h.PRE:
                open_row[bank] = CLOSED
            elif plain == h.READ or plain == h.WRITE:
                at = command * banks + bank
                finish_column(
                    rules, transactions, state, queue, place, command, ready[at], reason[at], account
                )
            charge(rows, starts, banks, command, bank, state[h.NOW], ready, reason, ring)
            change_mode(rules, state, command, bank, row, column)
        if state[h.NEXT] < total and state[h.QUEUED] < rules[h.QUEUE]:
            queue[state[h.QUEUED]] = state[h.NEXT]
            state[h.QUEUED] += 1
            state[h.NEXT] += 1
        state[h.NOW] += 1
    return logged
