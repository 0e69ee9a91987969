"""From a memory's configuration to the arrays of the fast model.

Everything follows from the resolved constraint table and the controller's settings; there is no constant of
the model's own. What the table says of command buses, and of precharges and refreshes of different banks, is
left out; :func:`check_modelled` refuses what would make the result wrong rather than rough.
"""

from collections.abc import Callable, Iterator
from math import ceil, floor

import numpy as np

from openrow.config.latency_formula import evaluate
from openrow.config.mapping import bits_of
from openrow.config.memory import Command, Level, MemoryConfig, PagePolicy, Refresh, Scheduler
from openrow.config.timings import resolved_timings
from openrow.errors import UserError
from openrow.memory import columns as c
from openrow.memory.fast import columns as f
from openrow.memory.standard import (
    Int64Array,
    ResolvedConstraint,
    parent_spans,
    resolved_constraints,
    spans,
)

LONG_AGO = -(1 << 30)
COLUMNS = (Command.READ, Command.WRITE)
REFRESH_MODES = {
    Refresh.NONE: c.NO_REFRESH,
    Refresh.ALL_BANK: c.ALL_BANK_REFRESH,
    Refresh.PER_BANK: c.PER_BANK_REFRESH,
}
# How long a row with hits waiting stays open for them, against requests younger and older than they are.
HOLDS = {
    Scheduler.RAMULATOR2: (0, 0),
    Scheduler.RAMULATOR2_ROW_HIT: (f.FAR, 0),
    Scheduler.FR_FCFS: (f.FAR, f.FAR),
    Scheduler.FR_FCFS_CAP: (f.FAR, f.FAR),
}


class NotModelledError(UserError):
    """Something the fast model leaves out, with what to do."""


def _left_out(memory: MemoryConfig) -> Iterator[str]:
    banks = spans(memory)[Level.CHANNEL]
    windows = [r for r in resolved_constraints(memory) if r.window > 1]
    if memory.controller.scheduler not in HOLDS:
        yield f"memory.controller.scheduler {memory.controller.scheduler.value}"
    if memory.controller.read_merging:
        yield "memory.controller.read_merging"
    if banks > f.MAX_BANKS:
        yield f"more than {f.MAX_BANKS} banks in a channel ({banks})"
    if memory.columns // memory.burst_length > f.MAX_COLUMNS:
        yield f"more than {f.MAX_COLUMNS} bursts in a row"
    if any(r.window > f.WINDOW_PLACE for r in windows):
        yield f"a constraint over more than {f.WINDOW_PLACE} activations"


def check_modelled(memory: MemoryConfig) -> None:
    """Refuse a memory that the fast model cannot stand for.

    Raises
    ------
    NotModelledError
        Naming everything that is not modelled.
    """
    left_out = list(_left_out(memory))
    if left_out:
        raise NotModelledError(
            f"fidelity fast does not model {', '.join(left_out)}; use fidelity exact or change this"
        )


class _Table:
    """Questions to the resolved constraint table of a memory."""

    def __init__(self, memory: MemoryConfig) -> None:
        self._rows = resolved_constraints(memory)
        self._spans, self._parents = spans(memory), parent_spans(memory)
        self._edges = memory.clock.cycles_per_clock

    def on_edge(self, cycles: int) -> int:
        """A spacing of commands that both start on rising edges."""
        return -(-cycles // self._edges) * self._edges

    def _greatest(
        self, preceding: Command, following: Command, holds: Callable[[ResolvedConstraint], bool]
    ) -> int:
        return max(
            (
                r.latency
                for r in self._rows
                if r.preceding is preceding and r.following is following and r.window == 1 and holds(r)
            ),
            default=0,
        )

    def bank(self, preceding: Command, following: Command) -> int:
        """Cycles between two commands to one bank."""
        return self._greatest(preceding, following, lambda r: not r.sibling)

    def between(self, preceding: Command, following: Command, one: int, other: int) -> int:
        """Cycles between commands to two different banks."""

        def holds(r: ResolvedConstraint) -> bool:
            span = self._spans[r.level]
            if not r.sibling:
                return one // span == other // span
            parent = self._parents[r.level]
            return one // span != other // span and one // parent == other // parent

        return self._greatest(preceding, following, lambda r: r.level is not Level.BANK and holds(r))

    def window(self) -> tuple[int, int, int]:
        """The activation window: activations, cycles, and the banks it counts over."""
        rows = [
            r
            for r in self._rows
            if r.window > 1 and r.preceding is Command.ACT and r.following is Command.ACT
        ]
        if not rows:
            return 1, 0, 1
        tightest = max(rows, key=lambda r: r.latency / r.window)
        return tightest.window, tightest.latency, self._spans[tightest.level]


def _controller_rules(memory: MemoryConfig, rules: Int64Array) -> None:
    controller = memory.controller
    rules[f.READ_QUEUE], rules[f.WRITE_QUEUE] = controller.read_queue, controller.write_queue
    rules[f.HIGH_WATERMARK] = (
        floor(np.float32(controller.write_high_watermark) * np.float32(controller.write_queue)) + 1
    )
    rules[f.LOW_WATERMARK] = ceil(
        np.float32(controller.write_low_watermark) * np.float32(controller.write_queue)
    )
    rules[f.ABSORB_READS] = controller.write_forwarding
    rules[f.ABSORB_WRITES] = controller.write_coalescing
    rules[f.OLDER_HITS], rules[f.YOUNGER_HITS] = HOLDS[controller.scheduler]
    capped = controller.scheduler is Scheduler.FR_FCFS_CAP
    rules[f.ROW_HIT_CAP] = controller.row_hit_cap if capped else f.FAR
    rules[f.CLOSED_PAGE] = controller.page_policy is PagePolicy.CLOSED
    times_out = controller.page_policy is PagePolicy.TIMEOUT
    rules[f.IDLE_ROW] = controller.page_timeout_cycles if times_out else f.FAR


def _refresh_rules(memory: MemoryConfig, table: _Table, rules: Int64Array) -> None:
    timings = resolved_timings(memory)
    rules[f.REFRESH_MODE] = REFRESH_MODES[memory.refresh]
    rules[f.SCOPE_BANKS] = spans(memory)[Level.RANK]
    if memory.refresh is Refresh.ALL_BANK:
        rules[f.REFRESH_INTERVAL] = evaluate(memory.refresh_interval, timings)
        rules[f.REFRESH_CYCLES] = table.bank(Command.REFRESH_ALL, Command.ACT)
        rules[f.PRE_TO_REFRESH] = table.bank(Command.PRE_ALL, Command.REFRESH_ALL)
    elif memory.refresh is Refresh.PER_BANK and memory.refresh_interval_bank is not None:
        rules[f.REFRESH_INTERVAL] = evaluate(memory.refresh_interval_bank, timings)
        rules[f.REFRESH_CYCLES] = table.bank(Command.REFRESH_BANK, Command.ACT)
        rules[f.PRE_TO_REFRESH] = table.bank(Command.PRE, Command.REFRESH_BANK)


def _bank_rules(table: _Table, rules: Int64Array) -> None:
    for place, preceding, following in (
        (f.READ_TO_PRE, Command.READ, Command.PRE),
        (f.WRITE_TO_PRE, Command.WRITE, Command.PRE),
        (f.ACT_TO_PRE, Command.ACT, Command.PRE),
        (f.PRE_TO_ACT, Command.PRE, Command.ACT),
        (f.ACT_TO_ACT, Command.ACT, Command.ACT),
    ):
        rules[place] = table.bank(preceding, following)
    rules[f.ACT_TO_READ] = table.on_edge(table.bank(Command.ACT, Command.READ))
    rules[f.ACT_TO_WRITE] = table.on_edge(table.bank(Command.ACT, Command.WRITE))


def _bus_rules(memory: MemoryConfig, rules: Int64Array) -> None:
    """Slots of the command bus that opening a row takes; the precharge has its time before the activation."""
    cycles = memory.command_cycles
    activation = cycles.get(Command.ACT, 1)
    if memory.command_bus == "split-activate":
        activation += cycles.get(Command.ACT2, 1)
    rules[f.ACT_SLOTS] = activation << f.CYCLE_BITS
    rules[f.PRE_SLOTS] = cycles.get(Command.PRE, 1) << f.CYCLE_BITS
    rules[f.BUS_SLACK] = rules[f.PRE_TO_ACT] << f.CYCLE_BITS


def _aligned(size: int) -> Int64Array:
    """Zeros that begin at a multiple of 64 bytes, as vector loads like them."""
    room = np.zeros(size + 7, dtype=np.int64)
    skipped = -(room.ctypes.data // 8) % 8
    return room[skipped : skipped + size]


def _lay_out(memory: MemoryConfig) -> Int64Array:
    """Rules with room for the rows of floors."""
    banks = spans(memory)[Level.CHANNEL]
    lanes, groups = -(-banks // f.LANE_BLOCK) * f.LANE_BLOCK, banks // memory.banks
    pairs = 2 * groups * lanes
    rules = _aligned(f.AT_ROWS + 3 * pairs)
    rules[f.BANKS], rules[f.LANES] = banks, lanes
    rules[[f.READ_ROWS, f.WRITE_ROWS, f.ACT_ROWS]] = f.AT_ROWS + pairs * np.arange(3)
    rules[f.GROUP_BITS], rules[f.PAIR_BITS] = bits_of(memory.banks), bits_of(2 * lanes)
    for lane in range(f.LANE_BLOCK):
        rules[f.AT_MASKS + lane * f.LANE_BLOCK + lane] = np.iinfo(np.int64).max
    return rules


def _row_rules(memory: MemoryConfig, table: _Table, rules: Int64Array) -> None:
    """The floors that a command to each bank group leaves behind at every bank."""
    banks, lanes = int(rules[f.BANKS]), int(rules[f.LANES])
    activations, window_cycles, window_banks = table.window()
    rules[f.WINDOW], rules[f.WINDOW_BITS] = activations, bits_of(window_banks)
    rules[f.WINDOWS] = banks // window_banks
    rules[f.WINDOW_FLOOR] = table.on_edge(window_cycles) << f.CYCLE_BITS

    def fill(row: int, preceding: Command, following: Command, own: int) -> None:
        # Both commands take the command bus, which pseudo channels share.
        slot = memory.command_cycles.get(preceding, 1)
        cycles = [
            table.on_edge(max(table.between(preceding, following, own, bank), slot)) for bank in range(banks)
        ]
        rules[row : row + banks] = np.array(cycles) << f.CYCLE_BITS

    for own in range(0, banks, memory.banks):
        pair = own // memory.banks * 2 * lanes
        for kind, preceding in enumerate(COLUMNS):
            row = int(rules[f.COLUMN_ROWS + kind]) + pair
            for other, following in enumerate(COLUMNS):
                fill(row + other * lanes, preceding, following, own)
        row = int(rules[f.ACT_ROWS]) + pair
        fill(row, Command.ACT, Command.ACT, own)
        window = row + lanes
        inside = np.arange(banks) // window_banks == own // window_banks
        rules[window : window + banks] = np.where(inside, 0, -f.NEVER)


def fast_rules(memory: MemoryConfig) -> Int64Array:
    """The rules of the fast model for ``memory``, int64, laid out as ``columns`` says.

    Raises
    ------
    NotModelledError
        For what the model leaves out.
    """
    check_modelled(memory)
    table = _Table(memory)
    rules = _lay_out(memory)
    rules[f.READ_LATENCY] = evaluate(memory.read_latency, resolved_timings(memory))
    rules[f.EDGE] = (memory.clock.cycles_per_clock - 1) << f.CYCLE_BITS
    _controller_rules(memory, rules)
    _bank_rules(table, rules)
    _bus_rules(memory, rules)
    _refresh_rules(memory, table, rules)
    _row_rules(memory, table, rules)
    return rules


def new_fast_state(rules: Int64Array) -> Int64Array:
    """An idle channel at cycle 0, all banks closed; int64, laid out as ``columns`` says."""
    banks = int(rules[f.BANKS])
    entries = int(rules[f.READ_QUEUE] + rules[f.WRITE_QUEUE]) + banks + 1
    at_entries = f.AT_BANKS + banks * f.BANK_COLUMNS
    s = _aligned(at_entries + entries * f.ENTRY_COLUMNS)
    s[f.AT_COLUMN : f.AT_ACT + f.MAX_BANKS] = f.NEVER
    s[[f.NEXT_READ, f.NEXT_WRITE, f.NEXT_ACT]] = f.NEVER
    s[f.NEXT_REFRESH] = rules[f.REFRESH_INTERVAL] if rules[f.REFRESH_MODE] != c.NO_REFRESH else f.FAR
    s[f.AT_WINDOW : f.AT_WRITE_FILTER] = LONG_AGO << f.CYCLE_BITS
    s[f.AT_WINDOW + f.WINDOW_PLACE : f.AT_WRITE_FILTER : f.WINDOW_COLUMNS] = 0
    bank_table = s[f.AT_BANKS : at_entries].reshape(banks, f.BANK_COLUMNS)
    bank_table[:, f.ROW] = f.CLEARED
    bank_table[:, f.ACT_AT] = LONG_AGO
    bank_table[:, f.CLOSE_AT] = f.FAR
    places = at_entries + np.arange(entries) * f.ENTRY_COLUMNS
    s[places[:-1] + f.E_NEXT] = places[1:]
    s[f.FREE] = places[0]
    return s
