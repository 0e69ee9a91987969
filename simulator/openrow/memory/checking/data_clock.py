"""The data clock of a split-activate bus: it stops some time after an access, and a CAS command restarts it.

A CAS_RD or CAS_WR comes one cycle before the access that needs it. Each access keeps the clock of its channel
running for ``sync_expiry_read`` or ``sync_expiry_write`` cycles; an access in that time needs no CAS.
"""

from collections.abc import Iterator

import numpy as np

from openrow.config.latency_formula import evaluate
from openrow.config.memory import Command, Level, SplitActivation
from openrow.config.timings import resolved_timings
from openrow.memory.checking.events import BoolArray, Events, Int64Array, PlacedStream, events_at
from openrow.memory.checking.table import COLUMN_COMMANDS, Finding, finding

READS = frozenset({Command.READ, Command.READ_AUTO})
WRITES = frozenset({Command.WRITE, Command.WRITE_AUTO})
SYNCS = frozenset({Command.SYNC_READ, Command.SYNC_WRITE})


def unsynchronised(stream: PlacedStream) -> Iterator[Finding]:
    """Yield accesses with the data clock stopped, and CAS commands without their access."""
    split = stream.memory.split_activation
    if split is None:
        return
    events = events_at(stream, Level.CHANNEL)
    synced = _pairs(stream, events)
    running_until = _running_until(stream, split, events)
    access = events.is_any(COLUMN_COMMANDS)
    stopped = access & ~np.concatenate([[False], synced]) & (events.cycle >= running_until)
    for command in sorted(COLUMN_COMMANDS):
        these = np.flatnonzero(stopped & events.is_any(frozenset({command})))
        if len(these):
            yield finding(stream, f"{command} with the data clock stopped", events.at[these])

    followed = np.concatenate([synced, [False]])
    last = np.concatenate([events.node[1:] != events.node[:-1], [True]])
    cut_off = last & (events.cycle >= stream.end)
    for command in sorted(SYNCS):
        these = np.flatnonzero(events.is_any(frozenset({command})) & ~followed & ~cut_off)
        if len(these):
            due = events.cycle[these] + 1
            rule = f"{command} without its access in the next cycle"
            yield finding(stream, rule, events.at[these], latest=due)


def _pairs(stream: PlacedStream, events: Events) -> BoolArray:
    """Return for each two commands in a row on a channel whether they are a CAS and its access."""
    kinds = np.zeros(max(len(events.at) - 1, 0), dtype=np.bool_)
    for sync, accesses in ((Command.SYNC_READ, READS), (Command.SYNC_WRITE, WRITES)):
        kinds |= events.is_any(frozenset({sync}))[:-1] & events.is_any(accesses)[1:]
    bank = stream.bank[events.at]
    adjoining = (events.node[1:] == events.node[:-1]) & (events.cycle[1:] == events.cycle[:-1] + 1)
    kinds &= adjoining & (bank[1:] == bank[:-1])
    return kinds


def _running_until(stream: PlacedStream, split: SplitActivation, events: Events) -> Int64Array:
    """Return for each command the cycle at which its channel's data clock stops, by what came before."""
    timings = resolved_timings(stream.memory)
    until = np.zeros(len(events.at), dtype=np.int64)
    for accesses, expiry in ((READS, split.sync_expiry_read), (WRITES, split.sync_expiry_write)):
        these = events.is_any(accesses)
        until[these] = events.cycle[these] + evaluate(expiry, timings)
    before = np.zeros(len(events.at), dtype=np.int64)
    for channel in range(stream.memory.channels):
        first, last = np.searchsorted(events.node, [channel, channel + 1])
        before[first + 1 : last] = np.maximum.accumulate(until[first:last])[:-1]
    return before
