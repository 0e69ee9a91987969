"""What a command does to the times of all that follow it; the compiled twin of :mod:`command_table`."""

import numpy as np
from numpy.typing import NDArray

from openrow.pim.columns import CAUSE, FOLLOWING, LATENCY, PARENT_SPAN, RING, SPAN, WINDOW
from openrow_kernels.compilation import compiled

Int64Array = NDArray[np.int64]


@compiled
def charge(
    rows: Int64Array,
    starts: Int64Array,
    banks: int,
    command: int,
    bank: int,
    cycle: int,
    ready: Int64Array,
    reason: Int64Array,
    ring: Int64Array,
) -> None:
    """Let ``command`` to ``bank`` in ``cycle`` delay what the table says it delays.

    Parameters
    ----------
    rows, starts, banks
        The table, and the banks of a channel.
    command, bank, cycle
        What is issued, where and when.
    ready, reason
        (commands * banks,) the first cycle of each command to each bank, and why; changed.
    ring
        Past times of the rows with windows; changed.
    """
    for place in range(starts[command], starts[command + 1]):
        span = rows[place, SPAN]
        node = bank // span
        limit = cycle + rows[place, LATENCY]
        window = rows[place, WINDOW]
        if window > 1:
            cells = rows[place, RING] + node * (window + 1)
            count = ring[cells]
            ring[cells + 1 + count % window] = cycle
            ring[cells] = count + 1
            if count + 1 < window:
                continue
            limit = ring[cells + 1 + (count + 1) % window] + rows[place, LATENCY]
        first, last = node * span, (node + 1) * span
        parent = rows[place, PARENT_SPAN]
        outer_first, outer_last = first, last
        if parent > 0:
            outer_first = bank // parent * parent
            outer_last = outer_first + parent
        base = rows[place, FOLLOWING] * banks
        for other in range(outer_first, outer_last):
            if parent > 0 and first <= other < last:
                continue
            if limit > ready[base + other]:
                ready[base + other] = limit
                reason[base + other] = rows[place, CAUSE]
