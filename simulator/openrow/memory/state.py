"""The controller's state: a struct of arrays that survives between calls of the compiled loop."""

from dataclasses import dataclass

import numpy as np

from openrow.memory import columns as c
from openrow.memory.standard import Int64Array, Standard

# A window's history starts this far back, so that it never binds.
LONG_AGO = -(1 << 40)


@dataclass
class ChannelState:
    """State of ``channels`` channels of one standard; the channel is the first index of each array."""

    ready: Int64Array
    ring: Int64Array
    bank: Int64Array
    entry: Int64Array
    chan: Int64Array
    lists: Int64Array
    bus: Int64Array
    scope: Int64Array
    log: Int64Array


def new_channels(standard: Standard, channels: int, log_records: int = 0) -> ChannelState:
    """Idle channels at cycle 0, all banks closed.

    Parameters
    ----------
    standard
        The resolved standard.
    channels
        How many.
    log_records
        Room for issued commands, a channel; 0 records none.
    """
    rules, banks = standard.rules, standard.banks
    entries = int(rules[c.READ_QUEUE] + rules[c.WRITE_QUEUE] + banks + 1 + rules[c.MERGING])
    bank = np.zeros((channels, banks, c.BANK_COLUMNS), dtype=np.int64)
    bank[:, :, [c.OPEN_ROW, c.PROMOTED]] = -1
    for offset in (0, c.QUEUE_STRIDE):
        bank[:, :, [c.HEAD + offset, c.TAIL + offset, c.HIT + offset, c.OTHER + offset]] = -1
    chan = np.zeros((channels, c.CHANNEL_COLUMNS), dtype=np.int64)
    chan[:, [c.ACT2_ENTRY, c.SYNC_ENTRY]] = -1
    chan[:, c.FREE] = entries
    refreshing = rules[c.REFRESH_MODE] != c.NO_REFRESH
    chan[:, c.NEXT_REFRESH] = rules[c.REFRESH_INTERVAL] if refreshing else c.FAR
    lists = np.zeros((channels, c.LISTS, max(entries, banks)), dtype=np.int64)
    lists[:, c.LIST_FREE, :entries] = np.arange(entries)
    ring = np.zeros((channels, standard.ring_size), dtype=np.int64)
    for row in standard.rows[standard.rows[:, c.WINDOW] > 1]:
        for node in range(banks // row[c.SPAN]):
            base = row[c.RING] + node * (row[c.WINDOW] + 1)
            ring[:, base + 1 : base + 1 + row[c.WINDOW]] = LONG_AGO
    return ChannelState(
        ready=np.zeros((channels, c.COMMANDS, banks), dtype=np.int64),
        ring=ring,
        bank=bank,
        entry=np.zeros((channels, entries, c.ENTRY_COLUMNS), dtype=np.int64),
        chan=chan,
        lists=lists,
        bus=np.zeros((channels, standard.buses, c.BUS_COLUMNS), dtype=np.int64),
        scope=np.zeros((channels, standard.scopes, c.SCOPE_COLUMNS), dtype=np.int64),
        log=np.zeros((channels, log_records, c.RECORD_COLUMNS), dtype=np.int64),
    )
