"""From a memory's configuration to the arrays of the compiled controller.

The constraint table of the configuration holds nominal latencies. Resolving it evaluates the formulas,
accounts for commands that occupy their bus for several cycles, drops what can never bind, and numbers the
banks.

Commands of several cycles are dated by their first. A nominal constraint counts from the last cycle of the
preceding to the last of the following command, so its latency becomes ``nominal + (occ(p) - 1) - (occ(f) -
1)``, and the bus itself is blocked for ``occ(p)`` cycles.
"""

from dataclasses import dataclass
from itertools import pairwise
from math import ceil, floor

import numpy as np
from numpy.typing import NDArray

from openrow.config.latency_formula import evaluate
from openrow.config.memory import Cause, Command, Level, MemoryConfig, PagePolicy, Refresh, Scheduler
from openrow.config.timings import resolved_timings
from openrow.memory import columns as c

Int64Array = NDArray[np.int64]

CODE = {
    command: c.COMMAND_NAMES.index(command.value) for command in Command if command.value in c.COMMAND_NAMES
}
"""The commands of the ordinary controller; the others are issued by those of PIM units."""
CAUSE_CODE = {cause: c.CAUSE_NAMES.index(cause.value) for cause in Cause}
BUS_CODE = {"single": c.SINGLE_BUS, "dual": c.DUAL_BUS, "split-activate": c.SPLIT_ACTIVATE}
SCHEDULER_CODE = {
    Scheduler.RAMULATOR2: c.RAMULATOR2,
    Scheduler.RAMULATOR2_ROW_HIT: c.RAMULATOR2_ROW_HIT,
    Scheduler.FR_FCFS: c.FR_FCFS,
    Scheduler.FR_FCFS_CAP: c.FR_FCFS_CAP,
    Scheduler.FCFS: c.FCFS,
}
PAGE_CODE = {
    PagePolicy.OPEN: c.OPEN_PAGE,
    PagePolicy.CLOSED: c.CLOSED_PAGE,
    PagePolicy.TIMEOUT: c.TIMEOUT_PAGE,
}
REFRESH_CODE = {
    Refresh.NONE: c.NO_REFRESH,
    Refresh.ALL_BANK: c.ALL_BANK_REFRESH,
    Refresh.PER_BANK: c.PER_BANK_REFRESH,
}
COLUMN_COMMANDS = (Command.READ, Command.READ_AUTO, Command.WRITE, Command.WRITE_AUTO, Command.PIM_READ)
WIDE_COMMANDS = (Command.PRE_ALL, Command.REFRESH_ALL)
# An access with auto-precharge is ready whenever the plain one is: the table shares their times.
PLAIN = {Command.READ_AUTO: Command.READ, Command.WRITE_AUTO: Command.WRITE}


@dataclass(frozen=True)
class ResolvedConstraint:
    """One constraint between one command and another, in controller cycles."""

    level: Level
    preceding: Command
    following: Command
    latency: int
    window: int
    sibling: bool
    cause: Cause


def spans(memory: MemoryConfig) -> dict[Level, int]:
    """Banks below one node of each level; a node is a contiguous range of flat bank numbers."""
    bank_group = memory.banks
    stack_id = bank_group * memory.bank_groups
    rank = stack_id * memory.stack_ids
    pseudo_channel = rank * memory.ranks
    return {
        Level.BANK: 1,
        Level.BANK_GROUP: bank_group,
        Level.STACK_ID: stack_id,
        Level.RANK: rank,
        Level.PSEUDO_CHANNEL: pseudo_channel,
        Level.CHANNEL: pseudo_channel * memory.pseudo_channels,
    }


def parent_spans(memory: MemoryConfig) -> dict[Level, int]:
    """Banks below the parent of a node of each level (sibling constraints act within the parent)."""
    span = spans(memory)
    order = [Level.BANK, Level.BANK_GROUP, Level.STACK_ID, Level.RANK, Level.PSEUDO_CHANNEL, Level.CHANNEL]
    return {level: span[above] for level, above in pairwise(order)}


def commands_in_use(memory: MemoryConfig) -> set[Command]:
    """The commands the configured controller can issue."""
    used = {Command.ACT, Command.PRE, Command.READ, Command.WRITE}
    if memory.controller.page_policy is PagePolicy.CLOSED:
        used |= {Command.READ_AUTO, Command.WRITE_AUTO}
    if memory.refresh is Refresh.ALL_BANK:
        used |= {Command.PRE_ALL, Command.REFRESH_ALL}
    if memory.refresh is Refresh.PER_BANK:
        used |= {Command.REFRESH_BANK}
    if memory.command_bus == "split-activate":
        used |= {Command.ACT2, Command.SYNC_READ, Command.SYNC_WRITE}
    if any(Command.PIM_READ in row.following for row in memory.constraints):
        used |= {Command.PIM_READ}
    return used


def command_cycles(memory: MemoryConfig, command: Command) -> int:
    """Cycles from the first to the last of a command, both included."""
    return max(memory.command_cycles.get(command, 1), 1)


def on_bus(memory: MemoryConfig, command: Command) -> bool:
    """Whether a command travels on a command bus at all; one of no cycles is made in the bank."""
    return memory.command_cycles.get(command, 1) > 0


def same_bus(memory: MemoryConfig, first: Command, second: Command) -> bool:
    """Whether two commands travel on the same command bus."""
    if not (on_bus(memory, first) and on_bus(memory, second)):
        return False
    return memory.command_bus != "dual" or (first in COLUMN_COMMANDS) == (second in COLUMN_COMMANDS)


def bus_constraints(memory: MemoryConfig, used: set[Command]) -> list[ResolvedConstraint]:
    """A command of several cycles keeps every other one off its bus."""
    rows = []
    for preceding in sorted(used):
        occupied = command_cycles(memory, preceding)
        if occupied > 1:
            rows += [
                ResolvedConstraint(Level.CHANNEL, preceding, following, occupied, 1, False, Cause.COMMAND_BUS)
                for following in sorted(used)
                if same_bus(memory, preceding, following)
            ]
    return rows


def resolved_constraints(memory: MemoryConfig) -> list[ResolvedConstraint]:
    """The constraint table in controller cycles, one row a pair of commands, of the commands in use."""
    timings = resolved_timings(memory)
    used = commands_in_use(memory)
    rows = []
    for constraint in memory.constraints:
        nominal = evaluate(constraint.latency, timings)
        for preceding in constraint.preceding:
            for following in constraint.following:
                if preceding in used and following in used:
                    occupied = command_cycles(memory, preceding) - command_cycles(memory, following)
                    rows.append(
                        ResolvedConstraint(
                            constraint.level,
                            preceding,
                            following,
                            nominal + occupied,
                            constraint.window,
                            constraint.sibling,
                            constraint.cause,
                        )
                    )
    return rows + bus_constraints(memory, used)


@dataclass(frozen=True)
class Standard:
    """A resolved standard and policy: the read-only input of the compiled controller."""

    memory: MemoryConfig
    rules: Int64Array
    """(RULES,) scalars and the row ranges of the commands."""
    rows: Int64Array
    """(n, ROW_COLUMNS) resolved constraints."""

    @property
    def banks(self) -> int:
        """Banks of one channel."""
        return int(self.rules[c.BANKS])

    @property
    def scopes(self) -> int:
        """Nodes of one channel an all-bank command can address."""
        return int(self.rules[c.SCOPES])

    @property
    def buses(self) -> int:
        """Data buses of one channel."""
        return int(self.rules[c.BUSES])

    @property
    def burst_bytes(self) -> int:
        """Bytes of one burst, the unit of every request."""
        return self.memory.bus_width_bits * self.memory.burst_length // 8


def _row(memory: MemoryConfig, constraint: ResolvedConstraint) -> list[int]:
    span = spans(memory)[constraint.level]
    parent = parent_spans(memory).get(constraint.level, 0) if constraint.sibling else 0
    if constraint.preceding in WIDE_COMMANDS:
        span = max(span, spans(memory)[Level.RANK])
    following = PLAIN.get(constraint.following, constraint.following)
    return [
        CODE[following],
        constraint.latency,
        span,
        parent,
        constraint.window,
        0,
        CAUSE_CODE[constraint.cause],
    ]


def _binding(rows: list[list[int]]) -> list[list[int]]:
    """Drop rows that never bind: no latency, no sibling, or a wider or equal node that waits as long."""
    kept = [r for r in rows if r[c.LATENCY] > 0 and (r[c.PARENT_SPAN] == 0 or r[c.PARENT_SPAN] > r[c.SPAN])]
    result: list[list[int]] = []
    for i, row in enumerate(kept):
        plain = row[c.WINDOW] == 1 and row[c.PARENT_SPAN] == 0
        covered = plain and any(
            other[c.FOLLOWING] == row[c.FOLLOWING]
            and other[c.WINDOW] == 1
            and other[c.PARENT_SPAN] == 0
            and (other[c.SPAN], other[c.LATENCY]) != (row[c.SPAN], row[c.LATENCY])
            and other[c.SPAN] >= row[c.SPAN]
            and other[c.LATENCY] >= row[c.LATENCY]
            for other in kept
        )
        if not covered and row not in kept[:i] and not _same_limit(row, kept[:i]):
            result.append(row)
    return result


def _same_limit(row: list[int], earlier: list[list[int]]) -> bool:
    return any(row[: c.RING] == other[: c.RING] for other in earlier)


def _constraint_rows(memory: MemoryConfig, rules: Int64Array, banks: int) -> tuple[Int64Array, int]:
    constraints = resolved_constraints(memory)
    rows: list[list[int]] = []
    ring = 0
    for code, name in enumerate(c.COMMAND_NAMES):
        rules[c.ROW_START + code] = len(rows) * c.ROW_COLUMNS
        own = [_row(memory, r) for r in constraints if r.preceding.value == name]
        for row in _binding(own):
            if row[c.WINDOW] > 1:
                row[c.RING] = ring
                ring += (banks // row[c.SPAN]) * (row[c.WINDOW] + 1)
            rows.append(row)
    rules[c.ROW_START + c.COMMANDS] = len(rows) * c.ROW_COLUMNS
    return np.array(rows, dtype=np.int64).reshape(len(rows), c.ROW_COLUMNS), ring


def _refresh_cycles(memory: MemoryConfig) -> int:
    return max(
        (
            r.latency
            for r in resolved_constraints(memory)
            if r.preceding is Command.REFRESH_ALL and r.following is Command.ACT
        ),
        default=0,
    )


def _lay_out_channel(rules: Int64Array, ring: int) -> None:
    """Give each part of a channel's state its place behind the channel's scalars."""
    banks = int(rules[c.BANKS])
    rules[c.SCOPES] = banks // rules[c.SCOPE_BANKS]
    rules[c.BUSES] = banks // rules[c.BUS_BANKS]
    rules[c.ENTRIES] = rules[c.READ_QUEUE] + rules[c.WRITE_QUEUE] + banks + 1 + rules[c.MERGING]
    place = c.CHANNEL_COLUMNS
    for at, size in (
        (c.AT_BANKS, banks * c.BANK_COLUMNS),
        (c.AT_SCOPES, int(rules[c.SCOPES]) * c.SCOPE_COLUMNS),
        (c.AT_BUSES, int(rules[c.BUSES]) * c.BUS_COLUMNS),
        (c.AT_READY, c.COMMANDS * banks),
        (c.AT_RING, ring),
        (c.AT_ENTRIES, int(rules[c.ENTRIES]) * c.ENTRY_COLUMNS),
        (c.AT_KEYS, 4 * banks),
        (c.AT_CLOSED, banks),
        (c.AT_PROMOTED, banks + 1),
        (c.AT_FREE, int(rules[c.ENTRIES])),
    ):
        rules[at] = place
        place += size
    rules[c.CHANNEL_SIZE] = place


def resolve_standard(memory: MemoryConfig, record_requests: bool = False) -> Standard:
    """Build the controller's arrays for ``memory``.

    The watermarks compare as single-precision products of watermark and queue size, strictly: 0.8 of 32
    entries is passed by 26, 0.2 by 6 or fewer.
    """
    timings = resolved_timings(memory)
    span = spans(memory)
    controller = memory.controller
    rules = np.zeros(c.RULES, dtype=np.int64)
    rules[c.BANKS] = span[Level.CHANNEL]
    rules[c.SCOPE_BANKS] = span[Level.RANK]
    rules[c.BUS_BANKS] = span[Level.PSEUDO_CHANNEL]
    rules[c.READ_LATENCY] = evaluate(memory.read_latency, timings)
    rules[c.BURST] = evaluate(memory.burst_cycles, timings)
    rules[c.COMMAND_BUSES] = BUS_CODE[memory.command_bus]
    rules[c.EDGES] = memory.clock.cycles_per_clock
    rules[c.SCHEDULER] = SCHEDULER_CODE[controller.scheduler]
    rules[c.ROW_HIT_CAP] = controller.row_hit_cap
    rules[c.READ_QUEUE] = controller.read_queue
    rules[c.WRITE_QUEUE] = controller.write_queue
    high = np.float32(controller.write_high_watermark) * np.float32(controller.write_queue)
    low = np.float32(controller.write_low_watermark) * np.float32(controller.write_queue)
    rules[c.HIGH_WATERMARK] = floor(high) + 1
    rules[c.LOW_WATERMARK] = ceil(low)
    rules[c.MERGING] = 4 * controller.read_queue if controller.read_merging else 0
    rules[c.COALESCING] = controller.write_coalescing
    rules[c.FORWARDING] = controller.write_forwarding
    rules[c.PAGE_POLICY] = PAGE_CODE[controller.page_policy]
    rules[c.PAGE_TIMEOUT] = controller.page_timeout_cycles
    rules[c.REFRESH_MODE] = REFRESH_CODE[memory.refresh]
    if memory.refresh is Refresh.ALL_BANK:
        rules[c.REFRESH_INTERVAL] = evaluate(memory.refresh_interval, timings)
        rules[c.REFRESH_CYCLES] = _refresh_cycles(memory)
    elif memory.refresh is Refresh.PER_BANK and memory.refresh_interval_bank is not None:
        rules[c.REFRESH_INTERVAL] = evaluate(memory.refresh_interval_bank, timings)
    if memory.split_activation is not None:
        rules[c.ACT2_DEADLINE] = evaluate(memory.split_activation.activate_deadline, timings)
        rules[c.SYNC_EXPIRY_READ] = evaluate(memory.split_activation.sync_expiry_read, timings)
        rules[c.SYNC_EXPIRY_WRITE] = evaluate(memory.split_activation.sync_expiry_write, timings)
    rules[c.RECORD_REQUESTS] = record_requests
    rows, ring = _constraint_rows(memory, rules, span[Level.CHANNEL])
    _lay_out_channel(rules, ring)
    return Standard(memory, rules, rows)
