"""The controller's state: one array that survives between calls of the compiled loop."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from openrow.memory import columns as c
from openrow.memory.standard import Int64Array, Standard

# A window's history starts this far back, so that it never binds.
LONG_AGO = -(1 << 40)


@dataclass(frozen=True)
class SourceShape:
    """What the memory needs to know of a traffic source, in memory cycles."""

    window: int = 0
    """Requests outstanding at once; 0 for any number."""
    interval: int = 0
    """Cycles between two requests."""
    consume: int = 0
    """Cycles a response holds its slot of the window."""


def new_state(standard: Standard, channels: int, sources: Sequence[SourceShape]) -> Int64Array:
    """Idle channels and sources at cycle 0, all banks closed; int64, laid out as ``columns`` says."""
    rules = standard.rules
    source_sizes = [c.SOURCE_COLUMNS + source.window + 1 for source in sources]
    at_events = c.HEADER + sum(source_sizes)
    at_channels = at_events + channels
    s = np.zeros(at_channels + channels * int(rules[c.CHANNEL_SIZE]), dtype=np.int64)
    s[[c.SOURCES, c.CHANNELS]] = len(sources), channels
    s[[c.AT_SOURCES, c.AT_EVENTS, c.AT_CHANNELS]] = c.HEADER, at_events, at_channels
    s[c.TURN] = c.HEADER
    place = c.HEADER
    for number, (source, size) in enumerate(zip(sources, source_sizes, strict=True)):
        s[[place + c.S_NUMBER, place + c.S_SIZE]] = number, size
        s[place + c.S_WINDOW] = source.window
        s[place + c.S_INTERVAL] = source.interval
        s[place + c.S_CONSUME] = source.consume
        place += size
    for number in range(channels):
        _initialise_channel(standard, s, at_channels + number * int(rules[c.CHANNEL_SIZE]), number)
    return s


def _initialise_channel(standard: Standard, s: Int64Array, ch: int, number: int) -> None:
    rules = standard.rules
    s[ch + c.NUMBER] = number
    s[ch + c.NEXT_REFRESH] = rules[c.REFRESH_INTERVAL] if rules[c.REFRESH_MODE] != c.NO_REFRESH else c.FAR
    entries = int(rules[c.ENTRIES])
    s[ch + c.FREE] = entries
    free = ch + int(rules[c.AT_FREE])
    s[free : free + entries] = ch + rules[c.AT_ENTRIES] + np.arange(entries) * c.ENTRY_COLUMNS
    for table, value in ((c.AT_KEYS, c.FAR), (c.AT_CLOSED, 1)):
        start = ch + int(rules[table])
        s[start : start + standard.banks * (4 if table == c.AT_KEYS else 1)] = value
    for index in range(standard.banks):
        b = ch + int(rules[c.AT_BANKS]) + index * c.BANK_COLUMNS
        s[b + c.INDEX] = index
        s[b + c.OPEN_ROW] = c.CLOSED
        s[b + c.SCOPE] = ch + rules[c.AT_SCOPES] + index // rules[c.SCOPE_BANKS] * c.SCOPE_COLUMNS
        s[b + c.BUS] = ch + rules[c.AT_BUSES] + index // rules[c.BUS_BANKS] * c.BUS_COLUMNS
    for row in standard.rows[standard.rows[:, c.WINDOW] > 1]:
        for node in range(standard.banks // row[c.SPAN]):
            history = ch + rules[c.AT_RING] + row[c.RING] + node * (row[c.WINDOW] + 1)
            s[history + 1 : history + 1 + row[c.WINDOW]] = LONG_AGO
