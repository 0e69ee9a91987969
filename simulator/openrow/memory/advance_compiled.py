"""The memory system's loop: offer requests, skip to the next cycle at which anything can happen, issue.

All channels and all sources share one time. State lives in the arrays and survives between calls.
"""

from openrow.memory.accounting_compiled import request_waits
from openrow.memory.columns import (
    ACT2,
    ACT2_ENTRY,
    ACT2_LATEST,
    ADDRESS,
    ARRIVAL,
    BANK,
    BUS_BANKS,
    CLASSIFIED,
    COALESCING,
    COLUMN,
    COMMAND_BUSES,
    COMPLETED,
    DRAINED,
    DUAL_BUS,
    F_ADDRESS,
    F_BANK,
    F_CHANNEL,
    F_COLUMN,
    F_CYCLE,
    F_REQUEST,
    F_ROW,
    F_WRITE,
    FAR,
    FORWARDING,
    FREE,
    IN_FLIGHT,
    IS_WRITE,
    LAST_END,
    LOG_FULL,
    LOGGED,
    MERGED,
    MERGING,
    N_COALESCED,
    N_FORWARDED,
    N_MERGED,
    N_READS,
    N_WRITES,
    NEED_FEED,
    NEXT_REFRESH,
    NO_REFRESH,
    ORDER,
    ORDER_NEXT,
    PLAN_BANK,
    PLAN_COMMAND,
    PLAN_CYCLE,
    PLAN_ENTRY,
    PLANNED,
    PRE,
    PRE_ALL,
    REACHED,
    READ,
    READ_QUEUE,
    READS,
    REFRESH_INTERVAL,
    REFRESH_MODE,
    REFRESH_UNITS,
    REFRESHES_DONE,
    REFRESHES_DUE,
    REQUEST,
    ROW,
    S_AWAITED,
    S_COUNT,
    S_DONE,
    S_FINAL,
    S_HEAP,
    S_INTERVAL,
    S_NEXT_OFFER,
    S_OUTSTANDING,
    S_POSITION,
    S_UNISSUED,
    S_WINDOW,
    SINCE_M,
    SINGLE_BUS,
    SIZE_PROMOTED,
    SIZE_R,
    SIZE_W,
    SOURCE,
    SUM_M,
    SYNC_ENTRY,
    SYNC_EXPIRY_READ,
    SYNC_READ,
    SYNC_UNTIL,
    WRITE,
    WRITE_QUEUE,
    WRITES,
)
from openrow.memory.completion_compiled import finish, free_slots, return_read
from openrow.memory.issue_compiled import close_bank, close_scope, issue_for_request, refresh
from openrow.memory.plan_compiled import (
    plan_dual_bus,
    plan_row_slot,
    plan_single_bus,
    plan_split_activate,
    set_plan,
)
from openrow.memory.queues_compiled import append, new_entry, waiting_at
from openrow_kernels.compilation import compiled


@compiled
def fill_entry(entry, e, feed, i, source, now):
    """Copy request ``i`` of a feed into entry ``e``."""
    entry[e, BANK] = feed[i, F_BANK]
    entry[e, ROW] = feed[i, F_ROW]
    entry[e, COLUMN] = feed[i, F_COLUMN]
    entry[e, ADDRESS] = feed[i, F_ADDRESS]
    entry[e, IS_WRITE] = feed[i, F_WRITE]
    entry[e, ARRIVAL] = now
    entry[e, SOURCE] = source
    entry[e, REQUEST] = feed[i, F_REQUEST]
    entry[e, CLASSIFIED] = 0
    entry[e, MERGED] = -1


@compiled
def merging_has_room(rules, entry, chan):
    """Whether one more read may be merged into a waiting one."""
    waiting = chan[SIZE_R] + chan[SIZE_W] + chan[SIZE_PROMOTED]
    return entry.shape[0] - chan[FREE] - waiting < rules[MERGING]


@compiled
def offer(rules, bank, entry, chan, lists, bus, feed, src, heap, times, source, i, now):
    """Offer request ``i`` of ``feed`` after cycle ``now``; returns whether the channel accepted it."""
    b = feed[i, F_BANK]
    is_write = feed[i, F_WRITE]
    if is_write:
        capacity = rules[WRITE_QUEUE]
        match = waiting_at(bank, entry, WRITES, b, feed[i, F_ADDRESS]) if rules[COALESCING] else -1
        if match >= 0:
            chan[N_WRITES] += 1
            chan[N_COALESCED] += 1
            chan[LAST_END] = max(chan[LAST_END], now + 1)
            finish(rules, src, heap, times, source, feed[i, F_REQUEST], now, now, now)
            return True
    else:
        capacity = rules[READ_QUEUE]
        match = waiting_at(bank, entry, WRITES, b, feed[i, F_ADDRESS]) if rules[FORWARDING] else -1
        if match >= 0:
            chan[N_READS] += 1
            chan[N_FORWARDED] += 1
            return_read(rules, chan, src, heap, times, source, feed[i, F_REQUEST], now, now + 1)
            return True
        match = waiting_at(bank, entry, READS, b, feed[i, F_ADDRESS]) if merging_has_room(rules, entry, chan) else -1
        if match >= 0:
            e = new_entry(chan, lists)
            fill_entry(entry, e, feed, i, source, now)
            entry[e, MERGED] = entry[match, MERGED]
            entry[match, MERGED] = e
            chan[N_READS] += 1
            chan[N_MERGED] += 1
            return True
    if chan[SIZE_R + is_write] >= capacity:
        return False
    e = new_entry(chan, lists)
    fill_entry(entry, e, feed, i, source, now)
    entry[e, ORDER] = chan[ORDER_NEXT]
    chan[ORDER_NEXT] += 1
    append(bank, entry, chan, lists, is_write, e, now)
    request_waits(bus, b // rules[BUS_BANKS], now)
    if is_write:
        chan[N_WRITES] += 1
    else:
        chan[N_READS] += 1
    chan[PLANNED] = 0
    return True


@compiled
def next_offer(feed, src, heap, source, now):
    """The cycle after which ``source`` can offer its next request, or FAR while only a completion can free it."""
    i = src[source, S_POSITION]
    if i == src[source, S_COUNT]:
        return FAR
    cycle = max(feed[source, i, F_CYCLE], src[source, S_NEXT_OFFER])
    if src[source, S_WINDOW] > 0 and src[source, S_OUTSTANDING] >= src[source, S_WINDOW]:
        if src[source, S_HEAP] == 0:
            return FAR
        cycle = max(cycle, heap[source, 0])
    return cycle


@compiled
def offer_all(rules, bank, entry, chan, lists, bus, feed, src, heap, times, now):
    """Let the sources take turns, one request each, until none can go on."""
    sources = src.shape[0]
    going = True
    while going:
        going = False
        for s in range(sources):
            if src[s, S_WINDOW] > 0:
                free_slots(src, heap, s, now)
            if next_offer(feed, src, heap, s, now) > now:
                continue
            i = src[s, S_POSITION]
            c = feed[s, i, F_CHANNEL]
            if offer(
                rules, bank[c], entry[c], chan[c], lists[c], bus[c], feed[s], src, heap, times, s, i, now
            ):
                src[s, S_POSITION] = i + 1
                src[s, S_NEXT_OFFER] = now + src[s, S_INTERVAL]
                if src[s, S_WINDOW] > 0:
                    src[s, S_OUTSTANDING] += 1
                going = True


@compiled
def plan(rules, ready, bank, entry, chan, lists, scope, floor):
    """Plan the channel's next command, not before ``floor``."""
    if rules[COMMAND_BUSES] == SINGLE_BUS:
        plan_single_bus(rules, ready, bank, entry, chan, lists, scope, floor)
    elif rules[COMMAND_BUSES] == DUAL_BUS:
        plan_dual_bus(rules, ready, bank, entry, chan, lists, scope, floor)
    else:
        plan_split_activate(rules, ready, bank, entry, chan, lists, scope, floor)


@compiled
def refreshes_fall_due(rules, chan, cycle):
    """Append one refresh for every scope to the maintenance queue in ``cycle``."""
    chan[SUM_M] += (chan[REFRESHES_DUE] - chan[REFRESHES_DONE]) * (cycle - chan[SINCE_M])
    chan[SINCE_M] = cycle
    chan[REFRESHES_DUE] += rules[REFRESH_UNITS]
    chan[NEXT_REFRESH] += rules[REFRESH_INTERVAL]


@compiled
def synchronise(rules, entry, chan, command, e, cycle):
    """A split-activate bus: an access whose data clock has stopped sends a clock-sync command first.

    Returns the command and entry to issue instead of access ``command`` of ``e``.
    """
    if chan[SYNC_ENTRY] >= 0:
        chan[SYNC_ENTRY] = -1
    elif cycle >= chan[SYNC_UNTIL]:
        if chan[ACT2_ENTRY] >= 0 and chan[ACT2_LATEST] <= cycle + 1:
            return ACT2, chan[ACT2_ENTRY]
        chan[SYNC_ENTRY] = e
        return SYNC_READ + entry[e, IS_WRITE], e
    chan[SYNC_UNTIL] = max(chan[SYNC_UNTIL], cycle + rules[SYNC_EXPIRY_READ + entry[e, IS_WRITE]])
    return command, e


@compiled
def execute(
    rules, rows, ready, ring, bank, entry, chan, lists, bus, scope, log, src, heap, times, channel, cycle
):
    """Issue the planned command at ``cycle`` and, on two buses, what the row slot has after a column command."""
    command, e, b = chan[PLAN_COMMAND], chan[PLAN_ENTRY], chan[PLAN_BANK]
    is_column = command == READ or command == WRITE
    buses = rules[COMMAND_BUSES]
    if e >= 0:
        if is_column and buses > DUAL_BUS:
            command, e = synchronise(rules, entry, chan, command, e, cycle)
        issue_for_request(
            rules, rows, ready, ring, bank, entry, chan, lists, bus, scope, log, src, heap, times,
            channel, command, e, cycle,
        )  # fmt: skip
    elif command == PRE_ALL:
        close_scope(rules, rows, ready, ring, bank, chan, scope, log, channel, b, cycle)
    elif command == PRE:
        close_bank(rules, rows, ready, ring, bank, chan, scope, log, channel, b, cycle)
    else:
        refresh(rules, rows, ready, ring, chan, scope, log, channel, command, b, cycle)
    chan[PLANNED] = 0
    if buses == DUAL_BUS and is_column:
        plan_row_slot(rules, ready, bank, entry, chan, lists, scope, cycle)


@compiled
def channel_waits(chan):
    """Whether the channel holds a request whose last command has not been issued."""
    return chan[SIZE_R] + chan[SIZE_W] + chan[SIZE_PROMOTED] > 0 or chan[ACT2_ENTRY] >= 0


@compiled
def run_channel(
    rules, rows, ready, ring, bank, entry, chan, lists, bus, scope, log, src, heap, times, channel, cycle
):
    """Everything channel ``channel`` does in ``cycle``, the first at which anything can happen."""
    if chan[NEXT_REFRESH] == cycle:
        refreshes_fall_due(rules, chan, cycle)
        plan(rules, ready, bank, entry, chan, lists, scope, cycle)
    while chan[PLANNED] != 0 and chan[PLAN_CYCLE] == cycle:
        execute(
            rules, rows, ready, ring, bank, entry, chan, lists, bus, scope, log, src, heap, times,
            channel, cycle,
        )  # fmt: skip


@compiled
def advance(
    rules, rows, ready, ring, bank, entry, chan, lists, bus, scope, log, feed, src, heap, times, clock, until
):
    """Run from ``clock[0]``, the last cycle executed, to ``until`` or the first reason to stop.

    Parameters
    ----------
    rules, rows
        The resolved standard and policy (read-only).
    ready, ring, bank, entry, chan, lists, bus, scope
        The channels' state, the channel as first index.
    log
        Command record, (capacity, RECORD_COLUMNS), or of length 0 for none.
    feed, src, heap
        The sources: requests to offer, scalars, and the window slots being consumed.
    times
        (requests, 3): arrival, departure and return cycle, where requests are recorded.
    clock
        One element, the present cycle.
    until
        The last cycle to execute.

    Returns
    -------
    int
        REACHED, NEED_FEED (a source has offered all it was given), LOG_FULL, COMPLETED (an awaited source has got
        all back) or DRAINED (no source has anything left and no channel waits).
    """
    channels = chan.shape[0]
    now = clock[0]
    while True:
        offer_all(rules, bank, entry, chan, lists, bus, feed, src, heap, times, now)
        target = until
        idle = True
        reason = REACHED
        for s in range(src.shape[0]):
            if src[s, S_POSITION] == src[s, S_COUNT] and src[s, S_FINAL] == 0:
                reason = NEED_FEED
            elif src[s, S_POSITION] < src[s, S_COUNT]:
                idle = False
            if src[s, S_AWAITED] != 0 and src[s, S_UNISSUED] == 0 and src[s, S_FINAL] != 0:
                if src[s, S_DONE] <= now:
                    reason = COMPLETED
                else:
                    target = min(target, src[s, S_DONE])
            cycle = next_offer(feed, src, heap, s, now)
            if cycle > now:
                target = min(target, cycle)
        if reason != REACHED:
            break
        for c in range(channels):
            if log.shape[1] > 0 and log.shape[1] - chan[c, LOGGED] < 4:
                reason = LOG_FULL
            if idle and channel_waits(chan[c]):
                idle = False
        if reason != REACHED:
            break
        if idle and until == FAR:
            reason = DRAINED
            break
        if now >= until:
            break
        for c in range(channels):
            # A refresh that falls due in the next cycle is planned there: it may silence the queues.
            if chan[c, NEXT_REFRESH] > now + 1:
                if chan[c, PLANNED] == 0:
                    plan(rules, ready[c], bank[c], entry[c], chan[c], lists[c], scope[c], now + 1)
                target = min(target, chan[c, PLAN_CYCLE])
            target = min(target, chan[c, NEXT_REFRESH])
        for c in range(channels):
            if target == chan[c, NEXT_REFRESH] or (chan[c, PLANNED] != 0 and target == chan[c, PLAN_CYCLE]):
                run_channel(
                    rules, rows, ready[c], ring[c], bank[c], entry[c], chan[c], lists[c], bus[c], scope[c], log[c],
                    src, heap, times, c, target,
                )  # fmt: skip
        now = target
    clock[0] = now
    return reason
