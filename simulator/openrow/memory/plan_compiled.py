"""What a channel does next, for each kind of command bus.

A plan is made after all requests of the present cycle have been offered and holds until something is issued or
accepted, or a refresh falls due. It names the first cycle, from ``floor`` on, at which the controller issues a
command, and the command. The order of precedence in one cycle is: activated requests, the head of the maintenance
queue, the request queue the write mode selects, rows closed by time-out. An all-bank refresh that is due silences
the request queues altogether; a per-bank refresh silences its bank.

The write mode is evaluated in a cycle that reaches the request queues, and in no other. A second evaluation with
unchanged queues changes nothing, so one evaluation at ``floor`` stands for every idle cycle that is skipped.
"""

from openrow.memory.columns import (
    ACT2,
    ACT2_ENTRY,
    ACT2_LATEST,
    ALL_BANK_REFRESH,
    EDGES,
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
    REFRESH_MODE,
    REFRESHES_DONE,
    REFRESHES_DUE,
    SCHEDULER,
    SYNC_ENTRY,
    TIMEOUT_PAGE,
    WRITE,
)
from openrow.memory.scheduling_compiled import (
    plan_refresh,
    refresh_bank,
    scan_hits,
    scan_in_order,
    scan_promoted,
    scan_queue,
    scan_rows,
    scan_timeouts,
    update_write_mode,
)
from openrow_kernels.compilation import compiled


@compiled
def set_plan(chan, cycle, command, entry, b):
    """Note the plan; ``entry`` is -1 for a command on behalf of no request."""
    chan[PLANNED] = 1
    chan[PLAN_CYCLE] = cycle
    chan[PLAN_COMMAND] = command
    chan[PLAN_ENTRY] = entry
    chan[PLAN_BANK] = b


@compiled
def queues_are_silent(rules, chan):
    """Whether an all-bank refresh is due."""
    return rules[REFRESH_MODE] == ALL_BANK_REFRESH and chan[REFRESHES_DUE] != chan[REFRESHES_DONE]


@compiled
def held_bank(rules, chan):
    """The bank a due per-bank refresh holds, or -1."""
    if chan[REFRESHES_DUE] == chan[REFRESHES_DONE]:
        return -1
    return refresh_bank(rules, chan)


@compiled
def plan_single_bus(rules, ready, bank, entry, chan, lists, scope, floor):
    """One command a cycle, of any kind."""
    cycle, e = scan_promoted(ready, entry, chan, lists, floor, 0)
    if cycle == floor:
        set_plan(chan, cycle, READ + entry[e, IS_WRITE], e, -1)
        return
    command = READ + entry[e, IS_WRITE] if e >= 0 else READ
    b = -1
    refresh_cycle, refresh_b, refresh_command = plan_refresh(
        rules, ready, bank, entry, chan, lists, scope, floor
    )
    if refresh_cycle < cycle:
        cycle, e, b, command = refresh_cycle, -1, refresh_b, refresh_command
    if not queues_are_silent(rules, chan):
        queue = update_write_mode(rules, chan)
        held = held_bank(rules, chan)
        queue_cycle, queue_e, queue_command = scan_queue(
            rules, ready, bank, entry, chan, lists, queue, floor, held
        )
        if queue_cycle < cycle:
            cycle, e, b, command = queue_cycle, queue_e, -1, queue_command
        if rules[PAGE_POLICY] == TIMEOUT_PAGE:
            close_cycle, close_b = scan_timeouts(rules, ready, bank, floor)
            if close_cycle < cycle:
                cycle, e, b, command = close_cycle, -1, close_b, PRE
    set_plan(chan, cycle, command, e, b)


@compiled
def scan_row_slot(rules, ready, bank, entry, chan, lists, scope, queue, floor):
    """The row bus: refresh, then ACT and PREpb of the queue, then time-outs. Returns (cycle, entry, bank, command)."""
    cycle, b, command = plan_refresh(rules, ready, bank, entry, chan, lists, scope, floor)
    e = -1
    if queues_are_silent(rules, chan):
        return cycle, e, b, command
    held = held_bank(rules, chan)
    if rules[SCHEDULER] == FCFS:
        queue_cycle, queue_e, queue_command = scan_in_order(
            rules, ready, bank, entry, chan, lists, queue, floor, held
        )
        if queue_command == READ or queue_command == WRITE:
            queue_cycle = FAR
    else:
        queue_cycle, queue_e, queue_command = scan_rows(
            rules, ready, bank, entry, chan, lists, queue, floor, held
        )
    if queue_cycle < cycle:
        cycle, e, b, command = queue_cycle, queue_e, -1, queue_command
    if rules[PAGE_POLICY] == TIMEOUT_PAGE:
        close_cycle, close_b = scan_timeouts(rules, ready, bank, floor)
        if close_cycle < cycle:
            cycle, e, b, command = close_cycle, -1, close_b, PRE
    return cycle, e, b, command


@compiled
def scan_column_queue(rules, ready, bank, entry, chan, lists, queue, floor):
    """The column bus: row hits of the queue. Returns (cycle, entry)."""
    held = held_bank(rules, chan)
    if rules[SCHEDULER] == FCFS:
        cycle, e, command = scan_in_order(rules, ready, bank, entry, chan, lists, queue, floor, held)
        if command == READ or command == WRITE:
            return cycle, e
        return FAR, -1
    return scan_hits(rules, ready, bank, entry, chan, lists, queue, floor, held)


@compiled
def plan_dual_bus(rules, ready, bank, entry, chan, lists, scope, floor):
    """A column command and a row command a cycle, the column command first."""
    cycle, e = scan_promoted(ready, entry, chan, lists, floor, rules[EDGES] - 1)
    if cycle == floor:
        set_plan(chan, cycle, READ + entry[e, IS_WRITE], e, -1)
        return
    queue = 0
    if not queues_are_silent(rules, chan):
        queue = update_write_mode(rules, chan)
        hit_cycle, hit = scan_column_queue(rules, ready, bank, entry, chan, lists, queue, floor)
        if hit_cycle < cycle:
            cycle, e = hit_cycle, hit
    row_cycle, row_e, b, command = scan_row_slot(
        rules, ready, bank, entry, chan, lists, scope, queue, floor
    )
    if cycle <= row_cycle:
        set_plan(chan, cycle, READ + entry[e, IS_WRITE] if e >= 0 else READ, e, -1)
    else:
        set_plan(chan, row_cycle, command, row_e, b)


@compiled
def plan_row_slot(rules, ready, bank, entry, chan, lists, scope, cycle):
    """The row slot of a cycle whose column slot has just issued; leaves no plan if it has nothing to do."""
    queue = 0
    if not queues_are_silent(rules, chan):
        queue = update_write_mode(rules, chan)
    row_cycle, e, b, command = scan_row_slot(rules, ready, bank, entry, chan, lists, scope, queue, cycle)
    if row_cycle == cycle:
        set_plan(chan, cycle, command, e, b)


@compiled
def plan_split_activate(rules, ready, bank, entry, chan, lists, scope, floor):
    """One bus, an activation in two commands: the second fills the first idle cycle, at the latest its deadline."""
    if chan[SYNC_ENTRY] >= 0:
        e = chan[SYNC_ENTRY]
        set_plan(chan, floor, READ + entry[e, IS_WRITE], e, -1)
        return
    if chan[ACT2_ENTRY] >= 0 and chan[ACT2_LATEST] <= floor:
        set_plan(chan, floor, ACT2, chan[ACT2_ENTRY], -1)
        return
    plan_single_bus(rules, ready, bank, entry, chan, lists, scope, floor)
    if chan[ACT2_ENTRY] >= 0 and chan[PLAN_CYCLE] > floor:
        set_plan(chan, floor, ACT2, chan[ACT2_ENTRY], -1)
