"""Offering requests: sources take turns, channels accept, forward, coalesce, merge, or refuse."""

from openrow.memory.columns import (
    ACT2_ENTRY,
    ADDRESS,
    ARRIVAL,
    AT_BANKS,
    AT_CHANNELS,
    AT_ENTRIES,
    AT_EVENTS,
    AT_SOURCES,
    BANK,
    BANK_COLUMNS,
    BUS,
    CHANNEL_SIZE,
    CLASSIFIED,
    COALESCING,
    COLUMN,
    ENTRIES,
    ENTRY_COLUMNS,
    F_ADDRESS,
    F_BANK,
    F_CHANNEL,
    F_COLUMN,
    F_CYCLE,
    F_REQUEST,
    F_ROW,
    F_WRITE,
    FAR,
    FEED_COLUMNS,
    FORWARDING,
    FREE,
    IS_WRITE,
    LAST_END,
    MERGED,
    MERGING,
    N_COALESCED,
    N_FORWARDED,
    N_MERGED,
    N_READS,
    N_WRITES,
    ORDER,
    ORDER_NEXT,
    PLANNED,
    READ_QUEUE,
    READS,
    REQUEST,
    ROUND_TAKEN,
    ROW,
    S_COUNT,
    S_FINAL,
    S_HEAP,
    S_INTERVAL,
    S_NEXT_OFFER,
    S_OUTSTANDING,
    S_PLACE,
    S_POSITION,
    S_SIZE,
    S_WINDOW,
    SIZE_PROMOTED,
    SIZE_R,
    SIZE_W,
    SLOT_BITS,
    SOURCE,
    SOURCE_COLUMNS,
    TURN,
    WRITES,
)
from openrow.memory.controller.accounting_compiled import request_waits
from openrow.memory.controller.candidates_compiled import update_queue_candidates
from openrow.memory.controller.completion_compiled import finish, free_slots, return_read
from openrow.memory.controller.queues_compiled import append, new_entry, waiting_at
from openrow_kernels.compilation import Cells, compiled, inlined


@inlined
def fill_entry(s: Cells, e: int, b: int, feeds: Cells, f: int, src: int, now: int) -> None:
    """Copy the request at ``f`` of the feeds into entry ``e``."""
    s[e + BANK] = b
    s[e + ROW] = feeds[f + F_ROW]
    s[e + COLUMN] = feeds[f + F_COLUMN]
    s[e + ADDRESS] = feeds[f + F_ADDRESS]
    s[e + IS_WRITE] = feeds[f + F_WRITE]
    s[e + ARRIVAL] = now
    s[e + SOURCE] = src
    s[e + REQUEST] = feeds[f + F_REQUEST]
    s[e + CLASSIFIED] = 0
    s[e + MERGED] = 0


@inlined
def merging_has_room(rules: Cells, s: Cells, ch: int) -> bool:
    """Whether one more read may be merged into a waiting one."""
    waiting = s[ch + SIZE_R] + s[ch + SIZE_W] + s[ch + SIZE_PROMOTED] + (s[ch + ACT2_ENTRY] != 0)
    return rules[ENTRIES] - s[ch + FREE] - waiting < rules[MERGING]


@compiled
def coalesce(
    rules: Cells, s: Cells, times: Cells, ch: int, b: int, src: int, feeds: Cells, f: int, now: int
) -> bool:
    """Absorb a write into a waiting write to the same burst; returns whether there was one."""
    if waiting_at(s, WRITES, b, feeds[f + F_ADDRESS]) == 0:
        return False
    s[ch + N_WRITES] += 1
    s[ch + N_COALESCED] += 1
    s[ch + LAST_END] = max(s[ch + LAST_END], now + 1)
    finish(rules, s, times, src, feeds[f + F_REQUEST], now, now, now)
    return True


@compiled
def forward(
    rules: Cells, s: Cells, times: Cells, ch: int, b: int, src: int, feeds: Cells, f: int, now: int
) -> bool:
    """Answer a read from a waiting write to the same burst; returns whether there was one."""
    if waiting_at(s, WRITES, b, feeds[f + F_ADDRESS]) == 0:
        return False
    s[ch + N_READS] += 1
    s[ch + N_FORWARDED] += 1
    return_read(rules, s, times, ch, src, feeds[f + F_REQUEST], now, now + 1)
    return True


@compiled
def merge(rules: Cells, s: Cells, ch: int, b: int, src: int, feeds: Cells, f: int, now: int) -> bool:
    """Let a read share the access of a waiting read to the same burst; returns whether there was one."""
    match = waiting_at(s, READS, b, feeds[f + F_ADDRESS])
    if match == 0 or not merging_has_room(rules, s, ch):
        return False
    e = new_entry(rules, s, ch)
    fill_entry(s, e, b, feeds, f, src, now)
    s[e + MERGED] = s[match + MERGED]
    s[match + MERGED] = e
    s[ch + N_READS] += 1
    s[ch + N_MERGED] += 1
    return True


@inlined
def offer(rules: Cells, s: Cells, feeds: Cells, times: Cells, src: int, f: int, now: int) -> bool:
    """Offer the request at ``f`` of the feeds after cycle ``now``; returns whether it was accepted."""
    ch = s[AT_CHANNELS] + feeds[f + F_CHANNEL] * rules[CHANNEL_SIZE]
    b = ch + rules[AT_BANKS] + feeds[f + F_BANK] * BANK_COLUMNS
    is_write = feeds[f + F_WRITE]
    if s[ch + SIZE_W] > 0:
        if is_write:
            if rules[COALESCING] and coalesce(rules, s, times, ch, b, src, feeds, f, now):
                return True
        elif rules[FORWARDING] and forward(rules, s, times, ch, b, src, feeds, f, now):
            return True
    if rules[MERGING] > 0 and not is_write and merge(rules, s, ch, b, src, feeds, f, now):
        return True
    if s[ch + SIZE_R + is_write] >= rules[READ_QUEUE + is_write]:
        return False
    e = new_entry(rules, s, ch)
    fill_entry(s, e, b, feeds, f, src, now)
    s[e + ORDER] = (s[ch + ORDER_NEXT] << SLOT_BITS) | ((e - ch - rules[AT_ENTRIES]) // ENTRY_COLUMNS)
    s[ch + ORDER_NEXT] += 1
    append(s, ch, is_write, e, now)
    update_queue_candidates(rules, s, ch, is_write, b)
    request_waits(rules, s, s[b + BUS], now)
    s[ch + N_READS + is_write] += 1
    s[ch + PLANNED] = 0
    s[s[AT_EVENTS] + feeds[f + F_CHANNEL]] = 0
    return True


@inlined
def next_offer(s: Cells, feeds: Cells, src: int) -> int:
    """The cycle after which ``src`` can offer its next request; FAR while only an issue can free it."""
    if s[src + S_POSITION] == s[src + S_COUNT]:
        return FAR
    cycle = max(feeds[s[src + S_PLACE] + F_CYCLE], s[src + S_NEXT_OFFER])
    if s[src + S_OUTSTANDING] >= s[src + S_WINDOW] > 0:
        if s[src + S_HEAP] == 0:
            return FAR
        cycle = max(cycle, s[src + SOURCE_COLUMNS])
    return cycle


@inlined
def offer_next(rules: Cells, s: Cells, feeds: Cells, times: Cells, src: int, now: int) -> bool:
    """Offer the next request of source ``src``, if it is due; returns whether it was accepted."""
    if s[src + S_WINDOW] > 0:
        free_slots(s, src, now)
    if next_offer(s, feeds, src) > now or not offer(rules, s, feeds, times, src, s[src + S_PLACE], now):
        return False
    s[src + S_POSITION] += 1
    s[src + S_PLACE] += FEED_COLUMNS
    s[src + S_NEXT_OFFER] = now + s[src + S_INTERVAL]
    if s[src + S_WINDOW] > 0:
        s[src + S_OUTSTANDING] += 1
    return True


@inlined
def offer_all(rules: Cells, s: Cells, feeds: Cells, times: Cells, now: int) -> None:
    """Let the sources take turns, one request each, until none can go on.

    It ends early, and goes on from there the next time, where a source has offered all it was given but has
    more to come: nobody's turn is lost to the refilling of a feed.
    """
    src, end = s[TURN], s[AT_EVENTS]
    taken = s[ROUND_TAKEN]
    ran_out = False
    while not ran_out and (src < end or taken != 0):
        if src == end:
            src, taken = s[AT_SOURCES], 0
        if offer_next(rules, s, feeds, times, src, now):
            taken = 1
            ran_out = s[src + S_POSITION] == s[src + S_COUNT] and s[src + S_FINAL] == 0
        src += s[src + S_SIZE]
    s[TURN] = src if ran_out else s[AT_SOURCES]
    s[ROUND_TAKEN] = taken if ran_out else 0
