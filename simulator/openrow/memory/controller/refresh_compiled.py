"""Refresh: when it falls due, which bank or scope it addresses, and the command it needs next.

Every interval appends one refresh for each scope to the maintenance queue, scope by scope. The queue is
served in order and only its head matters, so it is two counts: refreshes that have fallen due, and refreshes
done. The k-th per-bank refresh of a scope addresses its bank k modulo the number of banks.
"""

from openrow.memory.columns import (
    ACT2_ENTRY,
    ALL_BANK_REFRESH,
    AT_BANKS,
    AT_PROMOTED,
    BANK,
    BANK_COLUMNS,
    CAUSE_BITS,
    CLOSED,
    EDGES,
    FAR,
    HELD,
    NEXT_REFRESH,
    OPEN_BANKS,
    OPEN_ROW,
    PER_BANK_REFRESH,
    PRE,
    PRE_ALL,
    REF_ALL,
    REF_BANK,
    REFRESH_INTERVAL,
    REFRESH_MODE,
    REFRESHES_DONE,
    REFRESHES_DUE,
    SCOPE,
    SCOPE_BANKS,
    SCOPES,
    SINCE_M,
    SIZE_PROMOTED,
    SUM_M,
)
from openrow.memory.controller.candidates_compiled import update_candidates
from openrow.memory.controller.timing_compiled import limit_of
from openrow_kernels.compilation import Cells, compiled, inlined


@inlined
def refresh_is_due(s: Cells, ch: int) -> bool:
    """Whether the maintenance queue holds a refresh."""
    return s[ch + REFRESHES_DUE] != s[ch + REFRESHES_DONE]


@inlined
def queues_are_silent(rules: Cells, s: Cells, ch: int) -> bool:
    """Whether an all-bank refresh is due: it keeps all requests but the activated ones from issuing."""
    return rules[REFRESH_MODE] == ALL_BANK_REFRESH and refresh_is_due(s, ch)


@compiled
def refreshed_bank(rules: Cells, s: Cells, ch: int) -> int:
    """The bank the head of the maintenance queue addresses (all-bank: the first of its scope)."""
    done, scopes, scope_banks = s[ch + REFRESHES_DONE], rules[SCOPES], rules[SCOPE_BANKS]
    index = (done % scopes) * scope_banks
    if rules[REFRESH_MODE] != ALL_BANK_REFRESH:
        index += (done // scopes) % scope_banks
    return ch + rules[AT_BANKS] + index * BANK_COLUMNS


@compiled
def hold_bank(rules: Cells, s: Cells, ch: int) -> None:
    """Keep the bank of the per-bank refresh at the head of the maintenance queue from the request queues."""
    if rules[REFRESH_MODE] == PER_BANK_REFRESH and refresh_is_due(s, ch):
        b = refreshed_bank(rules, s, ch)
        s[b + HELD] = 1
        update_candidates(rules, s, ch, b)


@compiled
def release_bank(rules: Cells, s: Cells, ch: int) -> None:
    """Give the bank of the per-bank refresh just done back to the request queues."""
    if rules[REFRESH_MODE] == PER_BANK_REFRESH:
        b = refreshed_bank(rules, s, ch)
        s[b + HELD] = 0
        update_candidates(rules, s, ch, b)


@compiled
def refreshes_fall_due(rules: Cells, s: Cells, ch: int, cycle: int) -> None:
    """Append one refresh for every scope to the maintenance queue in ``cycle``."""
    s[ch + SUM_M] += (s[ch + REFRESHES_DUE] - s[ch + REFRESHES_DONE]) * (cycle - s[ch + SINCE_M])
    s[ch + SINCE_M] = cycle
    s[ch + REFRESHES_DUE] += rules[SCOPES]
    s[ch + NEXT_REFRESH] += rules[REFRESH_INTERVAL]
    hold_bank(rules, s, ch)


@compiled
def waits_for_access(rules: Cells, s: Cells, ch: int, b: int, banks: int) -> bool:
    """Whether an activated request still needs a row of the ``banks`` banks from ``b`` on."""
    end = b + banks * BANK_COLUMNS
    activating = s[ch + ACT2_ENTRY]
    if activating != 0 and b <= s[activating + BANK] < end:
        return True
    promoted = ch + rules[AT_PROMOTED]
    for i in range(promoted, promoted + s[ch + SIZE_PROMOTED]):
        if b <= s[s[i] + BANK] < end:
            return True
    return False


@compiled
def plan_refresh(rules: Cells, s: Cells, ch: int, floor: int) -> tuple[int, int, int]:
    """The command the head of the maintenance queue needs. Returns (cycle, bank, command)."""
    if not refresh_is_due(s, ch):
        return FAR, 0, REF_ALL
    b = refreshed_bank(rules, s, ch)
    if rules[REFRESH_MODE] == ALL_BANK_REFRESH:
        is_open = s[s[b + SCOPE] + OPEN_BANKS] > 0
        close, command, banks = PRE_ALL, REF_ALL, rules[SCOPE_BANKS]
    else:
        is_open = s[b + OPEN_ROW] != CLOSED
        close, command, banks = PRE, REF_BANK, 1
    if not is_open:
        odd = rules[EDGES] - 1
        return max(limit_of(rules, s, ch, b, command) >> CAUSE_BITS, floor) | odd, b, command
    if waits_for_access(rules, s, ch, b, banks):
        return FAR, b, close
    return max(limit_of(rules, s, ch, b, close) >> CAUSE_BITS, floor), b, close
