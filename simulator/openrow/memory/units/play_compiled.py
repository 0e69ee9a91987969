"""The loop of channels that have units: what the controller does, and after it, in the same cycle, the units.

A cycle's command bus goes to the controller first, then to the unit that has waited longest; on a dual bus
the row bus and the column bus each go to one. Where columns are sequenced in the bank, every unit may read
in every cycle. An all-bank refresh that is due silences the units as it does the request queues.
"""

import numpy as np
from numpy.typing import NDArray

from openrow.memory.columns import (
    AT_CHANNELS,
    AT_EVENTS,
    CLOCK,
    COMMAND_BUSES,
    DRAINED,
    DUAL_BUS,
    FAR,
    LOG_CAPACITY,
    LOG_FULL,
    LOGGED,
    PIM_READ,
    PLANNED,
    PRE,
    REACHED,
    STALLED,
)
from openrow.memory.controller.accounting_compiled import first_slot, run_of
from openrow.memory.controller.admission_compiled import offer_all
from openrow.memory.controller.advance_compiled import (
    holds_requests,
    is_drained,
    next_of_sources,
    next_target,
    run_channels,
    wish_of_sources,
)
from openrow.memory.controller.refresh_compiled import queues_are_silent, refresh_is_due
from openrow.memory.units.columns import AT_UNITS, BANK_LOCAL, COMMAND, COUNT, LEFT, NEXT, UNIT_COLUMNS
from openrow.memory.units.events_compiled import find_sample, issue_unit, key_of, plan_unit
from openrow_kernels.compilation import Cells, compiled, inlined, pointer

NONE = -1


@inlined
def bus_is_free(rules: Cells, s: Cells, ch: int, command: int, cycle: int) -> bool:
    """Whether nothing has been issued on the command's bus in ``cycle`` yet."""
    return s[run_of(rules, ch, command) + 1] <= cycle


@inlined
def issue_numbered(
    rules: Cells, rows: Cells, s: Cells, log: Cells, u: Cells, v: Cells, ch: int, number: int, cycle: int
) -> None:
    """Issue the command of unit ``number`` and plan its next."""
    un = u[AT_UNITS] + number * UNIT_COLUMNS
    issue_unit(rules, rows, s, log, u, v, ch, un, cycle)
    u[key_of(number)] = plan_unit(rules, s, u, v, ch, un)


@inlined
def read_locally(
    rules: Cells, rows: Cells, s: Cells, log: Cells, u: Cells, v: Cells, ch: int, cycle: int
) -> tuple[int, int]:
    """Look at the units that may be ready: issue reads sequenced in the bank.

    Returns the units that have waited longest for the column bus and for the row bus, or NONE.
    """
    column = row = NONE
    column_since = row_since = FAR
    for number in range(u[COUNT]):
        if u[key_of(number)] > cycle:
            continue
        un = u[AT_UNITS] + number * UNIT_COLUMNS
        since = plan_unit(rules, s, u, v, ch, un)
        u[key_of(number)] = since
        if since > cycle:
            continue
        if u[un + COMMAND] != PRE and first_slot(rules, cycle) != cycle:
            u[key_of(number)] = cycle + 1
            continue
        if u[un + COMMAND] != PIM_READ:
            if since < row_since:
                row, row_since = number, since
        elif u[BANK_LOCAL] != 0:
            issue_numbered(rules, rows, s, log, u, v, ch, number, cycle)
        elif since < column_since:
            column, column_since = number, since
    return column, row


@inlined
def next_of_units(u: Cells, cycle: int) -> int:
    """The next cycle after ``cycle`` in which any unit may do something."""
    least = FAR
    for place in range(key_of(0), key_of(u[COUNT])):
        least = min(least, u[place])
    return max(least, cycle + 1)


@compiled
def run_units(
    rules: Cells, rows: Cells, s: Cells, log: Cells, u: Cells, v: Cells, ch: int, cycle: int
) -> None:
    """Everything the units of channel ``ch`` do in ``cycle``."""
    if queues_are_silent(rules, s, ch):
        u[NEXT] = FAR
        return
    column, row = read_locally(rules, rows, s, log, u, v, ch, cycle)
    if column != NONE and bus_is_free(rules, s, ch, PIM_READ, cycle):
        issue_numbered(rules, rows, s, log, u, v, ch, column, cycle)
        if rules[COMMAND_BUSES] != DUAL_BUS:
            row = NONE
    if row != NONE and bus_is_free(rules, s, ch, PRE, cycle):
        # A read issued just now may have moved the row's limits.
        un = u[AT_UNITS] + row * UNIT_COLUMNS
        if plan_unit(rules, s, u, v, ch, un) <= cycle:
            issue_numbered(rules, rows, s, log, u, v, ch, row, cycle)
    u[NEXT] = next_of_units(u, cycle)


@inlined
def look_again(u: Cells, cycle: int) -> None:
    """The controller has done something: every unit has to be looked at."""
    for place in range(key_of(0), key_of(u[COUNT])):
        u[place] = 0
    u[NEXT] = cycle


@compiled
def run(
    rules: Cells,
    rows: Cells,
    s: Cells,
    feeds: Cells,
    log: Cells,
    times: Cells,
    u: Cells,
    v: Cells,
    until: int,
) -> int:
    """The loop of :func:`play`, on pointers."""
    ch, events = s[AT_CHANNELS], s[AT_EVENTS]
    now = s[CLOCK]
    reason = REACHED
    while True:
        reason = wish_of_sources(s, now)
        if reason != REACHED or now >= until:
            break
        offer_all(rules, s, feeds, times, now)
        target, _ = next_of_sources(s, feeds, now, until)
        if target <= now:
            continue
        if 0 < s[LOG_CAPACITY] < s[LOGGED] + 4 + u[COUNT]:
            reason = LOG_FULL
            break
        if target == FAR and u[LEFT] == 0 and is_drained(rules, s):
            reason = DRAINED
            break
        target = min(next_target(rules, s, now, target), max(u[NEXT], now + 1))
        if target == FAR:
            reason = STALLED
            break
        if s[events] == target:
            run_channels(rules, rows, s, log, times, target)
            look_again(u, target)
        if u[NEXT] == target:
            run_units(rules, rows, s, log, u, v, ch, target)
            if holds_requests(s, ch) or refresh_is_due(s, ch):
                s[ch + PLANNED] = 0
                s[events] = 0
        now = target
    s[CLOCK] = now
    return reason


@compiled
def begin(u: NDArray[np.int64], v: NDArray[np.int64]) -> None:
    """Bring every unit to its first sample that reads anything."""
    cells = pointer(u)
    for number in range(u[COUNT]):
        find_sample(cells, pointer(v), u[AT_UNITS] + number * UNIT_COLUMNS)


@compiled
def play(
    rules: NDArray[np.int64],
    rows: NDArray[np.int64],
    s: NDArray[np.int64],
    feeds: NDArray[np.int64],
    log: NDArray[np.int64],
    times: NDArray[np.int64],
    u: NDArray[np.int64],
    v: NDArray[np.int64],
    until: int,
) -> int:
    """Run one channel with units, as ``advance`` runs channels without.

    Parameters
    ----------
    rules, rows, s, feeds, log, times, until
        As for ``openrow.memory.controller.advance_compiled.advance``; ``s`` holds one channel.
    u
        The state of the channel's units.
    v
        The samples of the units (read-only).

    Returns
    -------
    int
        As ``advance``; DRAINED once the units are done too.
    """
    return run(
        pointer(rules), pointer(rows), pointer(s), pointer(feeds), pointer(log), pointer(times), pointer(u),
        pointer(v), until,
    )  # fmt: skip
