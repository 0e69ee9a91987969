"""What a channel does next, for each kind of command bus.

A plan is made after all requests of the present cycle have been offered and holds until something is issued
or accepted, or a refresh falls due. It names the first cycle, from ``floor`` on, at which the controller
issues a command, and the command. The order of precedence in one cycle is: activated requests, the head of
the maintenance queue, the request queue the write mode selects, rows closed by time-out. An all-bank refresh
that is due silences the request queues altogether; a per-bank refresh holds its bank.

The write mode is evaluated in a cycle that reaches the request queues, and in no other. A second evaluation
with unchanged queues changes nothing, so one evaluation at ``floor`` stands for every idle cycle that is
skipped.
"""

from openrow.memory.columns import (
    ACT,
    ACT2,
    ACT2_ENTRY,
    ACT2_LATEST,
    COMMAND_BUSES,
    DUAL_BUS,
    FAR,
    FCFS,
    IS_WRITE,
    PAGE_POLICY,
    PLAN_BANK,
    PLAN_COMMAND,
    PLAN_CYCLE,
    PLAN_ENTRY,
    PLANNED,
    PRE,
    READ,
    SCHEDULER,
    SINGLE_BUS,
    SYNC_ENTRY,
    TIMEOUT_PAGE,
    WRITE,
)
from openrow.memory.controller.refresh_compiled import plan_refresh, queues_are_silent
from openrow.memory.controller.scheduling_compiled import (
    scan_hits,
    scan_in_order,
    scan_promoted,
    scan_queue,
    scan_rows,
    scan_timeouts,
    update_write_mode,
)
from openrow_kernels.compilation import Cells, compiled, inlined


@inlined
def set_plan(s: Cells, ch: int, cycle: int, command: int, e: int, b: int) -> None:
    """Note the plan; entry 0 means a command on behalf of no request, for bank ``b``."""
    s[ch + PLANNED] = 1
    s[ch + PLAN_CYCLE] = cycle
    s[ch + PLAN_COMMAND] = command
    s[ch + PLAN_ENTRY] = e
    s[ch + PLAN_BANK] = b


@inlined
def plan_access(s: Cells, ch: int, cycle: int, e: int) -> None:
    """Plan the RD or WR of entry ``e``."""
    set_plan(s, ch, cycle, READ + s[e + IS_WRITE], e, 0)


@inlined
def plan_single_bus(rules: Cells, s: Cells, ch: int, floor: int) -> None:
    """One command a cycle, of any kind."""
    cycle, e = scan_promoted(rules, s, ch, floor)
    if cycle == floor:
        plan_access(s, ch, cycle, e)
        return
    command, b = READ, 0
    if e != 0:
        command += s[e + IS_WRITE]
    refresh_cycle, refresh_b, refresh_command = plan_refresh(rules, s, ch, floor)
    if refresh_cycle < cycle:
        cycle, e, b, command = refresh_cycle, 0, refresh_b, refresh_command
    if not queues_are_silent(rules, s, ch):
        queue = update_write_mode(rules, s, ch)
        queue_cycle, queue_e, queue_command = scan_queue(rules, s, ch, queue, floor)
        if queue_cycle < cycle:
            cycle, e, b, command = queue_cycle, queue_e, 0, queue_command
        if rules[PAGE_POLICY] == TIMEOUT_PAGE:
            close_cycle, close_b = scan_timeouts(rules, s, ch, floor)
            if close_cycle < cycle:
                cycle, e, b, command = close_cycle, 0, close_b, PRE
    set_plan(s, ch, cycle, command, e, b)


@inlined
def scan_row_queue(rules: Cells, s: Cells, ch: int, queue: int, floor: int) -> tuple[int, int, int]:
    """ACT and PRE of a request queue on a row bus. Returns (cycle, entry, command)."""
    if rules[SCHEDULER] != FCFS:
        return scan_rows(rules, s, ch, queue, floor)
    cycle, e, command = scan_in_order(rules, s, ch, queue, floor)
    if command == READ or command == WRITE:
        return FAR, 0, ACT
    return cycle, e, command


@inlined
def scan_column_queue(rules: Cells, s: Cells, ch: int, queue: int, floor: int) -> tuple[int, int]:
    """RD and WR of a request queue on a column bus. Returns (cycle, entry)."""
    if rules[SCHEDULER] != FCFS:
        return scan_hits(rules, s, ch, queue, floor)
    cycle, e, command = scan_in_order(rules, s, ch, queue, floor)
    if command == READ or command == WRITE:
        return cycle, e
    return FAR, 0


@inlined
def scan_row_slot(rules: Cells, s: Cells, ch: int, queue: int, floor: int) -> tuple[int, int, int, int]:
    """The row bus: refresh, ACT and PRE of the queue, time-outs. Returns (cycle, entry, bank, command)."""
    cycle, b, command = plan_refresh(rules, s, ch, floor)
    e = 0
    if not queues_are_silent(rules, s, ch):
        queue_cycle, queue_e, queue_command = scan_row_queue(rules, s, ch, queue, floor)
        if queue_cycle < cycle:
            cycle, e, b, command = queue_cycle, queue_e, 0, queue_command
        if rules[PAGE_POLICY] == TIMEOUT_PAGE:
            close_cycle, close_b = scan_timeouts(rules, s, ch, floor)
            if close_cycle < cycle:
                cycle, e, b, command = close_cycle, 0, close_b, PRE
    return cycle, e, b, command


@inlined
def plan_dual_bus(rules: Cells, s: Cells, ch: int, floor: int) -> None:
    """A column command and a row command a cycle, the column command first."""
    cycle, e = scan_promoted(rules, s, ch, floor)
    if cycle == floor:
        plan_access(s, ch, cycle, e)
        return
    queue = 0
    if not queues_are_silent(rules, s, ch):
        queue = update_write_mode(rules, s, ch)
        hit_cycle, hit = scan_column_queue(rules, s, ch, queue, floor)
        if hit_cycle < cycle:
            cycle, e = hit_cycle, hit
    row_cycle, row_e, b, command = scan_row_slot(rules, s, ch, queue, floor)
    if e != 0 and cycle <= row_cycle:
        plan_access(s, ch, cycle, e)
    else:
        set_plan(s, ch, row_cycle, command, row_e, b)


@inlined
def plan_row_slot(rules: Cells, s: Cells, ch: int, cycle: int) -> None:
    """The row slot of a cycle whose column slot has just issued; leaves no plan if it has nothing to do."""
    queue = 0
    if not queues_are_silent(rules, s, ch):
        queue = update_write_mode(rules, s, ch)
    row_cycle, e, b, command = scan_row_slot(rules, s, ch, queue, cycle)
    if row_cycle == cycle:
        set_plan(s, ch, cycle, command, e, b)


@compiled
def plan_split_activate(rules: Cells, s: Cells, ch: int, floor: int) -> None:
    """One bus, an activation in two commands: the second fills an idle cycle or meets its deadline."""
    activating = s[ch + ACT2_ENTRY]
    if s[ch + SYNC_ENTRY] != 0:
        plan_access(s, ch, floor, s[ch + SYNC_ENTRY])
    elif activating != 0 and s[ch + ACT2_LATEST] <= floor:
        set_plan(s, ch, floor, ACT2, activating, 0)
    else:
        plan_single_bus(rules, s, ch, floor)
        if activating != 0 and s[ch + PLAN_CYCLE] > floor:
            set_plan(s, ch, floor, ACT2, activating, 0)


@inlined
def plan(rules: Cells, s: Cells, ch: int, floor: int) -> None:
    """Plan the channel's next command, not before ``floor``."""
    if rules[COMMAND_BUSES] == SINGLE_BUS:
        plan_single_bus(rules, s, ch, floor)
    elif rules[COMMAND_BUSES] == DUAL_BUS:
        plan_dual_bus(rules, s, ch, floor)
    else:
        plan_split_activate(rules, s, ch, floor)
