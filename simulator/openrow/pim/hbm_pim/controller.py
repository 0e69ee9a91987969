"""The controller that carries out transactions of the host, in all modes of HBM-PIM and for plain traffic.

Its policy is that of DRAMSim2 as Samsung's PIMSimulator (commit b464dde) uses it. One transaction a cycle
enters the command queue while there is room. Each cycle at most one command is issued, the first there is of:

1. the column command of the oldest transaction whose row is open and whose time has come;
2. an activation for the oldest transaction whose bank is closed;
3. a precharge of a bank whose open row nothing in the queue wants, in turn from bank to bank. Banks close as
   soon as nothing wants them.

A transaction may carry a barrier: it goes last of all before it, and all behind it wait until it is issued.
Only rows are opened ahead, for transactions up to the next barrier. Mode changes and the units' programs are
transactions like any other: what they cost follows from this order and from the constraint table.

While all banks are addressed, commands to banks 0 and 1 go to all even and all odd banks (``ACThb``,
``RDhb``, ``WRhb``, ``PREhb``). The controller keeps their times by the bank addressed, and opens no other
bank.

Refresh, where it is on, is our own: once due it goes before everything else. All open rows are closed, and
REFab follows as soon as the table allows. That tool goes on opening rows meanwhile and refreshes ranks that
are not used, so figures with refresh differ from its.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from openrow.config.hbm_pim import HbmPimConfig
from openrow.config.latency_formula import evaluate
from openrow.config.memory import Command, MemoryConfig, Refresh
from openrow.config.timings import resolved_timings
from openrow.errors import UserError
from openrow.pim import columns as c
from openrow.pim.command_log import log_parts
from openrow.pim.command_table import CommandTable, command_table
from openrow.pim.hbm_pim import columns as h
from openrow.pim.hbm_pim.controller_compiled import advance
from openrow_kernels.compilation import read_only

Int64Array = NDArray[np.int64]

COMMANDS = (
    Command.ACT,
    Command.PRE,
    Command.READ,
    Command.WRITE,
    Command.ACT_HALF,
    Command.PRE_HALF,
    Command.READ_HALF,
    Command.WRITE_HALF,
    Command.REFRESH_ALL,
)
"""By their codes."""
NEVER = 1 << 60
LOG_ROWS = 1 << 15


@dataclass(frozen=True)
class ChannelRun:
    """What one channel did."""

    cycles: int
    """Until all data has arrived."""
    commands: Mapping[str, int]
    """Commands by name."""
    account: Mapping[str, Mapping[str, int]]
    """Cycles by the kind of transaction and by what they were spent on."""
    log: Int64Array
    """(n, LOG_COLUMNS) the commands: cycle, code, bank, row, column, transaction or -1. Empty if not kept."""

    @property
    def order(self) -> Int64Array:
        """The transactions in the order of their column commands."""
        codes = self.log[:, c.COMMAND]
        columns = (codes % h.HALF >= h.READ) & (codes != h.REFRESH)
        order: Int64Array = self.log[columns, c.ORIGIN].copy()
        return order


class TransactionController:
    """The controller of one channel.

    Parameters
    ----------
    memory
        The memory system; its refresh says whether there is any.
    pim
        The units.
    keep_log
        Whether every command is kept.

    Raises
    ------
    UserError
        Where refresh is per bank, or the command bus is not a single one: this controller knows neither.
    """

    def __init__(self, memory: MemoryConfig, pim: HbmPimConfig, keep_log: bool = False) -> None:
        if memory.refresh is Refresh.PER_BANK:
            raise UserError(
                "memory.refresh should be none or all-bank: units in step know no per-bank refresh"
            )
        if memory.command_bus != "single":
            raise UserError(
                "memory.command_bus should be single: HBM-PIM's controller issues a command a cycle"
            )
        self.table = command_table(memory, pim.constraints, COMMANDS)
        self.rules = read_only(_rules(memory, pim, self.table))
        self.keep_log = keep_log
        places = len(COMMANDS) * self.table.banks
        self.state = np.zeros(h.STATE, dtype=np.int64)
        self.state[h.REFRESH_DUE] = self.rules[h.REFRESH_INTERVAL]
        self.queue = np.zeros(pim.command_queue, dtype=np.int64)
        self.open_row = np.full(self.table.banks, -1, dtype=np.int64)
        self.ready = np.zeros(places, dtype=np.int64)
        self.reason = np.zeros(places, dtype=np.int64)
        self.ring = np.zeros(max(self.table.ring, 1), dtype=np.int64)
        self.account = np.zeros((h.KINDS, c.CAUSES), dtype=np.int64)
        self.counts = np.zeros(len(COMMANDS), dtype=np.int64)

    def carry_out(self, transactions: Int64Array, not_before: int = 0) -> ChannelRun:
        """Carry out transactions that all arrive at once.

        Parameters
        ----------
        transactions
            (n, TRANSACTION_COLUMNS) in the order of the host.
        not_before
            The cycle of their arrival, at the earliest the end of all before.
        """
        self.state[h.DONE] = max(self.state[h.DONE], not_before)
        self._advance(np.empty((0, h.TRANSACTION_COLUMNS), dtype=np.int64))
        kept = self._advance(transactions)
        return ChannelRun(
            cycles=int(self.state[h.DONE]),
            commands={k.value: int(n) for k, n in zip(COMMANDS, self.counts, strict=True)},
            account=self._accounted(),
            log=kept,
        )

    def _advance(self, transactions: Int64Array) -> Int64Array:
        self.state[h.NEXT] = 0
        taken = read_only(transactions)

        def issue(log: Int64Array) -> int:
            logged: int = advance(
                self.rules, self.table.rows, self.table.starts, taken, self.state, self.queue, self.open_row,
                self.ready, self.reason, self.ring, self.account, log,
            )  # fmt: skip
            return logged

        kept = [np.empty((0, c.LOG_COLUMNS), dtype=np.int64)]
        for part in log_parts(issue, LOG_ROWS):
            self.counts += np.bincount(part[:, c.COMMAND], minlength=len(COMMANDS))
            if self.keep_log:
                kept.append(part)
        return np.concatenate(kept)

    def _accounted(self) -> dict[str, dict[str, int]]:
        names = zip(h.KIND_NAMES, self.account, strict=True)
        return {
            kind: {what: int(n) for what, n in zip(c.ACCOUNT_NAMES, cycles, strict=True) if n}
            for kind, cycles in names
            if cycles.any()
        }


def _rules(memory: MemoryConfig, pim: HbmPimConfig, table: CommandTable) -> Int64Array:
    timings = resolved_timings(memory)
    rules = np.zeros(h.RULES, dtype=np.int64)
    burst = evaluate(memory.burst_cycles, timings)
    rules[h.BANKS] = table.banks
    rules[h.QUEUE] = pim.command_queue
    # A command reaches the device, its data comes, and the host has it the cycle after. Written data goes out
    # by the controller's own count, without the command's transfer.
    rules[h.READ_DONE] = pim.command_transfer_cycles + evaluate(memory.read_latency, timings) + 1
    rules[h.WRITE_DONE] = evaluate(pim.write_latency, timings) + burst + 1
    rules[h.REFRESH_INTERVAL] = NEVER
    if memory.refresh is Refresh.ALL_BANK:
        rules[h.REFRESH_INTERVAL] = evaluate(memory.refresh_interval, timings)
    rules[h.TO_ALL_ROW], rules[h.TO_SINGLE_ROW] = pim.rows.to_all_banks, pim.rows.to_single_bank
    rules[h.MODE_COLUMN] = pim.rows.mode_column
    rules[h.SECOND_GROUP] = memory.bank_groups // 2 * memory.banks
    rules[h.PACE] = burst
    rules[h.HALF_PACE] = table.spacing(Command.READ_HALF)
    return rules
