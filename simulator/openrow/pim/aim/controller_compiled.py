"""The controller of AiM, command by command; the compiled twin of :mod:`openrow.pim.aim.controller`."""

import numpy as np
from numpy.typing import NDArray

from openrow.pim import columns as c
from openrow.pim.aim import columns as a
from openrow.pim.command_log_compiled import write_down
from openrow.pim.command_table_compiled import charge
from openrow_kernels.compilation import compiled

Int64Array = NDArray[np.int64]


@compiled
def works_in_banks(instruction: int) -> bool:
    """Whether an instruction needs its row open in all banks; the others reach registers and the buffer."""
    return instruction in (a.MAC_ALL, a.MUL_ALL, a.FUNCTION_ALL)


@compiled
def next_command(instruction: int, row: int, state: Int64Array, refresh: bool) -> int:
    """The command that brings an instruction, or a refresh, nearer."""
    if refresh:
        return a.REFRESH if state[a.OPEN_ROW] < 0 else a.PRE_ALL
    if works_in_banks(instruction):
        if state[a.OPEN_ROW] < 0:
            return a.ACT_ALL
        if state[a.OPEN_ROW] != row:
            return a.PRE_ALL
    return instruction


@compiled
def finish_burst(rules: Int64Array, instructions: Int64Array, state: Int64Array, cycle: int) -> None:
    """Count a burst whose command was issued in ``cycle``; after the last the next instruction is handed
    on."""
    at = state[a.TAKEN]
    state[a.DONE] += 1
    if state[a.DONE] == instructions[at, a.I_COUNT]:
        state[a.DONE] = 0
        state[a.TAKEN] += 1
        state[a.HANDED_ON] += rules[a.DECODE]
        if instructions[at, a.I_BLOCKING] != 0:
            state[a.HANDED_ON] = max(state[a.HANDED_ON], cycle + rules[a.READ_DONE] + 1)


@compiled
def advance(
    rules: Int64Array,
    rows: Int64Array,
    starts: Int64Array,
    instructions: Int64Array,
    state: Int64Array,
    ready: Int64Array,
    reason: Int64Array,
    ring: Int64Array,
    account: Int64Array,
    log: Int64Array,
) -> int:
    """Issue commands until every instruction is done, or the log is full.

    Parameters
    ----------
    rules
        (RULES,) the controller.
    rows, starts
        The constraint table, in which all banks are one.
    instructions
        (n, INSTRUCTION_COLUMNS) in order.
    state, ready, reason, ring
        The controller's state; changed.
    account
        (CAUSES,) cycles by cause; changed.
    log
        (m, LOG_COLUMNS) the commands issued.

    Returns
    -------
    int
        Commands in the log. With fewer than m, all is done.
    """
    logged = 0
    while state[a.TAKEN] < instructions.shape[0] and logged < log.shape[0]:
        at = state[a.TAKEN]
        wanted = instructions[at, a.I_COMMAND]
        earliest = max(state[a.NOW], state[a.HANDED_ON])
        refresh = earliest >= state[a.REFRESH_DUE]
        command = next_command(wanted, instructions[at, a.I_ROW], state, refresh)
        cycle = max(earliest, ready[command])
        bound_by = reason[command] if ready[command] >= earliest else c.ORDER
        to_registers = not works_in_banks(wanted)
        if not refresh and to_registers != (state[a.REGISTER_MODE] != 0):
            command = a.CHANGE_MODE
            state[a.REGISTER_MODE] = to_registers
        done = command == wanted and not refresh
        waited = cycle + 1 - state[a.NOW]
        working = min(waited, rules[a.PACE]) if done else 0
        account[c.COLUMNS] += working
        account[bound_by] += waited - working
        column = instructions[at, a.I_COLUMN] + state[a.DONE]
        write_down(log, logged, cycle, command, 0, instructions[at, a.I_ROW], column, at)
        logged += 1
        charge(rows, starts, 1, command, 0, cycle, ready, reason, ring)
        state[a.NOW] = cycle + 1
        if command == a.ACT_ALL:
            state[a.OPEN_ROW] = instructions[at, a.I_ROW]
        elif command == a.PRE_ALL:
            state[a.OPEN_ROW] = -1
        elif command == a.REFRESH:
            state[a.REFRESH_DUE] += rules[a.REFRESH_INTERVAL]
        if done:
            finish_burst(rules, instructions, state, cycle)
    return logged
