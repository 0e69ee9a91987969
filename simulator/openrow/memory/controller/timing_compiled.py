"""The constraint table at work: what one issued command forbids, and until when.

For every command there is a table of the banks of a channel: the first cycle at which the command is legal
for the bank, shifted left by CAUSE_BITS, with the cause of that limit in the low bits. Constraints of a level
wider than a bank are written to every bank of the node at once: a node is a contiguous range of bank numbers,
so the write is a short vector loop, and a reading is one load. All-bank commands keep their time at the first
bank of their scope.
"""

from openrow.memory.columns import (
    AT_READY,
    AT_RING,
    BANKS,
    CAUSE_BITS,
    FOLLOWING,
    INDEX,
    LATENCY,
    PARENT_SPAN,
    PRE_ALL,
    REF_ALL,
    RING,
    ROW_CAUSE,
    ROW_COLUMNS,
    ROW_START,
    SCOPE_BANKS,
    SPAN,
    WINDOW,
)
from openrow_kernels.compilation import Cells, compiled, inlined


@inlined
def limit_of(rules: Cells, s: Cells, ch: int, b: int, command: int) -> int:
    """The first legal cycle of ``command`` in bank ``b`` with its cause, as packed in the table."""
    return s[ch + rules[AT_READY] + command * rules[BANKS] + s[b + INDEX]]


@compiled
def raise_limits(s: Cells, first: int, last: int, step: int, value: int) -> None:
    """Raise the limits in places ``first`` to ``last - 1`` to at least ``value``."""
    for i in range(first, last, step):
        s[i] = max(s[i], value)


@inlined
def window_start(s: Cells, history: int, window: int, cycle: int) -> int:
    """Note ``cycle`` in a history; return the cycle ``window`` commands back, this one the first."""
    position = s[history]
    s[history + 1 + position] = cycle
    position += 1
    if position == window:
        position = 0
    s[history] = position
    return s[history + 1 + position]


@compiled
def raise_wide_limits(
    rules: Cells, s: Cells, table: int, index: int, following: int, span: int, parent: int, value: int
) -> None:
    """Raise the limits of an all-bank command, or those of the siblings of a node."""
    step = rules[SCOPE_BANKS] if following == PRE_ALL or following == REF_ALL else 1
    first = index & -span
    if parent == 0:
        raise_limits(s, table + (first & -step), table + first + span, step, value)
    else:
        before = index & -parent
        raise_limits(s, table + (before & -step), table + first, step, value)
        raise_limits(s, table + first + span, table + before + parent, step, value)


@inlined
def apply_constraints(rules: Cells, rows: Cells, s: Cells, ch: int, b: int, command: int, cycle: int) -> None:
    """Raise the limits for ``command`` issued at ``cycle`` to bank ``b`` (all-bank: its scope's first)."""
    index = s[b + INDEX]
    for r in range(rules[ROW_START + command], rules[ROW_START + command + 1], ROW_COLUMNS):
        following, span, window, parent = (
            rows[r + FOLLOWING],
            rows[r + SPAN],
            rows[r + WINDOW],
            rows[r + PARENT_SPAN],
        )
        first = index & -span
        start = cycle
        if window > 1:
            history = ch + rules[AT_RING] + rows[r + RING] + (index // span) * (window + 1)
            start = window_start(s, history, window, cycle)
        value = ((start + rows[r + LATENCY]) << CAUSE_BITS) | rows[r + ROW_CAUSE]
        table = ch + rules[AT_READY] + following * rules[BANKS]
        if following == PRE_ALL or following == REF_ALL or parent != 0:
            raise_wide_limits(rules, s, table, index, following, span, parent, value)
        elif span == 1:
            s[table + index] = max(s[table + index], value)
        else:
            for place in range(table + first, table + first + span):
                s[place] = max(s[place], value)
