"""The controller that carries out AiM's instructions on one channel, all banks at once.

It takes instructions in order, as aim_simulator (commit 0f28a07) does. The dispatcher hands on one a cycle;
an instruction of several columns is one command a column. A multiplication opens its row in all banks,
closing another one first; so does an activation function, whose table is a row. Registers and the global
buffer are reached in a mode of their own, and changing the mode is a command (``TMOD``). Reading registers
blocks the dispatcher until they are there.

Refresh, where it is on, is our own: once due it goes before the next command. That tool's never takes place:
it counts ranks, and GDDR6 has none.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from openrow.config.aim import AimConfig
from openrow.config.latency_formula import evaluate
from openrow.config.memory import Command, MemoryConfig, Refresh
from openrow.config.timings import resolved_timings
from openrow.errors import UserError
from openrow.pim import columns as c
from openrow.pim.aim import columns as a
from openrow.pim.aim.controller_compiled import advance
from openrow.pim.command_log import log_parts
from openrow.pim.command_table import command_table
from openrow_kernels.compilation import read_only

Int64Array = NDArray[np.int64]

COMMANDS = (
    Command.ACT_ALL,
    Command.PRE_ALL,
    Command.MAC_ALL,
    Command.MUL_ALL,
    Command.FUNCTION_ALL,
    Command.WRITE_BUFFER,
    Command.WRITE_SUMS,
    Command.READ_SUMS,
    Command.READ_FUNCTION,
    Command.CHANGE_MODE,
    Command.REFRESH_ALL,
)
"""By their codes."""
NEVER = 1 << 60
LOG_ROWS = 1 << 15


@dataclass(frozen=True)
class ChannelRun:
    """What one channel did."""

    cycles: int
    """Until the host knows that all is done."""
    commands: Mapping[str, int]
    """Commands by name."""
    account: Mapping[str, int]
    """Cycles by what they were spent on."""
    log: Int64Array
    """(n, LOG_COLUMNS) the commands: cycle, code, 0, row, column, instruction."""


def instruction(command: Command, count: int = 1, row: int = 0, column: int = 0) -> list[int]:
    """An instruction for :func:`carry_out`: ``count`` bursts of all banks' ``row`` from ``column`` on."""
    blocking = command in (Command.READ_SUMS, Command.READ_FUNCTION)
    return [COMMANDS.index(command), count, row, column, int(blocking)]


def carry_out(
    memory: MemoryConfig, pim: AimConfig, instructions: Int64Array, settings: int = 1
) -> ChannelRun:
    """Carry out instructions that are all there at the beginning.

    Parameters
    ----------
    memory, pim
        The memory system and its units.
    instructions
        (n, INSTRUCTION_COLUMNS) in order, each of :func:`instruction`, of a burst at least.
    settings
        Writes of configuration registers before them; each takes the dispatcher as long as an instruction.

    Raises
    ------
    UserError
        Where refresh is per bank: commands to all banks know only that of all.
    """
    if memory.refresh is Refresh.PER_BANK:
        raise UserError("memory.refresh should be none or all-bank: AiM's commands go to all banks")
    assert (instructions[:, a.I_COUNT] > 0).all(), "an instruction without a burst would never be done"
    # All banks are one here.
    table = command_table(memory.model_copy(update={"bank_groups": 1, "banks": 1}), pim.constraints, COMMANDS)
    timings = resolved_timings(memory)
    rules = np.zeros(a.RULES, dtype=np.int64)
    rules[a.DECODE], rules[a.REFRESH_INTERVAL] = pim.decode_cycles, NEVER
    rules[a.READ_DONE] = evaluate(pim.sums_latency, timings)
    rules[a.PACE] = table.spacing(Command.MAC_ALL)
    state = np.zeros(a.STATE, dtype=np.int64)
    if memory.refresh is Refresh.ALL_BANK:
        rules[a.REFRESH_INTERVAL] = evaluate(memory.refresh_interval, timings)
    state[a.REFRESH_DUE] = rules[a.REFRESH_INTERVAL]
    state[a.OPEN_ROW] = -1
    state[a.HANDED_ON] = settings * pim.decode_cycles
    ready, reason = np.zeros(a.COMMANDS, dtype=np.int64), np.zeros(a.COMMANDS, dtype=np.int64)
    ring = np.zeros(max(table.ring, 1), dtype=np.int64)
    account = np.zeros(c.CAUSES, dtype=np.int64)
    frozen_rules, taken = read_only(rules), read_only(instructions)

    def issue(log: Int64Array) -> int:
        logged: int = advance(
            frozen_rules, table.rows, table.starts, taken, state, ready, reason, ring, account, log
        )
        return logged

    kept = np.concatenate(list(log_parts(issue, LOG_ROWS)))
    cycles = int(max(state[a.NOW], state[a.HANDED_ON])) + pim.finish_cycles
    account[c.DRAIN] = cycles - account.sum()
    counts = np.bincount(kept[:, c.COMMAND], minlength=a.COMMANDS)
    return ChannelRun(
        cycles=cycles,
        commands={k.value: int(n) for k, n in zip(COMMANDS, counts, strict=True) if n},
        account={name: int(n) for name, n in zip(c.ACCOUNT_NAMES, account, strict=True) if n},
        log=kept,
    )
