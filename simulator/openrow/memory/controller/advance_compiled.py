"""The memory system's loop: offer requests, skip to the next cycle at which anything can happen, issue.

All channels and all sources share one time. State lives in one array and survives between calls.
"""

import numpy as np
from numpy.typing import NDArray

from openrow.memory.columns import (
    ACT2,
    ACT2_ENTRY,
    ACT2_LATEST,
    AT_CHANNELS,
    AT_EVENTS,
    AT_SOURCES,
    CHANNEL_SIZE,
    CHANNELS,
    CLOCK,
    COMMAND_BUSES,
    COMPLETED,
    DRAINED,
    DUAL_BUS,
    FAR,
    IS_WRITE,
    LOG_CAPACITY,
    LOG_FULL,
    LOGGED,
    NEED_FEED,
    NEXT_REFRESH,
    PLAN_BANK,
    PLAN_COMMAND,
    PLAN_CYCLE,
    PLAN_ENTRY,
    PLANNED,
    PRE,
    PRE_ALL,
    REACHED,
    READ,
    S_AWAITED,
    S_COUNT,
    S_DONE,
    S_FINAL,
    S_POSITION,
    S_SIZE,
    S_UNISSUED,
    SIZE_PROMOTED,
    SIZE_R,
    SIZE_W,
    SOURCES,
    SPLIT_ACTIVATE,
    STALLED,
    SYNC_ENTRY,
    SYNC_EXPIRY_READ,
    SYNC_READ,
    SYNC_UNTIL,
    WRITE,
)
from openrow.memory.controller.admission_compiled import next_offer, offer_all
from openrow.memory.controller.issue_compiled import close_bank, close_scope, issue_for_request, refresh
from openrow.memory.controller.plan_compiled import plan, plan_row_slot
from openrow.memory.controller.refresh_compiled import refreshes_fall_due
from openrow_kernels.compilation import Cells, compiled, inlined, pointer


@compiled
def synchronise(rules: Cells, s: Cells, ch: int, command: int, e: int, cycle: int) -> tuple[int, int]:
    """On a split-activate bus an access whose data clock has stopped sends a clock-sync command first.

    Returns the command and entry to issue instead of access ``command`` of ``e``.
    """
    if s[ch + SYNC_ENTRY] != 0:
        s[ch + SYNC_ENTRY] = 0
    elif cycle >= s[ch + SYNC_UNTIL]:
        if s[ch + ACT2_ENTRY] != 0 and s[ch + ACT2_LATEST] <= cycle + 1:
            return ACT2, s[ch + ACT2_ENTRY]
        s[ch + SYNC_ENTRY] = e
        return SYNC_READ + s[e + IS_WRITE], e
    s[ch + SYNC_UNTIL] = max(s[ch + SYNC_UNTIL], cycle + rules[SYNC_EXPIRY_READ + s[e + IS_WRITE]])
    return command, e


@inlined
def execute(rules: Cells, rows: Cells, s: Cells, log: Cells, times: Cells, ch: int, cycle: int) -> None:
    """Issue the planned command at ``cycle`` and plan what the row slot has after a column command."""
    command, e, b = s[ch + PLAN_COMMAND], s[ch + PLAN_ENTRY], s[ch + PLAN_BANK]
    is_access = command == READ or command == WRITE
    s[ch + PLANNED] = 0
    if e != 0:
        if is_access and rules[COMMAND_BUSES] == SPLIT_ACTIVATE:
            command, e = synchronise(rules, s, ch, command, e, cycle)
        issue_for_request(rules, rows, s, log, times, ch, command, e, cycle)
        if is_access and rules[COMMAND_BUSES] == DUAL_BUS:
            plan_row_slot(rules, s, ch, cycle)
    elif command == PRE_ALL:
        close_scope(rules, rows, s, log, ch, b, cycle)
    elif command == PRE:
        close_bank(rules, rows, s, log, ch, b, cycle)
    else:
        refresh(rules, rows, s, log, ch, command, b, cycle)


@inlined
def run_channel(rules: Cells, rows: Cells, s: Cells, log: Cells, times: Cells, ch: int, cycle: int) -> None:
    """Everything channel ``ch`` does in ``cycle``, the first at which anything can happen."""
    if s[ch + NEXT_REFRESH] == cycle:
        refreshes_fall_due(rules, s, ch, cycle)
        plan(rules, s, ch, cycle)
    while s[ch + PLANNED] != 0 and s[ch + PLAN_CYCLE] == cycle:
        execute(rules, rows, s, log, times, ch, cycle)


@inlined
def next_event(rules: Cells, s: Cells, ch: int, now: int) -> int:
    """The next cycle at which channel ``ch`` does anything.

    A refresh that falls due in the very next cycle is planned there, since it may silence the queues.
    """
    if s[ch + NEXT_REFRESH] == now + 1:
        return now + 1
    if s[ch + PLANNED] == 0:
        plan(rules, s, ch, now + 1)
    return min(s[ch + PLAN_CYCLE], s[ch + NEXT_REFRESH])


@inlined
def holds_requests(s: Cells, ch: int) -> bool:
    """Whether the channel holds a request whose last command has not been issued."""
    return s[ch + SIZE_R] + s[ch + SIZE_W] + s[ch + SIZE_PROMOTED] > 0 or s[ch + ACT2_ENTRY] != 0


@compiled
def is_drained(rules: Cells, s: Cells) -> bool:
    """Whether no source has anything left to offer and no channel holds a request."""
    src = s[AT_SOURCES]
    for _ in range(s[SOURCES]):
        if s[src + S_POSITION] < s[src + S_COUNT]:
            return False
        src += s[src + S_SIZE]
    ch = s[AT_CHANNELS]
    for _ in range(s[CHANNELS]):
        if holds_requests(s, ch):
            return False
        ch += rules[CHANNEL_SIZE]
    return True


@inlined
def wish_of_sources(s: Cells, now: int) -> int:
    """Why a source stops the run at ``now``: NEED_FEED or COMPLETED; else REACHED."""
    src, end = s[AT_SOURCES], s[AT_EVENTS]
    while src < end:
        if s[src + S_POSITION] == s[src + S_COUNT]:
            if s[src + S_FINAL] == 0:
                return NEED_FEED
            if s[src + S_AWAITED] != 0 and s[src + S_UNISSUED] == 0 and s[src + S_DONE] <= now:
                return COMPLETED
        src += s[src + S_SIZE]
    return REACHED


@inlined
def next_of_sources(s: Cells, feeds: Cells, now: int, target: int) -> tuple[int, bool]:
    """When the sources next change anything, at most ``target``; ``now`` where one stops the run.

    Returns (cycle, whether any source has offered all it was given: only those stop a run).
    """
    any_ended = False
    src, end = s[AT_SOURCES], s[AT_EVENTS]
    while src < end:
        if s[src + S_POSITION] < s[src + S_COUNT]:
            cycle = next_offer(s, feeds, src)
            if cycle > now:
                target = min(target, cycle)
        else:
            any_ended = True
            if s[src + S_FINAL] == 0:
                target = now
            elif s[src + S_AWAITED] != 0 and s[src + S_UNISSUED] == 0:
                target = min(target, s[src + S_DONE])
        src += s[src + S_SIZE]
    return target, any_ended


@inlined
def next_target(rules: Cells, s: Cells, now: int, target: int) -> int:
    """The next cycle at which any channel does anything, at most ``target``."""
    events = s[AT_EVENTS]
    for number in range(s[CHANNELS]):
        if s[events + number] == 0:
            ch = s[AT_CHANNELS] + number * rules[CHANNEL_SIZE]
            s[events + number] = next_event(rules, s, ch, now)
        target = min(target, s[events + number])
    return target


@inlined
def run_channels(rules: Cells, rows: Cells, s: Cells, log: Cells, times: Cells, cycle: int) -> None:
    """Run the channels that do anything in ``cycle``."""
    events = s[AT_EVENTS]
    for number in range(s[CHANNELS]):
        if s[events + number] == cycle:
            s[events + number] = 0
            ch = s[AT_CHANNELS] + number * rules[CHANNEL_SIZE]
            run_channel(rules, rows, s, log, times, ch, cycle)


@compiled
def run(rules: Cells, rows: Cells, s: Cells, feeds: Cells, log: Cells, times: Cells, until: int) -> int:
    """The loop of :func:`advance`, on pointers."""
    now = s[CLOCK]
    reason = REACHED
    any_ended = True
    while True:
        if any_ended:
            reason = wish_of_sources(s, now)
        if reason != REACHED or now >= until:
            break
        offer_all(rules, s, feeds, times, now)
        target, any_ended = next_of_sources(s, feeds, now, until)
        if target <= now:
            continue
        if 0 < s[LOG_CAPACITY] < s[LOGGED] + 4 * s[CHANNELS]:
            reason = LOG_FULL
            break
        if target == FAR and is_drained(rules, s):
            reason = DRAINED
            break
        target = next_target(rules, s, now, target)
        if target == FAR:
            reason = STALLED
            break
        run_channels(rules, rows, s, log, times, target)
        now = target
    s[CLOCK] = now
    return reason


@compiled
def advance(
    rules: NDArray[np.int64],
    rows: NDArray[np.int64],
    s: NDArray[np.int64],
    feeds: NDArray[np.int64],
    log: NDArray[np.int64],
    times: NDArray[np.int64],
    until: int,
) -> int:
    """Run from the last executed cycle to ``until`` or the first reason to stop.

    What is offered after cycle ``until`` belongs to the next call, so that a source that begins there takes
    its turn among the others; likewise after the cycle in which an awaited source has got everything back.

    Parameters
    ----------
    rules, rows
        The resolved standard and policy (read-only).
    s
        The state, its clock included.
    feeds
        (sources, FEED_CAPACITY, FEED_COLUMNS): the requests each source has still to offer (read-only).
    log
        (LOG_CAPACITY, RECORD_COLUMNS): the command record.
    times
        (requests, 3): arrival, departure and return cycle, where requests are recorded.
    until
        The last cycle to execute; FAR runs until the system is drained and nobody awaits an answer.

    Returns
    -------
    int
        REACHED, NEED_FEED (a source has offered all it was given), LOG_FULL, COMPLETED (an awaited source has
        got everything back), DRAINED, or STALLED (requests wait that nothing will ever serve: a fault).
    """
    return run(pointer(rules), pointer(rows), pointer(s), pointer(feeds), pointer(log), pointer(times), until)
