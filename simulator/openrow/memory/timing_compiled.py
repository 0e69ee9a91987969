"""The constraint table at work: what one issued command forbids, and until when.

``ready[c, b]`` is the first cycle at which command ``c`` is legal for bank ``b``, shifted left by CAUSE_BITS, with
the cause of the latest limit in the low bits. Constraints of a level wider than a bank are written to every bank
of the node at once: a node is a contiguous range of flat bank numbers, so the write is a short vector loop, and a
reading is one load. All-bank commands keep their time at the first bank of their scope.
"""

from openrow.memory.columns import (
    CAUSE_BITS,
    FOLLOWING,
    LATENCY,
    PARENT_SPAN,
    PRE_ALL,
    REF_ALL,
    RING,
    ROW_CAUSE,
    ROW_START,
    SCOPE_BANKS,
    SPAN,
    WINDOW,
)
from openrow_kernels.compilation import compiled


@compiled
def raise_ready(ready, command, first, last, value):
    """Make ``command`` wait at least until ``value`` in the banks ``first`` to ``last - 1``."""
    times = ready[command]
    for b in range(first, last):
        times[b] = max(times[b], value)


@compiled
def raise_ready_of_scopes(ready, command, first, last, value, scope_banks):
    """The same for an all-bank command: one time a scope, kept at its first bank."""
    for b in range(first & -scope_banks, last, scope_banks):
        ready[command, b] = max(ready[command, b], value)


@compiled
def window_start(ring, base, window, cycle):
    """Note ``cycle`` in the history at ``base``; return the cycle ``window`` commands back, this one the first."""
    position = ring[base]
    ring[base + 1 + position] = cycle
    position += 1
    if position == window:
        position = 0
    ring[base] = position
    return ring[base + 1 + position]


@compiled
def apply_constraints(rules, rows, ready, ring, command, bank_index, cycle):
    """Update ``ready`` for ``command`` issued to ``bank_index`` (all-bank: its scope's first bank) at ``cycle``."""
    scope_banks = rules[SCOPE_BANKS]
    for i in range(rules[ROW_START + command], rules[ROW_START + command + 1]):
        following = rows[i, FOLLOWING]
        span = rows[i, SPAN]
        first = bank_index & -span
        start = cycle
        window = rows[i, WINDOW]
        if window > 1:
            start = window_start(ring, rows[i, RING] + (bank_index // span) * (window + 1), window, cycle)
        value = ((start + rows[i, LATENCY]) << CAUSE_BITS) | rows[i, ROW_CAUSE]
        parent = rows[i, PARENT_SPAN]
        wide = following == PRE_ALL or following == REF_ALL
        if parent == 0:
            if wide:
                raise_ready_of_scopes(ready, following, first, first + span, value, scope_banks)
            else:
                raise_ready(ready, following, first, first + span, value)
        else:
            before = bank_index & -parent
            raise_ready(ready, following, before, first, value)
            raise_ready(ready, following, first + span, before + parent, value)
